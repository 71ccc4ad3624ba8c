"""SEC006 runs-as-root: the image's last user is root, and no platform in play asks for that."""

from collections.abc import Iterator

from gate.build import Build
from gate.dockerfile.tree import Instruction, Stage, Words
from gate.image.base import identify
from gate.model import Finding, Place, Severity, Unknown
from gate.rule import Results, Rule
from gate.rules.security._users import ROOT_BASES

rule = Rule(
    id="SEC006",
    name="runs-as-root",
    severity=Severity.MEDIUM,
    image=True,
    security=True,
    aliases=("DL3002",),
    silent_for=(
        "sagemaker-training", "sagemaker-hosting", "sagemaker-processing", "sagemaker-studio", "lambda", "vertex-training", "azureml",
    ),
    summary="What the image starts runs as root.",
    reason="Root in the container is one kernel bug away from root on the host, and Kubernetes' restricted profile refuses to start "
    "it.",
    fix="Create a user and end the stage with USER 1000 (a number, so that Kubernetes can check it).",
    bad=[
        "FROM debian:12.5\nUSER app\nRUN true\nUSER »root\nCMD [\"serve\"]\n",
        "FROM »debian:12.5\nCMD [\"serve\"]\n",
        "FROM debian:12.5\nUSER »0:0\n",
    ],
    good=[
        "FROM debian:12.5\nUSER 1000\n",
        "FROM debian:12.5 AS build\nUSER root\nFROM debian:12.5\nUSER app\n",
        "FROM registry.example.com/team/base:1.2.3\nCMD [\"serve\"]\n",
    ],
)  # fmt: skip


@rule.on_build
def check(build: Build) -> Results:
    for found in _root(build):
        if build.platforms or not _names_sagemaker(build):
            yield found
        else:
            reason = "the file speaks of SageMaker, which asks for root, and nothing proves that the image is for it"
            yield rule.undecided(found.place, reason, "--for PLATFORM")


def _names_sagemaker(build: Build) -> bool:
    text = build.dockerfile.source.text.casefold()
    return "sagemaker" in text or "/opt/ml/" in text


def _root(build: Build) -> Iterator[Finding]:
    target = build.target
    if target is None:
        return
    last = _last_user(target)
    if last is None:
        root = target.root
        if root.base is not None and identify(root.base).repository in ROOT_BASES:
            yield rule.finding(
                target.from_.image, f"No USER is set, and {root.base} runs as root.", stage=target, aliases=()
            )
        return
    value = build.expand(last.words[0], last)
    if not isinstance(value, Unknown) and value.partition(":")[0] in {"root", "0"}:
        place: Place = last.words[0].place
        yield rule.finding(place, "The last USER is root.", stage=target)


def _last_user(target: Stage) -> Words | None:
    """The USER instruction in force at the end of the target, its own or of a local ancestor."""
    for stage in reversed(target.lineage()):
        for instruction in reversed(stage.instructions):
            if _is_user(instruction):
                return instruction  # type: ignore[return-value]
    return None


def _is_user(instruction: Instruction) -> bool:
    return instruction.keyword == "USER" and isinstance(instruction, Words) and bool(instruction.words)
