"""What Python programs serve, read from their text."""

from __future__ import annotations

import pytest

from tests.servers.support import read, verdict, where

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
PROGRAMS = [
    (FLASK + "app.run()\n", "flask 127.0.0.1:5000"),
    (FLASK + "app.run('0.0.0.0', 8080)\n", "flask *:8080"),
    (FLASK + "if __name__ == '__main__':\n    app.run(host='0.0.0.0', port=8080)\n", "flask *:8080"),
    (FLASK + "PORT = 8000\ndef main():\n    app.run(port=PORT + 80, host='0.0.0.0')\nmain()\n", "flask *:8080"),
    (FLASK + "import os\napp.run('0.0.0.0', int(os.environ.get('P', 5000)))\n", "flask *:5000 $P"),
    (FLASK + "import os\napp.run('0.0.0.0', int(os.environ.get('P') or 5000))\n", "flask *:5000 $P"),
    (FLASK + "import os\nport = int(os.environ['AIP_HTTP_PORT'])\napp.run('0.0.0.0', port)\n", "flask *:8080"),
    (
        FLASK
        + "import argparse\np = argparse.ArgumentParser()\np.add_argument('--port', type=int, default=8080)\na = p.parse_args()\napp.run('0.0.0.0', a.port)\n",
        "flask *:8080",
    ),
    (FLASK + "from own import port\napp.run('0.0.0.0', port)\n", "flask *:?"),
    (FLASK + "kw = {'host': '0.0.0.0', 'port': 80}\napp.run(**kw)\n", "flask *:80"),
    (
        FLASK + "import own\nif own.debug:\n    app.run(port=1)\nelse:\n    app.run(port=2)\n",
        "flask 127.0.0.1:1 ? | flask 127.0.0.1:2 ?",
    ),
    (FLASK + "from waitress import serve\nserve(app, host='0.0.0.0', port=8080)\n", "waitress *:8080"),
    (
        FLASK + "from gevent.pywsgi import WSGIServer\nWSGIServer(('0.0.0.0', 8080), app).serve_forever()\n",
        "gevent *:8080",
    ),
    (FLASK + "from gevent import pywsgi\ns = pywsgi.WSGIServer(('', 8080), app)\ns.start()\n", "gevent *:8080"),
    ("import uvicorn\nuvicorn.run('app:app', host='0.0.0.0', port=8080)\n", "uvicorn *:8080"),
    ("import uvicorn\nuvicorn.Server(uvicorn.Config('x:y', port=80)).run()\n", "uvicorn 127.0.0.1:80"),
    ("from aiohttp import web\napp = web.Application()\nweb.run_app(app)\n", "aiohttp *:8080"),
    ("import tornado.web\ntornado.web.Application([]).listen(8888)\n", "tornado *:8888"),
    (
        "from http.server import *\nfrom http.server import HTTPServer, BaseHTTPRequestHandler\nHTTPServer(('', 8080), BaseHTTPRequestHandler).serve_forever()\n",
        "http.server *:8080",
    ),
    ("import bottle\nbottle.run(host='0.0.0.0', port=8080)\n", "bottle *:8080"),
    ("import gradio\ngradio.Interface(f).launch(server_name='0.0.0.0', server_port=80)\n", "gradio ?:?"),
    (
        FLASK
        + "class S:\n    def __init__(self, port):\n        self.port = port\n    def run(self):\n        app.run('0.0.0.0', self.port)\nS(81).run()\n",
        "flask *:81",
    ),
    (
        FLASK
        + "import threading\nthreading.Thread(target=lambda: 0).start()\ndef go():\n    app.run('0.0.0.0', 82)\nthreading.Thread(target=go).start()\n",
        "flask *:82",
    ),
    (
        FLASK
        + "import sys\nif sys.argv[1] == 'serve':\n    app.run('0.0.0.0', 83)\nelse:\n    app.run('0.0.0.0', 84)\n",
        "flask *:83",
    ),
    (FLASK + "try:\n    app.run('0.0.0.0', 85)\nexcept Exception:\n    pass\n", "flask *:85"),
    (FLASK + "raise SystemExit\napp.run()\n", ""),
    ("import subprocess\nsubprocess.check_call(['gunicorn', '-b', ':8080', 'wsgi:app'])\n", "gunicorn *:8080"),
    (
        "import subprocess, shlex\nsubprocess.Popen(shlex.split('gunicorn -b :8080 wsgi:app')).wait()\n",
        "gunicorn *:8080",
    ),
    ("import os\nos.execvp('gunicorn', ['gunicorn', '-b', ':8080', 'wsgi:app'])\n", "gunicorn *:8080"),
    ("import os\nos.system('cd /app && gunicorn -b :8080 wsgi:app')\n", "gunicorn *:8080"),
    (
        "import subprocess\nargs = ['gunicorn']\nargs += ['-b', ':8080']\nargs.append('wsgi:app')\nsubprocess.run(args)\n",
        "gunicorn *:8080",
    ),
    ("import subprocess\nfrom own import more\nsubprocess.run(['gunicorn', *more, 'wsgi:app'])\n", "gunicorn ?:?"),
    (
        "import click\n@click.command()\n@click.option('--port', default=8080)\ndef main(port):\n    import uvicorn\n    uvicorn.run('a:b', port=port)\nmain()\n",
        "uvicorn 127.0.0.1:8080",
    ),
]


@pytest.mark.parametrize(("text", "expected"), PROGRAMS)
def test_programs(text: str, expected: str) -> None:
    assert " | ".join(where(read(["python", "app.py", "serve"], {"app.py": text, "wsgi.py": ""}))) == expected


ROUTES = [
    ("@app.route('/ping')\ndef p(): ...\n", "GET", "/ping", "yes"),
    ("@app.route('/ping')\ndef p(): ...\n", "POST", "/ping", "no"),
    ("@app.route('/ping/')\ndef p(): ...\n", "GET", "/ping", "unknown"),
    ("@app.route('/<path:x>')\ndef p(x): ...\n", "GET", "/ping", "yes"),
    ("@app.route(own())\ndef p(x): ...\n", "GET", "/ping", "unknown"),
    ("import own\nown.init(app)\n", "GET", "/ping", "unknown"),
    ("from flask_cors import CORS\nCORS(app)\n", "GET", "/ping", "no"),
    ("import own\nif own.x:\n    @app.get('/ping')\n    def p(): ...\n", "GET", "/ping", "yes"),
    ("from parts import bp\napp.register_blueprint(bp)\n", "GET", "/api/ping", "yes"),
    ("from parts import bp\napp.register_blueprint(bp, url_prefix='/v2')\n", "GET", "/api/ping", "no"),
    ("import missing_module\napp.register_blueprint(missing_module.bp)\n", "GET", "/ping", "unknown"),
    ("from parts import add\nadd(app)\n", "POST", "/added", "yes"),
    ("app.wsgi_app = __import__('x')(app.wsgi_app)\n", "GET", "/ping", "no"),
]


@pytest.mark.parametrize(("text", "method", "path", "expected"), ROUTES)
def test_routes(text: str, method: str, path: str, expected: str) -> None:
    files = {
        "app.py": FLASK + text,
        "parts/__init__.py": "from .views import bp, add\n",
        "parts/views.py": "from flask import Blueprint\nbp = Blueprint('b', __name__, url_prefix='/api')\n@bp.get('/ping')\ndef p(): ...\n"
        "def add(app):\n    app.add_url_rule('/added', 'a', p, methods=['POST'])\n",
    }
    assert verdict(read(["gunicorn", "-b", ":8080", "app:app"], files), method, path) == expected


@pytest.mark.parametrize(
    ("target", "text", "expected"),
    [
        (
            "app:create()",
            "from flask import Flask\ndef create():\n    a = Flask(__name__)\n    @a.get('/ping')\n    def p(): ...\n    return a\n",
            "yes",
        ),
        (
            "app:create()",
            "from flask import Flask\ndef create(x=None):\n    if x is None:\n        return Flask(__name__)\n    raise ValueError\n",
            "no",
        ),
        ("app", "from flask import Flask\napplication = Flask(__name__)\n", "no"),
        ("pkg.web:app", "", "yes"),
        ("other:app", "", "unknown"),
        ("app:thing", "thing = own()\n", "unknown"),
        ("app:app", "from pkg.web import app\n", "yes"),
        ("app:app", "def broken(:\n", "unknown"),
    ],
)
def test_applications(target: str, text: str, expected: str) -> None:
    files = {"app.py": text, "pkg/__init__.py": "", "pkg/web.py": FLASK + "@app.get('/ping')\ndef p(): ...\n"}
    assert verdict(read(["gunicorn", "-b", ":8080", target], files), "GET", "/ping") == expected


def test_a_function_that_may_raise_still_gives_what_it_may_give() -> None:
    text = (
        "from flask import Flask\nimport own\ndef model(paths):\n    for p in paths:\n        if own.exists(p):\n            return p\n    raise FileNotFoundError\n"
        "app = Flask(__name__)\nmodel(own.paths())\n@app.get('/ping')\ndef p(): ...\n"
    )
    assert verdict(read(["gunicorn", "-b", ":8080", "app:app"], {"app.py": text}), "GET", "/ping") == "yes"


def test_the_sagemaker_toolkit_serves_by_itself() -> None:
    text = "from sagemaker_inference import model_server\nmodel_server.start_model_server(handler_service='x')\n"
    assert read(["python", "app.py"], {"app.py": text}, "sagemaker-hosting").platform_serves
