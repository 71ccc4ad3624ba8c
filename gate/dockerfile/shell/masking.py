"""A script reduced to its skeleton, for the grammar to read.

Every word that is more than plain letters becomes dots, comments and here-document bodies become blanks; all else stays
where it was. What the grammar gets wrong about quotes, ``[[ ]]`` or here-documents cannot matter any more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gate.dockerfile.shell import lexer
from gate.dockerfile.shell.lexer import Unclosed

_TOKEN = re.compile(
    r"""(?P<blank>(?:[ \t]|\\\n)+) | (?P<newline>\n) | (?P<comment>\#[^\n]*) | (?P<here><<<) | (?P<heredoc><<-?)
      | (?P<process>[<>]\() | (?P<operator>&&|\|\||;;&|;;|;&|\|&|&>>|&>|>>|<>|>\||[<>]&|[;&|()<>])
      | (?P<plain>[\w./:+,@%=-]+(?=[\s;&|()<>]|\Z)) | (?P<bracket>(?:[{}!]|\[\[)(?=[\s;&|()<>]|\Z))""",
    re.VERBOSE | re.ASCII,
)
_PIECE = re.compile(r"""[^\s'"`$\\;&|()<>]+|\\.|\\\Z|['"`$(]""", re.DOTALL)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=", re.ASCII)
_TEST_END = re.compile(r"[ \t\n]\]\](?=[\s;&|()<>]|\Z)")


@dataclass(slots=True, eq=False)
class HeredocBody:
    """Where a here-document's body stands in the script, and whether the shell expands it."""

    start: int
    end: int
    expand: bool


@dataclass(slots=True, eq=False)
class Masked:
    text: str
    heredocs: dict[int, HeredocBody] = field(default_factory=dict)  # by the index of the ``<<``
    closed: bool = True  # False: a quote or bracket never ends; the rest of the script is blank


def mask(text: str, base: int = 0) -> Masked:
    """``base`` is added to the places in ``heredocs``."""
    masker = _Masker(text, base)
    try:
        masker.run()
    except Unclosed:
        masker.result.closed = False
    masked = "".join(masker.out)
    masker.result.text = masked + " " * (len(text) - len(masked))
    return masker.result


class _Masker:
    def __init__(self, text: str, base: int) -> None:
        self.source = text
        self.base = base
        self.end = len(text)
        self.out: list[str] = []
        self.result = Masked("")
        self.pending: list[tuple[int, str, bool, bool]] = []  # index of <<, name, strip tabs, expand

    def run(self) -> None:
        text, end, out, token = self.source, self.end, self.out, _TOKEN.match
        at = 0
        while at < end:
            match = token(text, at)
            if match is None:
                at = self._word(at)
                continue
            kind, at = match.lastgroup, match.end()
            if kind == "newline":
                out.append("\n")
                at = self._bodies(at)
            elif kind == "blank" or kind == "comment":
                out.append(" " * (at - match.start()))
            elif kind == "here":
                out.append("<  ")
            elif kind == "heredoc":
                at = self._heredoc(match.start(), at)
            elif kind == "process":
                self._dots(match.start(), at := lexer.closing(text, at, end, "("))
            elif match.group() == "[[":
                at = self._test(match.start(), at)
            else:
                out.append(match.group())

    def _dots(self, start: int, stop: int) -> None:
        self.out.append("." * (stop - start))

    def _word(self, start: int) -> int:
        """A word with quotes, expansions or patterns."""
        text, end = self.source, self.end
        at = start
        while match := _PIECE.match(text, at):
            found = match.group()
            if found == "(" and (at == start or text[at - 1] not in "=?*+@!"):
                break  # not an array or an extended pattern: an operator
            at = match.end()
            if found == "'":
                at = lexer.single_end(text, at, end)
            elif found == '"':
                at = lexer.closing(text, at, end, '"')
            elif found == "`":
                at = lexer.backquote_end(text, at, end)
            elif found == "(":
                at = lexer.closing(text, at, end, "(")
            elif found == "$":
                at = lexer.dollar_end(text, at, end)
        if at == start:  # a control character
            at += 1
        assigned = _ASSIGNMENT.match(text, start, at)
        kept = assigned.end() if assigned else start
        self.out.append(text[start:kept].replace("[", "_").replace("]", "_") if assigned else "")
        self._dots(kept, at)
        return at

    def _test(self, start: int, at: int) -> int:
        match = _TEST_END.search(self.source, at)
        if match is None:
            raise Unclosed
        self._dots(start, match.end())
        return match.end()

    def _heredoc(self, start: int, at: int) -> int:
        match = lexer.delimiter_at(self.source, at, self.end)
        if match is None:
            self.out.append(self.source[start:at])
            return at
        name = match.group(1)
        tabs = at - start == 3
        self.pending.append((start, lexer.unquoted(name), tabs, not re.search(r"['\"\\]", name)))
        self.out.append("<" + " " * (match.start(1) - start - 1))
        self._dots(match.start(1), match.end())
        return match.end()

    def _bodies(self, at: int) -> int:
        """Blank the bodies of the here-documents that the finished line announced."""
        for where, name, tabs, expand in self.pending:
            stop, after = lexer.heredoc_end(self.source, at, self.end, name, tabs)
            base = self.base
            self.result.heredocs[base + where] = HeredocBody(base + at, base + stop, expand)
            self.out.append("".join("\n" if c == "\n" else " " for c in self.source[at:after]))
            at = after
        self.pending.clear()
        return at
