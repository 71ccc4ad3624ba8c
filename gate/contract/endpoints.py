"""How the platforms ask a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gate.contract.bench import Bench
from gate.contract.client import Reply
from gate.record import dataclass, field

GIVE_MODEL = "--model DIR or TAR: a trained model"
NOWHERE = "/mlgate-no-such-route"


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

    @property
    def asked(self) -> str:
        """The question for its health, in words."""
        return f"GET {self.health}" if self.health else f"port {self.port}"

    def is_healthy(self, reply: Reply) -> bool:
        return reply.status == 200 if self.health else reply.status > 0


def alike(body: bytes) -> range:
    """Lengths of the answers that differ in the route's name alone."""
    return range(max(len(body) - 64, 0), len(body) + 64)


def endpoint_of(bench: Bench) -> Endpoint:
    """The platform's endpoint; what the user sets in the environment may change its routes."""
    return _ENDPOINTS[bench.platform.name](bench.options.environment)


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
