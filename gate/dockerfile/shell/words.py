"""Words of shell text: quotes removed, known variables put in, fields split.

A value that cannot be known is carried as :data:`UNKNOWN` inside the text, so that what stands around it is not lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gate.dockerfile.command import ShellWord
from gate.dockerfile.shell import braces, lexer
from gate.dockerfile.shell.lexer import Unclosed
from gate.dockerfile.shell.parameters import Parameter, substitute
from gate.dockerfile.shell.variables import UNKNOWN, Variables
from gate.dockerfile.source import Text
from gate.lazy import pattern

_PLAIN = pattern(r"""[^\s'"`$\\;&|()<>*?\[{~#\x00-\x1f\ud800]+|[#~]""")
_IN_QUOTES = pattern(r"""[^"\\`$]+""")
# Where the two end, nearly always: one look is cheaper than a match.
_MARKS = frozenset(" \t\n$'\"`\\")
_MARKS_IN_QUOTES = frozenset('"\\`$')
_VARIABLE = pattern(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*|[0-9@*#?$!-]))", re.ASCII)
_BLANKS = pattern(r"[ \t\n]+")
_MAX_NESTING = 40

# What a double quote does in text that is read as within double quotes: close it, nothing, or vanish.
_QUOTES, _BODY, _OPERAND = range(3)


class WordReader:
    """Reads words out of one text. ``substitutions`` collects the command substitutions met: (text, start, end).

    Raises :class:`Unclosed` where a quote or bracket never ends.
    """

    def __init__(self, whole: Text, variables: Variables, shell: str) -> None:
        self.whole = whole
        self.text = whole.value
        self.variables = variables
        self.braces = shell in ("bash", "zsh", "ksh")
        self.ansi_quotes = shell != "dash"
        self.substitutions: list[tuple[Text, int, int]] = []
        self._trace: list[tuple[int, int, str | None]] | None = None
        self._depth = 0
        self._test = False
        self._reset()

    def _reset(self) -> None:
        self._fields: list[tuple[str, bool, bool, bool]] = []
        self._chunks: list[str] = []
        self._quoted = False
        self._glob = False
        self._loose = False  # an unquoted part of it is unknown
        self._braced = False

    # -- one word ------------------------------------------------------------------------------------------------------

    def word(self, at: int, end: int, *, test: bool = False) -> tuple[list[ShellWord], int, bool]:
        """The words that the word at ``at`` becomes, the index behind it, and whether their number is certain.

        In a ``[[ ]]`` (``test``) nothing is split and only blanks end a word.
        """
        self._reset()
        self._test = test
        stop = self._scan(at, end, operand=False, split=not test)
        self._test = False
        if self._braced:
            self._brace_expansion(at, stop)
        self._end_field()
        words: list[ShellWord] = []
        certain = True
        for value, quoted, glob, loose in self._fields:
            if UNKNOWN not in value:
                words.append(ShellWord(value, self.whole, at, stop, quoted, glob, value))
                certain = certain and not (loose and not value)
                continue
            prefix, suffix = value.partition(UNKNOWN)[0], value.rpartition(UNKNOWN)[2]
            words.append(ShellWord(None, self.whole, at, stop, quoted, glob, prefix, suffix))
            certain = certain and not (loose and not value.strip(UNKNOWN))
        return words, stop, certain

    def _brace_expansion(self, start: int, end: int) -> None:
        """Read the word again, once for each word that its braces make of it."""
        words = braces.alternatives(self.text, start, end)
        if len(words) < 2:
            return
        kept = len(self.substitutions)
        self._reset()
        for word in words:
            for first, last, literal in word:
                if literal is None:
                    self._scan(first, last, operand=False)
                else:
                    self._emit(literal, first)
            self._end_field()
        del self.substitutions[kept:]

    def assigned(self, at: int, end: int) -> tuple[str, int]:
        """The value behind ``NAME=``, unsplit, and the index behind it."""
        self._reset()
        stop = self._scan(at, end, operand=False, split=False)
        return "".join(self._chunks), stop

    def mapped(self, spans: Iterable[tuple[int, int]]) -> Text:
        """The values of words, with blanks between them, as a text that knows where its characters stand."""
        self._reset()
        trace = self._trace = []
        for start, end in spans:
            if trace:
                trace.append((start, start + 1, " "))
            self._scan(start, end, operand=False, split=False)
        self._trace = None
        return self.whole.assemble(trace)

    def body(self, start: int, end: int) -> Text:
        """A here-document's body, expanded, as a text that knows where its characters stand."""
        self._reset()
        trace = self._trace = []
        self._in_quotes(start, end, _BODY)
        self._trace = None
        return self.whole.assemble(trace)

    # -- output --------------------------------------------------------------------------------------------------------

    def _emit(self, chunk: str, at: int) -> None:
        """Text that is not split: literal, or expanded within quotes."""
        self._chunks.append(chunk)
        if self._trace is not None:
            literal = self.text.startswith(chunk, at)
            self._trace.append((at, at + len(chunk), None) if literal else (at, at + 1, chunk))

    def _emit_split(self, value: str, at: int, split: bool) -> None:
        """The value of an unquoted expansion."""
        if self._trace is not None or not split:
            self._emit(value, at)
            return
        if self.variables.knows("IFS") and self.variables.get("IFS") is not None:
            value = UNKNOWN  # split at other places
        if UNKNOWN in value:
            self._loose = True
        if "*" in value or "?" in value or "[" in value:
            self._glob = True
        if not (" " in value or "\t" in value or "\n" in value):
            if value:
                self._chunks.append(value)
            return
        for index, piece in enumerate(_BLANKS.split(value)):
            if index:
                self._end_field()
            if piece:
                self._chunks.append(piece)

    def _end_field(self) -> None:
        if self._chunks or self._quoted:
            self._fields.append(("".join(self._chunks), self._quoted, self._glob, self._loose))
        self._chunks = []
        self._quoted = self._glob = self._loose = False

    # -- input ---------------------------------------------------------------------------------------------------------

    def _scan(self, at: int, end: int, *, operand: bool, split: bool = True) -> int:
        """Unquoted text up to the end of the word. In the operand of a ``${…}``, operators are plain characters."""
        text, plain, start, trace = self.text, _PLAIN.match, at, self._trace
        while at < end:
            char = text[at]
            if char not in _MARKS and (match := plain(text, at, end)) is not None:
                if trace is None:
                    self._chunks.append(match.group())
                else:
                    self._emit(match.group(), at)
                at = match.end()
                continue
            if char in " \t\n" and not operand:
                break
            if char == "'":
                at = self._single(at, end)
            elif char == '"':
                self._quoted = True
                at = self._in_quotes(at + 1, end, _QUOTES)
            elif char == "\\":
                at = self._escape(at, end)
            elif char in "$`":
                at = self._expansion(at, end, quoted=False, split=split)
            elif char in "*?[":
                self._glob = True
                self._emit(char, at)
                at += 1
            elif char == "{":
                self._braced = self._braced or (self.braces and not operand and not self._test)
                self._emit(char, at)
                at += 1
            elif operand:
                self._emit_split(char, at, split)
                at += 1
            elif (after := self._nested_paren(at, start, end)) is not None:
                at = after
            elif char in ";&|()<>" and not self._test:
                break
            elif char == UNKNOWN:
                self._emit_split(char, at, split)
                at += 1
            else:
                self._emit(char, at)
                at += 1
        return at

    def _nested_paren(self, at: int, start: int, end: int) -> int | None:
        """A process substitution, or the parentheses of an array or an extended pattern."""
        text = self.text
        if text[at] in "<>" and text.startswith("(", at + 1):
            after = lexer.closing(text, at + 2, end, "(")
            self.substitutions.append((self.whole, at + 2, after - 1))
            self._emit(UNKNOWN, at)
            return after
        if text[at] == "(" and at and text[at - 1] in ("=?*+@!" if at > start else "="):
            self._emit(UNKNOWN, at)
            return lexer.closing(text, at + 1, end, "(")
        return None

    def _single(self, at: int, end: int) -> int:
        stop = lexer.single_end(self.text, at + 1, end)
        self._quoted = True
        self._emit(self.text[at + 1 : stop - 1], at + 1)
        return stop

    def _escape(self, at: int, end: int) -> int:
        if at + 1 >= end:
            self._emit("\\", at)
        elif self.text[at + 1] != "\n":
            self._quoted = True
            self._emit(self.text[at + 1], at + 1)
        return min(at + 2, end)

    def _in_quotes(self, at: int, end: int, mode: int) -> int:
        """Text as within double quotes; returns the index after the closing one, or ``end`` in a mode without one."""
        text, plain = self.text, _IN_QUOTES.match
        while at < end:
            char = text[at]
            if char not in _MARKS_IN_QUOTES and (match := plain(text, at, end)) is not None:
                self._emit(match.group(), at)
                at = match.end()
                continue
            if char == '"':
                at += 1
                if mode == _QUOTES:
                    return at
                if mode == _BODY:
                    self._emit(char, at - 1)
            elif char == "\\":
                after = text[at + 1 : at + 2]
                if after and (after in "$`\\" or (after == '"' and mode != _BODY)):
                    self._emit(after, at + 1)
                elif after != "\n":
                    self._emit(text[at : at + 2], at)
                at += 2
            else:
                at = self._expansion(at, end, quoted=True, split=False)
        if mode == _QUOTES:
            raise Unclosed
        return end

    def _expansion(self, at: int, end: int, *, quoted: bool, split: bool) -> int:
        """What begins with ``$`` or a backquote."""
        text = self.text
        variable = _VARIABLE.match(text, at, end)
        if variable is not None:
            name = variable[1] or variable[2]
            number = name in ("?", "#", "$", "!")
            self._put(self.variables.expand(name), at, quoted or number, split, name == "@")
            return variable.end()
        if text[at] == "`":
            return self._backquoted(at, end, quoted, split)
        after = text[at + 1 : at + 2]
        if after == "'" and not quoted and self.ansi_quotes:
            stop = lexer.ansi_end(text, at + 2, end)
            self._quoted = True
            self._emit(_ansi(text[at + 2 : stop - 1]), at + 2)
            return stop
        if after == '"' and not quoted and self.braces:
            return at + 1
        if after == "{":
            return self._parameter(at, end, quoted, split)
        if after == "(":
            return self._parenthesis(at, end, quoted, split)
        self._emit("$", at)
        return at + 1

    def _put(self, value: str, at: int, quoted: bool, split: bool, many: bool = False) -> None:
        if quoted:
            self._emit(value, at)
            if many:
                self._loose = True
        else:
            self._emit_split(value, at, split)

    def _backquoted(self, at: int, end: int, quoted: bool, split: bool) -> int:
        stop = lexer.backquote_end(self.text, at + 1, end)
        if "\\" in self.text[at + 1 : stop - 1]:
            inner = _unescaped(self.whole, at + 1, stop - 1, quoted)
            self.substitutions.append((inner, 0, len(inner)))
        else:
            self.substitutions.append((self.whole, at + 1, stop - 1))
        self._put(UNKNOWN, at, quoted, split)
        return stop

    def _parenthesis(self, at: int, end: int, quoted: bool, split: bool) -> int:
        """``$(…)`` and ``$((…))``."""
        text = self.text
        stop = lexer.dollar_end(text, at + 1, end)
        if text.startswith("((", at + 1) and lexer.arithmetic_end(text, at + 1, stop)[1]:
            self._aside(at + 3, stop - 2)
            self._emit(UNKNOWN, at)
        else:
            self.substitutions.append((self.whole, at + 2, stop - 1))
            self._put(UNKNOWN, at, quoted, split)
        return stop

    def _aside(self, start: int, end: int) -> str:
        """The value of some inner text, as within double quotes, without adding it to the word."""
        if self._depth >= _MAX_NESTING:
            return UNKNOWN
        kept = self._chunks, self._loose, self._trace
        self._chunks, self._trace = [], None
        self._depth += 1
        try:
            self._in_quotes(start, end, _OPERAND)
            return "".join(self._chunks)
        finally:
            self._depth -= 1
            self._chunks, self._loose, self._trace = kept

    def _parameter(self, at: int, end: int, quoted: bool, split: bool) -> int:
        """``${…}``."""
        text = self.text
        stop = lexer.dollar_end(text, at + 1, end)
        parameter = Parameter.read(text, at + 2, stop - 1)
        if parameter is None or self._depth >= _MAX_NESTING:
            self._put(UNKNOWN, at, quoted, split)
            return stop
        use_operand, value = parameter.choose(self.variables)
        if use_operand:
            self._depth += 1
            if quoted:
                self._in_quotes(parameter.operand, stop - 1, _OPERAND)
            else:
                self._scan(parameter.operand, stop - 1, operand=True, split=split)
            self._depth -= 1
            if parameter.assigns:
                self.variables.assign(parameter.name, self._aside(parameter.operand, stop - 1))
            return stop
        if parameter.substitutes:
            value = substitute(value, parameter.operator, self._pattern(parameter.operand, stop - 1))
        elif "$" in text[at + 2 : stop - 1] or "`" in text[at + 2 : stop - 1]:
            self._aside(at + 2, stop - 1)  # commands in the part that is not used, or in an index
        self._put(value, at, quoted, split, parameter.many)
        return stop

    def _pattern(self, start: int, end: int) -> str:
        raw = self.text[start:end]
        return self._aside(start, end) if "$" in raw or "`" in raw else raw


def _unescaped(whole: Text, start: int, end: int, quoted: bool) -> Text:
    """The script inside backquotes: ``\\``` there stands for a backquote."""
    text = whole.value
    runs: list[tuple[int, int, str | None]] = []
    at = start
    while (slash := text.find("\\", at, end)) >= 0:
        drop = text[slash + 1 : slash + 2] in (("$", "`", "\\", '"') if quoted else ("$", "`", "\\"))
        runs.append((at, slash if drop else slash + 1, None))
        runs.append((slash + 1, slash + 2, None))
        at = slash + 2
    runs.append((at, end, None))
    return whole.assemble([run for run in runs if run[0] < run[1]])


_ANSI_ESCAPE = pattern(
    r"\\(?:([abeEfnrtv\\'\"?])|x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|u([0-9A-Fa-f]{1,4})|c(.))", re.DOTALL
)
_ANSI_LETTERS = dict(zip("abeEfnrtv\\'\"?", "\a\b\x1b\x1b\f\n\r\t\v\\'\"?", strict=True))


def _ansi(text: str) -> str:
    """The value of ``$'…'``."""

    def character(match: re.Match[str]) -> str:
        letter, hexadecimal, octal, point, control = match.groups()
        if letter:
            return _ANSI_LETTERS[letter]
        if control:
            return chr(ord(control) & 0x1F)
        return chr(int(hexadecimal or point, 16) if hexadecimal or point else int(octal, 8) & 0xFF)

    return _ANSI_ESCAPE.sub(character, text)
