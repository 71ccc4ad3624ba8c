"""BuildKit's word processing: quotes, escapes and variables of the instructions that the builder expands itself.

A word is parsed once into parts, then worked out under an environment. Values are three-way: a string, or
:class:`~gate.model.Unknown` where something that the file does not decide is in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from gate.dockerfile.glob import PatternError, replace, trim_prefix, trim_suffix
from gate.dockerfile.words import SPACE_PATTERN
from gate.lazy import pattern
from gate.model import Unknown
from gate.record import dataclass, field

Value = str | Unknown
Lookup = Callable[[str], "str | Unknown | None"]

_MAX_DEPTH = 50
"""Deeper nesting of ``${…${…}}`` than anybody writes; it is not worked out but Unknown."""

_MAX_TEXT = 2 << 20
"""Characters, as a here-document may have; what is longer is not worked out but Unknown."""

_LONGEST_VALUE = 131072
"""Characters: what Linux takes as one environment string. ``ENV A=$A$A`` forty times over must not fill memory."""

_CACHED_LENGTH = 500
_NOT_UTF8 = pattern("[\udc80-\udcff]")
_END = "\ufffd"  # what Go prints for the end of the text where it names the character


class SubstitutionError(ValueError):
    """BuildKit refuses the word. The message is BuildKit's, without its ``failed to process "…": `` in front."""


@dataclass(slots=True)
class Variable:
    """``$name`` or ``${name<operator>word}``. ``operator``: ``""``, ``-`` ``+`` ``?`` ``#`` ``%`` ``/`` ``//``, or with
    a colon ``:-`` ``:+`` ``:?``."""

    name: str
    operator: str = ""
    word: Word | None = None
    replacement: Word | None = None


@dataclass(slots=True)
class Part:
    """``text``, a variable, or the parts of a double-quoted string. ``raw``: white space in it does not split words."""

    text: str = ""
    variable: Variable | None = None
    quoted: list[Part] | None = None
    raw: bool = False


@dataclass(slots=True)
class Word:
    """A parsed word: the parts up to its end, or up to what BuildKit cannot read (``error``)."""

    parts: list[Part] = field(default_factory=list)
    error: str = ""
    too_deep: bool = False

    def variables(self) -> Iterator[Variable]:
        """Every variable in it, the nested ones too, in order."""
        stack: list[Part] = self.parts[::-1]
        while stack:
            part = stack.pop()
            if part.quoted is not None:
                stack.extend(reversed(part.quoted))
            if part.variable is not None:
                yield part.variable
                for inner in (part.variable.replacement, part.variable.word):
                    if inner is not None:
                        stack.extend(reversed(inner.parts))


class _TooDeep(Exception):
    pass


class _Unreadable(SubstitutionError):
    """An error in the text of a word, as against one that its values bring about: every level names it anew."""


@lru_cache
def _special(escape: str, quotes: bool) -> dict[str, re.Pattern[str]]:
    """What a reader has to stop at, by what ends the word; ``"`` inside double quotes."""
    marks = "$<" + escape + ("'\"" if quotes else "")
    found = {stop: re.compile(f"[{re.escape(marks + stop)}]") for stop in ("", "}", "/")}
    found['"'] = re.compile(f'["${re.escape(escape)}]')
    return found


class _Reader:
    """One pass over a word. ``quotes`` False: quotes are plain characters (here-document bodies)."""

    __slots__ = ("at", "depth", "escape", "in_quotes", "raw_quotes", "special", "text")

    def __init__(self, text: str, escape: str, *, quotes: bool = True, raw_quotes: bool = False, at: int = 0) -> None:
        self.text = text
        self.escape = escape
        self.raw_quotes = raw_quotes
        self.at = at
        self.depth = 0
        self.special = _special(escape, quotes)
        self.in_quotes = self.special['"']

    def word(self, stop: str = "", raw_escapes: bool = False) -> Word:
        """Everything up to ``stop`` (which is consumed) or the end."""
        word = Word()
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _TooDeep
        try:
            self._fill(word.parts, stop, raw_escapes)
        except SubstitutionError as error:
            word.error = str(error)
        self.depth -= 1
        return word

    def _fill(self, parts: list[Part], stop: str, raw_escapes: bool) -> None:
        text, search = self.text, self.special[stop].search
        while True:
            match = search(text, self.at)
            end = match.start() if match else len(text)
            if end > self.at:
                parts.append(Part(text[self.at : end]))
            self.at = end
            if match is None:
                break
            character = text[end]
            if character == stop:
                self.at += 1
                return
            if character == "$":
                self._dollar_part(parts)
            elif character == "<":
                parts.append(self._angle())
            elif character == self.escape:
                self._escaped(parts, raw_escapes)
            elif character == "'":
                parts.append(self._single())
            else:
                self._double(parts, raw_escapes)
        if stop:
            raise SubstitutionError(f"unexpected end of statement while looking for matching {stop}")

    def _dollar_part(self, parts: list[Part]) -> None:
        variable = self.dollar(parts)
        if variable is None:
            parts.append(Part("$"))

    def _angle(self) -> Part:
        start = self.at
        self.at += 1
        if self.text.startswith("<", self.at):
            self.at += 1
            while self.at < len(self.text) and self.text[self.at] in "\t\r ":
                self.at += 1
        return Part(self.text[start : self.at], raw=True)

    def _escaped(self, parts: list[Part], raw_escapes: bool) -> None:
        kept = self.text[self.at + 1 : self.at + 2]
        if raw_escapes:
            kept = self.escape + kept
        self.at += 2
        parts.append(Part(kept, raw=True))

    def _single(self) -> Part:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            self.at = len(self.text)
            raise SubstitutionError("unexpected end of statement while looking for matching single-quote")
        start, self.at = self.at, end + 1
        return Part(self.text[start : end + 1] if self.raw_quotes else self.text[start + 1 : end], raw=True)

    def _double(self, parts: list[Part], raw_escapes: bool) -> None:
        inner: list[Part] = []
        parts.append(Part(quoted=inner, raw=True))
        text, escape, search = self.text, self.escape, self.in_quotes.search
        begin = self.at
        self.at += 1
        if not self.raw_quotes:
            begin = self.at
        while match := search(text, self.at):
            self.at = match.start()
            character = text[self.at]
            if character == '"':
                self.at += 1
                inner.append(Part(text[begin : self.at if self.raw_quotes else self.at - 1]))
                return
            inner.append(Part(text[begin : self.at]))
            if character == "$":
                self._dollar_part(inner)
            else:
                following = text[self.at + 1 : self.at + 2]
                special = following in ('"', "$", escape)
                # Kept escapes are doubled in front of an ordinary character: BuildKit's own slip, kept for its results.
                inner.append(Part((escape if raw_escapes else "") + (following if special else escape)))
                self.at += 2 if special else 1
            begin = self.at
        self.at = len(text)
        raise SubstitutionError("unexpected end of statement while looking for matching double-quote")

    def dollar(self, parts: list[Part] | None = None) -> Variable | None:
        """The variable at ``at``; None for a ``$`` that stands for itself. It is added to ``parts`` before an error
        inside it is raised, so that what is evaluated in front of the error comes first, as in BuildKit."""
        self.at += 1
        if not self.text.startswith("{", self.at):
            name = self._name()
            if not name:
                return None
            variable = Variable(name)
            if parts is not None:
                parts.append(Part(variable=variable))
            return variable
        self.at += 1
        following = self.text[self.at : self.at + 1]
        if not following:
            raise SubstitutionError("syntax error: missing '}'")
        if following in "{}:":
            raise SubstitutionError("syntax error: bad substitution")
        variable = Variable(self._name())
        if parts is not None:
            parts.append(Part(variable=variable))
        self._operator(variable)
        return variable

    def _operator(self, variable: Variable) -> None:
        character = self._next()
        if character == "}":
            return
        operator = character
        if character == ":":
            character = self._next()
            operator += character
        elif character == "/":
            self._substitution(variable)
            return
        elif character not in "+-?#%":
            raise SubstitutionError(f"unsupported modifier ({character}) in substitution")
        if operator in (":#", ":%"):
            raise SubstitutionError(f"unsupported modifier ({operator}) in substitution")
        variable.operator = operator
        variable.word = self.word("}", raw_escapes=character in "#%")
        self._closed(variable.word, "syntax error: missing '}'")

    def _substitution(self, variable: Variable) -> None:
        variable.operator = "/"
        if self.text.startswith("/", self.at):
            self.at += 1
            variable.operator = "//"
        variable.word = self.word("/", raw_escapes=True)
        self._closed(variable.word, "syntax error: missing '/' in ${}")
        variable.replacement = self.word("}", raw_escapes=True)
        self._closed(variable.replacement, "syntax error: missing '}'")

    def _closed(self, word: Word, message: str) -> None:
        """An error at the end of the text is a missing end of the variable to BuildKit; any other is itself."""
        if word.error:
            if self.at >= len(self.text):
                word.error = message
            raise SubstitutionError(word.error)

    def _next(self) -> str:
        character = self.text[self.at : self.at + 1] or _END
        self.at += 1
        return character

    def _name(self) -> str:
        text, start = self.text, self.at
        end, size = start, len(text)
        if start < size and text[start].isdecimal():
            while end < size and text[end].isdecimal():
                end += 1
        elif start < size and text[start] in "@*#?-$!":
            end += 1
        else:
            while end < size and (text[end].isalpha() or text[end].isdecimal() or text[end] == "_"):
                end += 1
        self.at = end
        return text[start:end]


@lru_cache(maxsize=4096)
def _parse(text: str, escape: str, quotes: bool, raw_quotes: bool) -> Word:
    if not text.isascii():
        text = _NOT_UTF8.sub("\ufffd", text.removeprefix("\ufeff"))
    try:
        return _Reader(text, escape, quotes=quotes, raw_quotes=raw_quotes).word()
    except _TooDeep:
        return Word(too_deep=True)


def parse_word(text: str, escape: str = "\\", *, quotes: bool = True, raw_quotes: bool = False) -> Word:
    """A word's parts. Never raises; ``error`` says what BuildKit would refuse."""
    parse = _parse if len(text) <= _CACHED_LENGTH else _parse.__wrapped__
    return parse(text, escape, quotes, raw_quotes)


def parse_dollar(text: str, at: int, escape: str) -> tuple[Variable | None, int]:
    """The variable at ``text[at]`` and where it ends. Raises :class:`SubstitutionError`."""
    reader = _Reader(text, escape, at=at)
    try:
        return reader.dollar(), reader.at
    except _TooDeep:
        raise SubstitutionError("nested too deeply") from None


def names(text: str, escape: str = "\\") -> list[str]:
    """The variables that a word asks for, each once, in order."""
    if "$" not in text:
        return []
    return list(dict.fromkeys(variable.name for variable in parse_word(text, escape).variables()))


def is_plain(text: str, escape: str) -> bool:
    """Nothing in it that word processing would touch."""
    return not ("$" in text or '"' in text or "'" in text or escape in text) and text.isascii()


def expand(text: str, lookup: Lookup, escape: str = "\\", *, quotes: bool = True) -> Value:
    """The word's value. Raises :class:`SubstitutionError`.

    ``lookup`` gives a variable's value, None when it is not set, or Unknown.
    """
    if is_plain(text, escape):
        return text
    if len(text) > _MAX_TEXT:
        return Unknown("it is too long to be worked out")
    return _evaluate(parse_word(text, escape, quotes=quotes), lookup)


def process_words(text: str, escape: str, lookup: Lookup | None = None, *, raw_quotes: bool = False) -> list[str]:
    """The word split at white space after substitution (EXPOSE, here-document names). Raises
    :class:`SubstitutionError`.

    Without ``lookup`` an unset variable stays as it is written.
    """
    values = expand_words(text, escape, lookup, raw_quotes=raw_quotes)
    return [value if isinstance(value, str) else "" for value in values]


def expand_words(text: str, escape: str, lookup: Lookup | None = None, *, raw_quotes: bool = False) -> list[Value]:
    """:func:`process_words`, three-way: a word with something unknown in it is Unknown, and may be several."""
    word = parse_word(text, escape, raw_quotes=raw_quotes)
    if word.too_deep:
        return [Unknown("nested too deeply")]
    words: list[Value] = []
    pending: list[Value] = []
    for part in word.parts:
        if _has_operator(part):
            pending = []  # BuildKit forgets what stands in front of such a variable; believe the tool
        value = _part(part, lookup)
        if part.raw or isinstance(value, Unknown):
            pending.append(value)
            continue
        for index, piece in enumerate(re.split(SPACE_PATTERN, value)):
            if index and (joined := _join(pending)) != "":
                words.append(joined)
            if index:
                pending = []
            pending.append(piece)
    if word.error:
        raise SubstitutionError(word.error)
    if (joined := _join(pending)) != "":
        words.append(joined)
    return words


def _has_operator(part: Part) -> bool:
    if part.quoted is not None:
        return any(_has_operator(inner) for inner in part.quoted)
    return part.variable is not None and bool(part.variable.operator)


def _join(values: list[Value]) -> Value:
    if len(values) == 1:
        return values[0]
    length = 0
    known: list[str] = []
    for value in values:
        if isinstance(value, Unknown):
            return value
        length += len(value)
        known.append(value)
    if length > _LONGEST_VALUE:
        return Unknown("the value is too long to work out")
    return "".join(known)


def _evaluate(word: Word, lookup: Lookup | None) -> Value:
    if word.too_deep:
        return Unknown("nested too deeply")
    try:
        value = _join([_part(part, lookup) for part in word.parts])
    except _Unreadable:
        raise _Unreadable(word.error) from None
    if word.error:
        raise _Unreadable(word.error)
    return value


def _part(part: Part, lookup: Lookup | None) -> Value:
    if part.variable is not None:
        return _variable(part.variable, lookup)
    if part.quoted is not None:
        return _join([_part(inner, lookup) for inner in part.quoted])
    return part.text


def _variable(variable: Variable, lookup: Lookup | None) -> Value:
    operator = variable.operator
    word = _evaluate(variable.word, lookup) if variable.word is not None else ""
    replacement = _evaluate(variable.replacement, lookup) if variable.replacement is not None else ""
    if lookup is None:
        return _as_written(variable, word, replacement)
    value = lookup(variable.name)
    kind = operator[-1:]
    if kind and kind not in "-+?#%/":
        raise SubstitutionError(f"unsupported modifier ({operator}) in substitution")
    if isinstance(value, Unknown):
        return value
    if not operator:
        return value or ""
    missing = value is None or (operator[0] == ":" and not value)
    if kind == "-":
        return word if missing or value is None else value
    if kind == "+":
        return "" if missing else word
    if kind == "?":
        return _required(variable, value, word, missing)
    if isinstance(word, Unknown):
        return word
    if isinstance(replacement, Unknown):
        return replacement
    try:
        return _cut(operator, value or "", word, replacement)
    except PatternError as error:
        raise SubstitutionError(f"invalid pattern ({error.pattern}) in substitution: {error}") from None


def _as_written(variable: Variable, word: Value, replacement: Value) -> Value:
    if not variable.operator:
        return f"${variable.name}"
    if isinstance(word, Unknown) or isinstance(replacement, Unknown):
        return _join([word, replacement])
    tail = f"{word}/{replacement}" if variable.operator[0] == "/" else word
    slash = "/" if variable.operator[0] == "/" else variable.operator
    return f"${{{variable.name}{slash}{tail}}}"


def _required(variable: Variable, value: str | None, word: Value, missing: bool) -> Value:
    if not missing and value is not None:
        return value
    state = "unset" if value is None else "empty"
    message = "…" if isinstance(word, Unknown) else word or f"is not allowed to be {state}"
    raise SubstitutionError(f"{variable.name}: {message}")


def _cut(operator: str, value: str, pattern: str, replacement: str) -> Value:
    if operator[0] == "/":
        return replace(value, pattern, replacement, every=operator == "//")
    greedy = pattern.startswith(operator)
    pattern = pattern[1:] if greedy else pattern
    return (trim_prefix if operator == "#" else trim_suffix)(value, pattern, greedy)
