"""SEC007 sudo: a build that is already root calls sudo."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Command
from gate.lazy import pattern
from gate.model import Fix, Severity
from gate.packages.where import run_of
from gate.rule import Example, Results, Rule
from gate.rules.security._users import is_root

rule = Rule(
    id="SEC007",
    name="sudo",
    severity=Severity.MEDIUM,
    security=True,
    aliases=("DL3004",),
    fixes=(fixes.SAFE,),
    summary="A RUN calls sudo.",
    reason="sudo needs a terminal and a policy file to be predictable, and an image that ships it offers root to whoever gets in.",
    fix="Switch with USER root and back, or drop privileges at run time with gosu.",
    bad=[
        Example(
            "FROM debian:12.5\nRUN »sudo apt-get install -y curl\n",
            fixed="FROM debian:12.5\nRUN apt-get install -y curl\n",
        ),
        "FROM debian:12.5\nRUN true && env A=b »sudo -E pip install x==1\n",
    ],
    good=["FROM debian:12.5\nRUN apt-get install -y sudo\n", 'FROM debian:12.5\nRUN echo "use sudo"\n'],
)

_SUDO = pattern(r"sudo[ \t]+")


@rule.on_command("sudo")
@rule.on_wrapper("sudo")
def check(command: Command, build: Build) -> Results:
    text = command.text
    at = text.value.find("sudo")
    yield rule.finding(text.slice(at, at + 4) if at >= 0 else command, "sudo in a RUN.", fix=_fix(command, build))


def _fix(command: Command, build: Build) -> Fix | None:
    """The command without sudo, where that has no options and the RUN works as root anyway."""
    text, run = command.text, run_of(command, build)
    match = _SUDO.match(text.value)
    if match is None or run is None or command.wrappers[:1] != ("sudo",) or not command.words:
        return None
    if not is_root(run, build) or command.words[0].text.start != text.offset(match.end()):
        return None
    return fixes.fix("remove sudo", fixes.replace(text.slice(0, match.end()), ""))
