"""A server: started, asked for its health, given requests, stopped. What differs between platforms is an :class:`Endpoint`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from time import monotonic, sleep

from gate.contract.bench import Bench
from gate.contract.client import Reply, ask
from gate.contract.containers import Container
from gate.contract.model import FAILED, PASSED, Outcome, Payload, failed, passed, skipped, unknown
from gate.contract.sockets import Listener, listeners
from gate.contract.stopping import stopped
from gate.record import dataclass, field

_WATCH, _FAST_WATCH = 5.0, 1.0
"""How long a server is watched before it counts as started."""
_FAST_LIMIT = 60.0
_PAUSE = 0.1
_TIMES = 3
"""Answers in a row that make a server healthy."""
_REST, _FAST_REST = 20.0, 4.0
"""Seconds without work after which a server that is not healthy counts as waiting elsewhere."""
_REST_SHARE = 0.03
"""Of a processor's time: what a server uses that only waits."""
_LARGE = 6 << 20
"""Bytes of the largest body of a real-time request; some endpoints take more."""
_NOWHERE = "/mlgate-no-such-route"
_GIVE = "--model DIR or TAR: a trained model"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How a platform asks a server.

    ``health``: the route that answers 200; "" where any answer at the port is enough. ``within``: the time for one such
    answer, ``ready``: for the first of them, counted from the start, ``certain``: whether the platform gives up then.
    ``advice``: what a server does that is not healthy.
    ``wrong_port``, ``no_health``, ``no_predict``: the rules that are proven.
    """

    port: int
    health: str
    predict: str
    within: float
    ready: float
    certain: bool
    advice: str
    answer: float = 60.0
    wrong_port: tuple[str, ...] = ()
    no_health: tuple[str, ...] = ()
    no_predict: tuple[str, ...] = ()
    model: str = "/opt/ml/model"
    environment: Mapping[str, str] = field(default_factory=dict)


def endpoint_of(bench: Bench) -> Endpoint:
    """The platform's endpoint; what the user sets in the environment may change its routes."""
    return _ENDPOINTS[bench.platform.name](bench.options.environment)


def start(bench: Bench) -> Outcome:
    """T5: it starts, and is still there a moment later. The model is read-only (T8)."""
    endpoint = endpoint_of(bench)
    server = launched(bench, endpoint)
    if isinstance(server, Outcome):
        return server
    bench.server = server
    bench.tell("starting the server")
    watch = _FAST_WATCH if bench.options.fast else _WATCH
    port = _port(bench, server, endpoint.port)
    while monotonic() - server.began < watch:
        code = server.exit_code
        if code is not None:
            return _ended(bench, server, code)
        if port is not None and ask(port, "GET", endpoint.health or "/", seconds=endpoint.within).status:
            break
        sleep(_PAUSE)
    return passed("running")


def launched(bench: Bench, endpoint: Endpoint, **environment: str) -> Container | Outcome:
    """A started server."""
    return bench.start(
        mounts=[bench.model_mount(endpoint.model)] if endpoint.model else [],
        ports=[endpoint.port],
        environment={**endpoint.environment, **environment},
    )


def health(bench: Bench) -> Outcome:
    """T6: it answers the platform's question for its health, several times in a row, each time soon enough."""
    server = bench.server
    assert server is not None
    endpoint = endpoint_of(bench)
    bench.tell(f"waiting for {_health(endpoint)}")
    return healthy(bench, server, endpoint)


def healthy(bench: Bench, server: Container, endpoint: Endpoint) -> Outcome:
    """Ask until the server is healthy, or its time is over, or it rests without being so; then look where it listens
    (T13)."""
    port = _port(bench, server, endpoint.port)
    if port is None:
        return unknown("the engine is on another machine, whose ports are not reached from here", "run it there")
    given = bench.options.timeout or (_FAST_LIMIT if bench.options.fast else endpoint.ready)
    limit = min(given, endpoint.ready)
    rest = Rest(server, _FAST_REST if bench.options.fast else _REST)
    wanted, row, first = 1 if bench.options.fast else _TIMES, 0, 0.0
    while True:
        code = server.exit_code
        if code is not None:
            return _ended(bench, server, code)
        reply = ask(port, "GET", endpoint.health or "/", seconds=endpoint.within)
        spent = monotonic() - server.began
        if _is_healthy(reply, endpoint):
            row += 1
            first = spent if row == 1 else first
            if row == wanted:
                notes = (f"its body has {len(reply.body)} bytes",) if len(reply.body) > 1024 and endpoint.health else ()
                return passed(f"{_health(endpoint)}: {reply.status} after {first:.1f} s", first, notes)
        else:
            row = 0
            resting = rest.found()
            if spent >= limit or resting:
                outcome = _unhealthy(bench, server, endpoint, reply, spent, resting)
                if spent >= limit or outcome.status == FAILED or reply.status:  # a server that is silent may yet speak
                    return outcome
        sleep(_PAUSE)


class Rest:
    """Whether a server has nothing to do any more: for some time it used no processor. One that still loads a model does."""

    def __init__(self, server: Container, seconds: float) -> None:
        self._server, self._seconds = server, seconds
        self._since, self._used = monotonic(), 0.0

    def found(self) -> bool:
        used = self._server.processor_seconds()
        now = monotonic()
        if used is None or used - self._used > _REST_SHARE * max(now - self._since, 1.0):
            self._since, self._used = now, used or 0.0
        if now - self._since < self._seconds:
            return False
        self._since = now
        return True


def _is_healthy(reply: Reply, endpoint: Endpoint) -> bool:
    return reply.status == 200 if endpoint.health else reply.status > 0


def _unhealthy(
    bench: Bench, server: Container, endpoint: Endpoint, reply: Reply, spent: float, resting: bool
) -> Outcome:
    """Why a server is not healthy, as far as that can be seen. It has had its time, or it is ``resting``."""
    asked = f"{_health(endpoint)}: {reply.told}, {spent:.0f} s after the start"
    table = server.sockets()
    found = listeners(table) if table is not None else None
    if not reply.status and found is not None:
        misplaced = _misplaced(endpoint, found)
        if misplaced is not None:
            return misplaced
        if reply.problem == "refused" and found:
            return unknown(f"{asked}, though it listens there", "run mlgate where the engine's ports are reached")
    missing = reply.status in (404, 405) and _is_no_route(bench, server, endpoint, reply)
    if bench.workshop.model() is None and endpoint.model and not missing:
        return unknown(f"{asked}; it has no model", _GIVE)
    answers = bool(reply.status) or reply.problem == "late"
    if reply.status in (404, 405) or (answers and resting) or (spent >= endpoint.ready and endpoint.certain):
        return failed(asked, endpoint.advice, endpoint.no_health if answers else endpoint.wrong_port[:1])
    if found == []:
        asked += "; nothing listens"
    return unknown(asked, "a longer --timeout; its log says more")


def _is_no_route(bench: Bench, server: Container, endpoint: Endpoint, reply: Reply) -> bool:
    """Whether it answers as for any route that is not there: a server that lacks its model may answer 404 as well."""
    port = _port(bench, server, endpoint.port)
    nowhere = ask(port or 0, "GET", _NOWHERE, seconds=endpoint.within)
    return reply.status == 405 or (nowhere.status == 404 and len(reply.body) in _alike(nowhere.body))


def _misplaced(endpoint: Endpoint, found: list[Listener]) -> Outcome | None:
    """Servers are there, and none where the platform calls."""
    here = [one for one in found if one.port == endpoint.port]
    if any(not one.loopback for one in here) or not found:
        return None
    if here:
        return failed(
            f"it listens on 127.0.0.1:{endpoint.port} alone, which only the container itself reaches",
            "listen on 0.0.0.0",
            endpoint.wrong_port[-1:],
        )
    where = ", ".join(f"{'127.0.0.1:' if one.loopback else ''}{one.port}" for one in found[:8])
    return failed(
        f"nothing listens on port {endpoint.port}; it listens on {where}",
        f"listen on 0.0.0.0:{endpoint.port}",
        endpoint.wrong_port[:1],
    )


def _ended(bench: Bench, server: Container, code: int) -> Outcome:
    """A server that has ended by itself."""
    bench.server = None
    told = bench.ended(server, code) if code else None
    if told is None and code and bench.workshop.model() is None and endpoint_of(bench).model:
        told = unknown(f"it ended with exit code {code}; it has no model", _GIVE)
    outcome = told or failed(
        f"it ended with exit code {code}", "keep the server in the foreground" if not code else "the log says why"
    )
    outcome.exit_code = code
    return outcome


def invoke(bench: Bench) -> Outcome:
    """T7: it answers the sample in time. Without a sample: whether the route is there at all."""
    endpoint, payload = endpoint_of(bench), bench.options.payload
    bench.tell(f"asking POST {endpoint.predict}")
    if payload is None:
        return _without_sample(bench, endpoint)
    reply = post(bench, endpoint, payload)
    route = f"POST {endpoint.predict}"
    if reply.good:
        return passed(f"{route}: {reply.status} after {reply.seconds:.1f} s", reply.seconds)
    return refused(bench, route, reply, endpoint, payload)


def refused(bench: Bench, route: str, reply: Reply, endpoint: Endpoint, payload: Payload) -> Outcome:
    """The sample got no good answer."""
    told = f"{route}: {reply.told}{_excerpt(reply)}"
    if reply.status in (404, 405):
        return failed(told, f"answer {route}", endpoint.no_predict)
    if reply.status == 413:
        return failed(told, "allow larger bodies", ("SMS008",))
    if reply.status in (400, 406, 415, 422):
        return failed(f"{told}, to the sample as {payload.content_type}", "--content-type: what the sample is")
    if reply.status >= 500 and bench.workshop.model() is None and endpoint.model:
        return unknown(f"{told}; it has no model", _GIVE)
    return failed(told, "the log says why")


def _without_sample(bench: Bench, endpoint: Endpoint) -> Outcome:
    route = f"POST {endpoint.predict}"
    reply = post(bench, endpoint, Payload(b"", "text/csv"))
    nowhere = _ask(bench, endpoint, "POST", _NOWHERE, Payload(b"", "text/csv"))
    missing = reply.status == 404 and nowhere.status == 404 and len(reply.body) in _alike(nowhere.body)
    if missing or reply.status == 405:
        return failed(f"{route}: {reply.told}, as to a route that is not there", f"answer {route}", endpoint.no_predict)
    return skipped(
        f"no sample: {route} answers {reply.told} to an empty body", "--payload FILE: a request it must answer"
    )


def _alike(body: bytes) -> range:
    """Lengths of the answers that differ in the route's name alone."""
    return range(max(len(body) - 64, 0), len(body) + 64)


def malformed(bench: Bench) -> Outcome:
    """T7: requests that make no sense are answered as such; they do not end the server, nor silence it."""
    endpoint, payload = endpoint_of(bench), bench.options.payload
    assert payload is not None and bench.server is not None
    notes = []
    for what, data, kind in (
        ("an empty body", b"", payload.content_type),
        ("garbage", b"\x00\xff\xfe{[<mlgate" * 64, payload.content_type),
        ("an unknown type", payload.data, "application/x-mlgate"),
        ("a charset behind the type", payload.data, f"{payload.content_type}; charset=utf-8"),
    ):
        bench.tell(f"sending {what}")
        reply = post(bench, endpoint, Payload(data, kind))
        code = bench.server.exit_code if reply.status else bench.server.wait(1.0)
        if code is not None:
            outcome = failed(f"{what} ends the server with exit code {code}", "answer with a status of 400 or above")
            outcome.exit_code = code
            return outcome
        if reply.problem == "late":
            return failed(f"{what}: {reply.told}", "answer with a status of 400 or above")
        if "charset" in what:
            notes += [f"{what} is refused with {reply.told}"] if not reply.good else []
        elif reply.good and what == "garbage":
            notes.append(f"{what} is answered with {reply.status}: SMS012")
        elif not reply.good and not 400 <= reply.status < 500:
            notes.append(f"{what} is answered with {reply.told}, not with 4xx")
    again = _ask(bench, endpoint, "GET", endpoint.health or "/", None)
    if not _is_healthy(again, endpoint):
        return failed(f"{_health(endpoint)} after them: {again.told}", "survive requests that make no sense")
    return passed("it survives them", notes=tuple(notes))


def large(bench: Bench) -> Outcome:
    """T7: a body as large as SageMaker takes is not refused for its size. What it is answered does not matter."""
    endpoint, payload = endpoint_of(bench), bench.options.payload
    assert payload is not None
    bench.tell("sending a large body")
    body = (payload.data * (_LARGE // max(len(payload.data), 1)))[:_LARGE]
    reply = post(bench, endpoint, Payload(body, payload.content_type))
    told = f"a body of {len(body) / 1e6:.1f} MB: {reply.told}"
    if reply.status == 413:
        return failed(
            told, "allow larger bodies: client_max_body_size of nginx, MAX_CONTENT_LENGTH of Flask", ("SMS008",)
        )
    return passed(told, reply.seconds) if reply.status else unknown(told, "its log says more")


def under_load(bench: Bench) -> Outcome:
    """T14: while it answers a request, it answers for its health in time."""
    endpoint, payload = endpoint_of(bench), bench.options.payload
    assert payload is not None
    bench.tell("asking for its health under load")
    busy = threading.Thread(target=post, args=(bench, endpoint, payload), daemon=True)
    busy.start()
    slowest = 0.0
    while True:
        reply = _ask(bench, endpoint, "GET", endpoint.health, None, endpoint.within)
        if reply.status != 200:
            return failed(
                f"{_health(endpoint)} during a request: {reply.told}", "more than one worker or thread", ("SMS006",)
            )
        slowest = max(slowest, reply.seconds)
        sleep(_PAUSE)
        if not busy.is_alive():
            return passed(f"{_health(endpoint)} within {slowest:.1f} s during a request", slowest)


def stop(bench: Bench) -> Outcome:
    """T10: it ends by itself on SIGTERM, before the platform kills it."""
    assert bench.server is not None
    bench.tell("stopping the server")
    return stopped(bench, bench.server)


def bound_port(bench: Bench) -> Outcome:
    """T11: the image promises to listen where SAGEMAKER_BIND_TO_PORT says."""
    from dataclasses import replace

    endpoint = replace(endpoint_of(bench), port=8090)
    server = launched(bench, endpoint, SAGEMAKER_BIND_TO_PORT="8090")
    if isinstance(server, Outcome):
        return server
    with bench.removed(server):
        outcome = healthy(bench, server, endpoint)
    if outcome.status == FAILED:
        outcome.rules, outcome.next_step = ("SMS011",), "listen on the port that SAGEMAKER_BIND_TO_PORT names"
    return outcome


def multi_model(bench: Bench) -> Outcome:
    """T12: the image promises to load and unload models. Without a model, whether it has the routes."""
    endpoint = _multi_model_endpoint(bench)
    server = launched(bench, endpoint, SAGEMAKER_MULTI_MODEL="true")
    if isinstance(server, Outcome):
        return server
    with bench.removed(server):
        outcome = healthy(bench, server, endpoint)
        port = _port(bench, server, endpoint.port)
        if outcome.status != PASSED or port is None:
            return outcome
        model = bench.workshop.model()
        for what, method, path, body, wanted in _MODEL_CALLS if model is not None else _MODEL_CALLS[:1]:
            kind = {"Content-Type": "application/json"}
            reply = ask(port, method, path, seconds=endpoint.answer, body=body, headers=kind)
            if reply.status != wanted:
                told = f"{what} ({method} {path}): {reply.told}, not {wanted}"
                return failed(told, "answer the API of multi-model endpoints", ("SMS010",))
    if model is None:
        return skipped("no model to load: GET /models is answered", _GIVE)
    return passed("it loads, lists and unloads a model")


def _multi_model_endpoint(bench: Bench) -> Endpoint:
    from dataclasses import replace

    return replace(endpoint_of(bench), model="/opt/ml/models/mlgate/model")


_MODEL = json.dumps({"model_name": "mlgate", "url": "/opt/ml/models/mlgate/model"}).encode()
_MODEL_CALLS: tuple[tuple[str, str, str, bytes | None, int], ...] = (
    ("listing models", "GET", "/models", None, 200),
    ("loading a model", "POST", "/models", _MODEL, 200),
    ("loading it again", "POST", "/models", _MODEL, 409),
    ("asking for it", "GET", "/models/mlgate", None, 200),
    ("unloading it", "DELETE", "/models/mlgate", None, 200),
    ("asking for one that is not loaded", "GET", "/models/mlgate", None, 404),
)


def post(bench: Bench, endpoint: Endpoint, payload: Payload, path: str = "") -> Reply:
    """One request as the platform's caller sends it."""
    return _ask(bench, endpoint, "POST", path or endpoint.predict, payload, endpoint.answer)


def get(bench: Bench, path: str) -> Reply:
    """The answer of some other route."""
    return _ask(bench, endpoint_of(bench), "GET", path, None)


def _ask(
    bench: Bench, endpoint: Endpoint, method: str, path: str, payload: Payload | None, seconds: float | None = None
) -> Reply:
    port = _port(bench, bench.server, endpoint.port) if bench.server is not None else None
    if port is None:
        return Reply(0, problem="refused")
    headers = {"Content-Type": payload.content_type, "Accept": "*/*"} if payload is not None else {}
    return ask(
        port,
        method,
        path,
        seconds=seconds or max(endpoint.within, 10.0),
        body=payload.data if payload is not None else None,
        headers=headers,
    )


def _port(bench: Bench, server: Container, number: int) -> int | None:
    """The port of this machine behind which the server is; None where the engine publishes none here."""
    return server.port(number) if bench.workshop.reachable else None


def _health(endpoint: Endpoint) -> str:
    return f"GET {endpoint.health}" if endpoint.health else f"port {endpoint.port}"


def _excerpt(reply: Reply) -> str:
    text = " ".join(reply.body[:200].decode("utf-8", "replace").split())
    return f" {text}" if text else ""


def _sagemaker(environment: Mapping[str, str]) -> Endpoint:
    return Endpoint(
        port=8080,
        health="/ping",
        predict="/invocations",
        within=2.0,
        ready=480.0,
        certain=True,
        advice="answer GET /ping with 200 within 2 s",
        wrong_port=("SMS001", "SMS002"),
        no_health=("SMS004",),
        no_predict=("SMS005",),
    )


def _vertex(environment: Mapping[str, str]) -> Endpoint:
    """Routes as Vertex AI makes them up where nobody names any."""
    model = "/v1/endpoints/1234567890/deployedModels/987654321"
    own = {
        "AIP_HTTP_PORT": "8080",
        "AIP_HEALTH_ROUTE": environment.get("AIP_HEALTH_ROUTE", model),
        "AIP_PREDICT_ROUTE": environment.get("AIP_PREDICT_ROUTE", f"{model}:predict"),
        "AIP_MODE": "PREDICTION",
        "AIP_FRAMEWORK": "CUSTOM_CONTAINER",
        "AIP_STORAGE_URI": "",
    }
    return Endpoint(
        port=8080,
        health=own["AIP_HEALTH_ROUTE"],
        predict=own["AIP_PREDICT_ROUTE"],
        within=10.0,
        ready=600.0,
        certain=False,
        advice="answer at AIP_HEALTH_ROUTE; or deploy it with a route of your own, and say so here: --env AIP_HEALTH_ROUTE=/ping",
        wrong_port=("VTX002",),
        model="",
        environment=own,
    )


def _kserve(environment: Mapping[str, str]) -> Endpoint:
    return Endpoint(
        port=8080,
        health="",
        predict="/v1/models/model:predict",
        within=10.0,
        ready=600.0,
        certain=False,
        advice="listen on the port that PORT names",
        wrong_port=("KSV001",),
        no_predict=("KSV002",),
        model="/mnt/models",
        environment={"PORT": "8080"},
    )


_ENDPOINTS: dict[str, Callable[[Mapping[str, str]], Endpoint]] = {
    "sagemaker-hosting": _sagemaker,
    "vertex-prediction": _vertex,
    "kserve": _kserve,
}
