"""BAS001 end-of-life-base: the base image's distribution or language gets no security fixes any more."""

from gate.build import Build
from gate.dockerfile.tree import Stage
from gate.image.base import BaseImage, Release, identify
from gate.model import Severity
from gate.rule import Results, Rule

rule = Rule(
    id="BAS001",
    name="end-of-life-base",
    severity=Severity.MEDIUM,
    image=True,
    security=True,
    summary="The base image's distribution or language version has reached its end of life.",
    reason="No vulnerability in it is fixed any more, so every scan of the image finds more of them each week. When the "
    "distribution's package mirrors are switched off too (centos:8, debian 9 and older), installing a package fails.",
    fix="Start from a release that is supported, and pin it: python:3.12-slim-bookworm, ubuntu:24.04, debian:12.",
    bad=[
        "FROM »ubuntu:18.04\n",
        "FROM »centos:8\nRUN dnf install -y python38\n",
        "FROM »python:3.8\n",
        "FROM »nvidia/cuda:11.0-base-ubuntu18.04\n",
    ],
    good=[
        "FROM python:3.12-slim-bookworm\n",
        "FROM debian:12.11-slim\n",
        "FROM scratch\n",
        "FROM debian:12.5 AS ubuntu\nFROM ubuntu\n",
    ],
)


@rule.on_stage
def check(stage: Stage, build: Build) -> Results:
    if stage.parent is not None:
        return
    if build.built is not None and build.built.usable and build.target is not None and stage is build.target.root:
        yield from _of_image(stage, build)
        return
    if stage.base == "scratch":
        return
    # Of a name in part unknown, the rest may tell: 1.dkr.ecr.$REGION.amazonaws.com/x:1.0-py36-ubuntu16.04.
    base = identify(build.expand_partly(stage.from_.image, stage.from_) if stage.base is None else stage.base)
    ended = [release for release in base.releases() if release.ended(build.today)]
    if stage.base is None and not ended:
        yield rule.undecided(
            stage.from_.image, f"the base image is not known: {stage.base_unknown}", "--build-arg, or --image REF"
        )
    elif ended:
        yield rule.finding(
            stage.from_.image, _message(base, ended), severity=_severity(stage, build, base, ended), stage=stage
        )


def _of_image(stage: Stage, build: Build) -> Results:
    """What the finished image says of itself."""
    from gate.images.release import releases_of

    assert build.built is not None
    base = identify(stage.base or "")
    ended = [release for release in releases_of(build.built.image) if release.ended(build.today)]
    if ended:
        yield rule.finding(
            stage.from_.image, _message(base, ended), severity=_severity(stage, build, base, ended), stage=stage
        )


def _severity(stage: Stage, build: Build, base: BaseImage, ended: list[Release]) -> Severity:
    if not any(stage is ancestor for ancestor in (build.target.lineage() if build.target else [])):
        return Severity.LOW  # a build stage: nothing of it ships but what is copied out
    if any(release.mirrors_gone for release in ended):
        return Severity.HIGH
    if "dkr.ecr" in base.repository and all(release is base.distribution for release in ended):
        return Severity.LOW  # AWS goes on patching the distribution inside its Deep Learning Containers
    return Severity.MEDIUM


def _message(base: BaseImage, ended: list[Release]) -> str:
    names = " and ".join(f"{release.product} {release.version} (support ended {release.end})" for release in ended)
    gone = next((release for release in ended if release.mirrors_gone), None)
    tail = (
        f" The package mirrors of {gone.product} {gone.version} are switched off: installing a package fails."
        if gone
        else ""
    )
    return f"The base image is past its end of life: {names}.{tail}"
