"""The variables that a command of a RUN sets: in front of it, or by ``export`` and its like."""

from __future__ import annotations

from collections.abc import Iterator

from gate.dockerfile.command import Command
from gate.dockerfile.shell.lexer import DECLARING
from gate.dockerfile.source import Text


def assignments(command: Command) -> Iterator[tuple[str, str, Text]]:
    """``(name, value, NAME=value as written)`` of each whose value is known."""
    for name, word in command.assignments.items():
        if word.value is not None:
            yield name, word.value, word.whole.slice(word.start - len(name) - 1, word.end)
    if command.name in DECLARING:
        for word in command.arguments:
            name, equals, value = (word.value or "").partition("=")
            if equals:
                yield name, value, word.text
