"""Here-documents: which ones an instruction opens."""

from __future__ import annotations

from gate.dockerfile.expand import SubstitutionError, parse_dollar, process_words
from gate.dockerfile.words import SPACE, SPACE_PATTERN
from gate.lazy import pattern
from gate.record import dataclass

_OPENER = pattern(r"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)")
_PLAIN = pattern(r"([0-9]*)<<(-?)(['\"]?)([A-Za-z0-9_.]+)\3")
_SPECIAL = pattern(rf"""{SPACE_PATTERN}|['"\\$<]""")


@dataclass(slots=True)
class Opener:
    """A ``<<EOF`` word; ``start`` and ``end`` are its place in the logical line (0 when it was read on its own)."""

    name: str
    expand: bool
    chomp: bool
    fd: int
    start: int = 0
    end: int = 0


def parse_opener(word: str) -> Opener | None:
    """The here-document that one whole word opens. Raises :class:`SubstitutionError`."""
    match = _PLAIN.fullmatch(word)
    if match is not None:
        return Opener(match[4], not match[3], match[2] == "-", int(match[1] or 0))
    match = _OPENER.fullmatch(word)
    if match is None or not match[3]:
        return None
    plain = process_words(match[3], "\\")
    if len(plain) != 1:
        return None
    raw = process_words(match[3], "\\", raw_quotes=True)
    # A quote that is gone from one reading and still there in the other: part of the word was quoted.
    bare = plain[0].count("'") + plain[0].count('"') == raw[0].count("'") + raw[0].count('"')
    return Opener(plain[0], bare, match[2] == "-", int(match[1] or 0))


def openers(line: str) -> list[Opener]:
    """The here-documents that a logical line opens, in order. Raises :class:`SubstitutionError`.

    A line that cannot be split into words (a quote without end, an unknown ``${…}``) opens none, as for BuildKit.
    """
    try:
        spans = _words(line)
    except SubstitutionError:
        return []
    found = []
    for start, end in spans:
        if "<<" not in line[start:end]:
            continue
        opener = parse_opener(line[start:end])
        if opener is not None:
            opener.start, opener.end = start, end
            found.append(opener)
    return found


def _words(line: str) -> list[tuple[int, int]]:
    """The words of a line, everything in them as written. The escape character is always the backslash here."""
    spans: list[tuple[int, int]] = []
    begin, at = -1, 0
    while match := _SPECIAL.search(line, at):
        stop = match.start()
        if begin < 0 and stop > at:
            begin = at
        at = stop
        character = line[at]
        if character in SPACE:
            if begin >= 0:
                spans.append((begin, at))
            begin = -1
            at += 1
            continue
        begin = at if begin < 0 else begin
        if character == "$":
            at, begin = _dollar(line, at, begin, spans)
        else:
            at = _skip(line, at)
    if begin < 0 and at < len(line):
        begin = at
    if begin >= 0:
        spans.append((begin, len(line)))
    return spans


def _skip(line: str, at: int) -> int:
    """The end of the quoted string, the escaped character or the ``<< `` at ``at``."""
    character = line[at]
    if character == "\\":
        return min(at + 2, len(line))
    if character == "<":
        if line.startswith("<<", at):
            at += 2
            while at < len(line) and line[at] in "\t\r ":
                at += 1
            return at
        return at + 1
    if character == "'":
        end = line.find("'", at + 1)
        if end < 0:
            raise SubstitutionError("unexpected end of statement while looking for matching single-quote")
        return end + 1
    at += 1
    while at < len(line):
        if line[at] == '"':
            return at + 1
        if line[at] == "$":
            at = parse_dollar(line, at, "\\")[1]
        else:
            at += 2 if line[at] == "\\" and line[at + 1 : at + 2] in ('"', "$", "\\") else 1
    raise SubstitutionError("unexpected end of statement while looking for matching double-quote")


def _dollar(line: str, at: int, begin: int, spans: list[tuple[int, int]]) -> tuple[int, int]:
    """Step over a variable: its text is split at white space, and one with an operator forgets what stood before it."""
    variable, end = parse_dollar(line, at, "\\")
    if variable is not None and variable.operator:
        begin = at
    for position in range(at, end):
        if line[position] in SPACE:
            if begin >= 0:
                spans.append((begin, position))
            begin = -1
        elif begin < 0:
            begin = position
    return end, begin
