"""Tables of cases for Vertex AI, KServe and Azure ML."""

from __future__ import annotations

import pytest

from tests.rules.support import run, undecided

PROGRAM = 'FROM python:3.12\nRUN pip install gunicorn\nWORKDIR /app\nCOPY . .\nENTRYPOINT ["python", "app.py"]\n'
FLASK = "import os\nfrom flask import Flask, jsonify\napp = Flask(__name__)\n"
VERTEX = (
    FLASK + "@app.post(os.environ.get('AIP_PREDICT_ROUTE', '/predict'))\ndef p(): return jsonify({'predictions': []})\n"
)
KSERVE = FLASK + "@app.post('/v1/models/<m>:predict')\ndef p(m): return {'predictions': []}\n"


@pytest.mark.parametrize(
    ("run_line", "expected", "open_"),
    [
        ("app.run('0.0.0.0', int(os.environ.get('AIP_HTTP_PORT', 8080)))\n", set(), set()),
        ("app.run('0.0.0.0', int(os.environ['AIP_HTTP_PORT']))\n", set(), set()),
        ("app.run('0.0.0.0', 8080)\n", set(), set()),
        ("app.run('0.0.0.0', 5000)\n", {"VTX002"}, set()),
        ("app.run(port=8080)\n", {"VTX002"}, set()),
        ("app.run('0.0.0.0', int(os.environ.get('PORT', 5000)))\n", set(), {"VTX002"}),
        ("import own\nown.run(app)\n", set(), {"VTX002"}),
    ],
)
def test_vertex_port(run_line: str, expected: set[str], open_: set[str]) -> None:
    rules = ["VTX001", "VTX002", "VTX003", "VTX004"]
    files = {"app.py": VERTEX + run_line}
    assert {rule for rule, *_ in run(PROGRAM, rules, files, ["vertex-prediction"])} == expected
    assert {each.rule_id for each in undecided(PROGRAM, rules, files, ["vertex-prediction"])} == open_


@pytest.mark.parametrize(
    ("answer", "speaks"),
    [
        ("jsonify([1])", True),
        ("jsonify({'result': 1})", True),
        ("str([1])", True),
        ("jsonify({'predictions': [1]})", False),
        ("own(1)", False),
        ("jsonify(result)", False),
    ],
)
def test_vertex_response(answer: str, speaks: bool) -> None:
    text = FLASK + f"@app.post('/predict')\ndef p(): return {answer}\napp.run('0.0.0.0', 8080)\n"
    assert bool(run(PROGRAM, ["VTX003"], {"app.py": text}, ["vertex-prediction"])) is speaks


@pytest.mark.parametrize(
    ("script", "speaks"),
    [
        ('case "$1" in serve) exec gunicorn -b :8080 app:app ;; esac\n', True),
        ('case "$1" in serve|"") exec gunicorn -b :8080 app:app ;; esac\n', False),
        ('case "${1:-serve}" in serve) exec gunicorn -b :8080 app:app ;; esac\n', False),
        ("exec gunicorn -b :8080 app:app\n", False),
        ("echo serve\n", False),
    ],
)
def test_vertex_gives_no_word(script: str, speaks: bool) -> None:
    dockerfile = PROGRAM.replace('["python", "app.py"]', '["/app/e.sh"]')
    files = {"app.py": VERTEX, "e.sh*": f"#!/bin/bash\n{script}"}
    assert bool(run(dockerfile, ["VTX001"], files, ["vertex-prediction"])) is speaks


@pytest.mark.parametrize(
    ("run_line", "expected", "open_"),
    [
        ("app.run('0.0.0.0', int(os.environ.get('PORT', 80)))\n", set(), set()),
        ("app.run('0.0.0.0', 8080)\n", set(), set()),
        ("app.run('0.0.0.0', 5000)\n", {"KSV001"}, set()),
        ("app.run(port=5000)\n", {"KSV001"}, set()),
        ("app.run(port=8080)\n", {"KSV001"}, set()),
        ("import own\nown.run(app)\n", set(), {"KSV001", "KSV002"}),
    ],
)
def test_kserve_port(run_line: str, expected: set[str], open_: set[str]) -> None:
    files = {"app.py": KSERVE + run_line}
    assert {rule for rule, *_ in run(PROGRAM, ["KSV001", "KSV002"], files, ["kserve"])} == expected
    assert {each.rule_id for each in undecided(PROGRAM, ["KSV001", "KSV002"], files, ["kserve"])} == open_


@pytest.mark.parametrize(
    ("path", "speaks"),
    [
        ("/v1/models/<m>:predict", False),
        ("/v1/models/own:predict", False),
        ("/v2/models/<m>/infer", False),
        ("/<path:any>", False),
        ("/invocations", True),
        ("/predict", True),
    ],
)
def test_kserve_routes(path: str, speaks: bool) -> None:
    text = FLASK + f"@app.post('{path}')\ndef p(**k): return ''\napp.run('0.0.0.0', 8080)\n"
    assert bool(run(PROGRAM, ["KSV002"], {"app.py": text}, ["kserve"])) is speaks


@pytest.mark.parametrize(
    ("user", "speaks"),
    [("app", True), ("app:100", True), ("1000", False), ("1000:100", False), ("root", False), ("$UID", False)],
)
def test_named_users(user: str, speaks: bool) -> None:
    assert bool(run(f"FROM python:3.12\nARG UID\nUSER {user}\n", ["KSV003"], {}, ["kserve"])) is speaks


@pytest.mark.parametrize(
    ("entrypoint", "speaks"),
    [
        ('["python", "app.py"]', True),
        ('["/bin/bash"]', True),
        ('["tini", "--"]', False),
        ('["/app/e.sh"]', False),
        ("[]", False),
    ],
)
def test_azure_jobs(entrypoint: str, speaks: bool) -> None:
    dockerfile = PROGRAM.replace('["python", "app.py"]', entrypoint)
    files = {"app.py": "print(1)\n", "e.sh*": '#!/bin/sh\nexec "$@"\n'}
    assert bool(run(dockerfile, ["AZM002"], files, ["azureml"])) is speaks
