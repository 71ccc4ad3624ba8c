"""The sources that an image gets from its context, and the words in them: read with limits, never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from gate.image.arrivals import Arrival, arrivals
from gate.lazy import pattern
from gate.memo import memo
from gate.model import Place, Span
from gate.python import parsed, span

if TYPE_CHECKING:
    from gate.build import Build

LIMIT = 1 << 18
"""Bytes of a source that is read; nobody writes a longer one by hand."""
MAX_FILES = 300
_SUFFIXES = (".py", ".sh", ".bash", ".r", ".js", ".jl")
_TESTS = pattern(
    r"(?:^|/)(?:tests?|test_\w+|local_test|testing|fixtures?|docs?|examples?)(?:/|$)|(?:^|/)(?:test_[^/]*|[^/]*_test)\.\w+$"
)
_IMPORT = pattern(r"^[ \t]*(?:from|import)[ \t]+[^\n#]+(?:\([^)]*\))?", re.M)
_STARTED = pattern(r"([A-Za-z_]\w*)(?::[A-Za-z_]|\.(?:py|sh|R)\b)")
_WORD = pattern(r"[A-Za-z_]\w*")
_PATH_WORD = pattern(r"[\w.$~{}/-]*/[\w.$~{}/-]+|\w+\.json")


class SourceText:
    """One source. ``path`` is its path in the context; ``tree`` is None where it is no Python that can be read."""

    def __init__(self, arrival: Arrival, shown: str, data: bytes) -> None:
        self.arrival = arrival
        self.path = arrival.path
        self.shown = shown
        self.data = data

    @cached_property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace").removeprefix("\ufeff")

    @cached_property
    def lines(self) -> list[str]:
        return self.text.replace("\r\n", "\n").split("\n")

    @property
    def is_python(self) -> bool:
        name = self.arrival.name
        return name.endswith(".py") or ("." not in name and b"python" in self.data.partition(b"\n")[0])

    @property
    def module(self) -> str:
        """The name that a program of the same folder imports it by."""
        return self.arrival.name.removesuffix(".py")

    @cached_property
    def tree(self) -> ast.Module | None:
        return parsed(self.text) if self.is_python else None

    def place(self, node: ast.expr | ast.stmt) -> Place:
        """Where a node of the tree stands."""
        return Place(self.shown, span(node, self.lines))

    def strings(self) -> Iterator[tuple[str, Place]]:
        """The string literals of a Python source, without its documentation; the path-like words of any other, without its
        comments."""
        if self.tree is not None:
            documentation = {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(self.tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
                    yield node.value, self.place(node)
        elif not self.is_python:
            for number, line in enumerate(self.lines, 1):
                if not line.lstrip().startswith(("#", "//")):
                    for match in _PATH_WORD.finditer(line[:2000]):
                        yield match[0], Place(self.shown, Span(number, match.start() + 1, number, match.end() + 1))


def texts(build: Build) -> list[SourceText]:
    """The programs among what the shipped stages copy, tests left out."""
    kept = memo(build, "texts")
    found: list[SourceText] | None = kept.get("all")
    if found is None:
        found = kept["all"] = list(_texts(build))
    return found


def _texts(build: Build) -> Iterator[SourceText]:
    count = 0
    seen: set[str] = set()
    for arrival in arrivals(build):
        name = arrival.name.lower()
        if arrival.path in seen or not ("." not in name or name.endswith(_SUFFIXES)) or _TESTS.search(arrival.path):
            continue
        seen.add(arrival.path)
        data = arrival.node.read(LIMIT + 1) if arrival.node.type == "file" else None
        if data is None or len(data) > LIMIT or b"\0" in data or ("." not in name and not data.startswith(b"#!")):
            continue
        count += 1
        if count > MAX_FILES:
            return
        shown = build.context.shown(arrival.path) if build.context is not None else arrival.path
        yield SourceText(arrival, shown, data)


def reachable(first: list[SourceText], build: Build) -> list[SourceText]:
    """The programs that these start or import, by the names that they mention: ``import x``, ``"x:app"``, ``x.py``."""
    everything = texts(build)
    found = list(first)
    waiting = list(first)
    while waiting:
        source = waiting.pop()
        names = _mentioned(source)
        for other in everything:
            if other not in found and other.module in names:
                found.append(other)
                waiting.append(other)
    return found


def _mentioned(source: SourceText) -> set[str]:
    """The words of its imports, and whatever stands in front of ``:app`` or ``.py``."""
    names = set(_STARTED.findall(source.text))
    if source.is_python:
        for match in _IMPORT.finditer(source.text):
            names.update(_WORD.findall(match[0]))
    return names
