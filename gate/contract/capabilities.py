"""What a label of the image promises: a port of the caller's choice, models that come and go."""

from __future__ import annotations

import json

from gate.contract.bench import Bench
from gate.contract.client import ask
from gate.contract.endpoints import GIVE_MODEL, Endpoint, endpoint_of
from gate.contract.model import FAILED, PASSED, Outcome, failed, passed, skipped
from gate.contract.serving import healthy, launched
from gate.record import replace


def bound_port(bench: Bench) -> Outcome:
    """T11: the image promises to listen where SAGEMAKER_BIND_TO_PORT says."""
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
        port = bench.port(server, endpoint.port)
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
        return skipped("no model to load: GET /models is answered", GIVE_MODEL)
    return passed("it loads, lists and unloads a model")


def _multi_model_endpoint(bench: Bench) -> Endpoint:
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
