"""SMU006 cuda-mismatch: the framework was built for another CUDA than the base image has."""

from gate.build import Build
from gate.facts import facts
from gate.lazy import pattern
from gate.model import Severity
from gate.packages.model import Install, Request
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._gpu import Version, base_cuda, brings_own_cuda, python_requests, shown, version

_FOR = (
    "sagemaker-training", "sagemaker-hosting", "sagemaker-processing", "vertex-training", "vertex-prediction", "azureml", "kserve", "kubernetes",
)  # fmt: skip

rule = Rule(
    id="SMU006",
    name="cuda-mismatch",
    severity=Severity.MEDIUM,
    platforms=_FOR,
    summary="A framework needs another CUDA than the base image has.",
    reason="Its libraries are not found (Could not load dynamic library libcudart.so.10.1), and the job silently trains on the CPU, on a machine that is paid for its GPU.",
    fix="Take the base image with the CUDA that the package was built for, or the package for the CUDA that is there.",
    bad=[
        Example(
            "FROM nvidia/cuda:11.1.1-cudnn8-runtime-ubuntu20.04\nRUN pip install »tensorflow==2.3.1\n",
            platforms=("sagemaker-training",),
        ),
        Example(
            "FROM nvidia/cuda:10.2-base\nCOPY r.txt /\nRUN pip3 install -r /r.txt\n",
            files={"r.txt": "numpy\n»mxnet-cu101==1.9.1\n"},
            platforms=("sagemaker-training",),
        ),
    ],
    good=[
        Example("FROM nvidia/cuda:10.1-cudnn7-runtime\nRUN pip install tensorflow==2.3.1\n", platforms=_FOR),
        Example("FROM nvidia/cuda:11.8.0-runtime-ubuntu22.04\nRUN pip install tensorflow==2.9.1\n", platforms=_FOR),
        Example("FROM nvidia/cuda:11.8.0-runtime-ubuntu22.04\nRUN pip install tensorflow[and-cuda]==2.15.0\n", platforms=_FOR),
        Example("FROM nvidia/cuda:11.8.0-runtime-ubuntu22.04\nRUN pip install torch==2.3.0\n", platforms=_FOR),
        Example("FROM nvidia/cuda:11.0-base\nRUN pip install torch==1.7.1+cu110 -f https://download.pytorch.org/whl/torch_stable.html\n", platforms=_FOR),
        Example("FROM nvidia/cuda:11.1-base\nRUN conda install -y cudatoolkit=10.1 && pip install tensorflow==2.3.1\n", platforms=_FOR),
    ],
)  # fmt: skip

_OWN_INDEX = ("-f", "--find-links", "-i", "--index-url", "--extra-index-url")
_NAMED = pattern(r"(\d{1,2})(\d|x)(?!\d)")


@rule.on_build
def check(build: Build) -> Results:
    there = base_cuda(build)
    if there is None or brings_own_cuda(build):
        return
    for install, request, name in python_requests(build):
        needed = _needed(name, request, install)
        if needed is not None and not _serves(there, needed):
            yield rule.finding(
                request,
                f"{request.name} {request.version or ''}".rstrip()
                + f" is built for CUDA {shown(needed) if needed[1] >= 0 else needed[0]}, and the base image has {shown(there)}.",
                stage=install.stage,
            )


def _needed(name: str, request: Request, install: Install) -> Version | None:
    """The CUDA that a package needs of the image; None where it brings its own, or that is not known. A minor version of
    -1 means any."""
    table = facts("accelerators")
    for beginning in table["named-after-cuda"]:
        if name.startswith(beginning):
            match = _NAMED.match(name[len(beginning) :])
            return (int(match[1]), -1 if match[2] == "x" else int(match[2])) if match else None
    if request.version is None or "+" in request.version or request.url or "and-cuda" in request.extras:
        return None
    if install.arguments.has(*_OWN_INDEX):
        return None
    for row in table["pairs"]:
        if name in row["packages"]:
            parts = request.version.split(".")
            for length in (3, 2):
                if ".".join(parts[:length]) in row["cuda"]:
                    return version(row["cuda"][".".join(parts[:length])])
    return None


def _serves(there: Version, needed: Version) -> bool:
    """From CUDA 11 on, libraries keep their names within a major version."""
    if needed[0] >= 11 or needed[1] < 0:
        return there[0] == needed[0]
    return there == needed
