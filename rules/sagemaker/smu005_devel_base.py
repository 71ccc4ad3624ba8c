"""SMU005 devel-base: the final stage starts from a CUDA image with compilers and headers."""

from gate.build import Build
from gate.lazy import pattern
from gate.model import Severity
from gate.packages.requirement import normalized
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._gpu import base_cuda, shipped_requests

_FOR = (
    "sagemaker-training", "sagemaker-hosting", "sagemaker-processing", "vertex-training", "vertex-prediction", "azureml", "kserve", "kubernetes",
)  # fmt: skip

rule = Rule(
    id="SMU005",
    name="devel-base",
    severity=Severity.LOW,
    platforms=_FOR,
    summary="The image is made from a CUDA -devel base.",
    reason="Compilers, headers and static libraries are 3 to 5 GB that every cold start pulls, and most of what a vulnerability scan finds.",
    fix="Compile in a first stage, and copy what comes of it into a -runtime or -base image.",
    bad=[Example("FROM »nvidia/cuda:12.4.1-devel-ubuntu22.04\n", platforms=("sagemaker-training",))],
    good=[
        Example(
            "FROM nvidia/cuda:12.4.1-devel-ubuntu22.04 AS build\nFROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\n",
            platforms=("sagemaker-training",),
        ),
        Example("FROM nvidia/cuda:12.4.1-devel-ubuntu22.04\nRUN pip install deepspeed==0.14.0\n", platforms=_FOR),
    ],
)

_DEVEL = pattern(r"(?:^|[-_.])devel(?:$|[-_.])")
_COMPILES_LATER = frozenset(
    {"deepspeed", "triton", "flash-attn", "jax", "jaxlib", "trax", "flax", "fairseq", "cutlass", "cupy", "numba", "sglang", "vllm", "tilelang", "xformers", "transformer-engine", "apex", "pycuda"}
)  # fmt: skip
"""Packages that call the CUDA compiler when the program runs."""


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or base_cuda(build) is None:
        return
    root = build.target.root
    tag = (root.base or "").rpartition(":")[2]
    if not _DEVEL.search(tag):
        return
    if any(normalized(request.name) in _COMPILES_LATER for _, request in shipped_requests(build)):
        return
    yield rule.finding(
        root.from_.image, "The image ships the CUDA compilers and headers of its -devel base.", stage=build.target
    )
