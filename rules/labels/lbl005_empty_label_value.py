"""LBL005 empty-label-value: the label is set, to nothing."""

from gate.build import Build
from gate.dockerfile.expand import parse_word
from gate.dockerfile.tree import Pairs, Stage
from gate.image.base import identify
from gate.model import Severity
from gate.rule import Results, Rule
from gate.rules.labels._labels import Label, labels_of, stays_behind

_BARE = frozenset({"debian", "ubuntu", "alpine", "busybox", "rockylinux", "almalinux", "amazonlinux", "centos"})

rule = Rule(
    id="LBL005",
    name="empty-label-value",
    severity=Severity.MEDIUM,
    image=True,
    aliases=("DL3051",),
    needs=("LABEL",),
    summary="The label's value is empty, or is made of a variable that is never set.",
    reason="An empty label looks set and says nothing: whoever asks the image for its version gets the empty string.",
    fix="Give the label a value. An ARG is visible only below its own line and in its own stage: declare it there.",
    bad=[
        'FROM debian:12.5\nLABEL »version=""\n',
        "ARG VERSION=1.0\nFROM debian:12.5\nLABEL »version=$VERSION\n",
        'FROM debian:12.5\nARG VERSION=""\nLABEL »version=$VERSION\n',
        "FROM debian:12.5\nLABEL »version=$VERSION\nARG VERSION=1.0\n",
    ],
    good=[
        "FROM debian:12.5\nARG VERSION\nLABEL version=$VERSION\n",
        "ARG VERSION=1.0\nFROM debian:12.5\nARG VERSION\nLABEL version=$VERSION\n",
        "FROM debian:12.5\nLABEL version=${VERSION:-1.0}\n",
        "FROM python:3.12.4\nLABEL python=$PYTHON_VERSION\n",
    ],
)


@rule.on_stage
def check(stage: Stage, build: Build) -> Results:
    labels = list(labels_of(stage, build))
    if not labels or stays_behind(stage, build):
        return
    for label in labels:
        unset = _never_set(label, build)
        if unset and build.built is not None and build.built.usable and stage is build.target:
            if not build.built.image.pairs("Labels").get(label.key):
                yield rule.finding(label, f"The label {label.key} has an empty value in the image.", stage=stage)
        elif unset and _base_may_set(unset, stage, build):
            yield rule.undecided(label, f"whether the base image sets ${unset} is not known", "--image REF")
        elif unset:
            yield rule.finding(
                label, f"The label {label.key} uses ${unset}, which is not set here: the value has a hole.", stage=stage
            )
        elif label.value == "":
            yield rule.finding(label, f"The label {label.key} has an empty value.", stage=stage)


def _never_set(label: Label, build: Build) -> str:
    """The variable of the value that nothing in this file sets in front of it, or in its stage."""
    if label.pair.value is None or label.literal:
        return ""
    scope = build.scope(label.instruction)
    for variable in parse_word(label.pair.value.value, build.dockerfile.escape).variables():
        decides = variable.operator.removeprefix(":") not in {"-", "+"}
        if decides and scope.get(variable.name) is None:
            return variable.name
    return ""


def _base_may_set(name: str, stage: Stage, build: Build) -> bool:
    """A name that this file never sets may come from the base image, unless that is a distribution's own, which sets
    PATH and little else. A global ARG that the stage does not declare is what its author meant."""
    if name in _names_set_in(build):
        return False
    base = stage.root.base
    return base is None or not (base == "scratch" or identify(base).repository in _BARE) or name == "PATH"


def _names_set_in(build: Build) -> set[str]:
    return {
        pair.key.value
        for instruction in build.dockerfile.instructions
        if isinstance(instruction, Pairs) and instruction.keyword in {"ARG", "ENV"}
        for pair in instruction.pairs
    }
