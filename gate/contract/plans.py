"""Which cases a platform has, in their order, and what each builds on."""

from __future__ import annotations

from gate.contract import aws_lambda, capabilities, invocations, plain, predictions, processing, serving, training
from gate.contract.model import Case

_CAPABILITY = "com.amazonaws.sagemaker.capabilities."
_IMAGE = Case("image", "the image is for the platform's machines", plain.fits)
_START = Case("start", "the server starts", serving.start, needs=("image",))
_RUN = Case("run", "it starts, and stays or ends with 0", plain.run, needs=("image",))

PLANS: dict[str, tuple[Case, ...]] = {
    "sagemaker-training": (
        _IMAGE,
        Case("train", "a job trains and leaves a model", training.train, needs=("image",)),
        Case("failure", "a job that fails says why", training.fail, needs=("train",), required=False),
        Case("stop", "a job ends on SIGTERM", training.stop, needs=("train",), required=False),
    ),
    "sagemaker-hosting": (
        _IMAGE,
        Case("user", "it runs as root, as SageMaker has it", plain.user),
        _START,
        Case("ping", "GET /ping is answered", serving.health, needs=("start",)),
        Case("invocations", "POST /invocations is answered", invocations.invoke, needs=("ping",), required=False),
        Case(
            "load",
            "GET /ping is answered during a request",
            invocations.under_load,
            needs=("invocations",),
            required=False,
        ),
        Case(
            "malformed",
            "requests without sense do no harm",
            invocations.malformed,
            needs=("invocations",),
            required=False,
        ),
        Case("stop", "the server ends on SIGTERM", serving.stop, needs=("ping",), required=False),
        Case(
            "port",
            "SAGEMAKER_BIND_TO_PORT is heeded",
            capabilities.bound_port,
            needs=("ping",),
            label=f"{_CAPABILITY}accept-bind-to-port",
        ),
        Case(
            "models",
            "models are loaded and unloaded",
            capabilities.multi_model,
            needs=("image",),
            required=False,
            label=f"{_CAPABILITY}multi-models",
        ),
    ),
    "sagemaker-processing": (_IMAGE, Case("process", "a job leaves an output", processing.process, needs=("image",))),
    "vertex-prediction": (
        _IMAGE,
        _START,
        Case("health", "AIP_HEALTH_ROUTE is answered", serving.health, needs=("start",)),
        Case("predict", "AIP_PREDICT_ROUTE is answered", predictions.vertex, needs=("health",), required=False),
    ),
    "kserve": (
        _IMAGE,
        _START,
        Case("ready", "PORT is answered", serving.health, needs=("start",)),
        Case("predict", "the V1 or V2 protocol is answered", predictions.kserve, needs=("ready",), required=False),
    ),
    "lambda": (_IMAGE, Case("event", "an event is answered", aws_lambda.event, needs=("image",))),
    "docker": (_IMAGE, _RUN),
    "kubernetes": (_IMAGE, _RUN),
}
