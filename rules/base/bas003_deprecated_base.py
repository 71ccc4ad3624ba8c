"""BAS003 deprecated-base: the repository gets no rebuilds any more."""

import re

from gate.build import Build
from gate.dockerfile.tree import Stage
from gate.facts import facts
from gate.image.base import identify
from gate.model import Severity
from gate.rule import Results, Rule

rule = Rule(
    id="BAS003",
    name="deprecated-base",
    severity=Severity.MEDIUM,
    summary="The base image's repository is deprecated.",
    reason="A deprecated repository is not rebuilt: its images keep every vulnerability that they had on the day it ended.",
    fix="Move to the successor that the message names.",
    bad=["FROM »openjdk:19\n", "FROM »centos:7\n", "FROM »tensorflow/tensorflow:2.1.0-gpu-py3\n"],
    good=[
        "FROM eclipse-temurin:21\n",
        "FROM registry.example.com/team/openjdk:19\n",
        "FROM tensorflow/tensorflow:2.15.0-gpu\n",
        "FROM quay.io/centos/centos:stream9\n",
    ],
)


@rule.on_stage
def check(stage: Stage, build: Build) -> Results:
    if stage.base is None or stage.base == "scratch":
        return
    base = identify(stage.base)
    row = facts("bases")["deprecated"].get(base.repository)
    # CentOS Stream lives on in the same alias; its tags say so.
    if row is None or not re.search(row["tags"], base.tag) or base.tag.startswith("stream"):
        return
    yield rule.finding(
        stage.from_.image,
        f"The image {base.repository} is deprecated: {row['why']}.",
        help=f"Use {row['successor']} instead.",
        severity=None if build.ships(stage) else Severity.LOW,
        stage=stage,
    )
