"""Where quoting begins and ends in shell text.

Everything here is iterative and linear, for the text may be hostile. ``end`` is where reading must stop.
"""

from __future__ import annotations

import re

from gate.lazy import pattern

# The characters and words at which the state of quoting may change.
_HOP = pattern(
    r"""[\\'"`$(){}\n]|<<<|<<-?|(?:(?<=[ \t\n;&|(])|^)\#
                      |(?<=[\ \t\n;&|(])case(?=[ \t])|(?<=[ \t\n;])esac(?=[\ \t\n;&|)]|$)""",
    re.VERBOSE,
)
_COMMAND_FOLLOWS = pattern(r"(?:^|[;&|(){\n!]|\b(?:then|do|else|elif|if|while|until))\Z")
_BACKQUOTED = pattern(r"[^`\\]*(?:\\.[^`\\]*)*`", re.DOTALL)
PLAIN_QUOTED = r'[^"\\$`]*(?:(?:\\.|\$\w|\$\{\w+\})[^"\\$`]*)*"'
"""The inside of a double-quoted string without commands in it, and the quote that closes it."""

_PLAIN_QUOTED = pattern(PLAIN_QUOTED, re.DOTALL)
_PLAIN_BRACED = pattern(r"""\{[^{}()'"`$\\]*\}""")
_ANSI = pattern(r"[^'\\]*(?:\\.[^'\\]*)*'", re.DOTALL)
_DELIMITER = pattern(r"""[ \t]*((?:[^ \t\n'"\\;&|()<>]|'[^']*'|"[^"]*"|\\.)+)""", re.DOTALL)
_QUOTING = pattern(r"""\\(.)|['"]""", re.DOTALL)


DECLARING = frozenset({"export", "readonly", "declare", "typeset", "local"})
"""Commands whose arguments may be assignments."""


class Unclosed(Exception):
    """A quote or bracket that never ends."""


def single_end(text: str, at: int, end: int) -> int:
    """The index after the quote that closes the one just in front of ``at``."""
    close = text.find("'", at, end)
    if close < 0:
        raise Unclosed
    return close + 1


def ansi_end(text: str, at: int, end: int) -> int:
    """The index after the quote that closes ``$'``, which stands just in front of ``at``."""
    return _end_of(_ANSI, text, at, end)


def backquote_end(text: str, at: int, end: int) -> int:
    """The index after the backquote that closes the one just in front of ``at``."""
    return _end_of(_BACKQUOTED, text, at, end)


def _end_of(pattern: re.Pattern[str], text: str, at: int, end: int) -> int:
    match = pattern.match(text, at, end)
    if match is None:
        raise Unclosed
    return match.end()


def closing(text: str, at: int, end: int, opener: str) -> int:
    """The index after what closes the opener that stands just in front of ``at``.

    ``opener`` is ``"``, ``{`` (of ``${``), or ``(`` (of ``$(``, ``<(``, an array).
    """
    if opener == '"' and (match := _PLAIN_QUOTED.match(text, at, end)) is not None:
        return match.end()
    nesting = _Nesting(text, end)
    nesting.push(opener)
    return nesting.run(at)


def dollar_end(text: str, at: int, end: int) -> int:
    """The index after the expansion whose ``$`` stands just in front of ``at``; ``at`` for a lone ``$`` or a name."""
    if not text.startswith(("{", "(", "'", "$"), at):
        return at
    if (match := _PLAIN_BRACED.match(text, at, end)) is not None:
        return match.end()
    nesting = _Nesting(text, end)
    return nesting.run(nesting.dollar(at))


class _Nesting:
    """A stack of open quotes and brackets."""

    def __init__(self, text: str, end: int) -> None:
        self.text = text
        self.end = end
        self.stack: list[str] = []
        self.cases: list[
            int
        ] = []  # for each level, how many ``case`` words are open: there a lone ``)`` ends a pattern
        self.quoted: list[bool] = []  # whether a single quote is a plain character at a level
        self.pending: list[tuple[str, bool]] = []  # here-documents whose body begins after the next newline

    def push(self, opener: str) -> None:
        self.stack.append(opener)
        self.cases.append(0)
        self.quoted.append(opener == '"' or (opener == "{" and self.quoted != [] and self.quoted[-1]))

    def _pop(self) -> None:
        self.stack.pop()
        self.cases.pop()
        self.quoted.pop()

    def run(self, at: int) -> int:
        hop, text, end = _HOP.search, self.text, self.end
        while self.stack:
            match = hop(text, at, end)
            if match is None:
                raise Unclosed
            at = self._step(match.group(), match.end(), self.stack[-1])
        return at

    def _step(self, found: str, at: int, top: str) -> int:
        """Take one hop; returns where to go on."""
        if found == "\\":
            return at + 1
        if found == "$":
            return self.dollar(at)
        if found == "`":
            return backquote_end(self.text, at, self.end)
        if found == '"':
            if top == '"':
                self._pop()
            else:
                self.push('"')
        elif top == '"':
            pass
        elif found == "'":
            # A quote in "${x:-it's}" is a plain character.
            if not self.quoted[-1]:
                return single_end(self.text, at, self.end)
        elif top == "{":
            if found == "}":
                self._pop()
        elif found == "(":
            self.push("((" if top == "((" else "(")
        elif found == ")":
            if top == "((" or not self.cases[-1]:
                self._pop()
        elif top == "(":
            return self._command_text(found, at)
        return at

    def dollar(self, at: int) -> int:
        text = self.text
        if text.startswith("{", at):
            self.push("{")
            return at + 1
        if text.startswith("(", at):
            self.push("(")
            if text.startswith("((", at):
                self.push("((")
                return at + 2
            return at + 1
        if text.startswith("$", at):
            return at + 1
        if text.startswith("'", at) and not (self.quoted and self.quoted[-1]):
            return ansi_end(text, at + 1, self.end)
        return at

    def _command_text(self, found: str, at: int) -> int:
        """Words, comments and here-documents, which mean something only where commands stand."""
        if found == "case":
            before = self.text[max(at - 60, 0) : at - len(found)].rstrip(" \t")
            self.cases[-1] += _COMMAND_FOLLOWS.search(before) is not None
        elif found == "esac":
            self.cases[-1] = max(self.cases[-1] - 1, 0)
        elif found == "#":
            newline = self.text.find("\n", at, self.end)
            return self.end if newline < 0 else newline
        elif found in ("<<", "<<-"):
            delimiter = _DELIMITER.match(self.text, at, self.end)
            if delimiter is not None:
                self.pending.append((unquoted(delimiter.group(1)), found == "<<-"))
                return delimiter.end()
        elif found == "\n" and self.pending:
            for name, tabs in self.pending:
                at = heredoc_end(self.text, at, self.end, name, tabs)[1]
            self.pending = []
        return at


def unquoted(delimiter: str) -> str:
    """A here-document's delimiter without its quotes."""
    return _QUOTING.sub(r"\1", delimiter)


def heredoc_end(text: str, at: int, end: int, name: str, tabs: bool) -> tuple[int, int]:
    """The end of the body that begins at ``at``, and the index after the terminator's line (``end`` without one)."""
    while at < end:
        newline = text.find("\n", at, end)
        stop = end if newline < 0 else newline
        line = text[at:stop]
        if (line.lstrip("\t") if tabs else line) == name:
            return at, min(stop + 1, end)
        at = stop + 1
    return end, end


def delimiter_at(text: str, at: int, end: int) -> re.Match[str] | None:
    """The here-document word after ``<<``; group 1 is the word with its quotes."""
    return _DELIMITER.match(text, at, end)


def is_quoted(delimiter: str) -> bool:
    """Whether some of a here-document's delimiter is quoted: then its body is not expanded."""
    return _QUOTING.search(delimiter) is not None


def arithmetic_end(text: str, at: int, end: int) -> tuple[int, bool]:
    """The index after the ``((…))`` at ``at``, and True; how far one had to look and False where it is none."""
    nesting = _Nesting(text, end)
    nesting.push("((")
    try:
        stop = nesting.run(at + 2)
    except Unclosed:
        return end, False
    arithmetic = text.startswith(")", stop, end)
    return stop + arithmetic, arithmetic
