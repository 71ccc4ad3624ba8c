"""The patterns of ``.dockerignore``, ``COPY --exclude`` and ``COPY --parents``.

They are no file-name wildcards: each becomes a prefix, a suffix, an exact text or a regular expression, a match of a
parent folder counts for everything below it, and later patterns (``!`` ones too) overrule earlier ones. The rules, with
their oddities, are those of the builder's own matcher, because a build follows them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

from gate.context.candidates import Candidates
from gate.context.glob import DEEP, REST, STAR, literal, matcher
from gate.context.paths import BadPattern, check, clean
from gate.dockerfile.words import SPACE

Info = tuple[int, ...]
"""The numbers of the patterns that a folder matched, kept so that its entries need not ask again."""

_MANY = 100


class Pattern:
    """One pattern. ``text`` is clean and without its ``!``; every path that it matches contains ``literal``. ``match``
    raises :class:`BadPattern` for a ``broken`` one: its form is that of a pattern, but it makes no regular expression, which
    the builder finds out when it needs it."""

    __slots__ = ("broken", "exclusion", "literal", "match", "text")

    def __init__(self, text: str) -> None:
        text = clean(text)
        self.exclusion = text.startswith("!")
        if self.exclusion:
            text = text[1:]
            if not text:
                raise BadPattern('illegal exclusion pattern: "!"')
        check(text)
        self.text = text
        self.match, self.literal, self.broken = _matcher(text)


class Matcher:
    """A list of patterns. Raises :class:`BadPattern` when one is malformed."""

    def __init__(self, patterns: Sequence[str]) -> None:
        kept = [stripped for pattern in patterns if (stripped := pattern.strip(SPACE))]
        self.patterns = [Pattern(pattern) for pattern in kept]
        self.exclusions = any(pattern.exclusion for pattern in self.patterns)
        self.broken = any(pattern.broken for pattern in self.patterns)

    def match(self, path: str, folder: Info | None) -> tuple[bool, Info]:
        """Whether the path matches, given what its folder matched (None at the top), and what to hand to its entries.

        A pattern that cannot change the verdict is not asked, and then counts as unmatched for everything below: that
        is why order and depth matter in ways a reader would not guess.
        """
        inherited = folder or ()
        if not self.exclusions:
            return self._plain_match(path, inherited)
        matched = False
        info = []
        asked, above = self._candidates(path), frozenset(inherited)
        for number in sorted(above.union(asked)) if above else asked:
            pattern = self.patterns[number]
            if number not in above and (pattern.exclusion != matched or not pattern.match(path)):
                continue
            info.append(number)
            matched = not pattern.exclusion
        return matched, tuple(info)

    def _plain_match(self, path: str, inherited: Info) -> tuple[bool, Info]:
        """Without ``!`` the first hit decides, for everything below as well."""
        if inherited:
            return True, inherited
        hit = any(self.patterns[number].match(path) for number in self._candidates(path))
        return hit, (0,) if hit else ()

    def match_alone(self, path: str) -> bool:
        """Whether the path matches when nothing is known about its folders."""
        matched = False
        parts = path.split("/")
        folders = ["/".join(parts[: at + 1]) for at in range(len(parts) - 1)]
        for number in self._candidates(path):
            pattern = self.patterns[number]
            if pattern.exclusion == matched and (pattern.match(path) or any(map(pattern.match, folders))):
                matched = not pattern.exclusion
        return matched

    def _candidates(self, path: str) -> Sequence[int]:
        """The numbers of the patterns that can match the path or one of its folders."""
        if len(self.patterns) < _MANY:
            return range(len(self.patterns))
        return self._index.of(path)

    @cached_property
    def _index(self) -> Candidates:
        return Candidates([pattern.literal for pattern in self.patterns])

    def may_match_below(self, folder: str) -> bool:
        """False when no pattern can match an entry of a folder that itself does not match. (``!`` ones left aside.)"""
        return self._plain_reach is None or folder in self._plain_reach

    def may_except_below(self, folder: str) -> bool:
        """False when no ``!`` pattern can bring back an entry of a folder that matched."""
        return self._exclusion_reach is None or folder in self._exclusion_reach

    @cached_property
    def _plain_reach(self) -> set[str] | None:
        return _reach([pattern.text for pattern in self.patterns if not pattern.exclusion])

    @cached_property
    def _exclusion_reach(self) -> set[str] | None:
        return _reach([pattern.text for pattern in self.patterns if pattern.exclusion])


def _reach(patterns: Sequence[str]) -> set[str] | None:
    """The folders that hold what the patterns name; None where a wildcard may lead anywhere."""
    found: set[str] = set()
    for pattern in patterns:
        plain = pattern.removesuffix("/**").removesuffix("/*")
        if any(character in plain for character in "*[]?^\\"):
            return None
        while plain and plain not in found:
            found.add(plain)
            plain = plain.rpartition("/")[0]
    return found


Test = Callable[[str], object]


@lru_cache(maxsize=4096)
def _matcher(text: str) -> tuple[Test, str, bool]:
    """The test that a clean pattern stands for, a text that is in everything it matches, and whether it is broken."""
    kind, expression = _translate(text)
    if kind == "exact":
        return text.__eq__, text, False
    if kind == "prefix":
        start = text[:-2]
        return lambda path: path.startswith(start), start, False
    if kind == "suffix":
        end = text[2:]
        return (
            lambda path: path.endswith(end) or (end.startswith("/") and path == end[1:]),
            end.removeprefix("/"),
            False,
        )
    try:
        pieces = _pieces(expression)
    except BadPattern:
        return _refuse, "", True
    return matcher(pieces), literal(pieces), False


def _refuse(path: str) -> object:
    raise BadPattern


def _translate(text: str) -> tuple[str, str]:
    """The kind of a pattern, and its regular expression in Go's notation, which only the kind ``regexp`` uses."""
    kind = "exact"
    out = []
    at = 0
    first = True
    while at < len(text):
        character = text[at]
        at += 1
        if character == "*" and text.startswith("*", at):
            at += 1
            at += text.startswith("/", at)
            if at < len(text):
                out.append("(.*/)?")
                kind = "regexp"
            elif kind == "exact":
                kind = "prefix"
            else:
                out.append(".*")
                kind = "regexp"
            kind = "suffix" if first else kind
        elif character in "*?":
            out.append("[^/]*" if character == "*" else "[^/]")
            kind = "regexp"
        elif character in ".+()|{}$":
            out.append("\\" + character)
        elif character == "\\":
            out.append(text[at - 1 : at + 1])
            kind = "regexp" if at < len(text) else kind
            at += 1
        else:
            kind = "regexp" if character in "[]" else kind
            out.append(character)
        first = False
    return kind, "".join(out)


_UNBOUNDED = {"(.*/)?": DEEP, ".*": REST, "[^/]*": STAR}
_ESCAPES = {
    "a": "\\x07", "f": "\\f", "n": "\\n", "r": "\\r", "t": "\\t", "v": "\\v", "z": "\\Z", "A": "\\A", "b": "\\b",
    "B": "\\B",
}  # fmt: skip
_CLASSES = {"d": "0-9", "s": "\\t\\n\\f\\r ", "w": "0-9A-Za-z_"}
_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": "\\x00-\\x7F", "blank": "\\t ", "cntrl": "\\x00-\\x1F\\x7F",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": "!-/:-@\\[-`{-~",
    "space": "\\t\\n\\v\\f\\r ", "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip


def _pieces(text: str) -> list[str]:
    """A regular expression in Go's notation as pieces in Python's; only what :func:`_translate` makes is understood."""
    pieces = []
    at = 0
    while at < len(text):
        character = text[at]
        special = next((go for go in _UNBOUNDED if text.startswith(go, at)), "")
        if special:
            pieces.append(_UNBOUNDED[special])
            at += len(special)
        elif character == "\\":
            piece, at = _escape(text, at + 1)
            pieces.append(piece)
        elif character == "[":
            piece, at = _class(text, at + 1)
            pieces.append(piece)
        else:
            pieces.append("^" if character == "^" else re.escape(character))
            at += 1
    return pieces


def _escape(text: str, at: int) -> tuple[str, int]:
    """What stands behind a backslash outside a class."""
    if at >= len(text):
        raise BadPattern
    character = text[at]
    if character in _CLASSES:
        return f"[{_CLASSES[character]}]", at + 1
    if character.lower() in _CLASSES:
        return f"[^{_CLASSES[character.lower()]}]", at + 1
    if character in _ESCAPES:
        return _ESCAPES[character], at + 1
    literal, at = _literal(text, at)
    return re.escape(literal), at


def _literal(text: str, at: int) -> tuple[str, int]:
    """The one character that an escape stands for: punctuation, ``\\x41``, ``\\101``."""
    character = text[at]
    if character.isascii() and not character.isalnum():
        return character, at + 1
    number = re.compile(r"x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]{1,6})\}|(0[0-7]{0,2}|[1-7][0-7]{1,2})").match(text, at)
    if number is None:
        raise BadPattern
    code = int(number[3], 8) if number[3] else int(number[1] or number[2], 16)
    if code > 0x10FFFF:
        raise BadPattern
    return chr(code), number.end()


def _class(text: str, at: int) -> tuple[str, int]:
    """A bracket expression, from behind its ``[``."""
    negated = text.startswith("^", at)
    at += negated
    out: list[str] = []
    first = True
    while first or not text.startswith("]", at):
        first = False
        if at >= len(text):
            raise BadPattern
        named = re.compile(r"\[:(\^?)([a-z]+):\]").match(text, at)
        if named and named[2] in _POSIX and not named[1]:
            out.append(_POSIX[named[2]])
            at = named.end()
            continue
        if text[at] == "\\" and text[at + 1 : at + 2] in _CLASSES:
            out.append(_CLASSES[text[at + 1]])
            at += 2
            continue
        low, at = _class_literal(text, at)
        high = low
        if text.startswith("-", at) and not text.startswith("]", at + 1) and at + 1 < len(text):
            high, at = _class_literal(text, at + 1)
        if high < low:
            raise BadPattern
        out.append(f"{re.escape(low)}-{re.escape(high)}")
    return f"[{'^' if negated else ''}{''.join(out)}]", at + 1


def _class_literal(text: str, at: int) -> tuple[str, int]:
    if at >= len(text):
        raise BadPattern
    if text[at] != "\\":
        return text[at], at + 1
    if at + 1 >= len(text):
        raise BadPattern
    control = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}.get(text[at + 1])
    return (control, at + 2) if control else _literal(text, at + 1)
