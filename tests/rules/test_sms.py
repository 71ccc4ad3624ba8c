"""Tables of cases for the rules about SageMaker's HTTP contract."""

from __future__ import annotations

import pytest

from tests.rules.support import findings, run, undecided

HOSTING = ["sagemaker-hosting"]
ALL = [f"SMS{number:03}" for number in range(1, 14)]
HTTP = ["SMS001", "SMS002", "SMS004", "SMS005"]
FLASK = "from flask import Flask\napp = Flask(__name__)\n"
PING = "@app.get('/ping')\ndef ping(): return ''\n"
INVOCATIONS = "@app.post('/invocations')\ndef invocations(): return ''\n"
GOOD = FLASK + PING + INVOCATIONS


def _image(argv: str, more: str = "") -> str:
    return f"FROM python:3.12\nRUN pip install gunicorn uvicorn flask fastapi waitress mlflow\nWORKDIR /app\nCOPY . .\n{more}ENTRYPOINT [{argv}]\n"


PROGRAM = _image('"python", "app.py"')
CASES = [
    (GOOD + "app.run('0.0.0.0', 8080)\n", set()),
    (GOOD + "app.run()\n", {"SMS001", "SMS002"}),
    (GOOD + "app.run(port=8080)\n", {"SMS002"}),
    (GOOD + "app.run('0.0.0.0')\n", {"SMS001"}),
    (GOOD + "app.run('localhost', 8080)\n", {"SMS002"}),
    (FLASK + "app.run('0.0.0.0', 8080)\n", {"SMS004", "SMS005"}),
    (FLASK + PING + "app.run('0.0.0.0', 8080)\n", {"SMS005"}),
    (FLASK + INVOCATIONS + "app.run('0.0.0.0', 80)\n", {"SMS001", "SMS004"}),
    (GOOD.replace("app.post", "app.get") + "app.run('0.0.0.0', 8080)\n", {"SMS005"}),
    (GOOD.replace("app.get", "app.post") + "app.run('0.0.0.0', 8080)\n", {"SMS004"}),
    (GOOD + "from waitress import serve\nserve(app, port=8080)\n", set()),
    (GOOD + "from waitress import serve\nserve(app, listen='127.0.0.1:8080')\n", {"SMS002"}),
    (
        "import uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\nuvicorn.run(app, host='0.0.0.0', port=8080)\n",
        {"SMS004", "SMS005"},
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_programs(text: str, expected: set[str]) -> None:
    assert {rule for rule, *_ in run(PROGRAM, HTTP, {"app.py": text}, HOSTING)} == expected


OPEN = [
    (GOOD + "import os\napp.run('0.0.0.0', int(os.environ.get('P', 5000)))\n", {"SMS001"}),
    (GOOD + "import own\napp.run('0.0.0.0', own.port)\n", {"SMS001"}),
    (GOOD + "import own\nif own.x:\n    app.run('0.0.0.0', 5000)\n", {"SMS001"}),
    ("import own\nown.serve()\n", {"SMS001", "SMS004", "SMS005"}),
    (FLASK + "import own\nown.routes(app)\napp.run('0.0.0.0', 8080)\n", {"SMS004", "SMS005"}),
    ("print 'old'\n", {"SMS001", "SMS004", "SMS005"}),
    ("import django\n", {"SMS001", "SMS004", "SMS005"}),
    (
        "import gradio as gr\ngr.Interface(1).launch(server_name='0.0.0.0', server_port=8080)\n",
        {"SMS001", "SMS004", "SMS005"},
    ),
]


@pytest.mark.parametrize(("text", "expected"), OPEN)
def test_what_cannot_be_known_is_no_fault(text: str, expected: set[str]) -> None:
    assert run(PROGRAM, HTTP, {"app.py": text}, HOSTING) == []
    assert {each.rule_id for each in undecided(PROGRAM, HTTP, {"app.py": text}, HOSTING)} == expected


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ('"gunicorn", "-b", ":8080", "app:app"', set()),
        ('"gunicorn", "app:app"', {"SMS001", "SMS002"}),
        ('"gunicorn", "-b", "0.0.0.0:8000", "app:app"', {"SMS001"}),
        ('"sh", "-c", "uvicorn app:app --port 8080"', {"SMS002"}),
        ('"sh", "-c", "waitress-serve --port=8080 app:app"', set()),
        ('"sh", "-c", "flask run --host=0.0.0.0 --port=8080"', set()),
        ('"mlflow", "models", "serve", "-m", "m", "-h", "0.0.0.0", "-p", "8080"', set()),
        ('"sh", "-c", "gunicorn -b 0.0.0.0:8080 app:app"', set()),
    ],
)
def test_command_lines(argv: str, expected: set[str]) -> None:
    assert {rule for rule, *_ in run(_image(argv), HTTP, {"app.py": GOOD}, HOSTING)} == expected


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM 763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.1\n",
        "FROM pytorch/torchserve:0.12.0-cpu\n",
        "FROM acme/own\n",
        "ARG B\nFROM $B\n",
        "FROM python:3.12\n",
        'FROM python:3.12\nCOPY missing.py /\nENTRYPOINT ["python", "/missing.py"]\n',
    ],
)
def test_other_images_have_no_fault(dockerfile: str) -> None:
    assert run(dockerfile, ALL, {"x": ""}, HOSTING) == []


def test_an_unknown_base_is_undecided() -> None:
    found = undecided("ARG B\nFROM $B\n", ALL, {}, HOSTING)
    assert {each.rule_id for each in found} == {"SMS001", "SMS004", "SMS005"}


def test_without_the_target_nothing_is_said() -> None:
    for platforms in ([], ["sagemaker-training"], ["kserve"], ["docker"]):
        assert run(PROGRAM + "EXPOSE 5000\n", ALL, {"app.py": FLASK + "app.run()\n"}, platforms) == []


BYOC = (
    "FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y python3 python3-pip nginx && ln -s /usr/bin/python3 /usr/bin/python\n"
    "RUN pip3 install flask gunicorn\nENV PYTHONUNBUFFERED=TRUE PATH=/opt/program:$PATH\nCOPY program /opt/program\nWORKDIR /opt/program\n"
)
SERVE = """#!/usr/bin/env python
import multiprocessing
import os
import signal
import subprocess
import sys

cpu_count = multiprocessing.cpu_count()
timeout = os.environ.get('MODEL_SERVER_TIMEOUT', 60)
workers = int(os.environ.get('MODEL_SERVER_WORKERS', cpu_count))

def sigterm_handler(nginx_pid, gunicorn_pid):
    try:
        os.kill(nginx_pid, signal.SIGQUIT)
    except OSError:
        pass
    sys.exit(0)

def start_server():
    print('starting with {} workers'.format(workers))
    subprocess.check_call(['ln', '-sf', '/dev/stdout', '/var/log/nginx/access.log'])
    nginx = subprocess.Popen(['nginx', '-c', '/opt/program/nginx.conf'])
    gunicorn = subprocess.Popen(['gunicorn', '--timeout', str(timeout), '-k', 'gevent', '-b', 'unix:/tmp/gunicorn.sock',
                                 '-w', str(workers), 'wsgi:app'])
    signal.signal(signal.SIGTERM, lambda a, b: sigterm_handler(nginx.pid, gunicorn.pid))
    pids = set([nginx.pid, gunicorn.pid])
    while True:
        pid, _ = os.wait()
        if pid in pids:
            break
    sigterm_handler(nginx.pid, gunicorn.pid)

if __name__ == '__main__':
    start_server()
"""
NGINX = """worker_processes 1;
daemon off; # Prevent forking
events {}
http {
  include /etc/nginx/mime.types;
  upstream gunicorn {
    server unix:/tmp/gunicorn.sock;
  }
  server {
    listen 8080 deferred;
    client_max_body_size 5m;
    keepalive_timeout 5;
    proxy_read_timeout 1200s;
    location ~ ^/(ping|invocations) {
      proxy_set_header Host $http_host;
      proxy_redirect off;
      proxy_pass http://gunicorn;
    }
    location / {
      return 404 "{}";
    }
  }
}
"""
PREDICTOR = """import flask
app = flask.Flask(__name__)

@app.route('/ping', methods=['GET'])
def ping():
    status = 200 if Service.get_model() is not None else 404
    return flask.Response(response='', status=status)

@app.route('/invocations', methods=['POST'])
def transformation():
    return flask.Response(response='', status=200)
"""
FILES = {
    "program/serve*": SERVE,
    "program/nginx.conf": NGINX,
    "program/wsgi.py": "import predictor as myapp\napp = myapp.app\n",
    "program/predictor.py": PREDICTOR,
}


def test_an_image_in_the_style_of_aws_has_its_body_limit_alone() -> None:
    found = findings(BYOC, [*ALL, "SMT004", "SMT006", "SMT008"], FILES, HOSTING)
    assert [(each.rule_id, each.place.path, each.place.line) for each in found] == [
        ("SMS008", "program/nginx.conf", 11)
    ]
    assert undecided(BYOC, ALL, FILES, HOSTING) == []


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        ("program/nginx.conf", "listen 8080", "listen 80", {"SMS001"}),
        ("program/nginx.conf", "listen 8080", "listen localhost:8080", {"SMS002"}),
        ("program/nginx.conf", "daemon off;", "", {"SMS007"}),
        ("program/nginx.conf", "(ping|invocations)", "(ping)", {"SMS005"}),
        ("program/nginx.conf", "proxy_read_timeout 1200s", "proxy_read_timeout 30s", set()),
        ("program/predictor.py", "methods=['POST']", "methods=['GET']", {"SMS005"}),
        ("program/predictor.py", "'/ping'", "'/health'", {"SMS004"}),
        ("program/serve*", "str(timeout)", "'20'", {"SMS009"}),
        ("program/serve*", "unix:/tmp/gunicorn.sock", "unix:/tmp/other.sock", {"SMS004?", "SMS005?"}),
        ("program/wsgi.py", "myapp.app", "own()", {"SMS004?", "SMS005?"}),
    ],
)
def test_each_thing_that_is_broken_is_found(name: str, before: str, after: str, expected: set[str]) -> None:
    files = {**FILES, name: FILES[name].replace(before, after)}
    found = {rule for rule, *_ in run(BYOC, ALL, files, HOSTING)} - {"SMS008"}
    open_ = {f"{each.rule_id}?" for each in undecided(BYOC, ALL, files, HOSTING)}
    assert found | open_ == expected


@pytest.mark.parametrize(
    ("limit", "speaks"),
    [("5m", True), ("6m", False), ("5120k", True), ("0", False), ("100m", False), ("1g", False), ("6000000", True)],
)
def test_body_limits(limit: str, speaks: bool) -> None:
    files = {**FILES, "program/nginx.conf": NGINX.replace("5m", limit)}
    assert bool(run(BYOC, ["SMS008"], files, HOSTING)) is speaks


@pytest.mark.parametrize(
    ("body", "speaks"),
    [
        ("        return str(e)\n", True),
        ("        return {'error': str(e)}\n", True),
        ("        return jsonify(error=str(e))\n", True),
        ("        return Response(str(e))\n", True),
        ("        return str(e), 200\n", True),
        ("        return str(e), 500\n", False),
        ("        return Response(str(e), status=400)\n", False),
        ("        return Response(str(e), 500)\n", False),
        ("        raise\n", False),
        ("        abort(500)\n", False),
        ("        return failed(e)\n", False),
    ],
)
def test_errors_as_success(body: str, speaks: bool) -> None:
    text = (
        FLASK
        + PING
        + "@app.post('/invocations')\ndef i():\n    try:\n        return own()\n    except Exception as e:\n"
        + body
    )
    assert bool(run(_image('"gunicorn", "-b", ":8080", "app:app"'), ["SMS012"], {"app.py": text}, HOSTING)) is speaks


@pytest.mark.parametrize("debug", ["debug=True", "debug=False", ""])
def test_debug_is_worse(debug: str) -> None:
    text = GOOD + f"app.run('0.0.0.0', 8080, {debug})\n"
    found = findings(PROGRAM, ["SMS006"], {"app.py": text}, HOSTING)
    assert [each.severity.word for each in found] == ["high" if debug == "debug=True" else "medium"]


LABEL = 'LABEL "com.amazonaws.sagemaker.capabilities.{}"="{}"\n'


@pytest.mark.parametrize(
    ("label", "value", "text", "expected"),
    [
        ("multi-models", "true", GOOD, {"SMS010"}),
        ("multi-models", "false", GOOD, set()),
        ("multi-models", "true", GOOD + "@app.route('/models', methods=['GET', 'POST'])\ndef m(): ...\n", set()),
        ("accept-bind-to-port", "true", GOOD, {"SMS011"}),
        ("accept-bind-to-port", "true", GOOD + "import os\nos.environ.get('SAGEMAKER_BIND_TO_PORT')\n", set()),
        ("bidirectional-streaming", "true", GOOD, {"SMS013"}),
    ],
)
def test_labels(label: str, value: str, text: str, expected: set[str]) -> None:
    dockerfile = _image('"gunicorn", "-b", ":8080", "app:app"', LABEL.format(label, value))
    assert {rule for rule, *_ in run(dockerfile, ["SMS010", "SMS011", "SMS013"], {"app.py": text}, HOSTING)} == expected


@pytest.mark.parametrize(
    ("expose", "speaks"),
    [
        ("5000", True),
        ("8080", False),
        ("8080/tcp 22", False),
        ("22 6006", False),
        ("5000 22", True),
        ("8000-8100", False),
    ],
)
def test_exposed_ports(expose: str, speaks: bool) -> None:
    assert bool(run(PROGRAM + f"EXPOSE {expose}\n", ["SMS003"], {"app.py": GOOD}, HOSTING)) is speaks
