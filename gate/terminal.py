"""Text for terminals and logs: what comes from files is made harmless, columns line up, colours are asked for."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping
from typing import TextIO

from gate.lazy import pattern

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
_HARMFUL = pattern(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_TAB = 4


def clean(text: str) -> str:
    """The text on one line, with nothing in it that a terminal or a CI runner would obey.

    Control characters become their pictures (``␛``), undecodable bytes and characters that are invisible or change the
    direction of writing become ``<U+202E>``, and the runner command ``##[…]`` is broken.
    """
    if not (text.isascii() and text.isprintable()):
        text = _HARMFUL.sub(_picture, text.replace("\t", " ").replace("\n", " "))
    return text.replace("##[", "##\\[")


def columns(text: str) -> tuple[str, list[int]]:
    """A source line as it is printed, and for each of its characters (and the end) the printed column that it begins
    at, from 0. Tabs become blanks up to the next stop; wide characters take two columns, combining ones none; what
    :func:`clean` neutralises is neutralised."""
    if text.isascii() and text.isprintable() and "##[" not in text:
        return text, list(range(len(text) + 1))
    printed: list[str] = []
    starts: list[int] = []
    at = 0
    for character in text:
        starts.append(at)
        if character == "\t":
            shown = " " * (_TAB - at % _TAB)
        elif _HARMFUL.match(character):
            shown = _picture_of(character)
        elif character == "[" and printed[-2:] == ["#", "#"]:
            shown = "\\["
        else:
            shown = character
        printed.append(shown)
        at += width(shown)
    starts.append(at)
    return "".join(printed), starts


def width(text: str) -> int:
    """How many columns a terminal gives a text without control characters."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def wants_color(choice: str, stream: TextIO | None, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether to colour: the option, then ``NO_COLOR``, then ``FORCE_COLOR``/``CLICOLOR_FORCE``, then a terminal."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR") or environment.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return stream is not None and stream.isatty() and environment.get("TERM") != "dumb"


class Paint:
    """Colours, or none."""

    def __init__(self, on: bool) -> None:
        self._on = on

    def __call__(self, text: str, *styles: str) -> str:
        if not self._on or not text:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"


def _picture(match: re.Match[str]) -> str:
    return _picture_of(match[0])


def _picture_of(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        return f"<{code - 0xDC00:02X}>"
    return f"<U+{code:04X}>"
