"""Command lines taken apart: options, the values they swallow, and the operands that remain.

Each program has a :class:`Table` of the options that take a value; everything else that starts with a dash is a flag.
That is all a reader needs to tell a package from an option's value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from gate.record import dataclass, field

if TYPE_CHECKING:
    from gate.dockerfile.command import ShellWord


def listed(names: str) -> frozenset[str]:
    """The names in a text, parted by blanks."""
    return frozenset(names.split())


@dataclass(frozen=True, slots=True)
class Table:
    """The options of a program that take a value, short (``-r``) and long (``--requirement``).

    ``flags``: the long options without a value; needed only where the program accepts abbreviations (``--no-cache`` for
    ``--no-cache-dir``). ``short_equals``: ``-t=x`` means ``-t x``. ``single_dash``: a word after one dash is one option
    (``-mod=vendor``), letters are not bundled. ``stop``: the first operand ends the options.
    """

    values: frozenset[str]
    flags: frozenset[str] = frozenset()
    short_equals: bool = False
    single_dash: bool = False
    stop: bool = False

    def full_name(self, name: str) -> str:
        """The option that an unambiguous abbreviation stands for."""
        if not self.flags or name in self.values or name in self.flags:
            return name
        found = [full for full in (*self.values, *self.flags) if full.startswith(name)]
        return found[0] if len(found) == 1 else name


@dataclass(slots=True)
class Option:
    """One option. ``value`` is None for a flag and for a value that cannot be known (then ``unknown``)."""

    name: str
    word: ShellWord  # the word that holds the value, or the flag itself
    value: str | None = None
    unknown: bool = False


@dataclass(slots=True)
class Arguments:
    """A command line taken apart. ``complete`` is False when a word may be any number of words, or an option."""

    options: list[Option] = field(default_factory=list)
    operands: list[ShellWord] = field(default_factory=list)
    complete: bool = True

    def has(self, *names: str) -> bool:
        return any(option.name in names for option in self.options)

    def last(self, *names: str) -> Option | None:
        return next((option for option in reversed(self.options) if option.name in names), None)

    def all(self, *names: str) -> list[Option]:
        return [option for option in self.options if option.name in names]


def scan(words: Iterable[ShellWord], table: Table) -> Arguments:
    """Take words apart. An unknown word is an operand unless its known beginning is a dash."""
    arguments = Arguments()
    rest = list(words)
    at = 0
    while at < len(rest):
        word = rest[at]
        at += 1
        text = word.prefix if word.value is None else word.value
        if text == "--" and word.value is not None:
            arguments.operands += rest[at:]
            _note_unknown(rest[at:], arguments)
            break
        if len(text) < 2 or text[0] != "-":
            if word.value is None and not text:
                arguments.complete = False
                if not arguments.operands:
                    continue  # `pip $FLAGS install`: not the subcommand, as far as anyone can tell
            arguments.operands.append(word)
            if table.stop:
                arguments.operands += rest[at:]
                break
            continue
        wants = (
            _long(word, text, table, arguments)
            if text[1] == "-" or table.single_dash
            else _short(word, text, table, arguments)
        )
        if wants is not None and at < len(rest):
            value = rest[at]
            at += 1
            arguments.options.append(Option(wants, value, value.value, value.value is None))
        elif wants is not None:
            arguments.options.append(Option(wants, word))
    return arguments


def _note_unknown(words: Sequence[ShellWord], arguments: Arguments) -> None:
    if any(word.value is None and not word.prefix for word in words):
        arguments.complete = False


def _long(word: ShellWord, text: str, table: Table, arguments: Arguments) -> str | None:
    """Read ``--name[=value]``; the name when its value is the next word."""
    name, equals, value = text.partition("=")
    name = table.full_name(name)
    if equals:
        arguments.options.append(Option(name, word, None if word.value is None else value, word.value is None))
        return None
    if name in table.values:
        return name
    arguments.options.append(Option(name, word, None, word.value is None))
    return None


def _short(word: ShellWord, text: str, table: Table, arguments: Arguments) -> str | None:
    """Read a bundle of letters; the last one's name when its value is the next word."""
    for index in range(1, len(text)):
        name = "-" + text[index]
        if name in table.values:
            value = text[index + 1 :]
            if not value and word.value is not None:
                return name
            if table.short_equals:
                value = value.removeprefix("=")
            arguments.options.append(Option(name, word, None if word.value is None else value, word.value is None))
            return None
        if table.short_equals and text[index + 1 : index + 2] == "=":
            arguments.options.append(Option(name, word, text[index + 2 :], word.value is None))
            return None
        arguments.options.append(Option(name, word))
    if word.value is None:
        arguments.complete = False
    return None
