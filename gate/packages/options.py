"""Command lines taken apart: options, the values they swallow, and the operands that remain.

Each program has a :class:`Table` of the options that take a value; everything else that starts with a dash is a flag.
That is all a reader needs to tell a package from an option's value.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from gate.record import dataclass, field

if TYPE_CHECKING:
    from gate.dockerfile.command import ShellWord


_LONGEST_KEPT = 200


def listed(names: str) -> frozenset[str]:
    """The names in a text, parted by blanks."""
    return frozenset(names.split())


@dataclass(frozen=True, slots=True, eq=False)
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
        for option in self.options:  # noqa: SIM110  asked often, and of few options: a generator costs more than the looks
            if option.name in names:
                return True
        return False

    def last(self, *names: str) -> Option | None:
        return next((option for option in reversed(self.options) if option.name in names), None)

    def all(self, *names: str) -> list[Option]:
        return [option for option in self.options if option.name in names]


def scan(words: Iterable[ShellWord], table: Table) -> Arguments:
    """Take words apart. An unknown word is an operand unless its known beginning is a dash."""
    arguments = Arguments()
    options, operands = arguments.options, arguments.operands
    rest = iter(words)
    for word in rest:
        known = word.value
        text = word.prefix if known is None else known
        if text[:1] != "-" or len(text) < 2:
            if known is None and not text:
                arguments.complete = False
                if not operands:
                    continue  # `pip $FLAGS install`: not the subcommand, as far as anyone can tell
            operands.append(word)
            if table.stop:
                operands += rest
            continue
        if known == "--":
            behind = [*rest]
            operands += behind
            if any(word.value is None and not word.prefix for word in behind):
                arguments.complete = False
            break
        take = _taken_apart if len(text) < _LONGEST_KEPT else _taken_apart.__wrapped__
        taken, wants, complete = take(text, known is not None, table)
        for name, value, unknown in taken:
            options.append(Option(name, word, value, unknown))
        if not complete:
            arguments.complete = False
        if wants is not None:
            value_word = next(rest, None)
            if value_word is None:
                options.append(Option(wants, word))
            else:
                options.append(Option(wants, value_word, value_word.value, value_word.value is None))
    return arguments


_Taken = tuple[list[tuple[str, "str | None", bool]], "str | None", bool]


@lru_cache(maxsize=2048)
def _taken_apart(text: str, known: bool, table: Table) -> _Taken:
    """The options that one word holds, each with its value and whether this cannot be known; the name of one whose value is
    the next word; and False where the word may hold more. ``known``: the text is the whole word, not only its beginning."""
    return _long(text, known, table) if text[1] == "-" or table.single_dash else _short(text, known, table)


def _long(text: str, known: bool, table: Table) -> _Taken:
    """Read ``--name[=value]``."""
    name, equals, value = text.partition("=")
    name = table.full_name(name)
    if not equals and name in table.values:
        return [], name, True
    return [(name, value if equals and known else None, not known)], None, True


def _short(text: str, known: bool, table: Table) -> _Taken:
    """Read a bundle of letters, of which the last may take a value."""
    taken: list[tuple[str, str | None, bool]] = []
    for index in range(1, len(text)):
        name = "-" + text[index]
        if name in table.values:
            value = text[index + 1 :]
            if not value and known:
                return taken, name, True
            if table.short_equals:
                value = value.removeprefix("=")
            taken.append((name, value if known else None, not known))
            return taken, None, True
        if table.short_equals and text[index + 1 : index + 2] == "=":
            taken.append((name, text[index + 2 :], not known))
            return taken, None, True
        taken.append((name, None, False))
    return taken, None, known
