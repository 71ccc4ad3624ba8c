"""Paths as the builder works with them: slash-separated text, cleaned and matched by Go's rules.

Go's and Python's rules differ in small things (a leading ``//``, the empty path, what a bracket may hold), and a build
follows Go's.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from functools import lru_cache

from gate.context.glob import STAR, matcher


class BadPattern(ValueError):
    """The wildcard pattern is malformed."""

    def __init__(self, message: str = "syntax error in pattern") -> None:
        super().__init__(message)


@lru_cache(maxsize=8192)
def clean(path: str) -> str:
    """The shortest equivalent path: no ``.``, no inner ``..``, no double slash; ``.`` for the empty one."""
    path = posixpath.normpath(path)
    return path[1:] if path.startswith("//") else path


def join(*parts: str) -> str:
    """The non-empty parts with slashes between them, cleaned; empty when all are."""
    path = "/".join(filter(None, parts))
    return clean(path) if path else ""


def rooted(path: str) -> str:
    """The path below ``/``: ``..`` cannot leave it."""
    return clean("/" + path)


def parent(path: str) -> str:
    """Go's ``filepath.Dir`` of a clean path."""
    return path.rpartition("/")[0] or ("/" if path.startswith("/") else ".")


def base(path: str) -> str:
    """Go's ``path.Base`` of a clean path."""
    return path.rpartition("/")[2] or "/"


def has_wildcards(text: str) -> bool:
    """True when an unescaped ``*``, ``?`` or ``[`` is in it."""
    if "*" not in text and "?" not in text and "[" not in text:
        return False
    at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] in "*?[":
            return True
        at += 1
    return False


def split_wildcards(path: str) -> tuple[str, str]:
    """An absolute path cut in front of the first part with a wildcard in it: ``/a/b*/c`` → ``/a``, ``b*/c``."""
    path = clean(path)
    parts = path.split("/") if has_wildcards(path) else []
    for at, part in enumerate(parts):
        if has_wildcards(part):
            return "/".join(parts[:at]) or "/", "/".join(parts[at:])
    return path, ""


def matches(pattern: str, name: str) -> bool:
    """Go's ``filepath.Match``. Raises :class:`BadPattern`."""
    return bool(_wildcard(pattern)(name))


def check(pattern: str) -> None:
    """Raises :class:`BadPattern` for what is no Go wildcard."""
    if "[" in pattern or "\\" in pattern:
        _pieces(pattern)


@lru_cache(maxsize=1024)
def _wildcard(pattern: str) -> Callable[[str], object]:
    """The test that a Go wildcard stands for."""
    return matcher(_pieces(pattern))


def _pieces(pattern: str) -> list[str]:
    """A wildcard for :mod:`gate.context.glob`. ``?`` and ``*`` stop at a slash, a bracket does not."""
    pieces = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*":
            pieces.append(STAR)
        elif character == "?":
            pieces.append("[^/]")
        elif character == "[":
            piece, at = _bracket(pattern, at)
            pieces.append(piece)
        elif character == "\\":
            if at == len(pattern):
                raise BadPattern
            pieces.append(re.escape(pattern[at]))
            at += 1
        else:
            pieces.append(re.escape(character))
    return pieces


def _bracket(pattern: str, at: int) -> tuple[str, int]:
    """The class that starts behind the ``[``, as a regular expression, and where it ends."""
    negated = pattern.startswith("^", at)
    at += negated
    ranges: list[str] = []
    while not (ranges and pattern.startswith("]", at)):
        low, at = _class_character(pattern, at)
        high = low
        if pattern.startswith("-", at):
            high, at = _class_character(pattern, at + 1)
        # A range that runs backwards is legal and holds nothing.
        ranges.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else "")
    body = "".join(ranges)
    if negated:
        return (f"[^{body}]" if body else r"[\s\S]"), at + 1
    return (f"[{body}]" if body else r"[^\s\S]"), at + 1


def _class_character(pattern: str, at: int) -> tuple[str, int]:
    if at >= len(pattern) or pattern[at] in "-]":
        raise BadPattern
    if pattern[at] == "\\":
        at += 1
    if at + 1 >= len(pattern) or "\udc80" <= pattern[at] <= "\udcff":
        raise BadPattern
    return pattern[at], at + 1
