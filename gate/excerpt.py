"""The lines that a finding is about, with its span underlined."""

from __future__ import annotations

from collections.abc import Iterator

from gate.model import Place
from gate.sources import Sources
from gate.terminal import Paint, columns, width

_MOST = 4
"""Lines of one span that are shown; of a longer one the first and the last."""
_BEFORE = 30
"""Characters in front of the span that are kept where a line is too long to show."""


def excerpt(sources: Sources, place: Place, paint: Paint, style: str, room: int) -> list[str]:
    """The printed lines: a gutter with line numbers, one line of context above, the span underlined in ``style``.

    ``room`` is the width of the page in columns. Empty where the text cannot be read.
    """
    span = place.span
    if not sources.has(place.path, span.line):
        return []
    last = max(span.line, span.end_line if span.end_column > 1 or span.end_line == span.line else span.end_line - 1)
    gutter = len(str(last))
    bar = paint(" " * gutter + " |", "blue")
    printed = [bar]
    above = sources.line(place.path, span.line - 1)
    if above.strip():
        printed.append(f"{paint(f'{span.line - 1:>{gutter}} |', 'blue')} {paint(_cut(above, room), 'dim')}")
    for number in _numbers(span.line, last):
        if number is None:
            printed.append(paint("." * gutter + " |", "blue"))
            continue
        text = sources.line(place.path, number)
        start = span.column - 1 if number == span.line else len(text) - len(text.lstrip())
        end = span.end_column - 1 if number == span.end_line else len(text.rstrip())
        line, marks = _underlined(text, min(start, len(text)), min(end, len(text)), room - gutter - 3)
        printed.append(f"{paint(f'{number:>{gutter}} |', 'blue')} {line}".rstrip())
        printed.append(f"{bar} {paint(marks, style)}")
    return printed


def _numbers(first: int, last: int) -> Iterator[int | None]:
    """The line numbers to show; None stands for those that are left out."""
    if last - first < _MOST:
        yield from range(first, last + 1)
    else:
        yield from (first, first + 1, None, last)


def _underlined(text: str, start: int, end: int, room: int) -> tuple[str, str]:
    """A line as it is printed in ``room`` columns, and the carets below ``text[start:end]``; at least one caret."""
    from_ = 0
    if start > max(room // 2, _BEFORE) and len(text) > room:
        from_ = start - _BEFORE
    line, starts = columns(text[from_ : from_ + 2 * room])
    lead = "..." if from_ else ""
    first = starts[min(start - from_, len(starts) - 1)]
    after = max(starts[min(max(end - from_, 0), len(starts) - 1)], first + 1)
    shown = _fit(line, max(room - len(lead), 1))
    after = min(after, max(width(shown), first + 1))
    return lead + shown, " " * (len(lead) + first) + "^" * (after - first)


def _cut(text: str, room: int) -> str:
    return _fit(columns(text[: 2 * room])[0], room)


def _fit(line: str, room: int) -> str:
    """A printed line, cut to the room that there is."""
    if width(line) <= room:
        return line
    used, kept = 0, 0
    for character in line:
        used += width(character)
        if used > room - 3:
            break
        kept += 1
    return line[:kept] + "..."
