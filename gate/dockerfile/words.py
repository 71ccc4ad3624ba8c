"""The builder's own word rules: flags, quoted words, JSON arrays, white space.

Every function works on the text after line joining and gives back stretches of it (start, end), so that each word keeps
its place. White space is Go's, which is not Python's: no ``\\x1c`` to ``\\x1f``.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gate.lazy import pattern
from gate.record import dataclass

SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
SPACES = frozenset(SPACE)
SPACE_PATTERN = r"[^\S\x1c-\x1f]"
"""The same as a regular expression: a set of so many characters takes ten times as long to compile."""
_BYTE_SPACE = "\t\n\v\f\r \x85\xa0"
BLANK = pattern("[\t\v\f\r ]+")
WORD = pattern("[^\t\v\f\r ]+")

_JSON_STRING = pattern(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
_JSON_ESCAPE = pattern(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))")
_JSON_PLAIN = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

Run = tuple[int, int, "str | None"]
"""A piece of a value: ``text[start:end]`` taken as it is, or replaced by the third item."""


@dataclass(slots=True)
class Word:
    """``text[start:end]`` as written, and the runs that make up its value after quotes and escapes are gone."""

    start: int
    end: int
    runs: list[Run]


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch without white space at its ends."""
    piece = text[start:end]
    kept = piece.lstrip(SPACE)
    start += len(piece) - len(kept)
    return start, start + len(kept.rstrip(SPACE))


def flags(text: str, start: int, end: int, escape: str) -> tuple[list[Word], int]:
    """The ``--name=value`` words in front of an instruction's arguments, and where the arguments begin."""
    if text.isascii():
        return _flags(text, start, end, escape)
    # BuildKit reads flags byte by byte, as if each byte were a character.
    raw = text[start:end].encode("utf-8", "surrogateescape")
    found, at = _flags(raw.decode("latin-1"), 0, len(raw), escape)

    def place(offset: int) -> int:
        """The character in which a byte stands. A byte that is no UTF-8 is a character of its own."""
        count = len(raw[:offset].decode("utf-8", "surrogateescape"))
        while len(text[start : start + count].encode("utf-8", "surrogateescape")) > offset:
            count -= 1
        return start + count

    return [
        Word(
            place(word.start),
            place(word.end),
            [(place(a), place(b), raw[a:b].decode("latin-1")) for a, b, _ in word.runs],
        )
        for word in found
    ], place(at)


def _flags(text: str, start: int, end: int, escape: str) -> tuple[list[Word], int]:
    found: list[Word] = []
    special = _special(escape, _BYTE_SPACE)
    at = start
    while True:
        while at < end and text[at] in _BYTE_SPACE:
            at += 1
        if not text.startswith("--", at, end):
            return found, at
        word, at = _flag(text, at, end, escape, special)
        if sum(stop - begin for begin, stop, _ in word.runs) == 2:  # a bare "--" ends the flags
            return found, at
        found.append(word)


def _flag(text: str, start: int, end: int, escape: str, special: re.Pattern[str]) -> tuple[Word, int]:
    """One flag word: quotes are dropped, and both kinds know the escape character."""
    runs: list[Run] = []
    at, quote = start, ""
    while at < end:
        match = special.search(text, at, end)
        stop = match.start() if match else end
        if stop > at:
            runs.append((at, stop, None))
        at = stop
        if match is None:
            break
        character = text[at]
        if character == escape:
            if at + 1 < end:
                runs.append((at + 1, at + 2, None))
            at += 2
        elif quote:
            if character == quote:
                quote = ""
            else:
                runs.append((at, at + 1, None))
            at += 1
        elif character in "'\"":
            quote = character
            at += 1
        else:
            return Word(start, at, runs), at
    return Word(start, end, runs), end


def quoted_words(text: str, start: int, end: int, escape: str) -> list[tuple[int, int]]:
    """Words between white space that quotes and escapes keep together; both stay in the word. ENV, LABEL, ARG."""
    words: list[tuple[int, int]] = []
    special = _special(escape, r"\s")
    begin = -1
    at, quote = start, ""
    while at < end:
        match = special.search(text, at, end)
        stop = match.start() if match else end
        if begin < 0 and stop > at:
            begin = at
        if match is None:
            break
        at = stop
        character = text[at]
        if character == escape and quote != "'":
            if at + 1 == end:  # an escape character at the very end is dropped
                end = at
                break
            begin = at if begin < 0 else begin
            at += 2
            continue
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
            begin = at if begin < 0 else begin
        elif character not in SPACES:  # white space for Python only
            begin = at if begin < 0 else begin
        elif begin >= 0:
            words.append((begin, at))
            begin = -1
        at += 1
    if 0 <= begin < end:
        words.append((begin, end))
    return words


@lru_cache
def _special(escape: str, space: str) -> re.Pattern[str]:
    """Where a scanner of words has to stop and think."""
    return re.compile(f"[{space}'\"{re.escape(escape)}]")


class NotStrings(ValueError):
    """A valid JSON array with something else than strings in it: the builder refuses it."""


def json_words(text: str, start: int, end: int) -> list[Word] | None:
    """The strings of a JSON array. None: no valid JSON array, so the shell form is meant.

    Raises :class:`NotStrings`.
    """
    words: list[Word] = []
    if not text.startswith("[", start, end):
        return None
    at = _past_blanks(text, start + 1, end)
    if text.startswith("]", at, end) and at + 1 == end:
        return words
    while True:
        match = _JSON_STRING.match(text, at, end)
        if match is None:
            _refuse_other_array(text[start:end])
            return None
        words.append(_json_word(text, *match.span()))
        at = _past_blanks(text, match.end(), end)
        if text.startswith("]", at, end):
            return words if at + 1 == end else None
        if not text.startswith(",", at, end):
            return None
        at = _past_blanks(text, at + 1, end)


def _past_blanks(text: str, at: int, end: int) -> int:
    while at < end and text[at] in " \t\r\n":
        at += 1
    return at


def _json_word(text: str, start: int, end: int) -> Word:
    runs: list[Run] = []
    at = start + 1
    if text.find("\\", at, end) >= 0:
        for match in _JSON_ESCAPE.finditer(text, at, end - 1):
            if match.start() > at:
                runs.append((at, match.start(), None))
            runs.append((match.start(), match.end(), _unescape(match)))
            at = match.end()
    if at < end - 1:
        runs.append((at, end - 1, None))
    return Word(start, end, runs)


def _unescape(match: re.Match[str]) -> str:
    high, low, single, plain = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
    if single:
        code = int(single, 16)
        return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)
    return _JSON_PLAIN.get(plain, plain)


def _refuse_other_array(text: str) -> None:
    """Tell a valid array of other things (refused) from no JSON at all (shell form)."""
    import json  # late: only for arrays that look odd

    try:
        json.loads(text, parse_constant=_refuse, parse_float=_number, parse_int=_number)
    except (ValueError, RecursionError):
        return
    raise NotStrings("when using JSON array syntax, arrays must be comprised of strings only")


def _refuse(text: str) -> None:
    raise ValueError(text)


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(text)
    return value
