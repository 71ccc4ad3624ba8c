"""Where a command stands: its RUN, the commands in front of it, its variables, its working directory."""

from __future__ import annotations

import posixpath
from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from gate.dockerfile.command import Command
from gate.dockerfile.tree import Instruction, Run, Stage
from gate.model import Unknown

if TYPE_CHECKING:
    from gate.build import Build

_starts: WeakKeyDictionary[Build, list[int]] = WeakKeyDictionary()


def run_of(command: Command, build: Build) -> Run | None:
    """The RUN that a command is in; None for a command of another file."""
    if command.whole.source is not build.dockerfile.source:
        return None
    starts = _starts.get(build)
    if starts is None:
        starts = _starts[build] = [instruction.start for instruction in build.dockerfile.instructions]
    found = build.dockerfile.instructions[bisect_right(starts, command.whole.offset(command.start)) - 1]
    return found if isinstance(found, Run) else None


def earlier_commands(command: Command, run: Run, build: Build) -> Iterator[tuple[Run, Command]]:
    """The commands that have run when this one starts: of the stage's local ancestors, of its own RUNs, of its own script.

    The latest first. Branches are not followed: a command in an ``if`` counts as run.
    """
    before = []
    for other in build.script(run).commands:
        if other is command:
            break
        before.append(other)
    for other in reversed(before):
        yield run, other
    for instruction in earlier_instructions(run):
        if isinstance(instruction, Run):
            for other in reversed(build.script(instruction).commands):
                yield instruction, other


def earlier_instructions(instruction: Instruction) -> Iterator[Instruction]:
    """What has been built when an instruction starts, the latest first: its stage's and the local ancestors'."""
    stage: Stage | None = instruction.stage
    while stage is not None:
        for other in reversed(stage.instructions):
            if other.index < instruction.index:
                yield other
        stage = stage.parent


def variable(name: str, command: Command, run: Run, build: Build) -> str | Unknown | None:
    """The value of an environment variable of a command: set in front of it, exported before it, or by ENV and ARG."""
    own = command.assignments.get(name)
    if own is not None:
        return own.value if own.value is not None else Unknown(f"the value of {name} is not known")
    for other in build.script(run).commands:
        if other is command:
            break
        if other.name == "export":
            for word in other.arguments:
                text = word.prefix if word.value is None else word.value
                if text.partition("=")[0] == name and "=" in text:
                    return text.partition("=")[2] if word.value is not None else Unknown(f"the value of {name} is not known")
    return build.scope(run).get(name)


def directory(command: Command, run: Run, build: Build) -> str | Unknown:
    """The absolute working directory of a command: WORKDIR, then each ``cd`` in front of it that still holds."""
    at: str | Unknown = _workdir(run, build)
    for other in build.script(run).commands:
        if other is command:
            break
        if other.name in {"cd", "pushd"} and _still_holds(other, command):
            value = other.values[0] if other.values else None
            if value is None or value.startswith(("~", "-")):
                return Unknown("the working directory is not known")
            if value.startswith("/") or isinstance(at, str):
                at = posixpath.normpath(posixpath.join(at if isinstance(at, str) else "/", value))
    return at


def _still_holds(change: Command, command: Command) -> bool:
    """A ``cd`` inside ``( )`` or a shell of its own ends there."""
    inside = {id(node) for node in command.ancestors()}
    return all(id(node) in inside for node in change.ancestors() if node.kind in {"subshell", "shell", "substitution", "pipeline"})


def _workdir(instruction: Instruction, build: Build) -> str | Unknown:
    """The WORKDIR in force at an instruction; Unknown when the base image decides it."""
    parts: list[str] = []
    for other in earlier_instructions(instruction):
        if other.keyword == "WORKDIR":
            value = build.expand(other.text, other)
            if isinstance(value, Unknown):
                return value
            parts.append(value)
            if value.startswith("/"):
                break
    if not parts or not parts[-1].startswith("/"):
        root = instruction.stage.root if instruction.stage else None
        if root is None or root.base is None or not _starts_at_root(root.base):
            return Unknown("the base image decides the working directory")
        parts.append("/")
    return posixpath.normpath(posixpath.join(*reversed(parts)))


def _starts_at_root(base: str) -> bool:
    """True for the images that are known to set no WORKDIR: scratch and the distributions."""
    if base == "scratch":
        return True
    from gate.image.base import identify

    return identify(base).repository in {
        "debian", "ubuntu", "python", "alpine", "centos", "fedora", "rockylinux", "almalinux", "amazonlinux", "node",
        "nvidia/cuda", "buildpack-deps", "continuumio/miniconda3", "continuumio/anaconda3", "condaforge/miniforge3",
    }  # fmt: skip
