"""Brace expansion: ``a{b,c}`` and ``{1..3}``, which comes before every other expansion."""

from __future__ import annotations

import re
from itertools import pairwise

from gate.dockerfile.shell import lexer
from gate.lazy import pattern

MAX_WORDS = 1000
_MAX_MARKS = 100
"""Words that one brace expansion may make, and braces and commas of one word; beyond that it stays as it is."""

Run = tuple[int, int, str | None]
"""A stretch of the text, or a literal that stands for it."""

_HOP = pattern(r"""[\\'"`${},]""")
_RANGE = pattern(r"(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?|([A-Za-z])\.\.([A-Za-z])(?:\.\.(-?\d+))?", re.ASCII)


def alternatives(text: str, start: int, end: int) -> list[list[Run]]:
    """The words that the word ``text[start:end]`` becomes, each as stretches of the text."""
    marks = _marks(text, start, end)
    if len(marks) > _MAX_MARKS:
        return [[(start, end, None)]]
    done: list[list[Run]] = []
    todo: list[list[Run]] = [[(start, end, None)]]
    while todo:
        if len(todo) + len(done) > MAX_WORDS:
            return [[(start, end, None)]]
        word = todo.pop()
        split = _first(text, word, marks)
        if split is None:
            done.append(word)
        else:
            todo.extend(reversed(split))
    return done


def _marks(text: str, start: int, end: int) -> list[int]:
    """Where the unquoted braces and commas are."""
    marks: list[int] = []
    at = start
    while (match := _HOP.search(text, at, end)) is not None:
        char, at = match.group(), match.end()
        if char == "\\":
            at += 1
        elif char == "'":
            at = lexer.single_end(text, at, end)
        elif char == '"':
            at = lexer.closing(text, at, end, '"')
        elif char == "`":
            at = lexer.backquote_end(text, at, end)
        elif char == "$":
            at = lexer.dollar_end(text, at, end)
        else:
            marks.append(match.start())
    return marks


def _first(text: str, word: list[Run], marks: list[int]) -> list[list[Run]] | None:
    """The words that the first brace expression of a word makes; None where it has none."""
    places = [mark for run in word if run[2] is None for mark in marks if run[0] <= mark < run[1]]
    for index, opening in enumerate(places):
        if text[opening] != "{":
            continue
        cuts = _cuts(text, places, index)
        if cuts is None:
            continue
        options: list[list[Run]] = [[(a + 1, b, None)] for a, b in pairwise(cuts)]
        if len(options) == 1:
            values = _range(text[cuts[0] + 1 : cuts[1]])
            if values is None:
                continue
            options = [[(cuts[0], cuts[1] + 1, value)] for value in values]
        front, back = _outside(word, cuts[0], cuts[-1] + 1)
        return [front + option + back for option in options]
    return None


def _cuts(text: str, places: list[int], index: int) -> list[int] | None:
    """The opening brace, the commas of its own, and the closing brace; None where it does not close."""
    cuts, depth = [places[index]], 0
    for place in places[index:]:
        char = text[place]
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return [*cuts, place]
        if char == "," and depth == 1:
            cuts.append(place)
    return None


def _outside(word: list[Run], start: int, end: int) -> tuple[list[Run], list[Run]]:
    """The parts of a word in front of ``start`` and from ``end`` on."""
    front: list[Run] = []
    back: list[Run] = []
    for first, last, literal in word:
        if literal is not None:
            (front if last <= start else back).append((first, last, literal))
            continue
        if first < start:
            front.append((first, min(last, start), None))
        if last > end:
            back.append((max(first, end), last, None))
    return front, back


def _range(inner: str) -> list[str] | None:
    """``1..3``, ``01..10..3`` and ``a..c``."""
    match = _RANGE.fullmatch(inner)
    if match is None:
        return None
    letters = match[4] is not None
    first, last = (ord(match[4]), ord(match[5])) if letters else (int(match[1]), int(match[2]))
    step = abs(int(match[3] or match[6] or 1)) or 1
    if abs(last - first) // step >= MAX_WORDS:
        return None
    numbers = range(first, last + 1, step) if last >= first else range(first, last - 1, -step)
    if letters:
        return [chr(number) for number in numbers]
    padded = any(re.match(r"-?0\d", bound) for bound in (match[1], match[2]))
    width = max(len(match[1]), len(match[2])) if padded else 0
    return [str(number).zfill(width) for number in numbers]
