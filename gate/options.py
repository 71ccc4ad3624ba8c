"""A command line as data, and its reader.

Typer shows the help and says what is wrong with a command line (:mod:`gate.application`). Loading it takes longer than
judging a Dockerfile: so a command line with nothing wrong is read here, without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gate.record import dataclass

HEADING = "Options"


@dataclass(frozen=True)
class Option:
    """One thing that a command takes, under the name ``into``.

    ``names``: as typed (``-o``, ``--output``); none for an argument, which is known by its place. ``metavar``: what its
    value is called in the help; empty for a flag. ``many``: it may be there several times, and is a sequence.
    ``heading``: of the help. ``default``: when it is not there; an argument without one, None, is required.
    """

    into: str
    names: tuple[str, ...]
    metavar: str
    help: str
    heading: str = HEADING
    many: bool = False
    default: str | None = None

    @property
    def absent(self) -> Any:
        """The value when it is not there."""
        if self.many:
            return ()
        return self.default if self.metavar else False

    @property
    def required(self) -> bool:
        return not self.names and self.absent is None


@dataclass(frozen=True)
class Command:
    """``run`` takes the values of the options by their names, and gives the exit code; its docstring is the help."""

    run: Callable[..., int]
    options: tuple[Option, ...]


def command(*options: Option) -> Callable[[Callable[..., int]], Command]:
    """Make a function a command with these options."""
    return lambda run: Command(run, options)


def read(given: Command, words: Sequence[str]) -> Mapping[str, Any] | None:
    """The values of the options; None for what is better left to Typer: a mistake, ``--help``, short options that are
    run together."""
    named = {name: option for option in given.options for name in option.names}
    values = {option.into: option.absent for option in given.options}
    places: list[str] = []
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        option = named.get(name)
        if word == "--":
            places += rest
        elif option is None:
            if word.startswith("-") and word != "-":
                return None
            places.append(word)
        elif option.metavar:
            text = value if equals else next(rest, None)
            if text is None:
                return None
            values[option.into] = (*values[option.into], text) if option.many else text
        elif equals:
            return None
        else:
            values[option.into] = True
    return values if _placed(given, places, values) else None


def _placed(given: Command, words: list[str], values: dict[str, Any]) -> bool:
    """Hand the arguments their words; whether they are neither too few nor too many."""
    for option in given.options:
        if not option.names and words:
            values[option.into] = tuple(words) if option.many else words[0]
            words = [] if option.many else words[1:]
        elif option.required:
            return False
    return not words
