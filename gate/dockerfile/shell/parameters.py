"""``${name…}``: parameter expansion on what is known."""

from __future__ import annotations

import re

from gate.dockerfile import glob
from gate.dockerfile.shell.variables import UNKNOWN, Variables
from gate.lazy import pattern
from gate.record import dataclass

_PARAMETER = pattern(
    r"""(?P<sigil>[#!])?(?P<name>[A-Za-z_]\w*|\d+|[@*\#?$!-])(?P<index>\[[^\]]*\])?
        (?P<operator>:?[-=+?]|\#\#?|%%?|//?|\^\^?|,,?|:|@)?""",
    re.VERBOSE | re.ASCII,
)
_SLICE = pattern(r"\s*(-?\d{1,9})\s*(?::\s*(-?\d{1,9})\s*)?", re.ASCII)
_MAX_LENGTH = 4096
_MAX_SHORT = 128
_BRACKETS = pattern(r"\[[!^]?(?:[\w.]-[\w.]|[\w.,:+@=/ ])+\]|[\w.,:+@=/ *?-]", re.ASCII)
_TRANSLATED = {"*": ".*", "?": "."}
_SUBSTITUTIONS = frozenset({"#", "##", "%", "%%", "/", "//", ":", "^", "^^", ",", ",,", "@"})


@dataclass(slots=True)
class Parameter:
    """The inside of ``${…}``. ``operand`` is where the text behind the operator begins."""

    name: str
    operator: str
    operand: int
    indirect: bool
    length: bool
    many: bool

    @staticmethod
    def read(text: str, start: int, end: int) -> Parameter | None:
        """None for what is no parameter expansion, or none that is understood."""
        match = _PARAMETER.match(text, start, end)
        if match is None:
            return None
        operator = match["operator"] or ""
        if not operator and match.end() != end:
            return None
        index = match["index"] or ""
        return Parameter(
            name=match["name"],
            operator=operator,
            operand=match.end(),
            indirect=match["sigil"] == "!" or bool(index),
            length=match["sigil"] == "#",
            many=match["name"] == "@" or index == "[@]",
        )

    @property
    def assigns(self) -> bool:
        return self.operator.endswith("=")

    @property
    def substitutes(self) -> bool:
        return self.operator in _SUBSTITUTIONS

    def choose(self, variables: Variables) -> tuple[bool, str]:
        """Whether the operand takes the variable's place, and if not, the variable's value."""
        if self.indirect:
            return False, UNKNOWN
        value = variables.get(self.name)
        if self.length:
            known = value is not None and UNKNOWN not in value
            return False, str(len(value or "")) if known else UNKNOWN
        kind = self.operator[-1:]
        if kind == "" or kind not in "-=+?":
            return False, variables.expand(self.name)
        if value and not value.strip(UNKNOWN):
            return False, UNKNOWN  # it may be empty, or not
        missing = value is None or (value == "" and self.operator.startswith(":"))
        if kind == "+":
            return not missing, ""
        if kind == "?" and missing:
            return False, UNKNOWN  # the shell stops here
        return missing, "" if missing else variables.expand(self.name)


def substitute(value: str, operator: str, operand: str) -> str:
    """``#``, ``%``, ``/``, ``:`` and their kin; unknown where the value or the operand is not wholly known."""
    if UNKNOWN in value or UNKNOWN in operand or len(value) > _MAX_LENGTH:
        return UNKNOWN
    if operator[0] in "#%":
        return _trim(value, operator, operand)
    if operator[0] == "/":
        return _replace(value, operator, operand)
    if operator == ":":
        return _slice(value, operand)
    return _change_case(value, operator) if operator[0] in "^," and not operand else UNKNOWN


def _pattern(raw: str) -> str | None:
    """A shell pattern as :mod:`gate.dockerfile.glob` reads it: quotes gone. None where that cannot say the same."""
    out: list[str] = []
    quote = ""
    at = 0
    while at < len(raw):
        char = raw[at]
        at += 1
        literal = bool(quote)
        if char == quote:
            quote = ""
            continue
        if not quote and char in "'\"":
            quote = char
            continue
        if char == "\\" and quote != "'":
            char, literal = raw[at : at + 1], True
            at += 1
        elif char == "[" and not quote:
            return None
        out.append("\\" + char if literal and char in "*?\\" else char)
    return None if quote else "".join(out)


def _trim(value: str, operator: str, operand: str) -> str:
    pattern = _pattern(operand)
    if "\n" in value:
        return UNKNOWN
    if pattern is None:
        return _trim_by_expression(value, operator, operand)
    trim = glob.trim_prefix if operator[0] == "#" else glob.trim_suffix
    result = trim(value, pattern, len(operator) == 2)
    return result if isinstance(result, str) else UNKNOWN


def _trim_by_expression(value: str, operator: str, operand: str) -> str:
    """A pattern with ``[a-z]``, on a value so short that trying every place costs little."""
    tokens = _BRACKETS.findall(operand)
    if len(value) > _MAX_SHORT or "".join(tokens) != operand or tokens.count("*") > 2:
        return UNKNOWN
    expression = re.compile("".join(_TRANSLATED.get(token) or _bracket(token) for token in tokens))
    places = range(len(value) + 1)
    if operator[0] == "#":
        ends = [place for place in places if expression.fullmatch(value, 0, place)]
        return value[ends[-1 if operator == "##" else 0] :] if ends else value
    starts = [place for place in places if expression.fullmatch(value, place)]
    return value[: starts[0 if operator == "%%" else -1]] if starts else value


def _bracket(token: str) -> str:
    """A bracket expression, or a plain character, as a regular expression."""
    if token[0] != "[":
        return re.escape(token)
    return "[^" + token[2:] if token[1] in "!^" else token


def _replace(value: str, operator: str, operand: str) -> str:
    wanted, _, replacement = operand.partition("/")
    pattern = _pattern(wanted)
    if wanted == "":
        return value
    if pattern is None or "\n" in value or wanted[0] in "#%" or not pattern.strip("*"):
        return UNKNOWN
    if any(char in replacement for char in "$\\'\"&") or wanted.endswith("\\"):
        return UNKNOWN
    result = glob.replace(value, pattern, replacement, every=operator == "//")
    return result if isinstance(result, str) else UNKNOWN


def _slice(value: str, operand: str) -> str:
    match = _SLICE.fullmatch(operand)
    if match is None:
        return UNKNOWN
    offset = int(match[1])
    if offset < 0:
        offset += len(value)
        if offset < 0:
            return ""
    if match[2] is None:
        return value[offset:]
    size = int(match[2])
    return value[offset : offset + size] if size >= 0 else value[offset : len(value) + size]


def _change_case(value: str, operator: str) -> str:
    change = str.upper if operator[0] == "^" else str.lower
    return change(value) if len(operator) == 2 else change(value[:1]) + value[1:]
