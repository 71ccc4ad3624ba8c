"""Where a command stands: its RUN, the commands in front of it, its variables, its working directory."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gate.dockerfile.command import Command
from gate.dockerfile.tree import Instruction, Onbuild, Run, Stage
from gate.facts import facts
from gate.memo import memo
from gate.model import Unknown

if TYPE_CHECKING:
    from gate.build import Build


def run_of(command: Command, build: Build) -> Run | None:
    """The RUN that a command is in, also behind ONBUILD; None for a command of another file."""
    if command.whole.source is not build.dockerfile.source:
        return None
    kept = memo(build, "starts")
    starts: list[int] | None = kept.get("all")
    if starts is None:
        starts = kept["all"] = [instruction.start for instruction in build.dockerfile.instructions]
    found = build.dockerfile.instructions[bisect_right(starts, command.whole.offset(command.start)) - 1]
    if isinstance(found, Onbuild):
        found = found.child or found
    return found if isinstance(found, Run) else None


def earlier_commands(command: Command, run: Run, build: Build) -> Iterator[tuple[Run, Command]]:
    """The commands that have run when this one starts: of the stage's local ancestors, of its own RUNs, of its own
    script.

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


def mentions(build: Build, name: str) -> bool:
    """Whether a name stands anywhere in the Dockerfile."""
    kept = memo(build, "mentioned")
    if name not in kept:
        kept[name] = name in build.dockerfile.source.text
    return bool(kept[name])


def variable(name: str, command: Command, run: Run, build: Build) -> str | Unknown | None:
    """The value of an environment variable of a command: set in front of it, exported before it, or by ENV and ARG."""
    if not mentions(build, name):
        return None  # the usual case, and a cheap one
    own = command.assignments.get(name)
    if own is not None:
        return own.value if own.value is not None else Unknown(f"the value of {name} is not known")
    for offset, exported, value in _exports(run, build):
        if exported == name and offset < command.whole.offset(command.start):
            return value
    return build.scope(run).get(name)


def _exports(run: Run, build: Build) -> list[tuple[int, str, str | Unknown]]:
    """What ``export NAME=value`` sets in a RUN, with the place in the Dockerfile."""
    kept = memo(build, "exports")
    found: list[tuple[int, str, str | Unknown]] | None = kept.get(run.index)
    if found is None:
        found = kept[run.index] = []
        for command in build.script(run).commands:
            if command.name == "export":
                for word in command.arguments:
                    name, equals, value = (word.prefix if word.value is None else word.value).partition("=")
                    known = value if word.value is not None else Unknown(f"the value of {name} is not known")
                    if equals:
                        found.append((command.whole.offset(command.start), name, known))
    return found


BASE = "/\0"
"""Stands for the working directory that an unread base image sets: all that is known is that it stays the same."""


def directory(command: Command, run: Run, build: Build) -> str | Unknown:
    """The absolute working directory of a command: WORKDIR, then each ``cd`` in front of it that still holds.

    It may start with :data:`BASE`.
    """
    kept = memo(build, "directories")
    folders: dict[int, str | Unknown] | None = kept.get(run.index)
    if folders is None:
        folders = kept[run.index] = _directories(run, build)
    return folders.get(id(command), workdir(run, build))


def _directories(run: Run, build: Build) -> dict[int, str | Unknown]:
    """The working directory of each command of a RUN. A ``cd`` inside ``( )`` or a shell of its own ends there."""
    top = workdir(run, build)
    commands = build.script(run).commands
    if not any(command.name in {"cd", "pushd"} for command in commands):
        return {}
    inside: dict[int, str | Unknown] = {}  # scope → its working directory so far
    found: dict[int, str | Unknown] = {}
    for command in commands:
        scopes = [id(node) for node in command.ancestors() if node.kind in _SCOPES]
        at = next((inside[scope] for scope in scopes if scope in inside), inside.get(0, top))
        found[id(command)] = at
        if command.name in {"cd", "pushd"}:
            inside[scopes[0] if scopes else 0] = _changed(command, at)
    return found


_SCOPES = {"subshell", "shell", "substitution", "pipeline"}
_LONGEST = 4096  # the kernel's limit for a path


def _changed(command: Command, at: str | Unknown) -> str | Unknown:
    value = command.values[0] if command.values else "~"
    if value is None or value == "-" or (isinstance(at, Unknown) and not value.startswith(("/", "~"))):
        return Unknown("the working directory is not known")
    path = resolve(value, at if isinstance(at, str) else "/")
    return path if len(path) < _LONGEST else Unknown("the working directory is longer than a path can be")


def resolve(path: str, folder: str) -> str:
    """A path as a process in ``folder`` reads it; ``~`` is root's home."""
    if path == "~" or path.startswith("~/"):
        path = "/root" + path[1:]
    return posixpath.normpath(posixpath.join(folder, path))


def workdir(instruction: Instruction, build: Build) -> str | Unknown:
    """The WORKDIR in force at an instruction; it starts with :data:`BASE` where the base image decides."""
    if instruction.stage is None:
        return BASE
    kept = memo(build, "workdir")
    if instruction.stage.index not in kept:
        for stage in instruction.stage.lineage():
            if stage.index not in kept:
                kept[stage.index] = _workdirs(stage, kept, build)
    steps: list[_Step] = kept[instruction.stage.index]
    return steps[bisect_left(steps, instruction.index, key=_index) - 1][1]


_Step = tuple[int, "str | Unknown"]


def _workdirs(stage: Stage, kept: dict[int, list[_Step]], build: Build) -> list[_Step]:
    """Each WORKDIR of a stage: the index of the instruction and the folder from there on. The first is inherited."""
    at: str | Unknown
    if stage.parent is not None:
        at = kept[stage.parent.index][-1][1]
    else:
        base = stage.base or ""
        at = "/" if base == "scratch" else _base_folders(base).get("workdir", BASE)
    steps: list[_Step] = [(-1, at)]
    for instruction in stage.instructions:
        if instruction.keyword == "WORKDIR":
            value = build.expand(instruction.text, instruction)
            if isinstance(value, Unknown):
                at = value
            elif isinstance(at, str) or value.startswith("/"):
                at = posixpath.normpath(posixpath.join(at if isinstance(at, str) else "/", value))
            steps.append((instruction.index, at))
    return steps


def _index(step: _Step) -> int:
    return step[0]


def with_base_variables(text: str, instruction: Instruction) -> str:
    """A path as written, with the variables put in that the base image is known to set."""
    base = instruction.stage.root.base if instruction.stage else None
    for name, value in _base_folders(base or "").get("variables", {}).items():
        text = re.sub(rf"\$(?:{name}\b|\{{{name}\}})", value, text)
    return text


@lru_cache(maxsize=64)
def _base_folders(base: str) -> dict[str, Any]:
    for row in facts("packages")["base-folders"] if base else ():
        if re.search(row["image"], base):
            found: dict[str, Any] = row
            return found
    return {}
