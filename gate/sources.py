"""The text that findings point into, for excerpts and fingerprints."""

from __future__ import annotations

from gate import files
from gate.dockerfile.source import Source
from gate.lazy import pattern
from gate.model import Place, Span

_LIMIT = 8 << 20
_SHOWN = 4
_NAME = pattern(r"\w+=[\"']?|\w+\s+")


class Sources:
    """Source texts by path as users see it; what is not given is read from the working directory when it is asked for.

    A path that cannot be read has no lines: an excerpt is a help, never a reason to fail.
    """

    def __init__(self) -> None:
        self._sources: dict[str, Source | None] = {}
        self._hidden: dict[str, list[Span]] = {}
        self._stars: list[tuple[str, str]] | None = None

    def add(self, source: Source) -> None:
        self._sources[source.path] = source

    def hide(self, place: Place) -> None:
        """From now on, show stars for what stands at a place: all of a secret but its name and its first characters."""
        self._hidden.setdefault(place.path, []).append(place.span)
        self._stars = None

    def line(self, path: str, number: int) -> str:
        """The 1-based line without its end; empty where there is none."""
        source = self._get(path)
        text = source.line(number) if source is not None else ""
        for span in self._hidden.get(path, ()):
            if span.line <= number <= span.end_line:
                start = span.column - 1 if number == span.line else 0
                end = span.end_column - 1 if number == span.end_line else len(text)
                text = text[:start] + _starred(text[start:end], first=number == span.line) + text[end:]
        return text

    def starred(self, text: str) -> str:
        """A text of other origin with stars for what :meth:`hide` hides; a secret may be an argument, too."""
        if self._stars is None:
            secrets = [self._secret(path, span) for path, spans in self._hidden.items() for span in spans]
            self._stars = [(secret, _starred(secret, first=True)) for secret in secrets if secret]
        for secret, stars in self._stars:
            if secret in text:
                text = text.replace(secret, stars)
        return text

    def _secret(self, path: str, span: Span) -> str:
        """What stands at a hidden place, as far as its first line goes."""
        source = self._get(path)
        line = source.line(span.line) if source is not None else ""
        return line[span.column - 1 : span.end_column - 1 if span.end_line == span.line else None]

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


def _starred(text: str, *, first: bool) -> str:
    """``NAME=secret`` → ``NAME=secr**``; as long as before, so that what stands behind it keeps its column."""
    name = _NAME.match(text) if first else None
    shown = (name.end() if name else 0) + _SHOWN if first else 0
    return text[:shown] + "*" * len(text[shown:])
