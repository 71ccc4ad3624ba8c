"""Configuration files of package managers, as far as a Dockerfile writes them: by COPY, by redirection, by ``config``.

Collected once per build; what a command sees is what stands in front of it, in its own stage or in a local ancestor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gate.dockerfile.command import Command, ShellWord
from gate.dockerfile.tree import Copy, Run
from gate.lazy import pattern
from gate.memo import memo
from gate.model import Unknown
from gate.packages.installs import program
from gate.packages.options import listed
from gate.record import dataclass

if TYPE_CHECKING:
    from gate.build import Build

FILES = {
    "apt": pattern(r"(?:^|/)apt\.conf(?:\.d(?:/|$)|$)"),
    "dnf": pattern(r"(?:^|/)(?:dnf|yum)\.conf$"),
    "conda": pattern(r"(?:^|/)\.?(?:conda|mamba)rc$|/condarc\.d(?:/|$)"),
    "pip": pattern(r"(?:^|/)\.?pip\.conf$"),
    "npm": pattern(r"(?:^|/)\.?npmrc$"),
}
"""Kind of configuration → the paths of its files."""

_Text = str | Unknown


@dataclass(frozen=True, slots=True)
class Written:
    """A text that a command writes to a file, or a setting that it makes (``kind`` instead of ``path``)."""

    stage: int
    offset: int  # in the Dockerfile
    text: _Text
    path: str = ""
    kind: str = ""


class _Found:
    """What one build writes."""

    def __init__(self, build: Build) -> None:
        self.by_commands = [
            written
            for instruction in build.dockerfile.instructions
            if isinstance(instruction, Run) and instruction.stage is not None
            for command in build.script(instruction).commands
            if command.redirects or command.name in _WRITERS
            for written in _by_command(command, instruction.stage.index)
        ]


_WRITERS = listed("conda mamba micromamba npm sed tee dnf yum yum-config-manager pip pip3")


def setting(
    kind: str, wanted: re.Pattern[str], command: Command, run: Run, build: Build, path: str | None = None
) -> bool | Unknown:
    """Whether a kind's files, or the file of that name, say what is wanted when a command starts.

    Unknown when one of them cannot be read and none of the others says so.
    """
    if run.stage is None:
        return False
    kept = memo(build, "configuration")
    key = (kind, wanted, path)
    if key not in kept:
        kept[key] = _first_says(kind, wanted, path, build)
    yes, doubts = kept[key]
    here = command.whole.offset(command.start)
    stages = [stage.index for stage in run.stage.lineage()]
    if any(yes.get(stage, here) < here for stage in stages):
        return True
    for stage in stages:
        offset, doubt = doubts.get(stage, (here, None))
        if offset < here:
            return doubt or False
    return False


def _first_says(
    kind: str, wanted: re.Pattern[str], path: str | None, build: Build
) -> tuple[dict[int, int], dict[int, tuple[int, Unknown]]]:
    """Per stage, where the first text is that says what is wanted, and the first that cannot be read."""
    kept = memo(build, "configuration")
    if "all" not in kept:
        kept["all"] = _Found(build)
    found: _Found = kept["all"]
    file = re.compile(re.escape(path.rpartition("/")[2]) + r"\Z") if path else FILES[kind]
    yes: dict[int, int] = {}
    doubts: dict[int, tuple[int, Unknown]] = {}
    for written in (*found.by_commands, *_by_copies(file, build)):
        if not ((written.kind == kind and not path) or (written.path and file.search(written.path))):
            continue
        if isinstance(written.text, Unknown):
            doubts.setdefault(written.stage, (written.offset, written.text))
        elif wanted.search(written.text):
            yes[written.stage] = min(yes.get(written.stage, written.offset), written.offset)
    return yes, doubts


def _by_command(command: Command, stage: int) -> Iterator[Written]:
    offset = command.whole.offset(command.start)
    values = [word.value or word.prefix for word in command.arguments]
    name = program(command.name or "")
    if values[:1] == ["config"] or (name == "yum-config-manager" or values[:1] == ["config-manager"]):
        for kind, text in _settings(name, values):
            yield Written(stage, offset, text, kind=kind)
    elif name == "sed" and any("assumeyes" in value for value in values):
        yield Written(stage, offset, _assumeyes(values), kind="dnf")
    for target in _targets(command):
        yield Written(stage, offset, _text_for(command), path=target.value or target.prefix)


def _settings(name: str, values: list[str]) -> Iterator[tuple[str, str]]:
    """What ``conda config --set``, ``npm config set``, ``pip config set`` and ``dnf config-manager`` set."""
    if name in {"conda", "mamba", "micromamba"} and "always_yes" in values:
        index = values.index("always_yes")
        yield "conda", "always_yes: " + (values[index + 1] if index + 1 < len(values) else "")
    elif name in {"npm", "pip"} and values[1:2] == ["set"]:
        yield name, "=".join(" ".join(values[2:]).rpartition(".")[2].split(None, 1))
    elif name in {"dnf", "yum", "yum-config-manager"} and any("assumeyes" in value for value in values):
        yield "dnf", _assumeyes(values)


def _assumeyes(values: list[str]) -> str:
    return re.sub(r".*?(assumeyes\s*=\s*\w+).*", r"\1", " ".join(values), flags=re.DOTALL)


def _targets(command: Command) -> Iterator[ShellWord]:
    """The files that ``> f``, ``>> f`` and ``tee f`` write."""
    for redirect in command.redirects:
        if redirect.operator in {">", ">>"} and redirect.target is not None:
            yield redirect.target
    if command.name == "tee":
        yield from (word for word in command.arguments if not (word.value or word.prefix).startswith("-"))


def _text_for(command: Command) -> _Text:
    """What a command writes: ``tee`` what comes down the pipe."""
    if command.name == "tee" and command.parent is not None and command.parent.kind == "pipeline":
        at = next((i for i, child in enumerate(command.parent.children) if child is command), 0)
        before = command.parent.children[at - 1] if at else None
        if isinstance(before, Command):
            return _printed(before)
    return _printed(command)


def _printed(command: Command) -> _Text:
    """What a command prints, as far as its words tell."""
    for redirect in command.redirects:
        if redirect.heredoc is not None:
            return redirect.heredoc.value
        if redirect.operator == "<<<" and redirect.target is not None and redirect.target.value is not None:
            return redirect.target.value
    if command.name in {"echo", "printf"}:
        return " ".join(word.value or word.prefix for word in command.arguments).replace("\\n", "\n")
    return Unknown(f"what {command.name} writes is not known")


def _by_copies(wanted: re.Pattern[str], build: Build) -> Iterator[Written]:
    for instruction in build.dockerfile.instructions:
        if isinstance(instruction, Copy) and instruction.stage is not None:
            destination = build.expand(instruction.destination, instruction)
            if isinstance(destination, str):
                for path, text in _copied(instruction, destination, wanted, build):
                    yield Written(instruction.stage.index, instruction.start, text, path=path)


def _copied(copy: Copy, destination: str, wanted: re.Pattern[str], build: Build) -> Iterator[tuple[str, _Text]]:
    """The wanted files that a COPY or ADD brings."""
    names: list[tuple[str, _Text | None]] = [(heredoc.name, heredoc.body.value) for heredoc in copy.heredocs]
    for written in copy.sources:
        source = build.expand(written, copy)
        if isinstance(source, str):
            names.append((source, None))
    for name, text in names:
        inside = f"{destination.rstrip('/')}/{name.rstrip('/').rpartition('/')[2]}"
        path = next((path for path in (inside, destination) if wanted.search(path)), None)
        if path is not None:
            yield path, _content(name, copy, build) if text is None else text


def _content(source: str, copy: Copy, build: Build) -> _Text:
    data = build.context.read(source.lstrip("/")) if build.context is not None and copy.from_ is None else None
    return data.decode("utf-8", "replace") if data is not None else Unknown(f"the content of {source} is not known")
