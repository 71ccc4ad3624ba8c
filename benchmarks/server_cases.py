"""Made-up applications, command lines and nginx configurations for :mod:`benchmarks.oracle_servers`."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

PATHS = [
    "/ping",
    "/invocations",
    "/health",
    "/predict",
    "/v1/models/m:predict",
    "/api/ping",
    "/api/invocations",
    "/",
    "/x/y",
    "/models/a/invoke",
]
METHODS = ["GET", "POST"]


@dataclass
class Application:
    kind: str
    module: str
    attribute: str
    files: dict[str, str]
    argv: list[str]
    requests: list[tuple[str, str]]


@dataclass
class Line:
    argv: list[str]
    files: dict[str, str] = field(default_factory=dict)


def application(chance: random.Random, number: int) -> Application:
    kind = chance.choice(
        ["flask", "flask", "fastapi", "fastapi", "starlette", "aiohttp", "tornado", "bottle", "falcon", "http.server"]
    )
    files, attribute = _MAKERS[kind](chance)
    module = "app"
    own = kind in ("aiohttp", "tornado", "bottle", "http.server")
    server = "gunicorn" if kind in ("flask", "falcon") else "uvicorn"
    target = f"{module}:{attribute}"
    argv = (
        ["python", "app.py"]
        if own
        else [server, *(["-b", ":8080"] if server == "gunicorn" else ["--host", "0.0.0.0", "--port", "8080"])]
    )
    if not own:
        factory = attribute.endswith("()")
        argv += ["--factory", target.removesuffix("()")] if factory and server == "uvicorn" else [target]
    requests = [(method, path) for path in PATHS for method in METHODS]
    return Application(
        kind, module, attribute.removesuffix("()") + ("()" if attribute.endswith("()") else ""), files, argv, requests
    )


def _picked(chance: random.Random, most: int = 5) -> list[tuple[str, list[str]]]:
    paths = chance.sample([path for path in PATHS if ":" not in path], chance.randint(1, most))
    return [(path, chance.choice([["GET"], ["POST"], ["GET", "POST"]])) for path in paths]


def _flask(chance: random.Random) -> tuple[dict[str, str], str]:
    files: dict[str, str] = {}
    lines = ["import os", "from flask import Flask, Blueprint, jsonify", "from flask.views import MethodView"]
    body: list[str] = ["app = Flask(__name__)"]
    for at, (path, methods) in enumerate(_picked(chance)):
        style = chance.choice(
            [
                "route",
                "route",
                "verb",
                "rule",
                "view",
                "blueprint",
                "constant",
                "variable",
                "module",
                "function",
                "restful",
            ]
        )
        if style == "route":
            given = "" if methods == ["GET"] and chance.random() < 0.5 else f", methods={methods!r}"
            body += [f"@app.route({path!r}{given})", f"def f{at}(): return ''"]
        elif style == "verb":
            body += [f"@app.{method.lower()}({path!r})\ndef f{at}{method}(): return ''" for method in methods]
        elif style == "rule":
            body += [f"def f{at}(): return ''", f"app.add_url_rule({path!r}, 'e{at}', f{at}, methods={methods!r})"]
        elif style == "view":
            body += [f"class V{at}(MethodView):", *[f"    def {method.lower()}(self): return ''" for method in methods],
                     f"app.add_url_rule({path!r}, view_func=V{at}.as_view('v{at}'))"]  # fmt: skip
        elif style == "blueprint":
            prefix = chance.choice(["", "/api", "/x"])
            keyword = f", url_prefix={prefix!r}" if prefix else ""
            first, second = (keyword, "") if chance.random() < 0.5 else ("", keyword)
            body += [f"b{at} = Blueprint('b{at}', __name__{first})", f"@b{at}.route({path!r}, methods={methods!r})", f"def g{at}(): return ''",
                     f"app.register_blueprint(b{at}{second})"]  # fmt: skip
        elif style == "constant":
            body += [
                f"P{at} = os.path.join('/', {path[1:]!r})",
                f"@app.route(P{at}, methods=['{methods[0]}'] + [])",
                f"def f{at}(): return ''",
            ]
        elif style == "variable":
            body += [
                f"@app.route(os.environ.get('ROUTE_{at}', {path!r}), methods={methods!r})",
                f"def f{at}(): return ''",
            ]
        elif style == "module":
            files[f"part{at}.py"] = (
                f"from flask import Blueprint\nbp = Blueprint('p{at}', __name__)\n@bp.route({path!r}, methods={methods!r})\ndef f(): return ''\n"
            )
            body += [
                f"from part{at} import bp as p{at}",
                f"app.register_blueprint(p{at}, url_prefix={chance.choice([None, '/api'])!r})",
            ]
        elif style == "restful":
            lines.append("from flask_restful import Api, Resource")
            body += [f"class R{at}(Resource):", *[f"    def {method.lower()}(self): return ''" for method in methods],
                     f"Api(app).add_resource(R{at}, {path!r})"]  # fmt: skip
        else:
            body += [f"def add{at}(target):", f"    @target.route({path!r}, methods={methods!r})", "    def inner(): return ''",
                     f"    inner.__name__ = 'i{at}'", f"add{at}(app)"]  # fmt: skip
            # Flask names an endpoint after its function, so that only one of this style fits into an application.
            body = [
                line.replace("def inner()", f"def inner{at}()").replace("inner.__name__", f"inner{at}.__name__")
                for line in body
            ]
    if chance.random() < 0.4 and not any("import bp" in line for line in body):
        inner = ["def create_app():", *["    " + text for line in body for text in line.split("\n")], "    return app"]
        files["app.py"] = "\n".join([*lines, *inner]) + "\n"
        return files, "create_app()"
    files["app.py"] = "\n".join([*lines, *body, "if __name__ == '__main__':", "    app.run()"]) + "\n"
    return files, "app"


def _fastapi(chance: random.Random) -> tuple[dict[str, str], str]:
    files: dict[str, str] = {}
    body = ["from fastapi import FastAPI, APIRouter", "app = FastAPI()"]
    for at, (path, methods) in enumerate(_picked(chance)):
        style = chance.choice(["verb", "api_route", "add", "router", "module", "parameter", "mount", "loop"])
        if style == "verb":
            body += [f"@app.{method.lower()}({path!r})\nasync def f{at}{method}(): return {{}}" for method in methods]
        elif style == "api_route":
            body += [f"@app.api_route({path!r}, methods={methods!r})", f"def f{at}(): return {{}}"]
        elif style == "add":
            body += [f"def f{at}(): return {{}}", f"app.add_api_route({path!r}, f{at}, methods={methods!r})"]
        elif style == "router" and path != "/":
            own, given = chance.choice([("", ""), ("/api", ""), ("", "/api"), ("/x", "/api")])
            body += [f"r{at} = APIRouter(prefix={own!r})", f"@r{at}.{methods[0].lower()}({path!r})", f"def g{at}(): return {{}}",
                     f"app.include_router(r{at}, prefix={given!r})"]  # fmt: skip
        elif style == "module" and path != "/":
            files[f"routes{at}.py"] = (
                f"from fastapi import APIRouter\nrouter = APIRouter()\n@router.{methods[0].lower()}({path!r})\ndef f(): return {{}}\n"
            )
            body += [f"import routes{at}", f"app.include_router(routes{at}.router)"]
        elif style == "parameter":
            kind = chance.choice(["{n}", "{n:path}", "v1/models/{n}:predict", "models/{n}/invoke"])
            body += [f"@app.{methods[0].lower()}('/' + {kind!r})", f"def f{at}(n): return {{}}"]
        elif style == "mount":
            body += [
                f"sub{at} = FastAPI()",
                f"@sub{at}.{methods[0].lower()}('/ping')",
                f"def s{at}(): return {{}}",
                f"app.mount('/api', sub{at})",
            ]
        else:
            body += [f"for p in [{path!r}]:", f"    @app.{methods[0].lower()}(p)", f"    def f{at}(): return {{}}"]
    files["app.py"] = "\n".join(body) + "\n"
    if chance.random() < 0.3 and not files.keys() - {"app.py"}:
        head, *rest = body
        inner = ["def create_app():", *["    " + text for line in rest for text in line.split("\n")], "    return app"]
        files["app.py"] = "\n".join([head, *inner]) + "\n"
        return files, "create_app()"
    return files, "app"


def _starlette(chance: random.Random) -> tuple[dict[str, str], str]:
    entries = []
    for path, methods in _picked(chance):
        given = f", methods={methods!r}" if methods != ["GET"] or chance.random() < 0.5 else ""
        entries.append(f"Route({path!r}, f{given})")
    if chance.random() < 0.4:
        entries.insert(
            chance.randint(0, len(entries)),
            "Mount('/api', routes=[Route('/ping', f), Route('/invocations', f, methods=['POST'])])",
        )
    text = (
        "from starlette.applications import Starlette\nfrom starlette.responses import PlainTextResponse\nfrom starlette.routing import Mount, Route\n"
        f"async def f(request): return PlainTextResponse('')\nroutes = [{', '.join(entries)}]\napp = Starlette(routes=routes)\n"
    )
    return {"app.py": text}, "app"


def _aiohttp(chance: random.Random) -> tuple[dict[str, str], str]:
    body = [
        "from aiohttp import web",
        "async def f(request): return web.Response()",
        "app = web.Application()",
        "routes = web.RouteTableDef()",
    ]
    for at, (path, methods) in enumerate(_picked(chance)):
        style = chance.choice(["router", "list", "table", "route"])
        if style == "router":
            body += [f"app.router.add_{method.lower()}({path!r}, f)" for method in methods]
        elif style == "list":
            body.append(f"app.add_routes([{', '.join(f'web.{method.lower()}({path!r}, f)' for method in methods)}])")
        elif style == "table":
            body += [
                f"@routes.{method.lower()}({path!r})\nasync def t{at}{method}(request): return web.Response()"
                for method in methods
            ]
        else:
            body.append(f"app.router.add_route({chance.choice(['*', methods[0]])!r}, {path!r}, f)")
    body += ["app.add_routes(routes)", "if __name__ == '__main__':", "    web.run_app(app, port=8080)"]
    return {"app.py": "\n".join(body) + "\n"}, "app"


def _tornado(chance: random.Random) -> tuple[dict[str, str], str]:
    body = ["import tornado.ioloop", "import tornado.web"]
    entries = []
    for at, (path, methods) in enumerate(_picked(chance)):
        body += [
            f"class H{at}(tornado.web.RequestHandler):",
            *[f"    def {method.lower()}(self, *a): self.write('')" for method in methods],
        ]
        entries.append(f"(r{chance.choice([path, path + '/?', path.rstrip('/') + '/([a-z]+)'])!r}, H{at})")
    body += ["def make_app():", f"    return tornado.web.Application([{', '.join(entries)}])", "if __name__ == '__main__':",
             "    app = make_app()", "    app.listen(8080)", "    tornado.ioloop.IOLoop.current().start()"]  # fmt: skip
    return {"app.py": "\n".join(body) + "\n"}, "make_app()"


def _bottle(chance: random.Random) -> tuple[dict[str, str], str]:
    own = chance.random() < 0.5
    body = [
        "import bottle",
        "app = bottle.Bottle()" if own else "from bottle import route, get, post, run\napp = bottle.default_app()",
    ]
    before = "app." if own else ""
    for at, (path, methods) in enumerate(_picked(chance)):
        if chance.random() < 0.5:
            body += [f"@{before}route({path!r}, method={methods!r})", f"def f{at}(): return ''"]
        else:
            body += [f"@{before}{methods[0].lower()}({path!r})", f"def f{at}(): return ''"]
    if chance.random() < 0.3:
        body += [f"@{before}get('/models/<name>/invoke')", "def m(name): return ''"]
    run = "bottle.run(app, host='0.0.0.0', port=8080)" if own else "run(host='0.0.0.0', port=8080)"
    body += ["if __name__ == '__main__':", f"    {run}"]
    return {"app.py": "\n".join(body) + "\n"}, "app"


def _falcon(chance: random.Random) -> tuple[dict[str, str], str]:
    body = ["import falcon", "app = falcon.App()"]
    for at, (path, methods) in enumerate(_picked(chance)):
        body += [f"class R{at}:", *[f"    def on_{method.lower()}(self, req, resp): resp.text = ''" for method in methods],
                 f"app.add_route({path!r}, R{at}())"]  # fmt: skip
    return {"app.py": "\n".join(body) + "\n"}, "app"


def _http_server(chance: random.Random) -> tuple[dict[str, str], str]:
    body = ["from http.server import BaseHTTPRequestHandler, HTTPServer", "class Handler(BaseHTTPRequestHandler):"]
    body += ["    def log_message(self, *a): pass", "    def ok(self, code=200):", "        self.send_response(code)",
             "        self.send_header('Content-Length', '0')", "        self.end_headers()"]  # fmt: skip
    for method in chance.sample(METHODS, chance.randint(1, 2)):
        path = chance.choice(["/ping", "/invocations", "/health"])
        form = chance.choice(["any", "equal", "in"])
        body.append(f"    def do_{method}(self):")
        if form == "any":
            body.append("        self.ok()")
        else:
            test = f"self.path == {path!r}" if form == "equal" else f"self.path in ({path!r}, '/x/y')"
            body += [f"        if {test}:", "            self.ok()", "        else:", "            self.ok(404)"]
    body += ["if __name__ == '__main__':", "    HTTPServer(('', 8080), Handler).serve_forever()"]
    return {"app.py": "\n".join(body) + "\n"}, "Handler"


_MAKERS = {
    "flask": _flask, "fastapi": _fastapi, "starlette": _starlette, "aiohttp": _aiohttp, "tornado": _tornado, "bottle": _bottle,
    "falcon": _falcon, "http.server": _http_server,
}  # fmt: skip


# Command lines -------------------------------------------------------------------------------------------------------

_BINDS = ["0.0.0.0:8080", ":8080", "127.0.0.1:5000", "localhost:80", "unix:/tmp/a.sock", "0.0.0.0", "8080", "[::]:8080"]
_WSGI = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return []\napplication = app\n"


def command_line(chance: random.Random) -> Line:
    program = chance.choice(["gunicorn", "gunicorn", "uvicorn", "hypercorn", "waitress-serve", "flask"])
    files = {"app.py": _WSGI}
    if program == "gunicorn":
        return _gunicorn(chance, files)
    if program == "uvicorn":
        words = [*chance.choice([[], ["--host", "0.0.0.0"], ["--host=127.0.0.1"]]), *chance.choice([[], ["--port", "8080"], ["--port=5000"]]),
                 *chance.choice([[], ["--workers", "2"], ["--log-level", "info"], ["--no-access-log"], ["--proxy-headers"]])]  # fmt: skip
        at = chance.randint(0, 1)
        return Line([program, *(["app:app", *words] if at else [*words, "app:app"])], files)
    if program == "hypercorn":
        words = [word for bind in chance.sample(_BINDS[:5], chance.randint(0, 2)) for word in ("-b", bind)]
        return Line([program, *words, *chance.choice([[], ["-w", "2"], ["--access-logfile", "-"]]), "app:app"], files)
    if program == "waitress-serve":
        words = chance.choice(
            [
                [],
                ["--port=5000"],
                ["--host=127.0.0.1", "--port=8080"],
                ["--listen=*:8080"],
                ["--listen=127.0.0.1:80"],
                ["--threads=4"],
            ]
        )
        return Line([program, *words, "app:app"], files)
    words = [
        *chance.choice([[], ["--host", "0.0.0.0"], ["-h", "0.0.0.0"], ["--host=127.0.0.1"]]),
        *chance.choice([[], ["--port", "8080"], ["-p", "80"], ["-p80"]]),
    ]
    return Line(["flask", "run", *words], files)


def _gunicorn(chance: random.Random, files: dict[str, str]) -> Line:
    words: list[str] = []
    for bind in chance.sample(_BINDS, chance.choice([0, 1, 1, 2])):
        words += chance.choice([["-b", bind], [f"-b{bind}"], ["--bind", bind], [f"--bind={bind}"]])
    words += chance.choice(
        [
            [],
            ["-w", "4"],
            ["--workers=4"],
            ["--preload"],
            ["-k", "sync"],
            ["--threads", "2", "--timeout", "60"],
            ["--access-logfile", "-"],
            ["--reload"],
        ]
    )
    form = chance.choice(["", "", "named", "default", "module"])
    bind = chance.choice(
        ["'0.0.0.0:8080'", "['127.0.0.1:9000', ':8080']", "f'0.0.0.0:{8000 + 80}'", "'unix:/tmp/b.sock'"]
    )
    text = f"import multiprocessing\nbind = {bind}\nworkers = multiprocessing.cpu_count() * 2 + 1\ntimeout = 120\n"
    if form == "named":
        files["conf.py"] = text
        words += chance.choice([["-c", "conf.py"], ["--config=conf.py"], ["-c", "file:conf.py"]])
    elif form == "default":
        files["gunicorn.conf.py"] = text
    elif form == "module":
        files["settings.py"] = text
        words += ["-c", "python:settings"]
    return Line(["gunicorn", *words, "app:app"], files)


# Programs ------------------------------------------------------------------------------------------------------------

_PORTS = ["8080", "5000", "80"]
_RUNS = {
    "flask": (
        "from flask import Flask\napp = Flask(__name__)\n",
        ["app.run(host={h}, port={p})", "app.run({h}, {p})", "app.run(port={p}, debug=False)"],
    ),
    "uvicorn": (
        "import uvicorn\napp = None\n",
        ["uvicorn.run(app, host={h}, port={p})", "uvicorn.run('app:app', port={p})"],
    ),
    "waitress": (
        "from waitress import serve\napp = None\n",
        ["serve(app, host={h}, port={p})", "serve(app, port={p})"],
    ),
    "aiohttp": (
        "from aiohttp import web\napp = web.Application()\n",
        ["web.run_app(app, host={h}, port={p})", "web.run_app(app, port={p})"],
    ),
    "http.server": (
        "from http.server import BaseHTTPRequestHandler, HTTPServer\n",
        [
            "HTTPServer(({h}, {p}), BaseHTTPRequestHandler).serve_forever()",
            "s = HTTPServer(server_address=({h}, {p}), RequestHandlerClass=BaseHTTPRequestHandler)\ns.serve_forever()",
        ],
    ),
}


def program(chance: random.Random) -> Line:
    """A program that comes to its port by some way, through functions, classes, modules, its command line, its environment."""
    before, runs = _RUNS[chance.choice(sorted(_RUNS))]
    files: dict[str, str] = {}
    words: list[str] = []
    head = ["import os", "import sys", before.rstrip()]
    host = chance.choice(["'0.0.0.0'", "'127.0.0.1'", "'localhost'"])
    port, lines = _way(chance, chance.choice(_PORTS), files, words)
    call = chance.choice(runs).format(h=host, p=port)
    body = _around(chance, [*lines, *call.split("\n")])
    files["app.py"] = "\n".join([*head, *body]) + "\n"
    return Line(["python", "app.py", *words], files)


def _way(chance: random.Random, port: str, files: dict[str, str], words: list[str]) -> tuple[str, list[str]]:  # noqa: C901
    """An expression that is the port, and the lines in front of it."""
    way = chance.choice(
        [
            "plain",
            "name",
            "sum",
            "environ",
            "getenv",
            "or",
            "argparse",
            "argv",
            "module",
            "dict",
            "format",
            "class",
            "function",
            "loop",
            "tuple",
            "match",
        ]
    )
    if way == "name":
        return "PORT", [f"PORT = {port}"]
    if way == "sum":
        return "PORT", [f"PORT = {int(port) - 7}", "PORT += 7"]
    if way == "environ":
        return f"int(os.environ.get('NOT_SET', {port}))", []
    if way == "getenv":
        return "port", [f"port = int(os.getenv('NOT_SET', default='{port}'))"]
    if way == "or":
        return f"int(os.environ.get('NOT_SET') or {port})", []
    if way == "argparse":
        given = chance.choice([[], ["--port", port], [f"--port={port}"], ["-p", port]])
        words += given
        default = "1" if given else port
        return "args.port", ["import argparse", "parser = argparse.ArgumentParser()", f"parser.add_argument('-p', '--port', type=int, default={default})",
                             "parser.add_argument('--verbose', action='store_true')", "args = parser.parse_args()"]  # fmt: skip
    if way == "argv":
        words.append(port)
        return "int(sys.argv[1]) if len(sys.argv) > 1 else 1", []
    if way == "module":
        files["settings.py"] = f"class Config:\n    PORT = {port}\nOTHER = [{port}]\n"
        return chance.choice(["Config.PORT", "settings.OTHER[0]"]), ["import settings", "from settings import Config"]
    if way == "dict":
        return "options['port']", [f"options = {{'port': {port}, 'x': 1}}", "options.update(y=2)"]
    if way == "format":
        return "int(text.split(':')[1])", [f"text = '{{}}:{{}}'.format('x', {port})"]
    if way == "class":
        return "Settings().port", [
            "class Settings:",
            "    def __init__(self, add=0):",
            f"        self.port = {port} + add",
        ]
    if way == "function":
        return "port_of()", ["def port_of(first=True):", "    if first:", f"        return {port}", "    return 1"]
    if way == "loop":
        return "found", [f"for name, found in [('a', 1), ('b', {port})]:", "    pass"]
    if way == "tuple":
        return "second", [f"first, second = 1, {port}"]
    if way == "match":
        return "chosen", [
            "mode = 'serve'",
            "if mode == 'train':",
            "    chosen = 1",
            "elif mode in ('serve', 'x'):",
            f"    chosen = {port}",
            "else:",
            "    chosen = 2",
        ]
    return port, []


def _around(chance: random.Random, lines: list[str]) -> list[str]:
    """The lines as they are, under ``__main__``, in a function, in a method, in a thread."""
    inner = ["    " + line for line in lines]
    style = chance.choice(["plain", "main", "function", "try", "method", "thread", "with"])
    if style == "main":
        return ["if __name__ == '__main__':", *inner]
    if style == "function":
        return ["def main(extra=None):", *inner, "if __name__ == '__main__':", "    main()"]
    if style == "try":
        return ["try:", *inner, "except KeyboardInterrupt:", "    sys.exit(0)"]
    if style == "method":
        return [
            "class Service:",
            "    @staticmethod",
            "    def start():",
            *["    " + line for line in inner],
            "Service.start()",
        ]
    if style == "thread":
        return [
            "import threading",
            "def work():",
            *inner,
            "thread = threading.Thread(target=work)",
            "thread.start()",
            "thread.join()",
        ]
    if style == "with":
        return ["from contextlib import suppress", "with suppress(OSError):", *inner]
    return lines


# nginx ---------------------------------------------------------------------------------------------------------------

_LOCATIONS = [
    "/", "= /ping", "/ping", "^~ /ping", "~ ^/(ping|invocations)", "~ ^/ping$", "~* ^/PING", "= /invocations", "/invocations", "/inv", "/api/",
    "/api", "~ \\.json$", "^~ /api/", "~ ^/api/(v1|v2)/", "~* \\.(png|jpg)$", "= /", "/health", "~ ^/models/[^/]+/invoke$", "/models",
]  # fmt: skip
_ASKED = [
    "/ping",
    "/ping/",
    "/invocations",
    "/invocationsx",
    "/",
    "/api",
    "/api/v1/x",
    "/x.json",
    "/api/x.json",
    "/models/a/invoke",
    "/health",
    "/PING",
    "/a.PNG",
]


def nginx_configuration(chance: random.Random) -> tuple[str, list[str]]:
    """A configuration whose locations each answer with a status of their own, and the paths to ask."""
    chosen: list[str] = []
    keys: set[str] = set()
    for location in chance.sample(_LOCATIONS, chance.randint(2, 8)):
        key = location.replace("^~ ", "")
        if key not in keys:
            keys.add(key)
            chosen.append(location)
    blocks = "".join(
        f"    location {location} {{ return {201 + at if at < 3 else 400 + at}; }}{chance.choice(['', ' # comment { ;'])}\n"
        for at, location in enumerate(chosen)
    )
    text = (
        "daemon off;\nmaster_process off;\nerror_log FOLDER/error.log;\npid FOLDER/pid;\nevents {}\nhttp {\n  access_log off;\n"
        "  client_body_temp_path FOLDER/a; proxy_temp_path FOLDER/b; fastcgi_temp_path FOLDER/c; uwsgi_temp_path FOLDER/d; scgi_temp_path FOLDER/e;\n"
        f"  server {{\n    listen PORT;\n    root FOLDER/none;\n{blocks}  }}\n}}\n"
    )
    return text, _ASKED
