"""EDG002 cloud-package: what runs in a data centre is installed on the device."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.edge._device import compiles, for_jetson
from gate.rules.sagemaker._gpu import base_cuda, python_requests

_FOR = ("edge",)

rule = Rule(
    id="EDG002",
    name="cloud-package",
    severity=Severity.MEDIUM,
    platforms=_FOR,
    summary="A package for data centres is installed on an edge device.",
    reason="TensorFlow, PyTorch and the cloud SDKs are hundreds of megabytes of which a device uses a few functions; CUDA libraries find no GPU there.",
    fix="Install the runtime alone: tflite-runtime (or ai-edge-litert), onnxruntime, and no cloud SDK.",
    bad=[
        Example("FROM python:3.9\nRUN pip install tflite-runtime==2.14.0 »tensorflow==2.14.0 »boto3==1.34.0\n", platforms=_FOR),
        Example("FROM »nvidia/cuda:12.4.1-runtime-ubuntu22.04\n", platforms=_FOR),
    ],
    good=[
        Example("FROM python:3.9\nRUN pip install tflite-runtime==2.14.0\n", platforms=_FOR),
        Example("FROM nvcr.io/nvidia/l4t-base:r36.2.0\nRUN pip install torch==2.3.0\n", platforms=_FOR),
        Example("FROM debian:12.5\nRUN apt-get install -y edgetpu-compiler && pip install tensorflow==2.14.0\n", platforms=_FOR),
    ],
)  # fmt: skip

_INSTEAD = {
    "tensorflow": "tflite-runtime", "tensorflow-gpu": "tflite-runtime", "tensorflow-cpu": "tflite-runtime", "keras": "tflite-runtime",
    "torch": "onnxruntime or executorch", "torchvision": "onnxruntime or executorch", "onnxruntime-gpu": "onnxruntime",
    "boto3": "", "sagemaker": "", "google-cloud-aiplatform": "", "google-cloud-storage": "", "azure-ai-ml": "", "azureml-core": "",
    "mlflow": "", "jupyterlab": "", "notebook": "", "ray": "", "tensorrt": "", "cupy": "",
}  # fmt: skip
"""Package → what a device takes in its place, empty where that is nothing."""


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or compiles(build) or for_jetson(build):
        return
    if base_cuda(build) is not None:
        yield rule.finding(build.target.root.from_.image, "The base image brings CUDA, for a device without such a GPU.", stage=build.target)  # fmt: skip
    for install, request, name in python_requests(build):
        if name in _INSTEAD or name.startswith("nvidia-cu"):
            instead = _INSTEAD.get(name, "")
            yield rule.finding(
                request,
                f"{request.name} is made for data centres.",
                help=f"Install {instead} in its place." if instead else "Leave it out of the device's image.",
                stage=install.stage,
            )
