"""SEC007 sudo: a build that is already root calls sudo."""

from gate.build import Build
from gate.dockerfile.command import Command
from gate.model import Severity
from gate.rule import Results, Rule

rule = Rule(
    id="SEC007",
    name="sudo",
    severity=Severity.MEDIUM,
    security=True,
    aliases=("DL3004",),
    summary="A RUN calls sudo.",
    reason="sudo needs a terminal and a policy file to be predictable, and an image that ships it offers root to whoever gets in.",
    fix="Switch with USER root and back, or drop privileges at run time with gosu.",
    bad=[
        "FROM debian:12.5\nRUN »sudo apt-get install -y curl\n",
        "FROM debian:12.5\nRUN true && env A=b »sudo -E pip install x==1\n",
    ],
    good=["FROM debian:12.5\nRUN apt-get install -y sudo\n", 'FROM debian:12.5\nRUN echo "use sudo"\n'],
)


@rule.on_command()
def check(command: Command, build: Build) -> Results:
    if "sudo" not in command.wrappers and command.name != "sudo":
        return
    text = command.text
    at = text.value.find("sudo")
    yield rule.finding(text.slice(at, at + 4) if at >= 0 else command, "sudo in a RUN.")
