"""GAT006 image-of-another-file: the image that --image names was not built from this Dockerfile."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule

rule = Rule(
    id="GAT006",
    name="image-of-another-file",
    severity=Severity.MEDIUM,
    summary="The image that --image names is not what this Dockerfile builds.",
    reason="What an older image, or one built with other arguments, shows says nothing about this Dockerfile: its launch is judged "
    "from the file alone, and the vulnerabilities found are those of another build.",
    fix="Build the image anew from this file, or give the same --build-arg and --target as the build.",
    bad=[
        Example('FROM debian:12.5\n»CMD ["serve"]\n', image={"Cmd": ["train"]}),
        Example("FROM debian:12.5\nARG V=1\n»ENV VERSION=$V\n", image={"Env": ["VERSION=2"]}),
    ],
    good=[
        'FROM debian:12.5\nCMD ["serve"]\n',
        Example('FROM debian:12.5\nCMD ["serve"]\n', image={"Cmd": ["serve"]}),
        Example("FROM debian:12.5\nENV VERSION=1\n", image={"Env": ["PATH=/bin", "VERSION=1"], "User": "app"}),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    if build.built is None:
        return
    for what, here, there, instruction in build.built.contradictions:
        yield rule.finding(
            instruction,
            f"{build.built.image.name} was not built from this file as it stands: {what} is {there} there, and {here} here.",
            stage=instruction.stage,
        )
