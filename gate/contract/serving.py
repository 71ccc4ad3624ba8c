"""A server: started, asked for its health, stopped."""

from __future__ import annotations

from time import monotonic, sleep

from gate.contract.bench import Bench
from gate.contract.client import Reply, ask
from gate.contract.containers import Container
from gate.contract.endpoints import GIVE_MODEL, NOWHERE, Endpoint, alike, endpoint_of
from gate.contract.model import FAILED, Outcome, failed, passed, unknown
from gate.contract.sockets import Listener, listeners
from gate.contract.stopping import stopped

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


def start(bench: Bench) -> Outcome:
    """T5: it starts, and is still there a moment later. The model is read-only (T8)."""
    endpoint = endpoint_of(bench)
    server = launched(bench, endpoint)
    if isinstance(server, Outcome):
        return server
    bench.server = server
    bench.tell("starting the server")
    watch = _FAST_WATCH if bench.options.fast else _WATCH
    port = bench.port(server, endpoint.port)
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
    bench.tell(f"waiting for {endpoint.asked}")
    return healthy(bench, server, endpoint)


def healthy(bench: Bench, server: Container, endpoint: Endpoint) -> Outcome:
    """Ask until the server is healthy, or its time is over, or it rests without being so; then look where it listens
    (T13)."""
    port = bench.port(server, endpoint.port)
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
        if endpoint.is_healthy(reply):
            row += 1
            first = spent if row == 1 else first
            if row == wanted:
                notes = (f"its body has {len(reply.body)} bytes",) if len(reply.body) > 1024 and endpoint.health else ()
                return passed(f"{endpoint.asked}: {reply.status} after {first:.1f} s", first, notes)
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


def _unhealthy(
    bench: Bench, server: Container, endpoint: Endpoint, reply: Reply, spent: float, resting: bool
) -> Outcome:
    """Why a server is not healthy, as far as that can be seen. It has had its time, or it is ``resting``."""
    asked = f"{endpoint.asked}: {reply.told}, {spent:.0f} s after the start"
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
        return unknown(f"{asked}; it has no model", GIVE_MODEL)
    answers = bool(reply.status) or reply.problem == "late"
    if reply.status in (404, 405) or (answers and resting) or (spent >= endpoint.ready and endpoint.certain):
        return failed(asked, endpoint.advice, endpoint.no_health if answers else endpoint.wrong_port[:1])
    if found == []:
        asked += "; nothing listens"
    return unknown(asked, "a longer --timeout; its log says more")


def _is_no_route(bench: Bench, server: Container, endpoint: Endpoint, reply: Reply) -> bool:
    """Whether it answers as for any route that is not there: a server that lacks its model may answer 404 as well."""
    port = bench.port(server, endpoint.port)
    nowhere = ask(port or 0, "GET", NOWHERE, seconds=endpoint.within)
    return reply.status == 405 or (nowhere.status == 404 and len(reply.body) in alike(nowhere.body))


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
    if bench.server is server:
        bench.server = None
    told = bench.ended(server, code) if code else None
    if told is None and code and bench.workshop.model() is None and endpoint_of(bench).model:
        told = unknown(f"it ended with exit code {code}; it has no model", GIVE_MODEL)
    outcome = told or failed(
        f"it ended with exit code {code}", "keep the server in the foreground" if not code else "the log says why"
    )
    outcome.exit_code = code
    return outcome


def stop(bench: Bench) -> Outcome:
    """T10: it ends by itself on SIGTERM, before the platform kills it."""
    assert bench.server is not None
    bench.tell("stopping the server")
    return stopped(bench, bench.server)
