"""SMU007 cuda-newer-than-driver: the endpoint's host cannot run this CUDA."""

from gate.build import Build
from gate.facts import facts
from gate.image.arrivals import arrivals
from gate.model import Severity
from gate.platforms.bases import base_of
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import HOSTING
from gate.rules.sagemaker._gpu import base_cuda, families, shown, version

_FOR = (HOSTING,)

rule = Rule(
    id="SMU007",
    name="cuda-newer-than-driver",
    severity=Severity.MEDIUM,
    platforms=_FOR,
    summary="The CUDA of the base image is newer than what the driver of the endpoint's host runs.",
    reason="An endpoint's host has the driver of its instance family: CUDA 11.4 on g4dn, g5 and p4d, 12.2 on p5 and g6, 12.4 on p5e. Newer CUDA fails with CUDA driver "
    "version is insufficient, unless the compatibility libraries are put in front.",
    fix="Choose an InferenceAmiVersion with a newer driver, or source a script in the entry point that puts /usr/local/cuda/compat in front of LD_LIBRARY_PATH.",
    bad=[
        Example(
            "FROM »nvidia/cuda:12.4.1-runtime-ubuntu22.04\n",
            platforms=_FOR,
            policy={"instance-types": ["ml.g5.xlarge"]},
        )
    ],
    good=[
        Example("FROM nvidia/cuda:11.4.3-runtime-ubuntu20.04\n", platforms=_FOR),
        Example("FROM nvidia/cuda:12.1.1-runtime-ubuntu22.04\n", platforms=_FOR, policy={"instance-types": ["ml.g6.xlarge"]}),
        Example(
            "FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\nENV LD_LIBRARY_PATH=/usr/local/cuda/compat:$LD_LIBRARY_PATH\n",
            platforms=_FOR,
            policy={"instance-types": ["ml.g5.xlarge"]},
        ),
        Example("FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\n", platforms=_FOR, policy={"instance-types": ["ml.m5.large"]}),
    ],
    links=("https://docs.aws.amazon.com/sagemaker/latest/dg/inference-gpu-drivers.html",),
)  # fmt: skip

_READ = 1 << 16


@rule.on_build
def check(build: Build) -> Results:
    cuda = base_cuda(build)
    if cuda is None or build.target is None or _compatible(build):
        return
    table = facts("accelerators")["hosting-cuda"]
    at = build.target.root.from_.image
    declared = [family for family in families(build) if family in table["families"]]
    if not families(build):
        if cuda > version(table["default"]):
            yield rule.undecided(
                at,
                f"whether the endpoint's driver runs CUDA {shown(cuda)}: the instance type is not known",
                "instance-types in the policy",
            )
        return
    for family in declared:
        runs = version(table["families"][family])
        if cuda > runs:
            yield rule.finding(
                at,
                f"The image has CUDA {shown(cuda)}, and the default driver of ml.{family} runs up to {shown(runs)}.",
                stage=build.target,
            )
            return


def _compatible(build: Build) -> bool:
    """Whether the base, the file or a script that it copies takes care of the compatibility libraries."""
    if build.target is not None and "serve" in base_of(build.target)[1].answers:
        return True
    words = ("cuda/compat", "cuda-compat", "cuda_compat")
    if any(word in build.dockerfile.source.text for word in words):
        return True
    return any(
        any(word.encode() in data for word in words)
        for arrival in arrivals(build)
        if arrival.name.endswith(".sh") or "." not in arrival.name
        if arrival.node.type == "file" and (data := arrival.node.read(_READ)) is not None
    )
