"""Texts that were meant to be the JSON form and are not: BuildKit hands them to the shell without a word."""

from __future__ import annotations

import json
import re

from gate.dockerfile.tree import Launch, Run
from gate.dockerfile.words import NotStrings, json_words
from gate.lazy import pattern

_TEST = pattern(
    r"""\[\[?\s+(?:!\s+)?(?:-[A-Za-z]\s | \\?\(\s
        | (?:"[^"]*"|'[^']*'|[^\s,"']+)\s+(?:==?|!=|=~|\\?[<>]|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef|a|o))\s
        | (?:"\$[^"]*"|\$\S+)\s+\]\]?(?:[\s;]|$))""",
    re.VERBOSE,
)
"""The test command: ``[ -f x ] && …`` is no array."""

_STRING = r"""(?:"[^"]*"|'[^']*'|[“”„«][^“”«»]*[“”»]|[‘’][^‘’]*[‘’])"""
_LISTED = pattern(rf"\[\s+{_STRING}\s*,")
_UNOPENED = pattern(rf"[({{]?\s*{_STRING}(?:\s*,\s*{_STRING})+\s*,?\s*[\])}}]?\s*")
_WHOLE_IN_QUOTES = pattern(r"""(["'])\[.*\]\1\s*""", re.DOTALL)

_CURLY = str.maketrans("“”„«»‘’", '"""""\'\'')
_TOKEN = pattern(r""""(?:[^"\\]|\\.)*"|'[^']*'|[^\s,\[\]{}()"']+""")
_BAD_ESCAPE = pattern(r'\\(?!["\\/bfnrt]|u[0-9A-Fa-f]{4})')
_TRAILING_COMMA = pattern(r",\s*\]\s*$")
_NO_COMMA = pattern(r'"\s+"|""')
_MAX_LENGTH = 10_000


def meant_as_array(instruction: Launch | Run) -> bool:
    """True for an instruction in shell form whose text starts like a JSON array and is no command that a shell knows."""
    if instruction.exec is not None or instruction.script is None:
        return False
    text = instruction.script.value.lstrip()
    if len(text) > _MAX_LENGTH:
        return False
    starts = instruction.keyword in ("CMD", "ENTRYPOINT")
    if not text.startswith("["):
        return starts and text[:1] in "\"'“‘«({" and bool(_UNOPENED.fullmatch(text) or _WHOLE_IN_QUOTES.fullmatch(text))
    if _TEST.match(text):
        return False
    try:
        if json_words(text.rstrip(), 0, len(text.rstrip())) is not None:
            return False
    except NotStrings:
        return False
    if starts:
        return True
    if text[1:2].isspace() or text.startswith("[["):
        return bool(_LISTED.match(text))
    return any(mark in text for mark in ",\"'“”‘’")


def why_not_json(text: str) -> str:
    """What keeps a text from being a JSON array of strings; completes "it has …", "it …"."""
    if not text.startswith("["):
        return "the opening bracket is missing"
    if text.translate(_CURLY) != text:
        return "it has curly quotes"
    if re.search(r"(?:^\[|,)\s*'", text):
        return "its strings are in single quotes"
    close = text.rfind("]")
    if close < 0:
        return "the closing bracket is missing"
    if text[close + 1 :].strip() and _is_array(text[: close + 1]):
        return "there is more text behind the closing bracket"
    if _TRAILING_COMMA.search(text):
        return "there is a comma behind the last string"
    if _is_array(_BAD_ESCAPE.sub(r"\\\\", text)):
        return "it has a backslash that is no JSON escape"
    if _is_array(_NO_COMMA.sub('", "', text)):
        return "there is no comma between two strings"
    if text.count('"') % 2:
        return "a double quote is missing"
    if not text[close + 1 :].strip() and '"' not in text:
        return "its words are not in double quotes"
    return "it is no valid JSON"


def repaired(text: str) -> str:
    """The array that was probably meant; empty when that is a guess."""
    plain = text.translate(_CURLY)
    if plain.count('"') % 2:
        return ""
    close = plain.rfind("]")
    tail = plain[close + 1 :].strip() if close >= 0 else ""
    if tail and not tail.startswith("#"):
        return ""
    words = [_unquoted(match.group()) for match in _TOKEN.finditer(plain[: close if close >= 0 else len(plain)])]
    return json.dumps([word for word in words if word], ensure_ascii=False) if len(words) < 60 else ""


def _unquoted(token: str) -> str:
    if token[0] == "'":
        return token[1:-1]
    if token[0] != '"':
        return token
    try:
        return str(json.loads(_BAD_ESCAPE.sub(r"\\\\", token), strict=False))
    except ValueError:
        return token[1:-1]


def _is_array(text: str) -> bool:
    try:
        return json_words(text.strip(), 0, len(text.strip())) is not None
    except NotStrings:
        return False
