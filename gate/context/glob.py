"""Matching in bounded time.

A pattern arrives as pieces: :data:`STAR`, :data:`DEEP`, :data:`REST`, or a regular expression for one character. Almost
every one is plain text and stars, and needs no expression. Otherwise, a handful of unbounded pieces is left to :mod:`re`;
with more of them a hostile pattern could keep a backtracking matcher busy for ever, so an automaton walks the text once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property

STAR = "[^/]*"
DEEP = "(?:.*/)?"
REST = ".*"

_UNBOUNDED = frozenset((STAR, DEEP, REST))
_ENOUGH = 3


def matcher(pieces: Sequence[str]) -> Callable[[str], object]:
    """The test whether a whole text matches the pieces one after the other."""
    parts = _parts(pieces)
    if parts is not None:
        return _Stars(parts).fullmatch
    kept = [piece for at, piece in enumerate(pieces) if piece not in _UNBOUNDED or at == 0 or pieces[at - 1] != piece]
    if sum(piece in _UNBOUNDED for piece in kept) <= _ENOUGH:
        return _Expression("".join(kept)).fullmatch
    return _Automaton(kept).fullmatch


def literal(pieces: Sequence[str]) -> str:
    """The longest stretch of plain text among the pieces: every text that matches them contains it."""
    found = run = ""
    for piece in pieces:
        character = _character(piece)
        run = run + character if character else ""
        found = run if len(run) > len(found) else found
    return found


def _character(piece: str) -> str:
    """The one character that a piece stands for; empty for any other."""
    if len(piece) == 1 and piece != "^":
        return piece
    return piece[1] if len(piece) == 2 and piece[0] == "\\" and not piece[1].isalnum() else ""


def _parts(pieces: Sequence[str]) -> list[list[str]] | None:
    """For each part of a path the texts around its stars; None where there are other pieces."""
    parts = [[""]]
    for piece in pieces:
        character = _character(piece)
        if piece == STAR:
            parts[-1].append("")
        elif character == "/":
            parts.append([""])
        elif character:
            parts[-1][-1] += character
        else:
            return None
    return parts


class _Stars:
    """Plain text and stars, which stay inside a part."""

    def __init__(self, parts: list[list[str]]) -> None:
        self._parts = parts

    def fullmatch(self, text: str) -> bool:
        parts = text.split("/")
        return len(parts) == len(self._parts) and all(map(_fits, parts, self._parts))


def _fits(part: str, texts: list[str]) -> bool:
    first, *others = texts
    if not others:
        return part == first
    at, end = len(first), len(part) - len(others[-1])
    if at > end or not part.startswith(first) or not part.endswith(others[-1]):
        return False
    for text in others[:-1]:
        found = part.find(text, at, end)
        if found < 0:
            return False
        at = found + len(text)
    return True


class _Expression:
    """A regular expression that is compiled when it is first asked."""

    def __init__(self, source: str) -> None:
        self._source = source

    def fullmatch(self, text: str) -> object:
        return self._compiled(text)

    @cached_property
    def _compiled(self) -> Callable[[str], object]:
        return re.compile(self._source).fullmatch


class _Automaton:
    """State ``2 * n``: the pieces before ``n`` have matched. State ``2 * n + 1``: inside the DEEP piece ``n``."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self.pieces = pieces

    @cached_property
    def single(self) -> list[re.Pattern[str] | None]:
        return [None if piece in _UNBOUNDED else re.compile(piece) for piece in self.pieces]

    def fullmatch(self, text: str) -> bool:
        states = self._settle({0})
        for character in text:
            states = self._settle({after for state in states for after in self._step(state, character)})
            if not states:
                return False
        return 2 * len(self.pieces) in states

    def _step(self, state: int, character: str) -> tuple[int, ...]:
        number = state // 2
        if number == len(self.pieces):
            return ()
        piece, single = self.pieces[number], self.single[number]
        if single is not None:
            return (state + 2,) if single.fullmatch(character) else ()
        if piece == DEEP:
            staying = (2 * number + 1,) if character != "\n" else ()
            return (*staying, 2 * number + 2) if character == "/" else staying
        return () if character == ("/" if piece == STAR else "\n") else (state,)

    def _settle(self, states: set[int]) -> set[int]:
        """Add what can be reached without a character: every unbounded piece may match nothing."""
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            number, inside = divmod(state, 2)
            if not inside and number < len(self.pieces) and self.single[number] is None and state + 2 not in states:
                states.add(state + 2)
                waiting.append(state + 2)
        return states
