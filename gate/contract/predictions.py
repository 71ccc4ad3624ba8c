"""What Vertex AI and KServe ask a server beyond its health: predictions in a protocol of their own."""

from __future__ import annotations

import json
from typing import Any

from gate.contract import invocations
from gate.contract.bench import Bench
from gate.contract.client import Reply
from gate.contract.endpoints import endpoint_of
from gate.contract.model import Outcome, Payload, failed, passed, skipped, unknown


def vertex(bench: Bench) -> Outcome:
    """T18: a request of N instances is answered with N predictions."""
    payload = bench.options.payload
    if payload is None:
        return invocations.invoke(bench)
    endpoint = endpoint_of(bench)
    bench.tell(f"asking POST {endpoint.predict}")
    reply = invocations.post(bench, endpoint, Payload(payload.data, "application/json"))
    route = f"POST {endpoint.predict}"
    if not reply.good:
        return invocations.refused(bench, route, reply, endpoint, payload)
    asked, answered = _object(payload.data).get("instances"), _object(reply.body).get("predictions")
    if not isinstance(asked, list):
        return unknown(f"{route}: {reply.status}, but the sample is no JSON object with instances", "--payload FILE")
    if not isinstance(answered, list):
        return failed(f"{route}: {reply.status}, without predictions", 'answer {"predictions": […]}', ("VTX003",))
    if len(answered) != len(asked):
        return failed(f"{route}: {len(answered)} predictions for {len(asked)} instances", "answer one for each")
    return passed(f"{route}: {reply.status}, {len(answered)} predictions for as many instances", reply.seconds)


def kserve(bench: Bench) -> Outcome:
    """T19: the routes of the V1 or of the V2 protocol are there, and answer the sample."""
    endpoint, payload = endpoint_of(bench), bench.options.payload
    bench.tell("asking for the routes of KServe")
    first, second = (invocations.get(bench, path) for path in ("/v1/models", "/v2/health/ready"))
    protocols = [name for name, reply in (("V1", first), ("V2", second)) if reply.good]
    if not protocols:
        return unknown(
            f"GET /v1/models: {first.told}, GET /v2/health/ready: {second.told}",
            "answer the V1 or V2 protocol of KServe",
        )
    told = f"protocol {' and '.join(protocols)}"
    name = _model_name(bench, first)
    if payload is None or name is None:
        return passed(told) if payload is None else skipped(f"{told}; which models it has is not told")
    path = f"/v2/models/{name}/infer" if "inputs" in _object(payload.data) else f"/v1/models/{name}:predict"
    reply = invocations.post(bench, endpoint, Payload(payload.data, "application/json"), path)
    if reply.good:
        return passed(f"{told}; POST {path}: {reply.status}", reply.seconds)
    return invocations.refused(bench, f"POST {path}", reply, endpoint, payload)


def _model_name(bench: Bench, listed: Reply) -> str | None:
    """The first model that a server names: ``GET /v1/models`` lists names, or objects with one."""
    models = _object(listed.body).get("models")
    first = models[0] if isinstance(models, list) and models else None
    name = first.get("name") if isinstance(first, dict) else first
    return name if isinstance(name, str) and name.replace("-", "").replace("_", "").replace(".", "").isalnum() else None


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
