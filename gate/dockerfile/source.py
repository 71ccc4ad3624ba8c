"""Text and where it stands: the file as read, and pieces of it after line joining.

Offsets are indices into the decoded file; lines and columns are worked out only when somebody asks.
"""

from __future__ import annotations

from bisect import bisect_right
from codecs import BOM_UTF8
from collections.abc import Sequence
from itertools import accumulate

from gate.model import Place, Span

_new = object.__new__


class Source:
    """A text file as read. Undecodable bytes become surrogate escapes, so nothing is lost and nothing raises."""

    __slots__ = ("_starts", "data", "path", "text")

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        # A byte order mark is no character of any line, for BuildKit as for editors.
        self.text = data.removeprefix(BOM_UTF8).decode("utf-8", "surrogateescape")
        self._starts: list[int] | None = None

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a character offset. Only LF ends a line, as for BuildKit."""
        starts = self._starts or self.starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int | None:
        """The character offset of a 1-based line and column, and of the start of a line behind the last; None where the text
        has no such place."""
        starts = self.starts()
        if not 1 <= line <= len(starts) + 1:
            return None
        at = (starts[line - 1] if line <= len(starts) else len(self.text)) + column - 1
        return at if 0 <= at <= len(self.text) else None

    def span(self, start: int, end: int) -> Span:
        """The span of ``text[start:end]``."""
        starts = self._starts or self.starts()
        line = bisect_right(starts, start)
        column = start - starts[line - 1] + 1
        if end < start:
            end = start
        if line == len(starts) or end < starts[line]:  # on one line, as nearly everything
            return Span(line, column, line, column + end - start)
        end_line = bisect_right(starts, end, line)
        return Span(line, column, end_line, end - starts[end_line - 1] + 1)

    def place(self, start: int, end: int) -> Place:
        return Place(self.path, self.span(start, end))

    def line(self, number: int) -> str:
        """The 1-based line without its line end; empty beyond the file."""
        starts = self.starts()
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def lines(self) -> list[str]:
        """The lines without their line feeds. Behind a line feed at the end there is none."""
        lines = self.text.split("\n")
        if self._starts is None:
            self._starts = list(accumulate([len(line) + 1 for line in lines], initial=0))
            self._starts.pop()  # behind the end of the file
        if not lines[-1]:
            lines.pop()
        return lines

    @property
    def line_count(self) -> int:
        return len(self.starts())

    def starts(self) -> list[int]:
        """The offset at which each line begins."""
        if self._starts is None:
            self.lines()
        return self._starts  # type: ignore[return-value]


class Text:
    """A logical text and where each of its characters stands in its source.

    Continuations and comments between the pieces are gone from ``value``. ``places`` is the source offset of a text
    that is contiguous in the file; otherwise it holds, for each contiguous run of characters, its offset in ``value``
    and its offset in the source. ``str(text)`` is the value. A slice shares its text's pieces: then ``_base`` is where
    it begins among them.
    """

    __slots__ = ("_base", "_pieces", "source", "value")

    def __init__(self, source: Source, value: str, places: int | Sequence[tuple[int, int]]) -> None:
        self.source = source
        self.value = value
        self._pieces: Sequence[tuple[int, int]] | None = None
        if isinstance(places, int):
            self._base = places
        elif len(places) <= 1:  # none at all for a text that stands nowhere
            self._base = places[0][1] - places[0][0] if places else 0
        else:
            self._base = 0
            self._pieces = places

    def __str__(self) -> str:
        return self.value

    def __len__(self) -> int:
        return len(self.value)

    def __repr__(self) -> str:
        return f"Text({self.value!r})"

    def offset(self, index: int) -> int:
        """The source offset of the character ``value[index]``; ``len(value)`` gives the place just after the last."""
        if self._pieces is None:
            return self._base + index
        # The end of a text belongs to the piece that its last character stands in.
        end = index > 0 and index >= len(self.value)
        at = bisect_right(self._pieces, (self._base + index - end, 1 << 62))
        logical, physical = self._pieces[at - 1 if at else 0]
        return physical + self._base + index - logical

    def slice(self, start: int, end: int) -> Text:
        """The part ``value[start:end]`` with its places."""
        part = _new(Text)  # not by a call of the class, which takes twice as long: no other object is made so often
        part.source = self.source
        part.value = self.value[start:end]
        part._base = base = self._base + start
        part._pieces = pieces = self._pieces
        if pieces is not None:
            low, high = self._stretch(pieces, start, end)
            if high - low == 1:
                part._base = pieces[low][1] - pieces[low][0] + base
                part._pieces = None
        return part

    def _stretch(self, pieces: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
        """Which of the pieces ``value[start:end]`` stands in."""
        low = max(bisect_right(pieces, (self._base + start, 1 << 62)) - 1, 0)
        if low + 1 == len(pieces) or pieces[low + 1][0] >= self._base + end:
            return low, low + 1
        return low, max(bisect_right(pieces, (self._base + max(end - 1, start), 1 << 62)), low + 1)

    def _places(self) -> Sequence[tuple[int, int]]:
        """The pieces of this very text, counted from its own beginning."""
        if self._pieces is None:
            return ((0, self._base),)
        low, high = self._stretch(self._pieces, 0, len(self.value))
        return [(logical - self._base, physical) for logical, physical in self._pieces[low:high]]

    def assemble(self, runs: Sequence[tuple[int, int, str | None]]) -> Text:
        """A text out of stretches of this one, each as it is or replaced (an escape by its character)."""
        if len(runs) == 1 and runs[0][2] is None:  # as nearly every JSON string and flag
            return self.slice(runs[0][0], runs[0][1])
        values: list[str] = []
        places: list[tuple[int, int]] = []
        length = 0
        for start, end, replaced in runs:
            part = self.slice(start, end)
            for logical, physical in part._places():
                places.append((max(logical, 0) + length, physical - min(logical, 0)))
            values.append(part.value if replaced is None else replaced)
            length += len(values[-1])
        return Text(self.source, "".join(values), places)

    def place_of(self, start: int, end: int) -> Place:
        """The place of ``value[start:end]``, as a slice would give it."""
        if self._pieces is None:
            return self.source.place(self._base + start, self._base + end)
        first = self.offset(start)
        return self.source.place(first, self.offset(end - 1) + 1 if end > start else first)

    @property
    def start(self) -> int:
        return self.offset(0)

    @property
    def end(self) -> int:
        return self.offset(len(self.value))

    @property
    def place(self) -> Place:
        return self.place_of(0, len(self.value))

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]
