"""PKG006 pip-too-new: the newest pip is installed on a Python that it does not run on."""

from __future__ import annotations

import re
from typing import Any

from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Run
from gate.facts import facts
from gate.image.base import identify
from gate.model import Severity
from gate.packages.installs import installs
from gate.packages.model import Install, Pin
from gate.packages.requirement import normalized
from gate.packages.where import earlier_commands
from gate.rule import Results, Rule

rule = Rule(
    id="PKG006",
    name="pip-too-new",
    severity=Severity.HIGH,
    summary="The newest pip is installed on a Python that it does not run on.",
    reason="The unversioned get-pip.py ends with an error on a Python below pip's minimum. A pip older than version 9 does not look "
    "at that minimum: it upgrades itself to something that no longer starts.",
    fix="Use the address with the version in it (https://bootstrap.pypa.io/pip/3.6/get-pip.py), ensurepip, or a newer Python.",
    bad=[
        "FROM ubuntu:18.04\nRUN curl -O https://bootstrap.pypa.io/get-pip.py && »python3 get-pip.py\n",
        "FROM python:3.8\nRUN curl https://bootstrap.pypa.io/get-pip.py | »python\n",
        "FROM ubuntu:16.04\nRUN apt-get update && apt-get install -y python3-pip && »pip3 install --upgrade pip\n",
    ],
    good=[
        "FROM ubuntu:18.04\nRUN curl -O https://bootstrap.pypa.io/pip/3.6/get-pip.py && python3 get-pip.py\n",
        "FROM python:3.12\nRUN curl -O https://bootstrap.pypa.io/get-pip.py && python get-pip.py\n",
        "FROM ubuntu:18.04\nRUN pip3 install --upgrade pip\n",
        "FROM ubuntu:16.04\nRUN pip3 install --upgrade 'pip<21'\n",
    ],
)

_GET_PIP = re.compile(r"bootstrap\.pypa\.io/(?:pip/)?get-pip\.py\b")
_CHANGES_PYTHON = re.compile(r"(?i)python3?(?:\.\d+)?(?:-|$|=)|conda|pyenv|deadsnakes|update-alternatives")


@rule.on_build
def check(build: Build) -> Results:
    for stage in build.stages:
        for instruction in stage.instructions:
            if isinstance(instruction, Run):
                for command in build.script(instruction).commands:
                    if (command.name or "").startswith("python"):
                        yield from _get_pip(command, instruction, build)
    for install in installs(build):
        if install.manager == "pip" and install.verb == "install" and install.run is not None:
            yield from _upgrade(install, install.run, build)


def _get_pip(command: Command, run: Run, build: Build) -> Results:
    if not _runs_get_pip(command, run, build):
        return
    minimum: str = facts("packages")["get-pip"]["minimum"]
    version = _python(command, run, build)
    if version is None:
        yield rule.undecided(
            command,
            "the Python version is not known, so neither whether the newest get-pip.py runs on it",
            "--image REF",
        )
    elif _parts(version) < _parts(minimum):
        place = (
            f"https://bootstrap.pypa.io/pip/{version}/get-pip.py"
            if version in facts("packages")["get-pip"]["versioned"]
            else "ensurepip"
        )
        yield rule.finding(
            command,
            f"get-pip.py needs Python {minimum} or newer, and this is {version}: it ends with an error.",
            help=f"Use {place}.",
            stage=run.stage,
        )


def _runs_get_pip(command: Command, run: Run, build: Build) -> bool:
    """``python get-pip.py`` behind a download of the unversioned file, or ``curl … | python``."""
    script = next((word.value for word in command.arguments if word.value and not word.value.startswith("-")), None)
    if script is not None and script.rpartition("/")[2] != "get-pip.py":
        return False
    if script is None:
        parent = command.parent
        if parent is None or parent.kind != "pipeline":
            return False
        return any(_fetches(child) for child in parent.children if isinstance(child, Command))
    for _, other in earlier_commands(command, run, build):
        if _fetches(other):
            return True
        if any("get-pip" in (word.value or word.prefix) for word in other.arguments) and other.name in {"curl", "wget"}:
            return False
    return any(
        _GET_PIP.search(other.text.value)
        for other in (run.stage.instructions if run.stage else ())
        if other.keyword == "ADD"
    )


def _fetches(command: Command) -> bool:
    return command.name in {"curl", "wget"} and any(
        _GET_PIP.search(word.value or word.prefix) for word in command.arguments
    )


def _python(command: Command, run: Run, build: Build) -> str | None:
    """The version of the interpreter that a command starts; None where the base and the commands do not tell."""
    name = command.name or ""
    match = re.fullmatch(r"python(\d\.\d+)", name)
    if match:
        return match[1]
    base = run.stage.root.base if run.stage else None
    if base is None or (command.words and "/" in (command.words[0].value or "/")):
        return None
    if any(_changes_python(other) for _, other in earlier_commands(command, run, build)):
        return None
    image = identify(base)
    if image.language is not None and image.language.product == "python":
        return image.language.version if name != "python2" else None
    row = _row(base)
    known = {"python": row.get("python"), "python3": row.get("python3"), "python2": "2.7"}.get(name)
    return str(known) if known and image.repository in _PLAIN else None


_PLAIN = frozenset({"debian", "ubuntu", "centos", "amazonlinux", "nvidia/cuda"})


def _row(base: str) -> dict[str, Any]:
    release = identify(base).distribution
    if release is None:
        return {}
    found: dict[str, Any] = facts("packages")["distributions"].get(release.product, {}).get(release.version, {})
    return found


def _changes_python(command: Command) -> bool:
    """True for what may put another Python in the place of the distribution's."""
    if command.name in {
        "ln",
        "update-alternatives",
        "alternatives",
        "conda",
        "mamba",
        "pyenv",
        "add-apt-repository",
        "make",
        "uv",
    }:
        return any(_CHANGES_PYTHON.search(word.value or word.prefix) for word in command.words)
    return False


def _upgrade(install: Install, run: Run, build: Build) -> Results:
    request = next((request for request in install.requests if normalized(request.name) == "pip"), None)
    if request is None or request.pin not in {Pin.NONE, Pin.RANGE} or "<" in request.specifier:
        return
    if not install.arguments.has("-U", "--upgrade") and not request.specifier:
        return
    base = run.stage.root.base if run.stage else None
    if base is None or not _row(base).get("old-pip") or identify(base).repository not in _PLAIN:
        return
    name = install.command.name or ""
    if re.search(r"\d\.\d", name) or any(
        _brings_pip(other) for _, other in earlier_commands(install.command, run, build)
    ):
        return
    release = identify(base).distribution
    assert release is not None
    yield rule.finding(
        install,
        f"The pip of {release.product} {release.version} upgrades itself to a release that does not run on its Python.",
        help="Name the last pip for that Python: pip install 'pip<21'.",
        stage=install.stage,
    )


def _brings_pip(command: Command) -> bool:
    """True when pip did not come from the distribution."""
    return _changes_python(command) or any("get-pip" in (word.value or word.prefix) for word in command.words)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
