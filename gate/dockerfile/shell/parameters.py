"""``${name…}``: parameter expansion on what is known."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gate.dockerfile.shell.variables import UNKNOWN, Variables

_PARAMETER = re.compile(
    r"""(?P<sigil>[#!])?(?P<name>[A-Za-z_]\w*|\d+|[@*\#?$!-])(?P<index>\[[^\]]*\])?
        (?P<operator>:?[-=+?]|\#\#?|%%?|//?|\^\^?|,,?|:|@)?""",
    re.VERBOSE | re.ASCII,
)
_SLICE = re.compile(r"\s*(-?\d+)\s*(?::\s*(-?\d+)\s*)?", re.ASCII)
_MAX_LENGTH = 4096
_MAX_STARS = 3


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
    def is_pattern(self) -> bool:
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
        if kind not in ("-", "=", "+", "?") or not kind:
            return False, variables.expand(self.name)
        if value is not None and not value.strip(UNKNOWN) and value:
            return False, UNKNOWN  # it may be empty, or not
        missing = value is None or (value == "" and self.operator.startswith(":"))
        if kind == "+":
            return not missing, ""
        if kind == "?" and missing:
            return False, UNKNOWN  # the shell stops here
        return missing, value or ""


def substitute(value: str, operator: str, operand: str) -> str:
    """``#``, ``%``, ``/``, ``:`` and their kin on a value; unknown where it, or the pattern, is not wholly known."""
    if UNKNOWN in value or UNKNOWN in operand or len(value) > _MAX_LENGTH:
        return UNKNOWN
    return _SUBSTITUTIONS[operator](value, operand, operator)


def _glob(pattern: str, lazy: bool) -> re.Pattern[str] | None:
    """A shell pattern as a regular expression; None where it is too costly or not understood."""
    out: list[str] = []
    at = stars = 0
    quote = ""
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if quote:
            if char == quote:
                quote = ""
            else:
                out.append(re.escape(char))
        elif char in "'\"":
            quote = char
        elif char == "*":
            stars += 1
            out.append(".*?" if lazy else ".*")
        elif char == "?":
            out.append(".")
        elif char == "[":
            close = pattern.find("]", at + 2 if pattern[at : at + 1] in ("!", "^") else at + 1)
            if close < 0 or "[:" in pattern:
                return None
            inner = pattern[at:close].replace("\\", "\\\\").replace("[", "\\[")
            out.append("[" + ("^" + inner[1:] if inner[:1] in ("!", "^") else inner) + "]")
            at = close + 1
        elif char == "\\":
            out.append(re.escape(pattern[at : at + 1]))
            at += 1
        else:
            out.append(re.escape(char))
    if stars > _MAX_STARS or quote:
        return None
    try:
        return re.compile("".join(out), re.DOTALL)
    except re.error:
        return None


def _trim_front(value: str, operand: str, operator: str) -> str:
    pattern = _glob(operand, lazy=operator == "#")
    if pattern is None:
        return UNKNOWN
    match = pattern.match(value)
    return value[match.end() :] if match else value


def _trim_back(value: str, operand: str, operator: str) -> str:
    pattern = _glob(operand, lazy=False)
    if pattern is None:
        return UNKNOWN
    starts = range(len(value) + 1) if operator == "%%" else range(len(value), -1, -1)
    start = next((start for start in starts if pattern.fullmatch(value, start)), len(value))
    return value[:start]


def _replace(value: str, operand: str, operator: str) -> str:
    wanted, slash, replacement = operand.partition("/")
    if wanted.startswith(("#", "%")) or "\\" in operand or "'" in operand or '"' in operand or "&" in replacement:
        return UNKNOWN
    if slash == "" and not wanted:
        return value
    pattern = _glob(wanted, lazy=False)
    if pattern is None or pattern.fullmatch(""):
        return UNKNOWN
    return pattern.sub(lambda _: replacement, value, count=0 if operator == "//" else 1)


def _slice(value: str, operand: str, operator: str) -> str:
    match = _SLICE.fullmatch(operand)
    if match is None:
        return UNKNOWN
    offset, length = int(match[1]), match[2]
    if offset < 0:
        offset += len(value)
    if offset < 0:
        return ""
    if length is None:
        return value[offset:]
    size = int(length)
    return value[offset : offset + size] if size >= 0 else value[offset : len(value) + size]


def _change_case(value: str, operand: str, operator: str) -> str:
    if operand:
        return UNKNOWN
    change = str.upper if operator[0] == "^" else str.lower
    return change(value) if len(operator) == 2 else change(value[:1]) + value[1:]


def _unknown(value: str, operand: str, operator: str) -> str:
    return UNKNOWN


_SUBSTITUTIONS = {
    "#": _trim_front,
    "##": _trim_front,
    "%": _trim_back,
    "%%": _trim_back,
    "/": _replace,
    "//": _replace,
    ":": _slice,
    "^": _change_case,
    "^^": _change_case,
    ",": _change_case,
    ",,": _change_case,
    "@": _unknown,
}
