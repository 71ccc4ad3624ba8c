"""What the web frameworks do with a program's values: applications, their routes, and the servers that run them."""

from __future__ import annotations

from typing import Any

from gate.model import Place
from gate.packages.options import listed
from gate.record import dataclass
from gate.servers.apps import App, Rule
from gate.servers.model import EVERYWHERE, UNKNOWN, Variable, plain
from gate.servers.program import Program
from gate.servers.values import Class, External, Function, Instance, Method, Module, Namespace, convert

_APPS = {
    "flask.Flask": "flask", "flask.app.Flask": "flask", "flask.Blueprint": "flask", "quart.Quart": "quart",
    "quart.Blueprint": "quart",
    "fastapi.FastAPI": "fastapi", "fastapi.APIRouter": "fastapi", "fastapi.routing.APIRouter": "fastapi",
    "fastapi.applications.FastAPI": "fastapi", "starlette.applications.Starlette": "starlette",
    "starlette.routing.Router": "starlette",
    "aiohttp.web.Application": "aiohttp", "aiohttp.web.RouteTableDef": "aiohttp", "tornado.web.Application": "tornado",
    "bottle.Bottle": "bottle", "sanic.Sanic": "sanic", "sanic.Blueprint": "sanic", "falcon.App": "falcon", "falcon.API": "falcon",
    "falcon.asgi.App": "falcon",
}  # fmt: skip
_UNREAD_APPS = (
    "connexion.", "django.", "dash.Dash", "gradio.", "litserve.", "bentoml.", "robyn.", "cherrypy.", "pyramid.",
    "nicegui.", "chainlit.", "streamlit.", "ray.serve.", "mlserver.", "responder.", "emmett.", "blacksheep.", "hug.", "web.",
)  # fmt: skip
"""Frameworks whose routes are not read."""
_VERBS = frozenset({"get", "post", "put", "delete", "patch", "head", "options"})
_HARMLESS = listed(
    """flask_cors flask_limiter flask_compress flask_talisman flask_caching flask_sqlalchemy flask_migrate flask_login
    flask_jwt_extended flask_httpauth flask_bcrypt flask_marshmallow flask_wtf flask_session flask_mail flask_pymongo
    flask_basicauth werkzeug sentry_sdk logging prometheus_flask_exporter prometheus_client starlette_exporter
    prometheus_fastapi_instrumentator starlette_prometheus opentelemetry mangum slowapi flasgger apispec asgi_correlation_id
    elasticapm ddtrace newrelic aws_xray_sdk builtins json nest_asyncio flask_ngrok pyngrok flask_sslify fastapi_pagination
    fastapi_cache fastapi_limiter starlette whitenoise fastapi_versioning flask_lambda awsgi serverless_wsgi aws_wsgi
    apig_wsgi threading uvicorn gunicorn asyncio functools atexit signal contextlib typing"""
)
_WRAPS = (
    "Middleware",
    "WsgiToAsgi",
    "ProxyFix",
    "ASGIMiddleware",
    "Fix",
    "SharedDataMiddleware",
    "ASGIApp",
    "to_asgi",
    "ReverseProxied",
)
_SAGEMAKER_STARTERS = (
    "start_model_server",
    "start_serving",
    "serving_mms.main",
    "serving.main",
    "start_sagemaker_server",
)


@dataclass(eq=False, slots=True)
class Listener:
    """A server object that listens once it is told to."""

    kind: str
    app: Any
    place: Place
    values: dict[str, Any]


@dataclass(eq=False, slots=True)
class Registrar:
    """``app.route("/x")`` before it is applied to a function. ``path`` and ``methods`` are what it registers."""

    app: App
    path: Any
    methods: frozenset[str] | None
    place: Place


@dataclass(eq=False, slots=True)
class Entry:
    """``Route("/x", f)``, ``web.get("/x", f)``: a route that a list holds. ``app``: what is mounted there instead."""

    path: Any
    methods: frozenset[str] | None
    handler: Any
    place: Place
    app: Any = None


@dataclass(eq=False, slots=True)
class RestApi:
    """``flask_restful.Api(app)``: resources are classes with a method for each verb."""

    app: Any
    prefix: Any


def is_harmless(name: str) -> bool:
    """Whether a library is known to add no route of its own that a platform calls."""
    return name.partition(".")[0] in _HARMLESS


def wraps(name: str) -> bool:
    """Whether a call gives the application back with something around it."""
    return name.removesuffix("()").endswith(_WRAPS)


def _methods(value: Any, default: frozenset[str] | None) -> frozenset[str] | None:
    if value is None:
        return default
    if isinstance(value, str):
        return frozenset({value.upper()})
    if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
        return frozenset(each.upper() for each in value)
    return None


def _argument(args: list[Any], kwargs: dict[str, Any], at: int, *names: str) -> Any:
    if at < len(args):
        return args[at]
    for name in names:
        if name in kwargs:
            return kwargs[name]
    return None


# Calls of library functions ------------------------------------------------------------------------------------------


def call(program: Program, called: External, args: list[Any], kwargs: dict[str, Any], node: Any, module: Module) -> Any:
    """What a call of a framework's function gives; NotImplemented for what is none."""
    name = called.name
    place = module.file.place(node)
    kind = _APPS.get(name)
    if kind is not None:
        return _app(kind, args, kwargs, place)
    if name.endswith((".Route", ".url", ".URLSpec")) and name.startswith(("starlette.", "fastapi.", "tornado.")):
        return _entry(name, args, kwargs, place)
    if name in ("starlette.routing.Mount", "fastapi.routing.Mount"):
        inner = kwargs.get("app", args[1] if len(args) > 1 else None)
        if "routes" in kwargs:
            inner = App("starlette", place)
            add_entries(inner, kwargs["routes"], program.certain)
        return Entry(_argument(args, kwargs, 0, "path"), None, None, place, app=inner)
    if name.startswith("aiohttp.web.") and name.rpartition(".")[2] in (*_VERBS, "route", "view"):
        return _aiohttp_entry(name.rpartition(".")[2], args, place)
    server = _SERVERS.get(name)
    if server is not None:
        return server(program, args, kwargs, place)
    if name.startswith("bottle."):
        return _bottle(program, name.partition(".")[2], args, kwargs, place)
    if name.rpartition(".")[2] == "Api" and name.partition(".")[0] in (
        "flask_restful",
        "flask_restx",
        "flask_restplus",
    ):
        return RestApi(_argument(args, kwargs, 0, "app"), kwargs.get("prefix", ""))
    if name.endswith(_SAGEMAKER_STARTERS):
        return program.serve("sagemaker toolkit", None, place)
    if name.endswith(".serve_forever()") or (name.endswith((".launch", ".start")) and name.startswith(_UNREAD_APPS)):
        return program.serve(name.partition(".")[0], None, place, **_known(kwargs))
    if name.endswith((".run", ".run_server", ".launch", ".serve")) and name.startswith(_UNREAD_APPS):
        return program.serve(name.partition(".")[0], None, place, **_known(kwargs))
    return NotImplemented


def _known(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in kwargs.items() if key != "**"}


def _app(kind: str, args: list[Any], kwargs: dict[str, Any], place: Place) -> App:
    prefix = kwargs.get("url_prefix") or kwargs.get("prefix") or ""
    app = App(kind, place, prefix)
    entries = kwargs.get("routes")
    if kind == "tornado":
        entries = _argument(args, kwargs, 0, "handlers")
    if entries is not None:
        add_entries(app, entries, True)
    if "**" in kwargs:
        app.open = "it is made with arguments that are not known"
    return app


def add_entries(app: App, entries: Any, certain: bool) -> None:
    """Routes that are given as a list."""
    if isinstance(entries, App):
        app.include(entries.prefix, entries, certain)
        return
    if not isinstance(entries, (list, tuple)):
        app.open = app.open or "its list of routes is not known"
        return
    for entry in entries:
        if isinstance(entry, tuple) and len(entry) >= 2 and app.kind == "tornado":
            app.add(Rule(entry[0], _class_methods(entry[1], ""), app.place, certain, entry[1]))
        elif isinstance(entry, Entry) and entry.app is not None:
            app.mount(entry.path, entry.app, certain)
        elif isinstance(entry, Entry):
            app.add(Rule(entry.path, entry.methods, entry.place, certain, entry.handler))
        else:
            app.open = app.open or "its list of routes is not known"


def _entry(name: str, args: list[Any], kwargs: dict[str, Any], place: Place) -> Entry:
    handler = _argument(args, kwargs, 1, "endpoint", "handler")
    if name.startswith("tornado."):
        return Entry(_argument(args, kwargs, 0, "pattern"), _class_methods(handler, ""), handler, place)
    default = _class_methods(handler, "") if isinstance(handler, Class) else frozenset({"GET", "HEAD"})
    return Entry(_argument(args, kwargs, 0, "path"), _methods(kwargs.get("methods"), default), handler, place)


def _aiohttp_entry(verb: str, args: list[Any], place: Place) -> Entry:
    if verb == "route":
        methods = None if args and args[0] == "*" else _methods(args[0] if args else None, None)
        return Entry(args[1] if len(args) > 1 else UNKNOWN, methods, args[2] if len(args) > 2 else None, place)
    handler = args[1] if len(args) > 1 else None
    if verb == "view":
        return Entry(args[0] if args else UNKNOWN, _class_methods(handler, ""), handler, place)
    return Entry(args[0] if args else UNKNOWN, frozenset({verb.upper()}), handler, place)


def _class_methods(handler: Any, prefix: str) -> frozenset[str] | None:
    """The verbs that a class answers: its methods ``get``, ``post`` … (``on_get`` with a prefix). None: any."""
    made = handler.of if isinstance(handler, Instance) else handler
    if not isinstance(made, Class):
        return None
    found: set[str] = set()
    waiting: list[Any] = [made]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Class):
            found |= {verb.upper() for verb in _VERBS if prefix + verb in each.names}
            waiting += each.bases
    return frozenset(found) or None


# Servers inside of a program -----------------------------------------------------------------------------------------


def _pair(value: Any) -> dict[str, Any]:
    """``("0.0.0.0", 8080)``, ``":8080"``, ``8080`` as host and port."""
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return {"host": value[0], "port": value[1]}
    if isinstance(value, str) and ":" in value:
        host, _, port = value.rpartition(":")
        return {"host": host, "port": convert(int, port)}
    if isinstance(value, (int, Variable)):
        return {"host": "", "port": value}
    return {"host": UNKNOWN, "port": UNKNOWN}


def _uvicorn_run(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    values = {"host": "127.0.0.1", "port": 8000, **kwargs}
    return program.serve("uvicorn", _argument(args, kwargs, 0, "app"), place, **values)


def _uvicorn_config(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return Listener("uvicorn", _argument(args, kwargs, 0, "app"), place, {"host": "127.0.0.1", "port": 8000, **kwargs})


def _same(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return args[0] if args else kwargs.get("config", UNKNOWN)


def _waitress(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    values = {"host": EVERYWHERE, "port": 8080, **kwargs}
    if isinstance(values.get("listen"), str):
        values.update(_pair(values["listen"].split()[0] if values["listen"].split() else ""))
    return program.serve("waitress", _argument(args, kwargs, 0, "app"), place, **values)


def _at_address(kind: str, app_at: int) -> Any:
    """``HTTPServer((host, port), Handler)`` and its like."""

    def make(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
        where = _argument(args, kwargs, 0, "server_address", "listener", "bind_addr")
        app = _argument(args, kwargs, app_at, "RequestHandlerClass", "application", "wsgi_app")
        return Listener(kind, app, place, _pair(where))

    return make


def _wsgiref(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    values = {"host": _argument(args, kwargs, 0, "host"), "port": _argument(args, kwargs, 1, "port")}
    return Listener("wsgiref", _argument(args, kwargs, 2, "app"), place, values)


def _run_simple(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    values = {"host": _argument(args, kwargs, 0, "hostname"), "port": _argument(args, kwargs, 1, "port")}
    return program.serve("werkzeug", _argument(args, kwargs, 2, "application"), place, **values)


def _run_app(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    values = {"host": "", "port": 8080, **{key: value for key, value in kwargs.items() if value is not None}}
    return program.serve("aiohttp", _argument(args, kwargs, 0, "app"), place, **values)


def _runner(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return Listener("aiohttp", _argument(args, kwargs, 0, "app"), place, {})


def _site(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    runner = args[0] if args else None
    host, port = _argument(args, kwargs, 1, "host"), _argument(args, kwargs, 2, "port")
    values = {"host": "" if host is None else host, "port": 8080 if port is None else port}
    return Listener("aiohttp", runner.app if isinstance(runner, Listener) else UNKNOWN, place, values)


def _tornado_server(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return Listener("tornado", args[0] if args else UNKNOWN, place, {})


def _hypercorn_config(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return Namespace({"bind": ["127.0.0.1:8000"]})


def _hypercorn_serve(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    config = args[1] if len(args) > 1 else None
    bind = config.names.get("bind") if isinstance(config, Namespace) else UNKNOWN
    where = bind[0] if isinstance(bind, list) and bind else bind
    return program.serve("hypercorn", args[0] if args else UNKNOWN, place, **_pair(where))


def _kserve(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return Listener("kserve", None, place, {"host": "", "port": kwargs.get("http_port", 8080)})


def _socketio(program: Program, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    return Listener("socketio", _argument(args, kwargs, 0, "app"), place, {})


_SERVERS: dict[str, Any] = {
    "uvicorn.run": _uvicorn_run, "uvicorn.main.run": _uvicorn_run, "uvicorn.Config": _uvicorn_config, "uvicorn.Server": _same,
    "uvicorn.config.Config": _uvicorn_config, "uvicorn.server.Server": _same, "waitress.serve": _waitress,
    "gevent.pywsgi.WSGIServer": _at_address("gevent", 1), "gevent.wsgi.WSGIServer": _at_address("gevent", 1),
    "eventlet.listen": lambda program, args, kwargs, place: args[0] if args else UNKNOWN,
    "http.server.HTTPServer": _at_address("http.server", 1), "http.server.ThreadingHTTPServer": _at_address("http.server", 1),
    "socketserver.TCPServer": _at_address("http.server", 1), "socketserver.ThreadingTCPServer": _at_address("http.server", 1),
    "wsgiref.simple_server.make_server": _wsgiref, "werkzeug.serving.run_simple": _run_simple, "werkzeug.run_simple": _run_simple,
    "cheroot.wsgi.Server": _at_address("cheroot", 1), "cheroot.wsgi.WSGIServer": _at_address("cheroot", 1),
    "aiohttp.web.run_app": _run_app, "aiohttp.web.AppRunner": _runner, "aiohttp.web.TCPSite": _site,
    "tornado.httpserver.HTTPServer": _tornado_server, "hypercorn.config.Config": _hypercorn_config,
    "hypercorn.Config": _hypercorn_config,
    "hypercorn.asyncio.serve": _hypercorn_serve, "kserve.ModelServer": _kserve, "kfserving.KFServer": _kserve,
    "kfserving.kfserver.KFServer": _kserve, "kserve.model_server.ModelServer": _kserve, "flask_socketio.SocketIO": _socketio,
}  # fmt: skip


def _bottle(program: Program, name: str, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    """Bottle's own default application."""
    if name == "run":
        app = _argument(args, kwargs, 0, "app")
        values = {"host": "127.0.0.1", "port": 8080, **kwargs}
        return program.serve("bottle", app if app is not None else _default_bottle(program, place), place, **values)
    if name in ("route", *_VERBS):
        return _registrar(_default_bottle(program, place), name, args, kwargs, place)
    if name in ("default_app", "app"):
        return _default_bottle(program, place)
    return External(f"bottle.{name}()")


def _default_bottle(program: Program, place: Place) -> App:
    kept = program.modules.get("\0bottle")
    if isinstance(kept, Module):
        app: App = kept.names["app"]
        return app
    made = App("bottle", place)
    program.modules["\0bottle"] = Module("\0bottle", None, {"app": made})  # type: ignore[arg-type]
    return made


# Classes -------------------------------------------------------------------------------------------------------------


def construct(program: Program, made: Class, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    """An instance of a program's own class that is made from a library's; None where nothing is known of that."""
    bases = made.library_bases()
    for base in bases:
        if base in _APPS:
            own = _app(_APPS[base], args, kwargs, place)
            own.open = "its class is the program's own"
            return own
        if base.endswith("BaseApplication") or base.startswith("gunicorn.app"):
            options = next((value for value in (*args, *kwargs.values()) if isinstance(value, dict)), None)
            app = next((value for value in (*args, *kwargs.values()) if isinstance(value, App)), UNKNOWN)
            values = {"bind": "127.0.0.1:8000", **options} if options is not None else {"bind": UNKNOWN}
            return Listener("gunicorn", app, place, values)
        if base in _SERVERS:
            return _SERVERS[base](program, args, kwargs, place)
        if base.endswith("BaseSettings"):
            return _settings(made)
    return None


def _settings(made: Class) -> Instance:
    """pydantic's settings: each attribute may come from a variable of its name."""
    instance = Instance(made)
    for name, value in made.names.items():
        if isinstance(value, (str, int)) and not name.startswith("_"):
            instance.names[name] = Variable(name.upper(), value)
    return instance


# Decorators ----------------------------------------------------------------------------------------------------------


def decorate(program: Program, decorator: Any, value: Any, place: Place) -> Any:
    """What a decorated function or class becomes; None: what it was."""
    if isinstance(decorator, Registrar):
        methods = decorator.methods
        if isinstance(value, Class):
            methods = _class_methods(value, "")
        decorator.app.add(Rule(decorator.path, methods, decorator.place, program.certain, value))
    elif isinstance(decorator, External) and isinstance(value, Function):
        if decorator.name in ("click.option()", "typer.Option()") and decorator.parts:
            value.options.append(decorator.parts)
    elif isinstance(decorator, RestRoute) and isinstance(value, Class):
        _add_resource(decorator.api, value, decorator.paths, decorator.place, program.certain)
    return None


@dataclass(eq=False, slots=True)
class RestRoute:
    api: RestApi
    paths: list[Any]
    place: Place


def _registrar(app: App, name: str, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    """``app.route(…)``, ``app.get(…)`` …: what registers the function behind it."""
    path = _argument(args, kwargs, 0, "rule", "path", "uri")
    if path is None:
        path = UNKNOWN
    if name in _VERBS:
        return Registrar(app, path, frozenset({name.upper()}), place)
    given = kwargs.get("methods", kwargs.get("method"))
    if given is None and app.kind in ("starlette", "fastapi", "sanic") and name == "route" and len(args) > 1:
        given = args[1]
    return Registrar(app, path, _methods(given, frozenset({"GET", "HEAD"})), place)


# Methods -------------------------------------------------------------------------------------------------------------


def method(program: Program, owner: Any, name: str, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    """What ``owner.name(…)`` gives; NotImplemented where it is not known."""
    if isinstance(owner, App):
        return _app_method(program, owner, name, args, kwargs, place)
    if isinstance(owner, Method) and isinstance(owner.owner, App):
        return _part_method(program, owner.owner, owner.name, name, args, kwargs, place)
    if isinstance(owner, Listener):
        return _listener_method(program, owner, name, args, kwargs, place)
    if isinstance(owner, RestApi):
        return _rest_method(program, owner, name, args, kwargs, place)
    if isinstance(owner, Class) and name == "as_view":
        return ViewOf(owner)
    if isinstance(owner, Instance):
        bases = owner.of.library_bases()
        if name in ("run", "start", "serve_forever", "launch") and any(base.startswith(_UNREAD_APPS) for base in bases):
            return program.serve(bases[0].partition(".")[0], None, place, **_known(kwargs))
    return NotImplemented


def _app_method(program: Program, app: App, name: str, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    certain = program.certain
    if name in _VERBS or name in ("route", "api_route", "websocket"):
        if name == "websocket":
            return Registrar(app, args[0] if args else UNKNOWN, frozenset({"WEBSOCKET"}), place)
        return _registrar(app, name, args, kwargs, place)
    if name in ("add_url_rule", "add_api_route", "add_route"):
        return _add_rule(app, name, args, kwargs, place, certain)
    if name in ("register_blueprint", "include_router", "blueprint", "mount"):
        return _add_part(app, name, args, kwargs, certain)
    if name == "add_routes":
        return add_entries(app, args[0] if args else UNKNOWN, certain)
    if name == "add_handlers":
        return add_entries(app, args[1] if len(args) > 1 else UNKNOWN, certain)
    if name in ("run", "run_server"):
        return _run_method(program, app, args, kwargs, place)
    if name == "listen":
        where = {"host": _argument(args, kwargs, 1, "address") or "", "port": _argument(args, kwargs, 0, "port")}
        return program.serve("tornado", app, place, **where)
    if name == "test_client":
        return UNKNOWN
    return External(f"{app.kind}.{name}()")


def _run_method(program: Program, app: App, args: list[Any], kwargs: dict[str, Any], place: Place) -> Any:
    defaults = {
        "flask": ("127.0.0.1", 5000),
        "quart": ("127.0.0.1", 5000),
        "bottle": ("127.0.0.1", 8080),
        "sanic": ("127.0.0.1", 8000),
    }
    host, port = defaults.get(app.kind, (UNKNOWN, UNKNOWN))
    given = [_argument(args, kwargs, at, name) for at, name in enumerate(("host", "port"))]
    values = {
        **_known(kwargs),
        "host": host if given[0] is None else given[0],
        "port": port if given[1] is None else given[1],
    }
    if "**" in kwargs:
        values = {"host": UNKNOWN, "port": UNKNOWN}
    return program.serve(app.kind, app, place, **values)


def _add_rule(app: App, name: str, args: list[Any], kwargs: dict[str, Any], place: Place, certain: bool) -> Any:
    path = _argument(args, kwargs, 0, "rule", "path", "uri_template")
    handler = _argument(args, kwargs, 2 if name == "add_url_rule" else 1, "view_func", "endpoint", "route", "resource")
    default: frozenset[str] | None = frozenset({"GET", "HEAD"})
    if app.kind == "falcon":
        default = _class_methods(handler, "on_")
    elif isinstance(handler, ViewOf):
        default = _class_methods(handler.of, "")
    elif isinstance(handler, Class):
        default = _class_methods(handler, "")
    elif name == "add_url_rule" and not isinstance(handler, Function):
        default = None
    app.add(Rule(UNKNOWN if path is None else path, _methods(kwargs.get("methods"), default), place, certain, handler))
    return None


@dataclass(eq=False, slots=True)
class ViewOf:
    """``View.as_view("name")``."""

    of: Class


def _add_part(app: App, name: str, args: list[Any], kwargs: dict[str, Any], certain: bool) -> Any:
    if name == "mount":
        prefix, part = _argument(args, kwargs, 0, "path"), _argument(args, kwargs, 1, "app")
        if isinstance(part, External) and part.name.endswith("StaticFiles()"):
            return None
        app.mount(prefix, part, certain)
        return None
    at: Any
    part = _argument(args, kwargs, 0, "blueprint", "router")
    given = kwargs.get("url_prefix", kwargs.get("prefix"))
    own = part.prefix if isinstance(part, App) else ""
    if app.kind == "fastapi" and isinstance(own, str) and (given is None or isinstance(given, (str, Variable))):
        at = (plain(given) or "") + own if isinstance(plain(given) or "", str) else UNKNOWN
    else:
        at = own if given is None else given
    app.include(at, part, certain)
    return None


def _part_method(
    program: Program, app: App, part: str, name: str, args: list[Any], kwargs: dict[str, Any], place: Place
) -> Any:
    """``app.router.add_get(…)``, ``app.config.update(…)``, ``app.logger.info(…)``."""
    certain = program.certain
    if part == "router" and name.startswith("add_"):
        verb = name.removeprefix("add_")
        if verb in ("get", "post", "put", "delete", "patch", "head", "route", "view"):
            add_entries(app, [_aiohttp_entry(verb, args, place)], certain)
            return None
        if verb == "routes":
            return add_entries(app, args[0] if args else UNKNOWN, certain)
        if verb == "api_route":
            return _add_rule(app, "add_api_route", args, kwargs, place, certain)
    if part in ("router", "routes", "url_map", "view_functions") and name in (
        "append",
        "extend",
        "add",
        "insert",
        "mount",
    ):
        app.open = app.open or "routes are added to it by hand"
    if part == "config" and name in ("update", "from_mapping"):
        for key, value in {**(args[0] if args and isinstance(args[0], dict) else {}), **kwargs}.items():
            app.settings[str(key)] = (value, place)
    return External(f"{app.kind}.{part}.{name}()")


def _listener_method(
    program: Program, listener: Listener, name: str, args: list[Any], kwargs: dict[str, Any], place: Place
) -> Any:
    values = dict(listener.values)
    if listener.kind == "socketio":
        if name != "run":
            return UNKNOWN
        host, port = _argument(args, kwargs, 1, "host"), _argument(args, kwargs, 2, "port")
        app = listener.app if listener.app is not None else (args[0] if args else UNKNOWN)
        values = {"host": host or "127.0.0.1", "port": port or 5000}
        return program.serve("flask-socketio", app, place, **values)
    if name in ("listen", "bind") and listener.kind == "tornado":
        values = {"host": _argument(args, kwargs, 1, "address") or "", "port": _argument(args, kwargs, 0, "port")}
        return program.serve("tornado", listener.app, place, **values)
    if name in ("serve_forever", "run", "start", "serve", "run_forever") and values:
        return program.serve(listener.kind, listener.app, listener.place, **values)
    return UNKNOWN


def _rest_method(
    program: Program, api: RestApi, name: str, args: list[Any], kwargs: dict[str, Any], place: Place
) -> Any:
    certain = program.certain
    if name == "init_app" and args:
        if isinstance(api.app, App) and isinstance(args[0], App):
            args[0].include(api.prefix, api.app, certain)
        return None
    if api.app is None:
        api.app = App("flask", place)
    if name == "add_resource" and args:
        _add_resource(api, args[0], args[1:], place, certain)
    elif name == "route":
        return RestRoute(api, args, place)
    elif name in ("add_namespace", "namespace") and isinstance(api.app, App):
        api.app.open = api.app.open or "its namespaces are not read"
        return RestApi(App("flask", place), "")
    return None


def _add_resource(api: RestApi, resource: Any, paths: list[Any], place: Place, certain: bool) -> None:
    if not isinstance(api.app, App):
        return
    for path in paths:
        whole = api.prefix + path if isinstance(path, str) and isinstance(api.prefix, str) else UNKNOWN
        api.app.add(Rule(whole, _class_methods(resource, ""), place, certain, resource))
