"""How Go writes and reads a few things that appear in BuildKit's messages."""

from __future__ import annotations

import re

from gate.lazy import pattern

_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
    '"': r"\"",
}
_UNITS = ("ns", "us", "µs", "μs", "ms", "s", "m", "h")
_NANOSECONDS = dict(zip(_UNITS, (1, 10**3, 10**3, 10**3, 10**6, 10**9, 60 * 10**9, 3600 * 10**9), strict=True))
_DURATION_PART = pattern(r"([0-9]*)(?:(\.)([0-9]*))?([^.0-9]*)")


def quote(text: str) -> str:
    """``%q``."""
    return '"' + "".join(map(_quoted, text)) + '"'


def _quoted(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code < 0xDD00:  # an undecodable byte
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def duration(text: str) -> int:
    """``time.ParseDuration`` in nanoseconds. Raises ValueError with Go's message."""
    invalid = f"time: invalid duration {quote(text)}"
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    if not rest:
        raise ValueError(invalid)
    total, at = 0, 0
    while at < len(rest):
        match = _DURATION_PART.match(rest, at)
        if match is None or not (match[1] or match[3]):
            raise ValueError(invalid)
        if not match[4]:
            raise ValueError(f"time: missing unit in duration {quote(text)}")
        if match[4] not in _NANOSECONDS:
            raise ValueError(f"time: unknown unit {quote(match[4])} in duration {quote(text)}")
        unit = _NANOSECONDS[match[4]]
        whole, fraction = (
            match[1].lstrip("0")[:20],
            (match[3] or "")[:18],
        )  # beyond that one is too much, the other nothing
        total += int(whole or 0) * unit + int(fraction or 0) * unit // 10 ** len(fraction)
        if total > (1 << 63) - (text[0] != "-"):
            raise ValueError(invalid)
        at = match.end()
    return -total if text[0] == "-" else total


def integer(text: str, bits: int) -> int:
    """``strconv.ParseInt`` in base ten. Raises ValueError with Go's message."""
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise ValueError(f"strconv.ParseInt: parsing {quote(text)}: invalid syntax")
    digits = text.lstrip("+-").lstrip("0")
    value = int(text) if len(digits) <= 20 else None
    if value is None or not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise ValueError(f"strconv.ParseInt: parsing {quote(text)}: value out of range")
    return value


def is_bool(text: str) -> bool:
    """What ``strconv.ParseBool`` takes."""
    return text in ("1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False")


def truth(text: str) -> bool:
    """``strconv.ParseBool`` of a text that :func:`is_bool` takes."""
    return text in ("1", "t", "T", "TRUE", "true", "True")


def atoi(text: str) -> int | None:
    """``strconv.Atoi``: None where it gives an error, as it does for almost every text."""
    if not text.lstrip("+-").isdecimal():
        return None
    try:
        return integer(text, 64)
    except ValueError:
        return None
