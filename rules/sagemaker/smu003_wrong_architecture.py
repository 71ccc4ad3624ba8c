"""SMU003 wrong-architecture: the image is pinned to a processor that the platform does not have."""

from gate.build import Build
from gate.dockerfile.tree import From
from gate.facts import facts
from gate.lazy import pattern
from gate.model import Place, Severity
from gate.platforms.registry import platforms
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._gpu import families

_FOR = ("sagemaker-training", "sagemaker-hosting", "sagemaker-processing", "vertex-training", "vertex-prediction")

rule = Rule(
    id="SMU003",
    name="wrong-architecture",
    severity=Severity.MEDIUM,
    image=True,
    platforms=_FOR,
    summary="The image is built for a processor that the platform does not have.",
    reason="Training jobs run on x86-64. An Arm image cannot start there: exec format error. Endpoints can run on Arm, on Graviton instances only.",
    fix="FROM without --platform, and docker buildx build --platform linux/amd64.",
    bad=[
        Example("FROM »--platform=linux/arm64 python:3.12\n", platforms=("sagemaker-training",)),
        Example("FROM »arm64v8/python:3.12\n", platforms=("sagemaker-training",)),
        Example(
            "FROM »--platform=linux/arm64 python:3.12\n",
            platforms=("sagemaker-hosting",),
            policy={"instance-types": ["ml.m5.large"]},
        ),
    ],
    good=[
        Example("FROM --platform=linux/amd64 python:3.12\n", platforms=("sagemaker-training",)),
        Example("FROM --platform=$BUILDPLATFORM golang:1.22 AS b\nFROM python:3.12\n", platforms=_FOR),
        Example("FROM --platform=linux/arm64 python:3.12\n", platforms=("sagemaker-hosting",)),
        Example("FROM --platform=linux/arm64 golang:1.22 AS b\nFROM python:3.12\n", platforms=("sagemaker-training",)),
    ],
)

_NAMES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armhf": "arm", "armel": "arm", "i386": "386"}
_ARM_IMAGE = pattern(r"^(?:docker\.io/)?(arm64v8|arm32v[567]|arm64)/|[:-](arm64|aarch64|armv7|arm64v8)(?:-[\w.]+)?$")


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None:
        return
    from_ = build.target.root.from_
    pinned = pinned_architecture(from_, build)
    built = build.built.image.architecture if build.built is not None and build.built.usable else ""
    if pinned is None and not built:
        return
    architecture, place = pinned or ("", from_.image.place)
    architecture = built or architecture
    titles = [platforms()[name].title for name in sorted(build.platforms) if not _runs(name, architecture, build)]
    if titles:
        yield rule.finding(
            place,
            f"The image is for {architecture}, which {titles[0]} does not run.",
            severity=Severity.HIGH if built else None,
            stage=build.target,
        )


def pinned_architecture(from_: From, build: Build) -> tuple[str, Place] | None:
    """The processor that a FROM names by --platform or by its image, as Docker calls it; None where it names none."""
    flag = from_.flag("platform")
    if flag is not None and flag.value is not None:
        value = build.expand(flag.value, from_)
        if isinstance(value, str) and value:
            word = value.split("/")[1] if "/" in value else value
            return _NAMES.get(word.lower(), word.lower()), flag.text.place
        return None
    match = _ARM_IMAGE.search(build.target.root.base or "") if build.target is not None else None
    if match is not None:
        word = (match[1] or match[2]).lower()
        return "arm" if word.startswith(("arm32", "armv7")) else "arm64", from_.image.place
    return None


def _runs(name: str, architecture: str, build: Build) -> bool:
    platform = platforms()[name]
    if name == "sagemaker-hosting":
        arm = [family in facts("accelerators")["arm-families"] for family in families(build)]
        return architecture == "amd64" if arm and not any(arm) else architecture in ("amd64", "arm64")
    return not platform.architectures or architecture in platform.architectures
