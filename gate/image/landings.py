"""What an image puts into a folder: which instruction or command, and where it says so."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from gate.dockerfile.command import Command
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Copy, Instruction, Run, Stage
from gate.image.node import Node
from gate.memo import memo
from gate.model import Place
from gate.packages.where import BASE, directory, resolve, workdir
from gate.record import dataclass

if TYPE_CHECKING:
    from gate.build import Build

MAX_FILES = 2_000
_KEPT = frozenset({".gitkeep", ".keep", ".gitignore", ".placeholder"})
_INTO = {"wget": ("-P", "-O", "--directory-prefix", "--output-document"), "curl": ("-o", "--output", "--output-dir"),
         "tar": ("-C", "--directory"), "unzip": ("-d",), "gdown": ("-O", "--output")}  # fmt: skip
"""Programs and the options that say where what they fetch or unpack goes."""
_LAST = frozenset({"mv", "cp", "install", "rsync", "ln"})
_STORES = frozenset({"aws", "gsutil", "gcloud", "s5cmd", "azcopy"})


@dataclass(frozen=True, slots=True)
class Landing:
    """A file at ``path``: brought by an instruction of a stage, which says so at ``place``."""

    path: str
    place: Place
    stage: Stage
    instruction: Instruction


def landings(build: Build, folder: str) -> list[Landing]:
    """What the shipped stages put below a folder (absolute, without a slash at its end), in the order of the file.

    Empty folders are nothing, and what is removed again does not count.
    """
    kept = memo(build, "landings")
    found: list[Landing] | None = kept.get(folder)
    if found is None:
        found = kept[folder] = list(_landings(build, folder))
    return found


def _landings(build: Build, folder: str) -> Iterator[Landing]:
    if build.target is None or build.faults:
        return
    if build.built is not None and build.built.alone:
        listed = _listed(build, folder)
        for step in build.built.alignment.instructions.values():
            yield from (Landing(path, step.place, build.target, step) for path in listed.get(id(step), ()))
        return
    if not _mentions(build, folder):
        return
    listed = _listed(build, folder)
    for stage in build.target.lineage():
        for instruction in stage.instructions:
            paths = listed.get(id(instruction), ())
            if isinstance(instruction, Copy):
                yield from _copied(instruction, stage, paths, folder, build)
            elif isinstance(instruction, Run):
                yield from _run(instruction, stage, paths, folder, build)


def _mentions(build: Build, folder: str) -> bool:
    """Whether the file speaks of the folder at all, or the context may have its inner ones; a base image's WORKDIR may
    lead there unsaid."""
    from gate.platforms.image import launch_image

    first, *others = folder.strip("/").split("/")
    text = "\n".join([build.dockerfile.source.text, *build.build_args.values()])
    if f"/{first}" in text and (all(_says(text, name) for name in others) or launch_image(build).has_context):
        return True
    stage = build.target
    return stage is not None and bool(stage.instructions) and _under(str(workdir(stage.instructions[0], build)), folder)


def _says(text: str, name: str) -> bool:
    """Whether a text has a part of a path."""
    return name in text and re.search(rf"{name}(?<![\w.-]{name})(?![\w-])", text) is not None


def _listed(build: Build, folder: str) -> dict[int, list[str]]:
    """The files below the folder that the file map knows, by the instruction that brought each."""
    from gate.platforms.image import launch_image

    image = launch_image(build)
    node: Node | None = image.root
    for name in folder.strip("/").split("/"):
        node = node.child(name) if node is not None and node.type == "directory" else None
    found: dict[int, list[str]] = {}
    waiting = [(folder, node)] if node is not None else []
    count = 0
    while waiting and count < MAX_FILES:
        path, at = waiting.pop()
        if at.type == "directory":
            waiting.extend(reversed([(f"{path}/{name}", child) for name, child in at.children().items()]))
        elif at.instruction is not None and path.rpartition("/")[2] not in _KEPT:
            count += 1
            found.setdefault(id(at.instruction), []).append(path)
    return found


def _copied(copy: Copy, stage: Stage, paths: list[str] | tuple[()], folder: str, build: Build) -> Iterator[Landing]:
    place = copy.destination.place
    if not paths:
        paths = [path for path in _said(copy, build) if _under(path, folder)]
    for path in paths:
        yield Landing(path, place, stage, copy)


def _said(copy: Copy, build: Build) -> Iterator[str]:
    """Where a COPY says that its sources go, for those whose files cannot be listed."""
    target = build.expand(copy.destination, copy)
    at = workdir(copy, build)
    if not isinstance(target, str) or not isinstance(at, str) or (at == BASE and not target.startswith("/")):
        return
    destination = resolve(target, at)
    for word in copy.sources:
        source = build.expand(word, copy)
        if copy.from_ is None and build.context is not None and "://" not in str(source) and _there(source, build):
            continue  # listed, and gone again or empty
        name = posixpath.basename(str(source).rstrip("/")) if isinstance(source, str) else ""
        into = target.endswith(("/", "/.")) or len(copy.sources) > 1 or target in (".", "./")
        yield posixpath.join(destination, name) if into and name not in ("", ".") else destination


def _there(source: object, build: Build) -> bool:
    from gate.image.arrivals import sources_at

    return isinstance(source, str) and bool(sources_at(source, build))


def _run(run: Run, stage: Stage, paths: list[str] | tuple[()], folder: str, build: Build) -> Iterator[Landing]:
    text: Text | None = run.script
    if text is None or ("/" not in text.value and not paths):
        return
    commands = build.script(run).commands
    left = list(paths)
    for at, command in enumerate(commands):
        said = [path for path in _destinations(command, run, build) if _under(path, folder)]
        for path in said:
            if any(_removes(later, path) for later in commands[at + 1 :] if later.name == "rm"):
                continue
            inside = [each for each in paths if _under(each, path)]
            if command.name in ("mv", "cp", "ln", "install", "tee") and paths and not inside:
                continue  # carried out in the file map, and not there any more
            left = [each for each in left if each not in inside]
            yield Landing(inside[0] if inside else path, command.place, stage, run)
    for path in left:  # what the file map knows, and no table here
        closest = max(commands, key=lambda each: _names(each, path), default=None)
        told = closest is not None and _names(closest, path)
        yield Landing(path, closest.place if closest is not None and told else run.place, stage, run)


def _names(command: Command, path: str) -> int:
    """How much of a path a word of a command says."""
    return max((len(value) for value in command.values if value and path.startswith(value)), default=0)


def _removes(command: Command, path: str) -> bool:
    """Whether an ``rm`` takes a path away, a folder above it, or what its wildcard matches."""
    targets = [(value or "").rstrip("/") for value in command.values]
    return any(target and (fnmatchcase(path, target) or path.startswith(target + "/")) for target in targets)


def _destinations(command: Command, run: Run, build: Build) -> Iterator[str]:
    """The absolute paths that a command writes to, as far as its words say."""
    words = [*_operands(command), *_redirected(command)]
    at = directory(command, run, build) if words else None
    here = isinstance(at, str) and at != BASE
    for word in words:
        if word.startswith("/") or (word and here and "://" not in word):
            yield resolve(word, at if isinstance(at, str) else "/")


def _operands(command: Command) -> list[str]:
    """The paths that a program is told to write to, or takes from an address."""
    name, values = command.name or "", [value or "" for value in command.values]
    plain = [value for value in values if not value.startswith("-")]
    if name in _INTO:
        return _options(values, _INTO[name]) or (_fetched(plain) if name == "wget" or "-O" in values else [])
    if name == "git" and "clone" in plain:
        operands = plain[plain.index("clone") + 1 :]
        return _fetched(operands) if operands and _is_address(operands[-1]) else operands[-1:]
    if name == "tee":
        return plain
    if name in _LAST or (name in _STORES and any(value in ("cp", "sync", "rsync", "copy") for value in plain)):
        return plain[-1:]
    return []


def _options(values: list[str], names: tuple[str, ...]) -> list[str]:
    """The values of options, written as a word of their own, behind ``=`` or right behind the letter."""
    found = [after for value, after in itertools.pairwise(values) if value in names]
    for value in values:
        name, equals, rest = value.partition("=")
        if equals and name in names:
            found.append(rest)
        elif value[:2] in names and value[2:]:
            found.append(value[2:])
    return found


def _fetched(words: list[str]) -> list[str]:
    """The names that what is fetched gets in the working directory."""
    return [posixpath.basename(word.partition("?")[0]).removesuffix(".git") for word in words if _is_address(word)]


def _is_address(word: str) -> bool:
    return "://" in word or word.startswith("git@")


def _redirected(command: Command) -> Iterator[str]:
    for redirect in command.redirects:
        if redirect.target is not None and redirect.operator in (">", ">>", ">|"):
            yield redirect.target.value or ""


def _under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")
