"""The text that findings point into, for excerpts and fingerprints."""

from __future__ import annotations

from gate import files
from gate.dockerfile.source import Source

_LIMIT = 8 << 20


class Sources:
    """Source texts by path as users see it; what is not given is read from the working directory when it is asked for.

    A path that cannot be read has no lines: an excerpt is a help, never a reason to fail.
    """

    def __init__(self) -> None:
        self._sources: dict[str, Source | None] = {}

    def add(self, source: Source) -> None:
        self._sources[source.path] = source

    def line(self, path: str, number: int) -> str:
        """The 1-based line without its end; empty where there is none."""
        source = self._get(path)
        return source.line(number) if source is not None else ""

    def text(self, path: str) -> str | None:
        """The whole text; None where it cannot be read."""
        source = self._get(path)
        return source.text if source is not None else None

    def has(self, path: str, number: int) -> bool:
        source = self._get(path)
        return source is not None and 1 <= number <= source.line_count

    def _get(self, path: str) -> Source | None:
        if path not in self._sources:
            try:
                self._sources[path] = Source(path, files.read(path, _LIMIT))
            except files.Unreadable:
                self._sources[path] = None
        return self._sources[path]
