"""PKG006 pip-too-new: the newest pip is installed on a Python that it does not run on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Run
from gate.facts import facts
from gate.image.base import identify
from gate.lazy import pattern
from gate.memo import memo
from gate.model import Severity
from gate.packages.installs import install_of
from gate.packages.model import Install, Pin
from gate.packages.where import earlier_instructions, run_of
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

_GET_PIP = pattern(r"bootstrap\.pypa\.io/(?:pip/)?get-pip\.py\b")
_CHANGERS = frozenset({"ln", "update-alternatives", "alternatives", "conda", "mamba", "pyenv", "make", "uv"})
_PLAIN = frozenset({"debian", "ubuntu", "centos", "amazonlinux", "nvidia/cuda"})
_CHANGES_PYTHON = pattern(r"(?i)(?:^|/)python3?(?:\.\d+)?(?:-|$|=)|conda|pyenv|update-alternatives")
_VERSION = pattern(r"python(\d\.\d+)")


@rule.on_command("python*", "pypy*", "pip*")
def check(command: Command, build: Build) -> Results:
    name = command.name or ""
    if name.startswith("python") and _may_run_get_pip(command):
        run = run_of(command, build)
        if run is not None and run.stage is not None:
            yield from _get_pip(command, run, build)
    install = install_of(command, build)
    if install is not None and install.manager == "pip" and install.verb == "install" and install.run is not None:
        yield from _upgrade(install, install.run, build)


# What came before -----------------------------------------------------------------------------------------------------


def _before(what: str, command: Command, run: Run, build: Build) -> list[str]:
    """What the commands of a kind in front of this one say (see :func:`_notes`), the latest last."""
    kept = memo(build, "pythons")
    if "all" not in kept:
        kept["all"] = [
            (other.whole.offset(other.start), stage.index, kind, value)
            for stage in build.stages
            for other in build.commands(stage)
            for kind, value in _notes(other)
        ]
    if not kept["all"] or run.stage is None:
        return []
    stages = {stage.index for stage in run.stage.lineage()}
    here = command.whole.offset(command.start)
    return [
        value
        for offset, stage, kind, value in sorted(kept["all"])
        if kind == what and stage in stages and offset < here
    ]


def _notes(command: Command) -> Iterator[tuple[str, str]]:
    """``get-pip``: it downloads get-pip.py (``newest``: the unversioned one); ``python``: it may put another Python in the
    place of the distribution's (of which version, where it says so)."""
    if command.name in {"curl", "wget"}:
        words = [word.value or word.prefix for word in command.arguments]
        if any("get-pip" in word for word in words):
            yield "get-pip", "newest" if any(_GET_PIP.search(word) for word in words) else ""
    elif command.name in _CHANGERS and any(_CHANGES_PYTHON.search(word.value or word.prefix) for word in command.words):
        versions = [match[1] for word in command.words for match in _VERSION.finditer(word.value or word.prefix)]
        for version in versions or [""]:
            yield "python", version


# get-pip.py -----------------------------------------------------------------------------------------------------------


def _get_pip(command: Command, run: Run, build: Build) -> Results:
    if not _runs_unversioned(command, run, build):
        return
    minimum: str = facts("packages")["get-pip"]["minimum"]
    version = _newest_python(command, run, build, minimum)
    if version is None and build.built is not None and build.built.usable:
        return  # it did run
    if version is None:
        reason = "the Python version is not known, so neither whether the newest get-pip.py runs on it"
        yield rule.undecided(command, reason, "--image REF")
    elif _parts(version) < _parts(minimum):
        versioned = version in facts("packages")["get-pip"]["versioned"]
        place = f"https://bootstrap.pypa.io/pip/{version}/get-pip.py" if versioned else "ensurepip"
        yield rule.finding(
            command,
            f"get-pip.py needs Python {minimum} or newer, and this is {version}: it ends with an error.",
            help=f"Use {place}.",
            stage=run.stage,
        )


def _may_run_get_pip(command: Command) -> bool:
    """``python get-pip.py``, or a Python that reads its program from a pipe."""
    script = next((word.value for word in command.arguments if word.value and not word.value.startswith("-")), None)
    if script is not None:
        return script.rpartition("/")[2] == "get-pip.py"
    return command.parent is not None and command.parent.kind == "pipeline"


def _runs_unversioned(command: Command, run: Run, build: Build) -> bool:
    parent = command.parent
    if parent is not None and parent.kind == "pipeline":
        return any(("get-pip", "newest") in _notes(child) for child in parent.children if isinstance(child, Command))
    downloaded = _before("get-pip", command, run, build)
    if downloaded:
        return bool(downloaded[-1])
    return any(_GET_PIP.search(other.text.value) for other in earlier_instructions(run) if other.keyword == "ADD")


def _newest_python(command: Command, run: Run, build: Build, minimum: str) -> str | None:
    """The version of the interpreter that a command starts; where several may have its name and all or none are below
    the minimum, the newest of them. None where the base and the commands do not tell."""
    name = command.name or ""
    if name == "python2":
        return "2.7"
    match = re.fullmatch(r"python(\d\.\d+)", name)
    if match:
        return match[1]
    own = _own_python(name, command, run)
    others = _before("python", command, run, build)
    if not own or not all(others):
        return None
    versions = [own, *others]
    too_old = {_parts(version) < _parts(minimum) for version in versions}
    return max(versions, key=_parts) if len(too_old) == 1 else None


def _own_python(name: str, command: Command, run: Run) -> str | None:
    """The version of what the base image calls ``python`` or ``python3``."""
    base = run.stage.root.base if run.stage else None
    if base is None or (command.words and "/" in (command.words[0].value or "/")):
        return None
    image = identify(base)
    if image.language is not None and image.language.product == "python":
        return image.language.version
    known = _row(base).get(name)
    return str(known) if known and image.repository in _PLAIN else None


def _row(base: str) -> dict[str, Any]:
    release = identify(base).distribution
    if release is None:
        return {}
    found: dict[str, Any] = facts("packages")["distributions"].get(release.product, {}).get(release.version, {})
    return found


# pip install --upgrade pip --------------------------------------------------------------------------------------------


def _upgrade(install: Install, run: Run, build: Build) -> Results:
    request = next((request for request in install.requests if request.name.lower() == "pip"), None)
    if request is None or request.pin not in {Pin.NONE, Pin.RANGE} or "<" in request.specifier:
        return
    if not install.arguments.has("-U", "--upgrade") and not request.specifier:
        return
    base = run.stage.root.base if run.stage else None
    if base is None or not _row(base).get("old-pip") or identify(base).repository not in _PLAIN:
        return
    command = install.command
    if re.search(r"\d\.\d", command.name or "") or _before("python", command, run, build):
        return
    if _before("get-pip", command, run, build):
        return  # that pip is not the distribution's
    release = identify(base).distribution
    assert release is not None
    yield rule.finding(
        install,
        f"The pip of {release.product} {release.version} upgrades itself to a release that does not run on its Python.",
        help="Name the last pip for that Python: pip install 'pip<21'.",
        stage=install.stage,
    )


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
