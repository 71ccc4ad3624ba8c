"""Source lines for the HTML report, cut into marked and plain pieces here, so that the page needs no script for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gate.model import Span
from gate.record import dataclass
from gate.sources import Sources

_ROOM = 240
"""Characters of a line that are shown."""
_BEFORE = 60
"""Characters in front of the first mark that are kept where a line is too long to show."""
_MOST = 6
"""Lines of one span that are shown whole; of a longer one the first three and the last."""

Range = tuple[int, int]


@dataclass(frozen=True)
class Piece:
    """A stretch of a line. ``marked``: a finding is about it."""

    text: str
    marked: bool


@dataclass(frozen=True)
class Line:
    """A 1-based line; number 0 stands for lines that are left out."""

    number: int
    pieces: tuple[Piece, ...] = ()

    @property
    def marked(self) -> bool:
        return any(piece.marked for piece in self.pieces)


def excerpt(sources: Sources, path: str, span: Span) -> tuple[Line, ...]:
    """The lines of a span, one above and one below. Empty where the text cannot be read."""
    if not sources.has(path, span.line):
        return ()
    last = last_line(span)
    lines: list[Line] = []
    if sources.line(path, span.line - 1).strip():
        lines.append(plain(sources, path, span.line - 1))
    for number in _numbers(span.line, last):
        text = sources.line(path, number) if number else ""
        lines.append(Line(number, pieces(text, [columns(span, number, text)])) if number else Line(0))
    if sources.line(path, last + 1).strip():
        lines.append(plain(sources, path, last + 1))
    return tuple(lines)


def plain(sources: Sources, path: str, number: int) -> Line:
    return Line(number, pieces(sources.line(path, number), ()))


def last_line(span: Span) -> int:
    """The last line that a span has a character of."""
    ends_before = span.end_column <= 1 and span.end_line > span.line
    return max(span.line, span.end_line - ends_before)


def columns(span: Span, number: int, text: str) -> Range:
    """Where a span begins and ends in one of its lines, from 0; at least one character."""
    start = span.column - 1 if number == span.line else len(text) - len(text.lstrip())
    end = span.end_column - 1 if number == span.end_line else len(text.rstrip())
    start = max(min(start, len(text)), 0)
    return start, max(min(end, len(text)), start + 1)


def pieces(text: str, ranges: Iterable[Range]) -> tuple[Piece, ...]:
    """A line in pieces; ranges may overlap. A mark behind the end of the line is a blank of its own."""
    marks = list(_merged(ranges))
    first = marks[0][0] if marks else 0
    begin = first - _BEFORE if first > _ROOM - _BEFORE else 0
    stop = max(min(len(text), begin + _ROOM), first + 1)
    cut = [Piece("…", False)] if begin else []
    at = begin
    for start, end in marks:
        if start >= stop:
            break
        cut.append(_piece(text[at:start], False))
        cut.append(_piece(text[start : min(end, stop)] or " ", True))
        at = min(end, stop)
    cut.append(_piece(text[at:stop], False))
    if stop < len(text):
        cut.append(Piece("…", False))
    return tuple(piece for piece in cut if piece.text)


def _piece(text: str, marked: bool) -> Piece:
    return Piece(text.replace("\t", "    "), marked)


def _merged(ranges: Iterable[Range]) -> Iterator[Range]:
    last: Range | None = None
    for start, end in sorted(ranges):
        if last is None:
            last = start, end
        elif start <= last[1]:
            last = last[0], max(last[1], end)
        else:
            yield last
            last = start, end
    if last is not None:
        yield last


def _numbers(first: int, last: int) -> Iterator[int]:
    if last - first < _MOST:
        yield from range(first, last + 1)
    else:
        yield from (first, first + 1, first + 2, 0, last)
