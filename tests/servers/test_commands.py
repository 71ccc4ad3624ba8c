"""Command lines and configuration files of servers."""

from __future__ import annotations

import pytest

from tests.servers.support import read, where

WSGI = "def app(e, s): ...\napplication = app\n"

LINES = [
    ("gunicorn app:app", "gunicorn 127.0.0.1:8000"),
    ("gunicorn -b :8080 app:app", "gunicorn *:8080"),
    ("gunicorn --bind=0.0.0.0:8080 --reload app:app", "gunicorn *:8080"),
    ("gunicorn -b unix:/tmp/g.sock app:app", "gunicorn /tmp/g.sock"),
    ("gunicorn --version", ""),
    ("python -m gunicorn -b :80 app:app", "gunicorn *:80"),
    ("uvicorn app:app", "uvicorn 127.0.0.1:8000"),
    ("uvicorn --host 0.0.0.0 --port 8080 app:app", "uvicorn *:8080"),
    ("uvicorn --uds /tmp/u.sock app:app", "uvicorn /tmp/u.sock"),
    ("hypercorn -b 0.0.0.0:8080 app:app", "hypercorn *:8080"),
    ("waitress-serve app:app", "waitress *:8080"),
    ("waitress-serve --listen=127.0.0.1:80 app:app", "waitress 127.0.0.1:80"),
    ("flask run", "flask 127.0.0.1:5000"),
    ("flask --app app run -h 0.0.0.0 -p 8080", "flask *:8080"),
    ("flask routes", ""),
    ("fastapi run app.py", "uvicorn *:8000"),
    ("fastapi dev app.py --port 8080", "uvicorn 127.0.0.1:8080"),
    ("python -m http.server 8080", "http.server *:8080"),
    ("mlflow models serve -m /m -h 0.0.0.0 -p 8080", "mlflow *:8080"),
    ("mlflow ui", ""),
    ("vllm serve m --port 8080", "vllm *:8080"),
    ("vllm bench m", ""),
    ("tritonserver --model-repository=/m", "tritonserver *:8000"),
    ("tritonserver --allow-sagemaker=true --allow-http=false", "tritonserver *:8080"),
    ("torchserve --start --foreground", "torchserve 127.0.0.1:8080"),
    ("torchserve --start --ts-config ts.properties", "torchserve *:7000"),
    ("torchserve --stop", ""),
    ("env A=1 nice -n 5 gunicorn -b :80 app:app", "gunicorn *:80"),
    ("dumb-init -- gunicorn -b :80 app:app", "gunicorn *:80"),
]
FILES: dict[str, str | bytes] = {"app.py": WSGI, "ts.properties": "inference_address=http://0.0.0.0:7000\n"}


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_addresses(line: str, expected: str) -> None:
    assert where(read(line.split(), FILES)) == ([expected] if expected else [])


CONFIGURATIONS = [
    ("bind = '0.0.0.0:8080'\n", "gunicorn *:8080"),
    ("bind = ['127.0.0.1:1', ':2']\n", "gunicorn 127.0.0.1:1 | gunicorn *:2"),
    ("port = 8000 + 80\nbind = f'0.0.0.0:{port}'\n", "gunicorn *:8080"),
    ("import os\nbind = '0.0.0.0:' + os.environ.get('MY_PORT', '8080')\n", "gunicorn *:8080 $MY_PORT"),
    ("import os\nbind = '0.0.0.0:' + os.getenv('AIP_HTTP_PORT', '80')\n", "gunicorn *:8080"),
    ("from settings import BIND as bind\n", "gunicorn *:9000"),
    ("import own\nbind = own.bind()\n", "gunicorn ?:?"),
    ("if True:\n    bind = ':80'\nelse:\n    bind = ':81'\n", "gunicorn *:80"),
    ("import own\nif own.x:\n    bind = ':80'\nelse:\n    bind = ':81'\n", "gunicorn ?:?"),
    ("workers = 2\n", "gunicorn 127.0.0.1:8000"),
    ("bind = (\n", "gunicorn ?:?"),
]


@pytest.mark.parametrize(("text", "expected"), CONFIGURATIONS)
def test_gunicorn_configuration(text: str, expected: str) -> None:
    files = {"app.py": WSGI, "conf.py": text, "settings.py": "BIND = ':9000'\n"}
    assert " | ".join(where(read(["gunicorn", "-c", "conf.py", "app:app"], files))) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("ENV PORT=9000\n", "gunicorn *:9000"),
        ("ENV GUNICORN_CMD_ARGS='--bind=0.0.0.0:7000'\n", "gunicorn *:7000"),
        ("ARG P\nENV PORT=$P\n", "gunicorn *:?"),
    ],
)
def test_the_environment_counts(more: str, expected: str) -> None:
    assert where(read(["gunicorn", "app:app"], {"app.py": WSGI}, more=more)) == [expected]


def test_supervisor_starts_what_its_file_says() -> None:
    text = "[supervisord]\nnodaemon=true\n[program:a]\ncommand=gunicorn -b :8080 app:app ; x\ndirectory=/app\n[program:b]\ncommand=nginx -g 'daemon off;'\n"
    found = read(["supervisord", "-c", "/app/s.conf"], {"app.py": WSGI, "s.conf": text})
    assert [server.kind for server in found.servers] == ["gunicorn", "nginx"]


@pytest.mark.parametrize("line", ["uvicorn app:app --host 0.0.0.0", "hypercorn app:app", "waitress-serve app:app"])
def test_a_second_operand_is_refused(line: str) -> None:
    found = read([*line.split(), "serve"], FILES)
    assert found.servers == [] and "refuses the argument serve" in found.unread[0][0]


def test_what_is_not_known_is_said() -> None:
    found = read(["java", "-jar", "x.jar"], {"x.jar": b"PK"}, more="RUN apt-get install -y default-jre\n")
    assert found.servers == [] and [reason for reason, _ in found.unread] == ["what java serves is not read"]
