"""BAS002 base-without-default: FROM uses a build argument that has no value unless somebody passes one."""

from gate.build import Build
from gate.dockerfile.tree import Stage
from gate.model import Severity
from gate.rule import Example, Results, Rule

rule = Rule(
    id="BAS002",
    name="base-without-default",
    severity=Severity.LOW,
    summary="FROM uses a build argument without a default value.",
    reason="A plain `docker build .` fails, and nothing that depends on the base image can be judged from the file alone.",
    fix="Give the ARG a default (ARG BASE=python:3.12-slim), or pass its value: mlgate check --build-arg BASE=….",
    bad=[
        "ARG BASE\nFROM »$BASE\n",
        "ARG REGION\nFROM »763104351884.dkr.ecr.${REGION}.amazonaws.com/x:1.0.0\n",
    ],
    good=[
        "ARG BASE=python:3.12-slim\nFROM $BASE\n",
        "FROM ${BASE:-python:3.12-slim}\n",
        "ARG TARGETARCH\nFROM debian:12.5\n",
        Example("ARG BASE\nFROM $BASE\n", build_args={"BASE": "python:3.12-slim"}),
    ],
)


@rule.on_stage
def check(stage: Stage, build: Build) -> Results:
    if stage.base is None and stage.parent is None and "$" in stage.from_.image.value:
        yield rule.finding(stage.from_.image, f"The base image cannot be known: {stage.base_unknown}.", stage=stage)
