"""EDG003 uncompiled-model: a TensorFlow Lite model that the Edge TPU cannot run."""

from gate.build import Build
from gate.image.arrivals import Arrival, arrivals
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.edge._device import compiles, for_coral

_FOR = ("edge",)

rule = Rule(
    id="EDG003",
    name="uncompiled-model",
    severity=Severity.MEDIUM,
    platforms=_FOR,
    summary="A TensorFlow Lite model is not compiled for the Edge TPU.",
    reason="The accelerator runs int8 models that edgetpu_compiler has compiled. Any other runs on the device's CPU, ten times slower, or the delegate refuses it.",
    fix="Quantise to int8, run edgetpu_compiler, and copy the file that it writes: model_edgetpu.tflite.",
    bad=[
        Example(
            "FROM python:3.9\nRUN pip install pycoral==2.0.0\nCOPY »mobilenet_v2.tflite /m/\n",
            files={"mobilenet_v2.tflite": "TFL3 plain"},
            platforms=_FOR,
        )
    ],
    good=[
        Example(
            "FROM python:3.9\nRUN pip install pycoral==2.0.0\nCOPY mobilenet_v2_1.0_224_quant_edgetpu.tflite /m/\n",
            files={"mobilenet_v2_1.0_224_quant_edgetpu.tflite": "x"},
            platforms=_FOR,
        ),
        Example(
            "FROM python:3.9\nRUN pip install pycoral==2.0.0\nCOPY m.tflite /m/\n",
            files={"m.tflite": "TFL3 edgetpu-custom-op"},
            platforms=_FOR,
        ),
        Example("FROM python:3.9\nRUN pip install tflite-runtime==2.14.0\nCOPY m.tflite /m/\n", files={"m.tflite": "x"}, platforms=_FOR),
    ],
)  # fmt: skip

_READ = 16 << 20
"""Bytes of a model that are searched; those for the Edge TPU have 8 MB of memory to fit in."""
_OPERATION = b"edgetpu-custom-op"


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or compiles(build) or not for_coral(build):
        return
    for arrival in arrivals(build):
        if (
            arrival.node.type == "file"
            and arrival.name.endswith(".tflite")
            and "_edgetpu" not in arrival.name
            and not _compiled(arrival)
        ):
            yield rule.finding(
                arrival.word,
                f"{arrival.path} is not compiled for the Edge TPU, and runs on the CPU.",
                stage=arrival.copy.stage,
            )


def _compiled(arrival: Arrival) -> bool:
    """Whether the model's own text names the Edge TPU's operation; for one that is too large, nobody looks."""
    if arrival.size > _READ:
        return True
    return _OPERATION in (arrival.node.read(_READ) or b"")
