"""Python files of an image: read with limits, taken apart by :mod:`ast`, with places for what stands in them."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gate.image.model import File
from gate.lazy import pattern
from gate.memo import memo
from gate.model import Place, Span
from gate.python import parsed, span

if TYPE_CHECKING:
    from gate.build import Build

LIMIT = 1 << 19
"""Bytes of a source file that is read; nobody writes a longer one by hand."""


_SMALL = 1 << 12
_OF_USE = pattern(
    rb"flask|fastapi|starlette|aiohttp|tornado|bottle|sanic|falcon|uvicorn|waitress|gunicorn|http\.server|subprocess|environ|getenv|"
    rb"\broute|\bapp\b|\bport\b|PORT|argparse|\bserver?\b|Popen|BaseSettings"
)


def of_use(file: File) -> bool:
    """Whether a module may have a part in serving. Reading a file costs more than all else, so that a long one in which none of
    the words of that trade stands is passed over."""
    if (file.size or 0) <= _SMALL:
        return True
    return _OF_USE.search(file.read(LIMIT) or b"") is not None


def python_file(file: File, build: Build) -> PythonFile:
    """The source file, taken apart once for all who ask."""
    kept: dict[str, PythonFile] = memo(build, "python files")
    if file.path not in kept:
        kept[file.path] = PythonFile(file, build)
    return kept[file.path]


class PythonFile:
    """One source file. ``path`` is where it is in the image, ``shown`` the path as users see it. ``tree`` is None where it is no
    Python that can be read."""

    def __init__(self, file: File, build: Build) -> None:
        self.file = file
        self.path = file.path
        context = build.context
        self.shown = context.shown(file.source) if file.source is not None and context is not None else file.path
        data = file.read(LIMIT + 1)
        self.text = ""
        self.tree: ast.Module | None = None
        if data is not None and len(data) <= LIMIT and b"\0" not in data:
            self.text = data.decode("utf-8", "replace").removeprefix("\ufeff")
            self.tree = parsed(self.text)

    def place(self, node: Any) -> Place:
        """Where a node stands; for a file that is not of the context, the instruction that brings it."""
        if self.file.source is None and self.file.instruction is not None:
            return self.file.instruction.place
        return Place(self.shown, span(node, self._lines))

    def start(self) -> Place:
        """The first line."""
        if self.file.source is None and self.file.instruction is not None:
            return self.file.instruction.place
        return Place(self.shown, Span(1, 1, 1, max(len(self._lines[0]), 1) + 1))

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.replace("\r\n", "\n").split("\n")
