"""GAT001 syntax-error: BuildKit would refuse the file."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Results, Rule

rule = Rule(
    id="GAT001",
    name="syntax-error",
    severity=Severity.HIGH,
    aliases=("DL1000",),
    summary="BuildKit would refuse the file.",
    reason="`docker build` stops before the first step, and what a broken file means cannot be judged.",
    fix="Correct the line; the message is the one that the build would give.",
    bad=["FROM debian:12.5\n»FORM debian:12.5\n", "FROM debian:12.5\n»COPY app\n", "»\n"],
    good=["FROM debian:12.5\nCOPY app /app\n"],
)


@rule.on_build
def check(build: Build) -> Results:
    for fault in build.faults:
        message = fault.message[:1].upper() + fault.message[1:]
        yield rule.finding(fault.place, message)


@rule.on_build
def check_shell(build: Build) -> Results:
    for run in build.dockerfile.runs:
        if not build.script(run).parsed:
            yield rule.undecided(run, "this shell text cannot be taken apart: not all of its commands are judged")
