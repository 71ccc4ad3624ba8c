"""SMU004 nvidia-driver: the driver belongs to the host, not into the image."""

from functools import lru_cache

from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Copy, Instruction
from gate.facts import facts
from gate.globs import is_like
from gate.model import Severity
from gate.packages.where import run_of
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._gpu import shipped_requests

_FOR = (
    "sagemaker-training", "sagemaker-hosting", "sagemaker-processing", "vertex-training", "vertex-prediction", "azureml", "kserve", "kubernetes",
)  # fmt: skip

rule = Rule(
    id="SMU004",
    name="nvidia-driver",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="An NVIDIA driver is installed in the image.",
    reason="The container runtime brings the host's driver in. A second one hides the host's libcuda, and every GPU call fails: driver/library version mismatch. The package "
    "cuda is a driver and the toolkit in one.",
    fix="Install the libraries alone (cuda-toolkit-12-4, cuda-libraries-12-4), or start from nvidia/cuda.",
    bad=[
        Example("FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y »cuda\n", platforms=("sagemaker-training",)),
        Example("FROM ubuntu:22.04\nRUN apt-get install -y gcc »nvidia-driver-535\n", platforms=("sagemaker-hosting",)),
        Example("FROM ubuntu:22.04\nRUN »sh NVIDIA-Linux-x86_64-535.104.05.run --silent\n", platforms=("kserve",)),
        Example("FROM ubuntu:22.04\nCOPY »libcuda.so.535.104 /usr/lib/\n", platforms=("sagemaker-training",)),
    ],
    good=[
        Example("FROM ubuntu:22.04\nRUN apt-get install -y cuda-libraries-12-4 cuda-toolkit-12-4 cuda-compat-12-4\n", platforms=_FOR),
        Example("FROM ubuntu:22.04\nRUN apt-get install -y nvidia-container-toolkit\n", platforms=_FOR),
        Example("FROM ubuntu:22.04\nRUN apt-get purge -y nvidia-driver-535\n", platforms=_FOR),
        Example("FROM ubuntu:22.04 AS b\nRUN apt-get install -y cuda\nFROM python:3.12\n", platforms=_FOR),
    ],
    links=("https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html",),
)  # fmt: skip


@rule.on_build
def check(build: Build) -> Results:
    for install, request in shipped_requests(build):
        if request.ecosystem in ("deb", "rpm", "apk") and _is_driver(request.name):
            yield rule.finding(
                request, f"{request.name} brings an NVIDIA driver, which hides the host's.", stage=install.stage
            )


@lru_cache(maxsize=1024)
def _is_driver(package: str) -> bool:
    return any(is_like(package, name) for name in facts("accelerators")["drivers"]["packages"])


@rule.on_command("sh", "bash", "NVIDIA-Linux-*")
def check_installer(command: Command, build: Build) -> Results:
    files: list[str] = facts("accelerators")["drivers"]["files"]
    words = [word.base_name or "" for word in command.words[:2]]
    ours = command.whole.source is build.dockerfile.source
    if ours and any(is_like(word, file) for word in words for file in files):
        run = run_of(command, build)
        if run is not None and build.ships(run):
            yield rule.finding(command, "This installs an NVIDIA driver, which hides the host's.", stage=run.stage)


@rule.on_instruction("COPY", "ADD")
def check_copy(instruction: Instruction, build: Build) -> Results:
    if not isinstance(instruction, Copy) or not build.ships(instruction):
        return
    destination = instruction.destination.value
    for source in instruction.sources:
        name = source.value.rpartition("/")[2]
        if is_like(name, "libcuda.so.[0-9]*") and not any(
            word in source.value + destination for word in ("compat", "stubs")
        ):
            yield rule.finding(
                source, f"{name} is a part of the driver, and hides the host's.", stage=instruction.stage
            )
