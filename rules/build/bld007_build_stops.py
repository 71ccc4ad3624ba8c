"""BLD007 build-stops: what an instruction asks for is not in the build context, or not in the stage that it copies from."""

from collections.abc import Iterator

from gate.build import Build
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Copy
from gate.image.arrivals import own_sources
from gate.model import Severity
from gate.platforms.image import launch_image
from gate.rule import Example, Results, Rule

rule = Rule(
    id="BLD007",
    name="build-stops",
    severity=Severity.HIGH,
    summary="The build stops here: what the instruction asks for is not there.",
    reason="The builder refuses to go on. Whether a file is missing is only known of a context that was named with --context: of the Dockerfile's own folder it is a guess "
    "that the build starts there.",
    fix="Correct the path, its case or --context, or make the file before the gate is asked.",
    bad=[
        Example('FROM python:3.12\nCOPY »requirments.txt .\nCMD ["python"]\n', files={"requirements.txt": ""}),
        Example("FROM scratch AS data\nFROM python:3.12\nCOPY --from=data »/model.bin /srv/\n"),
    ],
    good=[
        Example("FROM python:3.12\nCOPY requirements.txt .\n", files={"requirements.txt": ""}),
        Example("FROM python:3.12\nCOPY *.txt app/ ./\n", files={"requirements.txt": "", "app/main.py": ""}),
        Example("FROM acme/models AS data\nFROM python:3.12\nCOPY --from=data /model.bin /srv/\n"),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    if not build.context_named:  # an ignore file shows that the build starts there
        if build.context is not None and build.context.ignore_fault:
            yield rule.finding(
                build.target.from_, f"The builder refuses {build.context.ignore_file}: {build.context.ignore_fault}."
            )
        return
    own = {word.place: value for word, value in _sources(build)}
    gone = False
    for fault in launch_image(build).faults:
        ignored = fault.place in own and build.context is not None and build.context.ignored(own[fault.place])
        if not ignored and (fault.place in own or not gone):  # what a broken stage lacks is no news
            yield rule.finding(fault.place, f"The build stops here: {fault.message}.")
        gone = True


def _sources(build: Build) -> Iterator[tuple[Text, str]]:
    for stage in build.stages:
        for instruction in stage.instructions:
            if isinstance(instruction, Copy):
                yield from own_sources(instruction, build)
