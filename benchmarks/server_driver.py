"""Asks the real frameworks and servers; runs under an interpreter that has them (:mod:`benchmarks.oracle_servers`)."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import importlib
import io
import json
import os
import signal
import sys
import threading
from http.server import HTTPServer


def main():
    question = {"applications": ask, "lines": line}[sys.argv[1]]
    cases = json.load(sys.stdin)
    out, sys.stdout = sys.stdout, sys.stderr
    found = [question(case) for case in cases]
    json.dump(found, out)


@contextlib.contextmanager
def inside(folder):
    before = set(sys.modules)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(folder):
                del sys.modules[name]


def ask(case):
    with inside(case["folder"]):
        if case["kind"] == "bottle":
            import bottle

            bottle.app.push()
        module = importlib.import_module(case["module"])
        name = case["attribute"]
        value = getattr(module, name.removesuffix("()"))
        if name.endswith("()"):
            value = value()
        requests = case["requests"]
        kind = case["kind"]
        if kind in ("flask", "bottle", "falcon"):
            return [wsgi(value, *request) for request in requests]
        if kind in ("fastapi", "starlette"):
            return [asyncio.run(asgi(value, *request)) for request in requests]
        if kind == "aiohttp":
            return asyncio.run(aiohttp(value, requests))
        if kind == "tornado":
            return asyncio.run(tornado(value, requests))
        return plain(value, requests)


def wsgi(app, method, path):
    seen = []
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": "x", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0",
        "wsgi.errors": sys.stderr, "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    list(app(environ, lambda status, headers, info=None: seen.append(int(status[:3]))))
    return seen[0]


async def asgi(app, method, path):
    seen = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
        "root_path": "", "scheme": "http", "query_string": b"", "headers": [], "client": ("x", 1), "server": ("x", 80),
    }  # fmt: skip

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            seen.append(message["status"])

    await app(scope, receive, send)
    return seen[0]


async def aiohttp(app, requests):
    from aiohttp.test_utils import TestClient, TestServer

    async with TestClient(TestServer(app)) as client:
        return [(await client.request(method, path, allow_redirects=False)).status for method, path in requests]


async def tornado(app, requests):
    from tornado.httpclient import AsyncHTTPClient
    from tornado.testing import bind_unused_port

    sock, port = bind_unused_port()
    from tornado.httpserver import HTTPServer as Server

    server = Server(app)
    server.add_sockets([sock])
    client = AsyncHTTPClient()
    found = []
    for method, path in requests:
        body = b"" if method == "POST" else None
        got = await client.fetch(
            f"http://127.0.0.1:{port}{path}", method=method, body=body, raise_error=False, follow_redirects=False
        )
        found.append(got.code)
    server.stop()
    return found


def plain(handler, requests):
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = []
    for method, path in requests:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        connection.request(method, path)
        found.append(connection.getresponse().status)
        connection.close()
    server.shutdown()
    return found


def line(case):
    """In a process of its own: gunicorn keeps the folder in which it was imported."""
    ours, theirs = os.pipe()
    if os.fork() == 0:
        signal.alarm(30)
        program, *words = case["argv"]
        os.chdir(case["folder"])
        os.environ["PWD"] = case["folder"]
        sys.path.insert(0, case["folder"])
        os.write(theirs, json.dumps(sorted(_PROGRAMS[program](words))).encode())
        os._exit(0)
    os.wait()
    os.close(theirs)
    with os.fdopen(ours, "rb") as answer:
        return json.loads(answer.read() or b'["it fails"]')


def python(words):
    """The program itself, with the functions that would listen written down in their place."""
    import runpy

    seen = []

    def note(host, port, *rest):
        seen.append(_joined({"localhost": "localhost"}.get(host, host), port))

    from http import server

    import aiohttp.web
    import flask as flask_module
    import uvicorn as uvicorn_module
    import waitress as waitress_module

    flask_module.Flask.run = lambda self, host=None, port=None, debug=None, **more: note(
        host or "127.0.0.1", port or 5000
    )
    uvicorn_module.run = lambda app, host="127.0.0.1", port=8000, **more: note(host, port)
    waitress_module.serve = lambda app, host="0.0.0.0", port=8080, **more: note(host, port)
    aiohttp.web.run_app = lambda app, host=None, port=None, **more: note(host or "0.0.0.0", port or 8080)

    class Server:
        def __init__(self, server_address, RequestHandlerClass):
            self.address = server_address

        def serve_forever(self):
            note(*self.address)

    server.HTTPServer = Server
    sys.argv = list(words)
    runpy.run_path(words[0], run_name="__main__")
    return seen


def gunicorn(words):
    from gunicorn.app.wsgiapp import WSGIApplication

    sys.argv = ["gunicorn", *words]
    config = WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]", prog="gunicorn").cfg
    return [address if isinstance(address, str) else _joined(*address[:2]) for address in config.address]


def uvicorn(words):
    from uvicorn.main import main

    given = main.make_context("uvicorn", list(words)).params
    return [_joined(given["host"], given["port"])]


def hypercorn(words):
    import hypercorn.__main__ as hypercorn_main

    seen = []
    hypercorn_main.run = seen.append
    hypercorn_main.main(list(words))
    return [bind.removeprefix("unix:") if bind.startswith("unix:") else _split(bind) for bind in seen[0].bind]


def _split(bind):
    host, colon, port = bind.rpartition(":")
    return _joined(host, port) if colon else _joined(bind, 8000)


def waitress(words):
    from waitress import runner
    from waitress.adjustments import Adjustments

    seen = []

    def serve(app, **options):
        seen.append(options)

    runner.run(["waitress-serve", *words], _serve=serve)
    given = {key: value for key, value in seen[0].items() if key in ("host", "port", "listen")}
    adjusted = Adjustments(**given)
    return sorted({_joined("0.0.0.0" if each[3][0] == "::" else each[3][0], each[3][1]) for each in adjusted.listen})


def flask(words):
    from flask.cli import run_command

    given = run_command.make_context("run", list(words[1:])).params
    return [_joined(given["host"], given["port"])]


def _joined(host, port):
    return f"{'0.0.0.0' if host in ('', '*', '::', '[::]') else host}:{port}"


_PROGRAMS = {
    "gunicorn": gunicorn,
    "uvicorn": uvicorn,
    "hypercorn": hypercorn,
    "waitress-serve": waitress,
    "flask": flask,
    "python": python,
}

if __name__ == "__main__":
    main()
