"""A function of AWS Lambda: it asks the Runtime API for an event, and answers it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from time import monotonic, sleep
from typing import Any

from gate.contract.bench import Bench
from gate.contract.containers import Container
from gate.contract.model import Outcome, failed, passed, unknown
from gate.contract.runtime_api import FUNCTION, RuntimeApi
from gate.contract.sockets import is_connecting
from gate.record import dataclass

_SECONDS, _FAST_SECONDS = 60.0, 15.0
_USER = "993:990"
_HOST = "host.docker.internal"


@dataclass(frozen=True, slots=True)
class _Way:
    """How a container reaches this machine: what is listened on, and what the container calls it."""

    address: str
    name: str
    hosts: Mapping[str, str]


def event(bench: Bench) -> Outcome:
    """T17: as a user without rights, with nothing to write to but /tmp, it gets an event and answers it."""
    payload = bench.options.payload
    seconds = bench.options.timeout or (_FAST_SECONDS if bench.options.fast else _SECONDS)
    way = _way(bench.containers.client)
    try:
        api = RuntimeApi(way.address, payload.data if payload is not None else b"{}", seconds)
    except OSError:  # the engine has a machine of its own; it leads one name to this one
        way = _Way("127.0.0.1", _HOST, {_HOST: "host-gateway"})
        api = RuntimeApi(way.address, payload.data if payload is not None else b"{}", seconds)
    with api:
        container = bench.start(
            environment=_environment(f"{way.name}:{api.port}", bench.image.config), restricted=_USER, hosts=way.hosts
        )
        if isinstance(container, Outcome):
            return container
        with bench.removed(container):
            bench.tell("waiting for the function")
            began = monotonic()
            while not api.answered.is_set() and container.exit_code is None and monotonic() - began < seconds:
                sleep(0.05)
            outcome = _verdict(bench, container, api, seconds)
            outcome.seconds = monotonic() - began
            return outcome


def _verdict(bench: Bench, container: Container, api: RuntimeApi, seconds: float) -> Outcome:
    if api.answer is not None:
        kind, body = api.answer
        return _answered(bench, kind, body)
    code = container.exit_code
    if code is not None:
        told = bench.ended(container, code) if code else None
        when = "with the event" if api.asked.is_set() else "before it asked for an event"
        outcome = told or failed(
            f"it ended with exit code {code} {when}",
            "the log says why" if api.contacted.is_set() else "the image needs a runtime interface client",
            () if api.contacted.is_set() else ("LMB001",),
        )
        outcome.exit_code = code
        return outcome
    if api.asked.is_set():
        return unknown(f"no answer within {seconds:.0f} s", "a longer --timeout")
    table = container.sockets()
    if api.contacted.is_set() or table is None or is_connecting(table, api.port):
        return unknown(
            f"it has not asked for an event after {seconds:.0f} s",
            "let containers reach this machine: a firewall may stop them",
        )
    return failed(
        f"it runs, and has not called the Runtime API after {seconds:.0f} s",
        "start the function with a runtime interface client, such as awslambdaric",
        ("LMB001",),
    )


def _answered(bench: Bench, kind: str, body: bytes) -> Outcome:
    if kind == "response":
        return passed(f"it answers with {len(body)} bytes")
    message = _message(body)
    if kind == "init":
        return failed(f"its start fails: {message}", "the log says why", ("LMB005",) if "andler" in message else ())
    if bench.options.payload is None:
        return unknown(f"the function fails on an empty event: {message}", "--payload FILE: an event it must answer")
    return failed(
        f"the function fails: {message}", "the log says why", ("LMB002",) if "Read-only file" in message else ()
    )


def _message(body: bytes) -> str:
    """``errorType: errorMessage`` of what a runtime posts."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and isinstance(found.get("errorMessage"), str):
        text = ": ".join(str(found[key]) for key in ("errorType", "errorMessage") if found.get(key))
    else:
        text = body[:300].decode("utf-8", "replace")
    return " ".join(text.split())[:300]


def _way(client: Any) -> _Way:
    """The address that the engine's bridge has on this machine."""
    try:
        configured = client.networks.get("bridge").attrs["IPAM"]["Config"]
        address = next(str(one["Gateway"]) for one in configured if "." in str(one.get("Gateway", "")))
    except Exception:  # an engine without that network, or one that says it differently
        return _Way("127.0.0.1", _HOST, {_HOST: "host-gateway"})
    return _Way(address, address, {})


def _environment(api: str, config: Mapping[str, object]) -> dict[str, str]:
    """What Lambda sets, beside the image's own."""
    command = config.get("Cmd")
    return {
        "AWS_LAMBDA_RUNTIME_API": api,
        "_HANDLER": str(command[0]) if isinstance(command, list) and command else "",
        "AWS_LAMBDA_FUNCTION_NAME": FUNCTION.rpartition(":")[2],
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/mlgate-verify",
        "AWS_LAMBDA_LOG_STREAM_NAME": "mlgate",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "TZ": ":UTC",
    }
