"""BLD003 apt-key: the program is deprecated, and gone from today's Debian."""

from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Stage
from gate.image.base import identify
from gate.model import Severity
from gate.packages.where import run_of
from gate.rule import Results, Rule

rule = Rule(
    id="BLD003",
    name="apt-key",
    severity=Severity.MEDIUM,
    security=True,
    summary="apt-key is used to trust a repository's key.",
    reason="A key added with apt-key may sign packages of every repository, not only of its own. Debian 13 and Ubuntu 25.04 no longer have the program: "
    "the build ends with 127.",
    fix="Put the key in a file and name it in the source: curl -fsSL URL | gpg --dearmor -o /etc/apt/keyrings/x.gpg, then "
    "deb [signed-by=/etc/apt/keyrings/x.gpg] URL suite component.",
    bad=[
        "FROM debian:stable\nRUN curl https://example.com/key.gpg | »apt-key add -\n",
        "FROM debian:13.1\nRUN »apt-key adv --keyserver keyserver.ubuntu.com --recv-keys A4B469963BF863CC\n",
        "FROM ubuntu:22.04\nRUN »apt-key adv --fetch-keys https://example.com/key.gpg\n",
    ],
    good=[
        "FROM debian:12.5\nRUN curl -fsSL https://example.com/key.gpg | gpg --dearmor -o /etc/apt/keyrings/x.gpg\n",
        'FROM debian:12.5\nRUN echo "no apt-key add here"\n',
    ],
)

_MOVING = frozenset(
    {"", "latest", "stable", "stable-slim", "testing", "testing-slim", "unstable", "unstable-slim", "sid", "sid-slim"}
)


@rule.on_command("apt-key")
def check(command: Command, build: Build) -> Results:
    run = run_of(command, build)
    stage = run.stage if run is not None else None
    gone = _gone(stage) if stage is not None else ""
    if gone and not _asked_for(command):
        yield rule.finding(
            command, f"There is no apt-key in {gone}: the command is not found.", severity=Severity.HIGH, stage=stage
        )
        return
    # With a keyring of its own, the key can be held to one repository by signed-by.
    weak = "--keyring" in command.values or not {"add", "adv"} & set(command.values)
    yield rule.finding(
        command,
        "apt-key is deprecated and will be missing from a newer base image."
        if weak
        else "apt-key is deprecated: the key that it adds may sign packages of every repository.",
        severity=Severity.LOW if weak else None,
        stage=stage,
    )


def _gone(stage: Stage) -> str:
    """The name of the base's distribution, when it is known to have no apt-key."""
    base = stage.root.base
    if base is None or base == "scratch":
        return ""
    image = identify(base)
    if image.repository == "debian" and image.tag in _MOVING and "@" not in base:
        return f"debian:{image.tag or 'latest'} (13 by now)"
    release = image.distribution
    if release is None or release.product not in ("debian", "ubuntu"):
        return ""
    numbers = tuple(int(part) for part in release.version.split(".") if part.isdigit())
    limit = (13,) if release.product == "debian" else (25, 4)
    return f"{release.product} {release.version}" if numbers >= limit else ""


def _asked_for(command: Command) -> bool:
    """``command -v apt-key && …``, ``if which apt-key; …``: the script looks first."""
    script = command.script
    return script is not None and any(
        other is not command and other.name in ("which", "type", "command", "hash") and "apt-key" in other.values
        for other in script.commands
    )
