"""LMB003 needs-gpu: an image for machines with a GPU, and Lambda has none."""

from gate.build import Build
from gate.image.base import identify
from gate.lazy import pattern
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._gpu import base_cuda, shown

_FOR = ("lambda",)

rule = Rule(
    id="LMB003",
    name="needs-gpu",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="The base image is for machines with a GPU.",
    reason="Lambda has no GPU, and takes 10 GB unpacked at most: the CUDA libraries are a good part of that, and nothing loads them.",
    fix="Start from public.ecr.aws/lambda/python:3.12 or python:3.12-slim, and install the CPU builds.",
    bad=[
        Example("FROM »nvidia/cuda:12.4.1-runtime-ubuntu22.04\nRUN pip install awslambdaric\n", platforms=_FOR),
        Example("FROM »tensorflow/tensorflow:2.15.0-gpu\n", platforms=_FOR),
    ],
    good=[Example("FROM public.ecr.aws/lambda/python:3.12\n", platforms=_FOR)],
    links=("https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",),
)

_GPU = pattern(r"^(?:nvidia/cuda|nvcr\.io/nvidia/(?!l4t))")


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None:
        return
    root = build.target.root
    cuda = base_cuda(build)
    tag = (root.base or "").rpartition(":")[2]
    if cuda is not None or _GPU.search(identify(root.base or "").repository) or tag.endswith("-gpu") or "-gpu-" in tag:
        what = f"CUDA {shown(cuda)}" if cuda is not None else "GPU libraries"
        yield rule.finding(
            root.from_.image, f"The base image brings {what}, and Lambda has no GPU.", stage=build.target
        )
