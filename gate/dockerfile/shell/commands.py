"""The text of one simple command: assignments, words, redirections."""

from __future__ import annotations

import re

from gate.dockerfile.command import Command, Redirect, ShellWord
from gate.dockerfile.shell.lexer import delimiter_at
from gate.dockerfile.shell.structure import HeredocBody
from gate.dockerfile.shell.variables import UNKNOWN
from gate.dockerfile.shell.words import WordReader
from gate.dockerfile.source import Text
from gate.lazy import pattern

# Words without any meaning to the shell; the second kind may be an assignment where one is possible.
_PLAIN = pattern(r"(?:[ \t\n]*[\w./:+,@%^-]+(?=[ \t\n]|\Z))*")
_PLAIN_ARGUMENTS = pattern(r"(?:[ \t\n]*[\w./:+,@%^=-]+(?=[ \t\n]|\Z))*")
_WORD = pattern(r"[^ \t\n]+")
_BLANK = pattern(r"(?:[ \t\n]|\\\n)+")
_REDIRECT = pattern(r"(\d*)(<<<|<<-|<<|<>|>>|>\||>&|<&|&>>|&>|[<>](?!\())")
_ASSIGNMENT = pattern(r"([A-Za-z_]\w*)(\[[^\]]*\])?(\+?)=", re.ASCII)
DECLARING = frozenset({"export", "readonly", "declare", "typeset", "local"})
"""Commands whose arguments may be assignments."""


class CommandText:
    """Reads the words of one command; ``assigned`` are the values that it gives to variables, as far as known."""

    def __init__(self, reader: WordReader, heredocs: dict[int, HeredocBody]) -> None:
        self.text = reader.text
        self.whole = reader.whole
        self.reader = reader
        self.heredocs = heredocs
        self.words: list[ShellWord] = []
        self.assigned: dict[str, str] = {}
        self.redirects: list[Redirect] = []
        self.bodies: dict[int, Text] = {}  # by the id of a redirect: its here-document as the command reads it

    def read(self, command: Command) -> None:
        at, end, text = command.start, command.end, self.text
        try:
            if text.startswith("((", at):
                self._arithmetic(at, end)
            else:
                self._read(command, at, end)
        finally:
            command.redirects = tuple(self.redirects)

    def _read(self, command: Command, at: int, end: int) -> None:
        text, words, whole = self.text, self.words, self.whole
        while True:
            plain = _PLAIN_ARGUMENTS if words and words[0].value not in DECLARING else _PLAIN
            run = plain.match(text, at, end)
            if run is not None:
                for match in _WORD.finditer(text, at, run.end()):
                    raw = match.group()
                    words.append(ShellWord(raw, whole, *match.span(), False, False, raw))
                at = run.end()
            blank = _BLANK.match(text, at, end)
            at = blank.end() if blank else at
            if at >= end:
                return
            at = max(self._other(command, at, end), at + 1)

    def _other(self, command: Command, at: int, end: int) -> int:
        """Anything but a plain word; returns the index behind it."""
        text, words = self.text, self.words
        test = text.startswith("[[", command.start)
        if text[at] == "#":
            newline = text.find("\n", at, end)
            return end if newline < 0 else newline
        redirect = None if test else _REDIRECT.match(text, at, end)
        if redirect is not None:
            return self._redirect(redirect, end)
        if not words or words[0].value in DECLARING:
            assignment = _ASSIGNMENT.match(text, at, end)
            if assignment is not None:
                return self._assignment(command, assignment, end)
        more, stop, certain = self.reader.word(at, end, test=test)
        words += more
        command.complete = command.complete and certain
        return stop

    def _assignment(self, command: Command, match: re.Match[str], end: int) -> int:
        """``NAME=value`` in front of a command, or as an argument of ``export`` and its kin."""
        name, index, plus = match.groups()
        value, stop = self.reader.assigned(match.end(), end)
        whole = UNKNOWN not in value
        prefix = value.partition(UNKNOWN)[0]
        if self.words:
            head = match.group()
            self.words.append(
                ShellWord(head + value if whole else None, self.whole, match.start(), stop, False, False, head + prefix)
            )
        else:
            word = ShellWord(value if whole else None, self.whole, match.end(), stop, prefix=prefix)
            command.assignments[name] = word
        if index:
            value = UNKNOWN
        elif plus:
            value = self.reader.variables.expand(name) + value
        self.assigned[name] = value
        return stop

    def _redirect(self, match: re.Match[str], end: int) -> int:
        number, operator = match.groups()
        fd = int(number) if number and len(number) < 10 else None
        where = match.start(2)
        blank = _BLANK.match(self.text, match.end(), end)
        at = blank.end() if blank else match.end()
        body = self.heredocs.get(where)
        if body is not None:
            delimiter = delimiter_at(self.text, match.end(), end)
            stop = delimiter.end() if delimiter else at
            text = self.whole.slice(body.start, body.end)
            redirect = Redirect(operator, fd, None, text, self.whole.slice(match.start(), stop))
            self.redirects.append(redirect)
            if body.expand:
                self.bodies[id(redirect)] = self.reader.body(body.start, body.end)
            return stop
        words, stop, _ = self.reader.word(at, end)
        target = words[0] if len(words) == 1 else None
        if len(words) > 1:
            target = ShellWord(None, self.whole, at, stop)
        self.redirects.append(Redirect(operator, fd, target, None, self.whole.slice(match.start(), stop)))
        return stop

    def _arithmetic(self, start: int, end: int) -> None:
        """``(( … ))``: one command without words of its own."""
        self.reader.body(start + 2, end)
        self.words.append(ShellWord("((", self.whole, start, end, prefix="(("))
