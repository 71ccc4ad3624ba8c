"""Paths as a RUN sees them: the working directory, the home directory, patterns."""

from __future__ import annotations

import posixpath
from functools import lru_cache

from gate.build import Build
from gate.dockerfile.command import Command, Node, ShellWord
from gate.dockerfile.tree import Instruction
from gate.globs import is_like
from gate.lazy import pattern
from gate.model import Unknown

_LONGEST_KEPT = 500
_HOME = pattern(r"(?:~|\$HOME|\$\{HOME\})(?=/|$)")


def written(word: ShellWord) -> str:
    """A word's value; where it is not known, its text without quotes, so that the same unknown text is the same path."""
    return word.value if word.value is not None else word.text.value.replace('"', "").replace("'", "")


def builder_word(text: object, instruction: Instruction, build: Build) -> str:
    """The value of a word of COPY or WORKDIR, or its text where it is not known."""
    value = build.expand(str(text), instruction)
    return str(text) if isinstance(value, Unknown) else value


class Place:
    """Where relative paths and ``~`` lead, while the instructions of a stage and the commands of a RUN go by."""

    def __init__(self) -> None:
        self.workdir = "/"
        self.home = "/root"
        self.cwd = "/"
        self._left: list[tuple[Node, str]] = []

    def enter_user(self, user: str) -> None:
        name = user.partition(":")[0]
        self.home = "/root" if name in ("root", "0", "") else f"/home/{name}"

    def begin_run(self) -> None:
        self.cwd = self.workdir
        self._left = []

    def absolute(self, path: str) -> str:
        whole = _absolute if len(path) + len(self.cwd) < _LONGEST_KEPT else _absolute.__wrapped__
        return whole(path, self.cwd, self.home)

    def change(self, command: Command) -> None:
        """``cd``: inside ``( )`` or a shell of its own it ends there."""
        scope = next((node for node in command.ancestors() if node.kind in ("subshell", "shell", "pipeline")), None)
        if scope is not None:
            self._left.append((scope, self.cwd))
        target = next((word for word in command.arguments if not written(word).startswith("-")), None)
        self.cwd = self.absolute(written(target)) if target is not None else self.home

    def leave_scopes(self, command: Command) -> None:
        while self._left:
            scope, before = self._left[-1]
            if any(node is scope for node in command.ancestors()):
                return
            self._left.pop()
            self.cwd = before


@lru_cache(maxsize=2048)
def _absolute(path: str, cwd: str, home: str) -> str:
    if "~" in path or "$" in path:
        path = _HOME.sub(home, path)
    if path.startswith("$"):
        return "/" + path
    return posixpath.normpath(posixpath.join(cwd, path)) if path else ""


def covers(target: str, path: str) -> bool:
    """Whether removing ``target``, which may have wildcards, removes ``path``: it is it, or a folder above it. A path that
    ends in ``*`` stands for files of any name."""
    if "*" not in target and "?" not in target and "[" not in target:
        return path == target or path.startswith(target.rstrip("/") + "/")
    wanted, parts = target.split("/"), path.split("/")
    if len(parts) < len(wanted):
        return False
    return all(part in (want, "*") or is_like(part, want) for want, part in zip(wanted, parts, strict=False))


def inside(path: str, folder: str) -> bool:
    """Whether ``path`` lies below a folder; a pattern's fixed part counts."""
    return path.startswith(folder.rstrip("/") + "/")
