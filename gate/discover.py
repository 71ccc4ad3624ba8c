"""From the paths of the command line to Dockerfiles. Files are taken as given, folders are searched.

A search takes what is named like a Dockerfile, follows no links, and leaves out what git ignores, ``.git``,
``node_modules`` and ``.venv``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gate import files
from gate.lazy import pattern
from gate.model import Failure
from gate.record import dataclass, field

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_NAME = pattern(r"(dockerfile|containerfile)([._-].*)?|.*\.(dockerfile|containerfile)", re.I | re.S)
_NOT = pattern(r".*\.(dockerignore|md|py|rst|ya?ml|j2)", re.I | re.S)
_SKIPPED = {".git", "node_modules", ".venv"}

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Input:
    """A Dockerfile to judge. ``path`` is as users see it: relative to the working directory, forward slashes.

    ``data`` is there already when it came through standard input; ``folder`` is where its context and policy are looked
    for, None when it has none.
    """

    path: str
    folder: str | None
    data: bytes | None = None

    def read(self) -> bytes:
        """Its bytes. Raises :class:`~gate.files.Unreadable`."""
        return files.read(self.path) if self.data is None else self.data


@dataclass
class Found:
    """What the paths stand for: the Dockerfiles, each once, and the paths that stand for none."""

    inputs: list[Input] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def collect(paths: Iterable[str], *, stdin: bytes | None = None, stdin_filename: str | None = None) -> Found:
    """The Dockerfiles of the paths. ``stdin``: what was read where a path is ``-``."""
    found = Found()
    seen: dict[str, Input] = {}
    for path in paths:
        if path == STDIN:
            name = shown(stdin_filename) if stdin_filename else STDIN
            folder = os.path.dirname(name) or "." if stdin_filename else None
            if stdin is None or len(stdin) > files.MAX_BYTES:
                why = "is closed" if stdin is None else f"is larger than {files.MAX_BYTES >> 20} MiB"
                found.failures.append(Failure(name, f"standard input {why}"))
            else:
                seen.setdefault(name, Input(name, folder, stdin))
        elif os.path.isdir(path):
            for name in search(path, found.failures):
                seen.setdefault(name, _input(name))
        else:
            seen.setdefault(shown(path), _input(shown(path)))
    found.inputs = list(seen.values())
    return found


def looks_like_dockerfile(name: str) -> bool:
    """Whether a file name is one that Dockerfiles have."""
    return _NAME.fullmatch(name) is not None and _NOT.fullmatch(name) is None


def shown(path: str) -> str:
    """A path as users see it: relative to the working directory, forward slashes."""
    try:
        inside = path and ".." not in path and not os.path.isabs(path)  # as nearly always
        return (os.path.normpath(path) if inside else os.path.relpath(path)).replace(os.sep, "/")
    except (ValueError, OSError):  # a path with a NUL, another drive, a working directory that is gone
        return path


def search(top: str, failures: list[Failure]) -> Iterator[str]:
    """The paths of the Dockerfiles below a folder, as users see them, sorted."""
    yield from sorted(_search(top, failures))


def _input(name: str) -> Input:
    return Input(name, os.path.dirname(name) or ".")


def _search(top: str, failures: list[Failure]) -> Iterator[str]:
    waiting = [(top, _ignored_above(Path(top)))]
    while waiting:
        folder, ignore = waiting.pop()
        try:
            with os.scandir(folder) as scan:
                entries = list(scan)
        except OSError as error:
            failures.append(Failure(shown(folder), f"cannot be searched: {error.strerror}"))
            continue
        if any(entry.name == ".gitignore" for entry in entries):
            ignore = ignore.below(folder)
        for entry in entries:
            try:
                is_folder = entry.is_dir(follow_symlinks=False)
                wanted = is_folder or (looks_like_dockerfile(entry.name) and entry.is_file())
            except OSError:
                wanted, is_folder = looks_like_dockerfile(entry.name), False
            if not wanted or (is_folder and entry.name in _SKIPPED) or ignore.hides(entry.path, is_folder):
                continue
            if is_folder:
                waiting.append((entry.path, ignore))
            else:
                yield shown(entry.path)


@dataclass(frozen=True)
class _Ignore:
    """The git ignore files in force in a folder, the outermost first: each with the folder that it speaks for."""

    files: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    def below(self, folder: str) -> _Ignore:
        """With the ignore file of one more folder, if it has one."""
        spec = _read_spec(os.path.join(folder, ".gitignore"))
        return _Ignore((*self.files, (os.path.abspath(folder), spec))) if spec else self

    def hides(self, path: str, is_folder: bool) -> bool:
        """Whether git ignores a path: the innermost file that mentions it decides."""
        if not self.files:
            return False
        full = os.path.abspath(path)
        for folder, spec in reversed(self.files):
            relative = os.path.relpath(full, folder).replace(os.sep, "/")
            include = spec.check_file(relative + "/" if is_folder else relative).include
            if include is not None:
                return include
        return False


def _ignored_above(top: Path) -> _Ignore:
    """The ignore files that reach a folder from outside: those between it and the git root."""
    from gate.repository import git_root

    top = top.resolve()
    found = git_root(str(top))
    if found is None:
        return _Ignore()
    root = Path(found)
    excludes = _read_spec(str(root / ".git" / "info" / "exclude"))
    ignore = _Ignore(((str(root), excludes),)) if excludes else _Ignore()
    for folder in reversed([parent for parent in top.parents if parent.is_relative_to(root)]):
        ignore = ignore.below(str(folder))
    return ignore


def _read_spec(path: str) -> GitIgnoreSpec | None:
    try:
        with open(path, "rb") as file:
            text = file.read(1 << 20).decode("utf-8", "surrogateescape")
    except (OSError, ValueError):
        return None
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        return None
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:  # a pattern that git would not take either
        return None
