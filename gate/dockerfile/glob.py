"""The patterns of ``${name#…}``, ``${name%…}`` and ``${name/…/…}``: ``*`` and ``?``, nothing else.

The set of places that a pattern can reach is one integer with a bit per place, so no pattern backtracks.
"""

from __future__ import annotations

import re

from gate.model import Unknown

_BUDGET = 50_000_000
"""Bit operations that one substitution may cost; beyond it the value is Unknown."""

_ANY, _STAR = "?", "*"
Token = tuple[str, bool]  # a character and whether it is a wildcard


class PatternError(ValueError):
    def __init__(self, pattern: str, message: str) -> None:
        super().__init__(message)
        self.pattern = pattern


def _tokens(pattern: str) -> list[Token]:
    tokens: list[Token] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character in "*?":
            tokens.append((character, True))
            continue
        if character == "\\":
            if pattern[at : at + 1] in ("}", "/"):
                continue
            character = pattern[at : at + 1] or "\ufffd"
            if character not in "*?\\":
                raise PatternError(pattern, f"invalid escape '\\{character}'")
            at += 1
        tokens.append((character, False))
    return tokens


class _Matcher:
    """Where in ``value`` the pattern can end when it begins at a given place."""

    def __init__(self, value: str, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.size = len(value)
        self.masks: dict[str, int] = {}
        wanted = {character for character, wild in tokens if not wild} | {"\n"}
        for index, character in enumerate(value):
            if character in wanted:
                self.masks[character] = self.masks.get(character, 0) | 1 << index
        self.anything = ((1 << self.size) - 1) & ~self.masks.get("\n", 0)

    def ends(self, start: int) -> int:
        """The reachable ends as bits; bit ``n`` is the place in front of ``value[n]``."""
        places = 1 << start
        for character, wild in self.tokens:
            if not wild:
                places = (places & self.masks.get(character, 0)) << 1
            elif character == _ANY:
                places = (places & self.anything) << 1
            else:
                places = self._star(places)
            if not places:
                return 0
        return places

    def _star(self, places: int) -> int:
        """Every place from the lowest one on; a line end in the value stops a star."""
        reached, newlines = 0, self.masks.get("\n", 0)
        while places:
            low = (places & -places).bit_length() - 1
            later = newlines >> low
            stop = low + ((later & -later).bit_length() - 1) if later else self.size
            reached |= ((1 << (stop + 1)) - 1) & ~((1 << low) - 1)
            places = places >> (stop + 1) << (stop + 1)
        return reached


def _affordable(value: str, pattern: str, starts: int) -> bool:
    return (len(pattern) + 1) * (len(value) + 1) * starts <= _BUDGET


def trim_prefix(value: str, pattern: str, greedy: bool) -> str | Unknown:
    """``${name#pattern}`` and ``##``."""
    tokens = _tokens(pattern)
    return _trim(value, pattern, tokens, greedy)


def trim_suffix(value: str, pattern: str, greedy: bool) -> str | Unknown:
    """``${name%pattern}`` and ``%%``: the same thing, backwards."""
    left = _trim(value[::-1], pattern, _tokens(pattern)[::-1], greedy)
    return left if isinstance(left, Unknown) else left[::-1]


def _trim(value: str, pattern: str, tokens: list[Token], greedy: bool) -> str | Unknown:
    if not _affordable(value, pattern, 1):
        return Unknown("the value is too long to work out")
    ends = _Matcher(value, tokens).ends(0)
    if not ends:
        return value
    return value[(ends if greedy else ends & -ends).bit_length() - 1 :]


def replace(value: str, pattern: str, replacement: str, *, every: bool) -> str | Unknown:
    """``${name/pattern/replacement}`` and ``//``: the leftmost, longest match."""
    tokens = _tokens(pattern)
    if not _affordable(value, pattern, len(value) + 1):
        return Unknown("the value is too long to work out")
    matcher = _Matcher(value, tokens)
    if every:
        return _replace_every(value, matcher, replacement)
    for start in range(len(value) + 1):
        if ends := matcher.ends(start):
            return value[:start] + replacement + value[ends.bit_length() - 1 :]
    return value


def _replace_every(value: str, matcher: _Matcher, replacement: str) -> str:
    """As Go's ReplaceAllString does it: an empty match right behind a match does not count."""
    out: list[str] = []
    done = start = 0
    while start <= len(value):
        ends = matcher.ends(start)
        if not ends:
            start += 1
            continue
        end = ends.bit_length() - 1
        out.append(value[done:start])
        if end > done or start == 0:
            out.append(_template(replacement, value[start:end]))
        done = end
        start = max(end, start + 1)
    return "".join(out) + value[done:]


def _template(replacement: str, match: str) -> str:
    """Go reads ``$name`` in the replacement: ``$0`` is the match, ``$$`` a dollar, every other name is empty."""
    if "$" not in replacement:
        return replacement

    def group(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return "$" if found[0] == "$$" else match if name == "0" else ""

    return re.sub(r"\$\$|\$(\w+)|\$\{(\w+)\}", group, replacement)
