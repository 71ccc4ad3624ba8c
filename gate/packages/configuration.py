"""Configuration files of package managers, as far as a Dockerfile writes them: by COPY, by redirection, by ``config``.

Collected once per build; what a command sees is what stands in front of it, in its own stage or in a local ancestor.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from gate.dockerfile.command import Command, ShellWord
from gate.dockerfile.tree import Copy, Instruction, Run
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
    """A text that a command or a COPY writes to a file, or a setting that a command makes (``kind`` instead of ``paths``).

    ``paths``: what the file may be called. ``text``: gives the text; few of them are ever asked for.
    """

    stage: int
    offset: int  # in the Dockerfile
    text: Callable[[], _Text]
    paths: tuple[str, ...] = ()
    kind: str = ""


def _found(build: Build) -> Iterator[Written]:
    """What a build writes: first what its commands do, then what COPY brings."""
    instructions = [instruction for instruction in build.dockerfile.instructions if instruction.stage is not None]
    for instruction in instructions:
        if isinstance(instruction, Run):
            for command in build.script(instruction).commands:
                if command.redirects or command.name in _WRITERS:
                    yield from _by_command(command, _stage(instruction))
    for instruction in instructions:
        if isinstance(instruction, Copy):
            yield from _by_copy(instruction, build)


def _stage(instruction: Instruction) -> int:
    assert instruction.stage is not None
    return instruction.stage.index


_SETTERS = listed("conda mamba micromamba npm sed dnf yum yum-config-manager pip")
_WRITERS = _SETTERS | {"tee", "pip3"}


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
        kept["all"] = list(_found(build))
    found: list[Written] = kept["all"]
    file = re.compile(re.escape(path.rpartition("/")[2]) + r"\Z") if path else FILES[kind]
    yes: dict[int, int] = {}
    doubts: dict[int, tuple[int, Unknown]] = {}
    for written in found:
        if not ((written.kind == kind and not path) or any(map(file.search, written.paths))):
            continue
        text = written.text()
        if isinstance(text, Unknown):
            doubts.setdefault(written.stage, (written.offset, text))
        elif wanted.search(text):
            yes[written.stage] = min(yes.get(written.stage, written.offset), written.offset)
    return yes, doubts


def _by_command(command: Command, stage: int) -> Iterator[Written]:
    offset = command.whole.offset(command.start)
    name = program(command.name or "")
    if name in _SETTERS:
        for kind, text in _settings(name, [word.value or word.prefix for word in command.arguments]):
            yield Written(stage, offset, partial(str, text), kind=kind)
    for target in _targets(command):
        path = target.value or target.prefix
        if path:
            yield Written(stage, offset, partial(_text_for, command), (path,))


def _settings(name: str, values: list[str]) -> Iterator[tuple[str, str]]:
    """What ``conda config --set``, ``npm config set``, ``pip config set``, ``dnf config-manager`` and ``sed`` set."""
    if name == "sed":
        if any("assumeyes" in value for value in values):
            yield "dnf", _assumeyes(values)
    elif values[:1] not in (["config"], ["config-manager"]) and name != "yum-config-manager":
        return
    elif name in {"conda", "mamba", "micromamba"} and "always_yes" in values:
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


def _by_copy(copy: Copy, build: Build) -> Iterator[Written]:
    """The files that a COPY or ADD brings. A source is read when its name is that of a file that somebody asks about."""
    destination = build.expand(copy.destination, copy)
    if not isinstance(destination, str):
        return
    texts: list[tuple[str, Callable[[], _Text]]] = [
        (heredoc.name, partial(str, heredoc.body)) for heredoc in copy.heredocs
    ]
    for written in copy.sources:
        source = build.expand(written, copy)
        if isinstance(source, str):
            texts.append((source, partial(_content, source, copy, build)))
    for name, text in texts:
        inside = f"{destination.rstrip('/')}/{name.rstrip('/').rpartition('/')[2]}"
        yield Written(_stage(copy), copy.start, text, (inside, destination))


def _content(source: str, copy: Copy, build: Build) -> _Text:
    data = build.context.read(source.lstrip("/")) if build.context is not None and copy.from_ is None else None
    return data.decode("utf-8", "replace") if data is not None else Unknown(f"the content of {source} is not known")
