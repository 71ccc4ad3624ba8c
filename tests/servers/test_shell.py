"""What entry scripts start: in the foreground, in the background, on the way that the words choose."""

from __future__ import annotations

import pytest

from tests.servers.support import read, where

APP = "def app(e, s): ...\n"

SCRIPTS = [
    ("exec gunicorn -b :8080 app:app\n", [], "gunicorn *:8080"),
    ("gunicorn -b :8000 app:app &\nnginx -g 'daemon off;' -c /app/n.conf\n", [], "gunicorn *:8000 | nginx *:8080"),
    ('exec "$@"\n', ["gunicorn", "-b", ":1", "app:app"], "gunicorn *:1"),
    ('exec gunicorn "$@" app:app\n', ["-b", ":2"], "gunicorn *:2"),
    (
        'case "$1" in\n  serve) shift; exec gunicorn -b :1 app:app ;;\n  *) exec gunicorn -b :2 app:app ;;\nesac\n',
        ["serve"],
        "gunicorn *:1",
    ),
    (
        'case "$1" in\n  serve|x) exec gunicorn -b :1 app:app ;;\n  *) exec gunicorn -b :2 app:app ;;\nesac\n',
        [],
        "gunicorn *:2",
    ),
    (
        'if [ "$1" = "serve" ]; then\n exec gunicorn -b :1 app:app\nelse\n exec gunicorn -b :2 app:app\nfi\n',
        ["serve"],
        "gunicorn *:1",
    ),
    ("PORT=8080\ngunicorn -b 0.0.0.0:$PORT app:app\n", [], "gunicorn *:8080"),
    ("gunicorn -b 0.0.0.0:${MY_PORT:-8080} app:app\n", [], "gunicorn *:8080 $MY_PORT"),
    ("gunicorn -b 0.0.0.0:${AIP_HTTP_PORT:-80} app:app\n", [], "gunicorn *:8080"),
    ("gunicorn -b 0.0.0.0:$MY_PORT app:app\n", [], "gunicorn ?:?"),
    ("ARGS=$(own)\nexec vllm serve m $ARGS\n", [], "vllm ?:?"),
    (
        "if [ -f /x ]; then gunicorn -b :1 app:app; else gunicorn -b :2 app:app; fi\n",
        [],
        "gunicorn *:1 ? | gunicorn *:2 ?",
    ),
    ("start() {\n  exec gunicorn -b :3 app:app\n}\nstart\n", [], "gunicorn *:3"),
    ("cd sub && gunicorn -b :4 app:app\n", [], "gunicorn *:4"),
    (". ./part.sh\n", [], "gunicorn *:5"),
    ("bash part.sh\n", [], "gunicorn *:5"),
    ("export UVICORN_PORT=8081\nuvicorn app:app --host 0.0.0.0\n", [], "uvicorn *:8081"),
    ("MY=1 python srv.py\n", [], "flask *:1"),
    ("exec gunicorn -b :1 app:app\nexec gunicorn -b :2 app:app\n", [], "gunicorn *:1"),
    ("(gunicorn -b :1 app:app) &\nwait\n", [], "gunicorn *:1"),
    ("mkdir -p /x && gunicorn -b :1 app:app || exit 1\n", [], "gunicorn *:1"),
    ("nohup gunicorn -b :1 app:app > /tmp/log 2>&1 &\ntail -f /dev/null\n", [], "gunicorn *:1"),
]
FILES = {
    "app.py": APP,
    "sub/app.py": APP,
    "n.conf": "http { server { listen 8080; } }\n",
    "part.sh": "gunicorn -b :5 app:app\n",
    "srv.py": "import os\nfrom flask import Flask\napp = Flask(__name__)\napp.run('0.0.0.0', int(os.environ['MY']))\n",
}


@pytest.mark.parametrize(("script", "words", "expected"), SCRIPTS)
def test_scripts(script: str, words: list[str], expected: str) -> None:
    found = read(["/app/e.sh", *words], {**FILES, "e.sh*": f"#!/bin/bash\nset -e\n{script}"})
    assert " | ".join(where(found)) == expected


def test_shell_form_and_places() -> None:
    found = read(["sh", "-c", "cd /app && exec gunicorn -b :8080 app:app"], FILES)
    assert where(found) == ["gunicorn *:8080"]
    assert found.servers[0].place.path == "Dockerfile"
    found = read(["/app/e.sh"], {**FILES, "e.sh*": "#!/bin/sh\n\n  exec gunicorn -b :8080 app:app\n"})
    assert (found.servers[0].place.path, found.servers[0].place.span.line, found.servers[0].place.span.column) == (
        "e.sh",
        3,
        8,
    )


def test_what_only_comes_by_is_no_server() -> None:
    found = read(
        ["/app/e.sh"],
        {**FILES, "e.sh*": "#!/bin/sh\nown-migration\npython -c 'import x'\nexec gunicorn -b :8080 app:app\n"},
    )
    assert found.unread == []


def test_an_unknown_last_program_is_unread() -> None:
    found = read(["/app/e.sh"], {**FILES, "e.sh*": "#!/bin/sh\nexec own-server\n"})
    assert [reason for reason, _ in found.unread] == ["what own-server serves is not read"]
