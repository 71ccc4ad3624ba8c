"""Whatever is in the files: an answer in bounded time, never an exception, never a fault that is not there."""

from __future__ import annotations

import pytest

from gate import catalogue
from gate.walk import Walker
from tests.rules.support import make_build
from tests.servers.support import BASE, explore

DEEP = 20_000
TEXTS: dict[str, str | bytes] = {
    "deep parentheses": "x = " + "(" * DEEP + ")" * DEEP,
    "deep minus": "x = " + "-" * DEEP + "1",
    "deep attributes": "x = a" + ".b" * DEEP,
    "deep calls": "x = " + "f(" * 90 + ")" * 90,
    "long sum": "x = " + "+".join(["1"] * DEEP),
    "deep if": "".join(" " * at + "if a:\n" for at in range(95)) + " " * 95 + "pass\n",
    "endless recursion": "def f():\n    f()\nf()\n",
    "mutual imports": "import app\nimport other\n",
    "doubling text": "x = 'a'\n" + "x = x + x\n" * 60,
    "doubling list": "x = [1]\n" + "x = x + x\n" * 60,
    "wide format": "x = '%099999999d' % 1\ny = '{:>99999999}'.format('a')\n",
    "large power": "x = 10 * 10 ** 9 * 10 ** 9 * 10 ** 9\n",
    "large range": "for i in range(10 ** 12):\n    x = i\n",
    "nested loops": "a = list('x' * 40)\n"
    + "".join(" " * at + f"for i{at} in a:\n" for at in range(8))
    + " " * 8
    + "x = 1\n",
    "nul bytes": b"import os\0\n",
    "binary": bytes(range(256)) * 10,
    "huge": "x = 1\n" * 200_000,
    "odd encoding": b"# -*- coding: nonsense -*-\nx = '\xff'\n",
    "old python": "print 'x'\nexec 'y'\n",
    "many routes": "from flask import Flask\napp = Flask(__name__)\n"
    + "".join(f"@app.get('/{at}')\ndef f{at}(): ...\n" for at in range(1000)),
    "self in list": "x = []\nx.append(x)\nimport subprocess\nsubprocess.Popen(x)\n",
    "route expression": "import tornado.web\napp = tornado.web.Application([(r'/(a+)+(b+)+$', None), (r'/((((a*)*)*)*)', None)])\napp.listen(8080)\n",
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    "argv",
    [["python", "app.py"], ["gunicorn", "-c", "app.py", "app:app"], ["bash", "app.py"], ["nginx", "-c", "/app/app.py"]],
)
def test_any_text(name: str, argv: list[str]) -> None:
    explore(argv, {"app.py": TEXTS[name], "other.py": "import app\n"})


@pytest.mark.parametrize("name", TEXTS)
def test_no_rule_breaks(name: str) -> None:
    rules = [rule for rule in catalogue.load().rules.values() if rule.family in ("SMS", "SMT", "VTX", "KSV", "AZM")]
    platforms = ["sagemaker-hosting", "sagemaker-training", "vertex-prediction", "vertex-training", "kserve", "azureml"]
    build = make_build(
        f'{BASE}ENTRYPOINT ["python", "app.py"]\n', {"app.py": TEXTS[name], "x.yml": TEXTS[name]}, platforms, {}, {}
    )
    outcome = Walker(rules).walk(build)
    assert outcome.failures == []


SCRIPTS = {
    "starts itself": '#!/bin/bash\nexec "$0" "$@"\n',
    "starts itself twice": "#!/bin/bash\n./e.sh &\n./e.sh &\n./e.sh\n",
    "sources itself": "#!/bin/bash\n. ./e.sh\n",
    "functions call one another": "#!/bin/bash\na() { b; b; }\nb() { a; a; }\na\n",
    "long": "#!/bin/bash\n" + "gunicorn app:app &\n" * 1500,
    "deep": "#!/bin/bash\n" + "if true; then\n" * 300 + "fi\n" * 300,
    "unclosed": "#!/bin/bash\nif [ x\n$(((\n",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_any_script(name: str) -> None:
    explore(["/app/e.sh"], {"e.sh*": SCRIPTS[name]})
