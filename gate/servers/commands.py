"""Command lines of servers: what gunicorn, uvicorn, nginx and the others are told, and what they do untold."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

from gate.image.model import File
from gate.lazy import pattern
from gate.model import Place
from gate.servers.arguments import Given, address, bound, given
from gate.servers.launch import Launched, Start
from gate.servers.model import EVERYWHERE, UNKNOWN, Address, Server, Variable, plain
from gate.servers.sites import read_nginx
from gate.servers.values import convert

SAGEMAKER_ROUTES = (("GET", "/ping"), ("POST", "/invocations"))
_WORD = pattern(r"[\w.:/@-]+")


# Python servers ------------------------------------------------------------------------------------------------------

_GUNICORN_FLAGS = """--reload --preload --daemon -D --spew --check-config --print-config --no-sendfile --reuse-port --capture-output
--enable-stdio-inheritance --proxy-protocol --log-syslog -R --initgroups --disable-redirect-access-to-syslog --strip-header-spaces
--permit-obsolete-folding --permit-unconventional-http-method
--permit-unconventional-http-version --casefold-http-method --no-control-socket -v --version"""


def gunicorn(launched: Launched, start: Start) -> Server | None:
    """``gunicorn [OPTIONS] MODULE:APP``: command line over ``GUNICORN_CMD_ARGS`` over the configuration file."""
    words = list(start.words)
    if any(word in ("-v", "--version", "-h", "--help", "--check-config", "--print-config") for word in words):
        return None
    extra = launched.variable(start, "GUNICORN_CMD_ARGS", None)
    if isinstance(plain(extra), str):
        words = [*plain(extra).split(), *words]
    read = given(words, _GUNICORN_FLAGS)
    chdir = read.get("--chdir")
    cwd = posixpath.normpath(posixpath.join(start.cwd, chdir)) if isinstance(chdir, str) else start.cwd
    config, config_place = _gunicorn_file(launched, start, read, cwd)
    if isinstance(config.get("chdir"), str) and chdir is None:
        cwd = posixpath.normpath(posixpath.join(start.cwd, config["chdir"]))
    server = Server(
        "gunicorn", _gunicorn_addresses(launched, start, read, config, config_place), start.place, certain=start.certain
    )
    for option, short, name in (
        ("--timeout", "-t", "timeout"),
        ("--workers", "-w", "workers"),
        ("--worker-class", "-k", "worker_class"),
        ("--threads", "--threads", "threads"),
    ):
        value = read.get(option, short)
        if value is not None:
            server.settings[name] = (convert(int, value) if name != "worker_class" else value, start.place)
        elif name in config:
            server.settings[name] = (config[name], config_place or start.place)
    target = read.operands[0] if read.operands else config.get("wsgi_app", UNKNOWN)
    folders = [cwd, *_listed(read.get("--pythonpath"))]
    launched.load_app(server, target, folders, start, default="application")
    return server


def _listed(value: Any) -> list[str]:
    return [part for part in value.split(",") if part] if isinstance(value, str) else []


def _gunicorn_file(launched: Launched, start: Start, read: Given, cwd: str) -> tuple[dict[str, Any], Place | None]:
    """The names that the configuration file sets; ``bind`` is UNKNOWN where a file is named that cannot be read."""
    named = read.get("--config", "-c")
    path = plain(named) if named is not None else "./gunicorn.conf.py"
    if not isinstance(path, str):
        return {"bind": UNKNOWN}, None
    path = path.removeprefix("file:")
    if path.startswith("python:"):
        path = path.removeprefix("python:").replace(".", "/") + ".py"
    module = launched.run_python(posixpath.normpath(posixpath.join(cwd, path)), start, [], name="gunicorn.conf")
    if module is None:
        return ({"bind": UNKNOWN} if named is not None else {}), None
    return module.names, module.file.start()


def _gunicorn_addresses(
    launched: Launched, start: Start, read: Given, config: dict[str, Any], place: Place | None
) -> list[Address]:
    binds = read.every.get("--bind", []) + read.every.get("-b", [])
    at = start.place
    if not binds and "bind" in config:
        bind = config["bind"]
        binds, at = (
            (list(bind) if isinstance(bind, (list, tuple)) else [bind]),
            launched.place_of("bind", config, place or at),
        )
    if not binds:
        port = launched.variable(start, "PORT", None)
        if plain(port) is not None:
            return [address("", port, at, certain=start.certain)]
        if not read.complete:
            return [Address(UNKNOWN, UNKNOWN, at, certain=start.certain)]
        return [Address("127.0.0.1", 8000, at, certain=start.certain)]
    return [bound(value, at, 8000, certain=start.certain) for each in binds for value in _commas(each)]


def _commas(value: Any) -> list[Any]:
    return list(value.split(",")) if isinstance(value, str) else [value]


_UVICORN_FLAGS = """--reload --factory --access-log --no-access-log --use-colors --no-use-colors --proxy-headers --no-proxy-headers
--server-header --no-server-header --date-header --no-date-header --version --reload-dir-"""


def uvicorn(launched: Launched, start: Start) -> Server | None:
    """``uvicorn MODULE:APP``."""
    read = given(start.words, _UVICORN_FLAGS)
    socket = read.get("--uds")
    host = read.get("--host", default=launched.variable(start, "UVICORN_HOST", "127.0.0.1"))
    port = read.get("--port", default=launched.variable(start, "UVICORN_PORT", 8000))
    where = (
        Address("", None, start.place, socket=str(plain(socket)), certain=start.certain)
        if socket is not None
        else address(_soft(host), _soft(port), start.place, certain=start.certain)
    )
    server = Server("uvicorn", [where], start.place, certain=start.certain)
    folder = read.get("--app-dir")
    folders = [posixpath.join(start.cwd, folder)] if isinstance(folder, str) else [start.cwd]
    launched.load_app(server, read.operands[0] if read.operands else UNKNOWN, folders, start, default="")
    return server


def _soft(value: Any) -> Any:
    """A server's own variable that nobody sets is no doubt: its default counts."""
    return value.default if isinstance(value, Variable) and value.name.startswith(("UVICORN_", "FLASK_")) else value


def fastapi(launched: Launched, start: Start) -> Server | None:
    """``fastapi run FILE``, ``fastapi dev FILE``."""
    read = given(start.words, "--reload --no-reload --proxy-headers --no-proxy-headers")
    if not read.operands or read.operands[0] not in ("run", "dev"):
        return None
    host = EVERYWHERE if read.operands[0] == "run" else "127.0.0.1"
    where = address(
        read.get("--host", default=host), read.get("--port", default=8000), start.place, certain=start.certain
    )
    server = Server("uvicorn", [where], start.place, certain=start.certain)
    path = plain(read.operands[1]) if len(read.operands) > 1 else "main.py"
    if isinstance(path, str):
        target = path.removesuffix(".py").strip("./").replace("/", ".")
        launched.load_app(server, f"{target}:{read.get('--app', default='app')}", [start.cwd], start, default="app")
    return server


_FLASK_FLAGS = "--debug --no-debug --reload --no-reload --debugger --no-debugger --with-threads --without-threads"


def flask(launched: Launched, start: Start) -> Server | None:
    """``flask run``."""
    words = list(start.words)
    read = given(words, _FLASK_FLAGS)
    if "run" not in read.operands:
        return None
    host = read.get("--host", "-h", default=launched.variable(start, "FLASK_RUN_HOST", "127.0.0.1"))
    port = read.get("--port", "-p", default=launched.variable(start, "FLASK_RUN_PORT", 5000))
    where = address(_soft(host), _soft(port), start.place, certain=start.certain)
    server = Server("flask", [where], start.place, certain=start.certain, development=start.place)
    name = read.get("--app", "-A", default=launched.variable(start, "FLASK_APP", None))
    target = plain(name)
    if target is None:
        target = "wsgi" if launched.file(posixpath.join(start.cwd, "wsgi.py")) is not None else "app"
    if isinstance(target, str):
        module, _, attribute = target.partition(":")
        folder, _, stem = module.removesuffix(".py").rpartition("/")
        launched.load_app(
            server,
            f"{stem}:{attribute}" if attribute else stem,
            [posixpath.join(start.cwd, folder)],
            start,
            default="\0flask",
        )
    return server


def hypercorn(launched: Launched, start: Start) -> Server | None:
    read = given(start.words, "--debug --reload --version")
    binds = read.every.get("--bind", []) + read.every.get("-b", []) + read.every.get("--insecure-bind", [])
    config = read.get("--config", "-c") is not None
    found = [bound(value, start.place, 8000, certain=start.certain) for value in binds]
    if not found:
        found = (
            [Address(UNKNOWN, UNKNOWN, start.place)]
            if config
            else [Address("127.0.0.1", 8000, start.place, certain=start.certain)]
        )
    server = Server("hypercorn", found, start.place, certain=start.certain)
    launched.load_app(server, read.operands[0] if read.operands else UNKNOWN, [start.cwd], start, default="app")
    return server


def waitress(launched: Launched, start: Start) -> Server | None:
    read = given(
        start.words, "--call --help --expose-tracebacks --no-expose-tracebacks --ipv6 --no-ipv6 --ipv4 --no-ipv4"
    )
    listens = read.every.get("--listen", [])
    found = [bound(value, start.place, 8080, certain=start.certain) for value in listens]
    if read.get("--unix-socket") is not None:
        found = [Address("", None, start.place, socket=str(plain(read.get("--unix-socket"))))]
    host, port = read.get("--host", default=EVERYWHERE), read.get("--port", default=8080)
    server = Server(
        "waitress",
        found or [address(host, port, start.place, certain=start.certain)],
        start.place,
        certain=start.certain,
    )
    launched.load_app(server, read.operands[0] if read.operands else UNKNOWN, [start.cwd], start, default="")
    return server


def daphne(launched: Launched, start: Start) -> Server | None:
    read = given(start.words, "--access-log- --proxy-headers --no-server-name")
    where = address(
        read.get("-b", "--bind", default="127.0.0.1"),
        read.get("-p", "--port", default=8000),
        start.place,
        certain=start.certain,
    )
    server = Server("daphne", [where], start.place, certain=start.certain)
    launched.load_app(server, read.operands[0] if read.operands else UNKNOWN, [start.cwd], start, default="")
    return server


def http_server(launched: Launched, start: Start) -> Server | None:
    """``python -m http.server [PORT]``: files, by GET."""
    read = given(start.words, "--cgi")
    port = read.operands[0] if read.operands else 8000
    where = address(read.get("--bind", "-b", default=""), port, start.place, certain=start.certain)
    return Server("http.server", [where], start.place, unread="it serves files", certain=start.certain)


# Ready-made servers --------------------------------------------------------------------------------------------------


def product(
    kind: str,
    port: int,
    *,
    host: str = "",
    port_options: tuple[str, ...] = ("--port",),
    host_options: tuple[str, ...] = ("--host",),
    variable: str = "",
    routes: tuple[tuple[str, str], ...] | None = None,
    needs: str = "",
    flags: str = "",
) -> Callable[[Launched, Start], Server | None]:
    """A server whose routes are its own. ``needs``: the operand without which it serves nothing."""

    def read_start(launched: Launched, start: Start) -> Server | None:
        read = given(start.words, flags)
        if needs and needs not in read.operands:
            return None
        default = launched.variable(start, variable, port) if variable else port
        where = address(
            read.get(*host_options, default=host),
            read.get(*port_options, default=default),
            start.place,
            certain=start.certain,
        )
        return Server(
            kind,
            [where],
            start.place,
            routes=routes,
            unread="" if routes else f"{kind} is not read",
            certain=start.certain,
        )

    return read_start


_OPENAI = (
    *SAGEMAKER_ROUTES,
    ("GET", "/health"),
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/completions"),
    ("GET", "/v1/models"),
)
_MLFLOW = (*SAGEMAKER_ROUTES, ("GET", "/health"), ("GET", "/version"))
_V1 = (("GET", "/v1/models/*"), ("POST", "/v1/models/*"))
_V2 = (("GET", "/v2/*"), ("POST", "/v2/*"))


def triton(launched: Launched, start: Start) -> Server | None:
    """``tritonserver``: HTTP on 8000; for SageMaker only when it is told so."""
    read = given(start.words, "")
    sagemaker = plain(read.get("--allow-sagemaker", default="false"))
    found = []
    routes: tuple[tuple[str, str], ...] = _V2
    if str(sagemaker).lower() in ("true", "1"):
        routes = SAGEMAKER_ROUTES
        found.append(address("", read.get("--sagemaker-port", default=8080), start.place, certain=start.certain))
    if str(plain(read.get("--allow-http", default="true"))).lower() in ("true", "1"):
        found.append(
            address(
                read.get("--http-address", default=""),
                read.get("--http-port", default=8000),
                start.place,
                certain=start.certain,
            )
        )
    return Server("tritonserver", found, start.place, routes=routes, certain=start.certain)


def torchserve(launched: Launched, start: Start) -> Server | None:
    """``torchserve --start --ts-config FILE``."""
    read = given(
        start.words,
        "--start --stop --foreground --ncs --no-config-snapshots --version --disable-token-auth --enable-model-api --models-",
    )
    if "--start" not in read.options and start.name == "torchserve":
        return None
    path = plain(
        read.get("--ts-config", "--mms-config", default=launched.variable(start, "TS_CONFIG_FILE", "config.properties"))
    )
    found = Address("127.0.0.1", 8080, start.place, certain=start.certain)
    named = "--ts-config" in read.options or "--mms-config" in read.options
    if isinstance(path, str):
        file = launched.file(posixpath.normpath(posixpath.join(start.cwd, path)))
        data = file.read(1 << 16) if isinstance(file, File) else None
        if data is not None and isinstance(file, File):
            found = _inference_address(data.decode("utf-8", "replace"), launched.line_place(file), found)
        elif named or file is not None:
            found = Address(UNKNOWN, UNKNOWN, start.place)
    else:
        found = Address(UNKNOWN, UNKNOWN, start.place)
    routes = (*SAGEMAKER_ROUTES, ("POST", "/predictions/*"))
    return Server(
        start.name,
        [found],
        start.place,
        routes=routes,
        certain=start.certain,
        background="--foreground" not in read.options,
    )


def _inference_address(text: str, place: Callable[[int], Place], default: Address) -> Address:
    for number, line in enumerate(text.splitlines(), 1):
        name, _, value = line.partition("=")
        if name.strip() == "inference_address":
            return bound(value.strip(), place(number), 8080, certain=default.certain)
    return Address(default.host, default.port, place(1), certain=default.certain)


def uwsgi(launched: Launched, start: Start) -> Server | None:
    """uWSGI has too many ways to be told; only the plain ones are read."""
    read = given(
        start.words,
        "--master -M --enable-threads --die-on-term --lazy-apps --vacuum --need-app --strict --lazy --thunder-lock --disable-logging",
    )
    values = [read.get(name) for name in ("--http", "--http-socket")]
    found = [bound(value, start.place, 8080, certain=start.certain) for value in values if value is not None]
    socket = read.get("--socket", "-s")
    if socket is not None:
        text = plain(socket)
        found.append(
            Address("", None, start.place, socket=text)
            if isinstance(text, str) and "/" in text
            else bound(socket, start.place, 8080, certain=start.certain)
        )
    server = Server("uwsgi", found or [Address(UNKNOWN, UNKNOWN, start.place)], start.place, certain=start.certain)
    module = read.get("--module", "-w", "--wsgi")
    target = (
        f"{plain(module)}:{plain(read.get('--callable', default='application'))}"
        if isinstance(plain(module), str)
        else UNKNOWN
    )
    if isinstance(module, str) and ":" in module:
        target = module
    launched.load_app(server, target, [start.cwd], start, default="application")
    return server


def nginx(launched: Launched, start: Start) -> Server | None:
    """``nginx -c FILE -g 'daemon off;'``."""
    read = given(start.words, "-t -T -q -v -V -h")
    if any(flag in read.options for flag in ("-t", "-T", "-s", "-v", "-V", "-h")):
        return None
    return read_nginx(launched, start, read)


def service(launched: Launched, start: Start) -> Server | None:
    """``service nginx start``: with the distribution's own configuration, in the background."""
    words = [plain(word) for word in start.words]
    if words[:1] == ["nginx"] and words[1:2] in (["start"], ["restart"]):
        found = nginx(launched, Start("nginx", [], start.place, "/", {}, start.certain, True, False))
        if found is not None:
            found.background = True
            found.settings["service"] = (True, start.place)
        return found
    return None


def supervisor(launched: Launched, start: Start) -> Server | None:
    """``supervisord -c FILE``: the programs of its configuration."""
    read = given(start.words, "-n --nodaemon --silent -s")
    path = plain(read.get("-c", "--configuration"))
    candidates = [path] if isinstance(path, str) else ["/etc/supervisord.conf", "/etc/supervisor/supervisord.conf"]
    for candidate in candidates:
        file = launched.file(posixpath.normpath(posixpath.join(start.cwd, candidate)))
        data = file.read(1 << 17) if isinstance(file, File) else None
        if data is None or not isinstance(file, File):
            continue
        text = data.decode("utf-8", "replace")
        if "[include]" in text:
            launched.unread("supervisord includes other files", start.place)
        _programs(launched, text, launched.line_place(file), start)
        return None
    launched.unread("the configuration of supervisord is not known", start.place)
    return None


def _programs(launched: Launched, text: str, place: Callable[[int], Place], start: Start) -> None:
    """Each ``[program:x]`` with its command and folder."""
    section: dict[str, tuple[str, int]] = {}
    rows = [*text.splitlines(), "[end]"]
    inside = False
    for number, line in enumerate(rows, 1):
        bare = line.partition(" ;")[0].strip()
        if bare.startswith("["):
            if inside and "command" in section:
                command, at = section["command"]
                cwd = section.get("directory", (start.cwd, 0))[0]
                launched.shell_text(
                    command, Start("sh", [], place(at), cwd, start.environment, start.certain, True, True)
                )
            inside, section = bare.startswith("[program:"), {}
        elif "=" in bare and not bare.startswith((";", "#")):
            name, _, value = bare.partition("=")
            section[name.strip()] = (value.strip(), number)


Reader = Callable[[Launched, Start], "Server | None"]

_ONE_OPERAND = {
    "uvicorn": _UVICORN_FLAGS,
    "hypercorn": "--debug --reload --version",
    "waitress-serve": "--call",
    "flask": _FLASK_FLAGS,
}


def refused(start: Start) -> str:
    """The word that a server does not take, and ends with: the platform's, behind the application."""
    if start.name not in _ONE_OPERAND:
        return ""
    operands = given(start.words, _ONE_OPERAND[start.name]).operands
    return str(plain(operands[1])) if len(operands) > 1 and isinstance(plain(operands[1]), str) else ""


COMMANDS: dict[str, Reader] = {
    "gunicorn": gunicorn, "gunicorn3": gunicorn, "uvicorn": uvicorn, "fastapi": fastapi, "flask": flask, "hypercorn": hypercorn,
    "waitress-serve": waitress, "daphne": daphne, "http.server": http_server, "nginx": nginx, "openresty": nginx, "service": service,
    "supervisord": supervisor, "uwsgi": uwsgi, "tritonserver": triton, "torchserve": torchserve, "multi-model-server": torchserve,
    "mxnet-model-server": torchserve, "SimpleHTTPServer": http_server,
    "vllm": product("vllm", 8000, routes=_OPENAI, needs="serve", flags="--trust-remote-code --enforce-eager --enable-prefix-caching"),
    "vllm.entrypoints.openai.api_server": product("vllm", 8000, routes=_OPENAI),
    "vllm.entrypoints.api_server": product("vllm", 8000),
    "sglang.launch_server": product("sglang", 30000, host="127.0.0.1", routes=_OPENAI),
    "text-generation-launcher": product("text-generation-inference", 3000, port_options=("--port", "-p"), host_options=("--hostname",),
                                        variable="PORT", routes=(*SAGEMAKER_ROUTES, ("GET", "/health"), ("POST", "/generate"))),
    "text-embeddings-router": product("text-embeddings-inference", 3000, port_options=("--port", "-p"), host_options=("--hostname",),
                                      variable="PORT", routes=(*SAGEMAKER_ROUTES, ("GET", "/health"), ("POST", "/embed"))),
    "mlflow": product("mlflow", 5000, host="127.0.0.1", port_options=("--port", "-p"), host_options=("--host", "-h"), routes=_MLFLOW,
                      needs="serve", flags="--no-conda --enable-mlserver --install-mlflow"),
    "tensorflow_model_server": product("tensorflow_model_server", 8501, port_options=("--rest_api_port",),
                                       host_options=("--rest_api_host",), routes=_V1),
    "djl-serving": product("djl-serving", 8080, routes=(*SAGEMAKER_ROUTES, ("POST", "/predictions/*"))),
    "mlserver": product("mlserver", 8080, needs="start", routes=_V2),
    "streamlit": product("streamlit", 8501, port_options=("--server.port",), host_options=("--server.address",), needs="run"),
    "bentoml": product("bentoml", 3000, port_options=("--port", "-p"), needs="serve", flags="--production --development --reload"),
    "seldon-core-microservice": product("seldon-core-microservice", 9000, port_options=("--http-port",)),
    "jupyter": product("jupyter", 8888, host="127.0.0.1", host_options=("--ip",), flags="--allow-root --no-browser"),
    "azmlinfsrv": product("azmlinfsrv", 5001, routes=(("GET", "/"), ("POST", "/score"))),
}  # fmt: skip
