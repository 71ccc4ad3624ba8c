"""Requests to a running server: the sample, large ones, ones without sense, and its health meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from time import sleep

from gate.contract.bench import Bench
from gate.contract.client import Reply, ask
from gate.contract.endpoints import GIVE_MODEL, NOWHERE, Endpoint, alike, endpoint_of
from gate.contract.model import Outcome, Payload, failed, passed, skipped, unknown

_PAUSE = 0.1
_LARGE = 6 << 20
"""Bytes of the largest body of a real-time request; some endpoints take more."""
_EMPTY, _GARBAGE, _TYPE = "an empty body", "garbage", "an unknown type"
_CHARSET, _SIZE = "a charset behind the type", "a body of 6 MB"


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
        return unknown(f"{told}; it has no model", GIVE_MODEL)
    return failed(told, "the log says why")


def _without_sample(bench: Bench, endpoint: Endpoint) -> Outcome:
    route = f"POST {endpoint.predict}"
    reply = post(bench, endpoint, Payload(b"", "text/csv"))
    nowhere = _ask(bench, endpoint, "POST", NOWHERE, Payload(b"", "text/csv"))
    missing = reply.status == 404 and nowhere.status == 404 and len(reply.body) in alike(nowhere.body)
    if missing or reply.status == 405:
        return failed(f"{route}: {reply.told}, as to a route that is not there", f"answer {route}", endpoint.no_predict)
    return skipped(
        f"no sample: {route} answers {reply.told} to an empty body", "--payload FILE: a request it must answer"
    )


def malformed(bench: Bench) -> Outcome:
    """T7: requests that make no sense, and one as large as the platform takes, do not end the server, nor silence it."""
    endpoint, server = endpoint_of(bench), bench.server
    assert bench.options.payload is not None and server is not None
    notes: list[str] = []
    for what, request in _odd(bench.options.payload, bench.options.fast):
        bench.tell(f"sending {what}")
        reply = post(bench, endpoint, request)
        code = server.exit_code if reply.status else server.wait(1.0)
        if code is not None:
            outcome = failed(f"{what} ends the server with exit code {code}", "answer with a status of 400 or above")
            outcome.exit_code = code
            return outcome
        if reply.problem == "late":
            return failed(f"{what}: {reply.told}", "answer with a status of 400 or above")
        notes += _remark(what, reply)
    again = _ask(bench, endpoint, "GET", endpoint.health or "/", None)
    if not endpoint.is_healthy(again):
        return failed(f"{endpoint.asked} after them: {again.told}", "survive requests that make no sense")
    return passed("it survives them", notes=tuple(notes))


def _odd(sample: Payload, fast: bool) -> Iterator[tuple[str, Payload]]:
    """Requests that hardly anybody tries."""
    yield _EMPTY, Payload(b"", sample.content_type)
    yield _GARBAGE, Payload(b"\x00\xff\xfe{[<mlgate" * 64, sample.content_type)
    yield _TYPE, Payload(sample.data, "application/x-mlgate")
    yield _CHARSET, Payload(sample.data, f"{sample.content_type}; charset=utf-8")
    if not fast:
        yield _SIZE, Payload((sample.data * (_LARGE // max(len(sample.data), 1)))[:_LARGE], sample.content_type)


def _remark(what: str, reply: Reply) -> Iterator[str]:
    """What is worth knowing of an answer, without being wrong."""
    if what == _CHARSET:
        if not reply.good:
            yield f"{what} is refused: {reply.told}"
    elif what == _SIZE:
        if reply.status == 413:
            yield f"{what} is refused: 413, SMS008"
    elif what == _GARBAGE and reply.good:
        yield f"{what} is answered with {reply.status}: SMS012"
    elif not reply.good and not 400 <= reply.status < 500:
        yield f"{what} is answered with {reply.told}, not with 4xx"


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
                f"{endpoint.asked} during a request: {reply.told}", "more than one worker or thread", ("SMS006",)
            )
        slowest = max(slowest, reply.seconds)
        sleep(_PAUSE)
        if not busy.is_alive():
            return passed(f"{endpoint.asked} within {slowest:.1f} s during a request", slowest)


def post(bench: Bench, endpoint: Endpoint, payload: Payload, path: str = "") -> Reply:
    """One request as the platform's caller sends it."""
    return _ask(bench, endpoint, "POST", path or endpoint.predict, payload, endpoint.answer)


def get(bench: Bench, path: str) -> Reply:
    """The answer of some other route."""
    return _ask(bench, endpoint_of(bench), "GET", path, None)


def _ask(
    bench: Bench, endpoint: Endpoint, method: str, path: str, payload: Payload | None, seconds: float | None = None
) -> Reply:
    port = bench.port(bench.server, endpoint.port) if bench.server is not None else None
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


def _excerpt(reply: Reply) -> str:
    text = " ".join(reply.body[:200].decode("utf-8", "replace").split())
    return f" {text}" if text else ""
