"""The text of one simple command: assignments, words, redirections."""

from __future__ import annotations

import re

from gate.dockerfile.command import Command, Redirect, ShellWord
from gate.dockerfile.shell.lexer import DECLARING, delimiter_at
from gate.dockerfile.shell.structure import HeredocBody
from gate.dockerfile.shell.variables import UNKNOWN
from gate.dockerfile.shell.words import WordReader
from gate.dockerfile.source import Text
from gate.lazy import pattern

# Blanks, and (1) words without any meaning to the shell. Where an assignment is possible, none has a ``=``.
_PLAIN_ARGUMENTS = pattern(r"[ \t\n]*([A-Za-z0-9_./:+,@%^=-][A-Za-z0-9_./:+,@%^= \t\n-]*(?:[ \t\n]|\Z))?")
_PLAIN_DECLARED = pattern(r"[ \t\n]*([A-Za-z0-9_./:+,@%^-][A-Za-z0-9_./:+,@%^ \t\n-]*(?:[ \t\n]|\Z))?")
_PLAIN_COMMAND = pattern(
    rf"[ \t\n]*((?!(?:{'|'.join(sorted(DECLARING))})[ \t\n])[A-Za-z0-9_./:+,@%^-]+(?:[ \t\n]|\Z)"
    r"(?:[A-Za-z0-9_./:+,@%^= \t\n-]*(?:[ \t\n]|\Z))?)?"
)
# A word that is its own value but for quotes around all of it: plain or with a pattern in it, or quoted.
_SINGLE = pattern(r"""(?:([A-Za-z0-9_./:+,@%^*?\[\]~-]+)|'([^']*)'|"([^"\\$`]*)")(?=[ \t\n]|\Z)""")
_BLANK = pattern(r"(?:[ \t\n]|\\\n)+")
_REDIRECT = pattern(r"(\d*)(<<<|<<-|<<|<>|>>|>\||>&|<&|&>>|&>|[<>](?!\())")
_ASSIGNMENT = pattern(r"([A-Za-z_]\w*)(\[[^\]]*\])?(\+?)=", re.ASCII)

_WORDS_ONLY = frozenset("$'\"")
"""What begins a word and nothing else."""

_new = object.__new__


def plain_words(whole: Text, start: int, end: int) -> list[ShellWord]:
    """The words of ``whole.value[start:end]``, which have no meaning to the shell."""
    words = []
    for value in whole.value[start:end].replace("\t", " ").replace("\n", " ").split(" "):
        stop = start + len(value)
        if value:
            word = _new(ShellWord)  # not by a call of the class, which takes longer: nothing else is made so often
            word.value = word.prefix = value
            word.whole, word.start, word.end = whole, start, stop
            word.quoted = word.glob = False
            word.suffix = ""
            words.append(word)
        start = stop + 1
    return words


def _single(whole: Text, match: re.Match[str]) -> ShellWord:
    kind = match.lastindex or 0
    value = match[kind]
    glob = kind == 1 and ("*" in value or "?" in value or "[" in value)
    return ShellWord(value, whole, match.start(), match.end(), kind != 1, glob, value)


class CommandText:
    """Reads the words of one command; ``assigned`` are the values that it gives to variables, as far as known."""

    def __init__(self, reader: WordReader, heredocs: dict[int, HeredocBody]) -> None:
        self.text = reader.text
        self.whole = reader.whole
        self.reader = reader
        self.heredocs = heredocs
        self.words: list[ShellWord] = []
        self.assigned: dict[str, str] = {}
        self.test = False  # the command is a [[ ]]
        self.bodies: dict[int, Text] = {}  # by the id of a redirect: its here-document as the command reads it

    def read(self, command: Command) -> None:
        """Raises :class:`~gate.dockerfile.shell.lexer.Unclosed`; what stands in front of that has been read then."""
        at, end = command.start, command.end
        text, words, whole = self.text, self.words, self.whole
        if text.startswith("((", at):
            self._arithmetic(at, end)
            return
        self.test = text.startswith("[[", at)
        plain = _PLAIN_COMMAND
        while at < end:
            if (run := plain.match(text, at, end)) is not None:
                if run[1]:
                    words += plain_words(whole, *run.span(1))
                at = run.end()
                if at >= end:
                    return
            char = text[at]
            single = _SINGLE.match(text, at, end) if char != "$" else None
            if single is not None:
                words.append(_single(whole, single))
                at = single.end()
            else:
                read = self._word if char in _WORDS_ONLY else self._other
                at = max(read(command, at, end), at + 1)
            if words:
                plain = _PLAIN_DECLARED if words[0].value in DECLARING else _PLAIN_ARGUMENTS

    def _other(self, command: Command, at: int, end: int) -> int:
        """Anything but a simple word; returns the index behind it."""
        text, words = self.text, self.words
        char = text[at]
        if char == "#":
            newline = text.find("\n", at, end)
            return end if newline < 0 else newline
        if char == "\\" and text.startswith("\n", at + 1, end):
            return at + 2
        if (char in "<>&" or char.isdecimal()) and not self.test:
            redirect = _REDIRECT.match(text, at, end)
            if redirect is not None:
                return self._redirect(command, redirect, end)
        if not words or words[0].value in DECLARING:
            assignment = _ASSIGNMENT.match(text, at, end)
            if assignment is not None:
                return self._assignment(command, assignment, end)
        return self._word(command, at, end)

    def _word(self, command: Command, at: int, end: int) -> int:
        more, stop, certain = self.reader.word(at, end, test=self.test)
        self.words += more
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

    def _redirect(self, command: Command, match: re.Match[str], end: int) -> int:
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
            command.redirects += (redirect,)
            if body.expand:
                self.bodies[id(redirect)] = self.reader.body(body.start, body.end)
            return stop
        words, stop, _ = self.reader.word(at, end)
        target = words[0] if len(words) == 1 else None
        if len(words) > 1:
            target = ShellWord(None, self.whole, at, stop)
        command.redirects += (Redirect(operator, fd, target, None, self.whole.slice(match.start(), stop)),)
        return stop

    def _arithmetic(self, start: int, end: int) -> None:
        """``(( … ))``: one command without words of its own."""
        self.reader.body(start + 2, end)
        self.words.append(ShellWord("((", self.whole, start, end, prefix="(("))
