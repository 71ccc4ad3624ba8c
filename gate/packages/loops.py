"""``for p in curl git; do apt-get install -y $p; done``: what a command in a loop installs in all its rounds."""

from __future__ import annotations

from gate.dockerfile.command import Command, Loop, ShellWord
from gate.lazy import pattern
from gate.record import replace

_USE = pattern(r'("?)([\w./:=@~+,-]*)\$(?:\{(\w+)\}|(\w+))([\w./:=@~+,-]*)\1\Z')
_MOST = 100
"""Rounds that are followed."""


def unrolled(command: Command) -> Command:
    """The command with all values of a loop's variable at once; itself where no loop gives it known words.

    A word that is nothing but the variable becomes the words of the loop, which so keep their own places. A loop over
    options is left alone: what one round is told, another is not.
    """
    if None not in command.values and all(word.value is not None for word in command.words[:1]):
        return command
    words: list[ShellWord] = []
    for word in command.words:
        for number, value in enumerate(_values(word, command) if word.value is None else (word,)):
            # Behind an option that takes a value, each round has its own: ``-r $f``; any other does no harm twice.
            words += [words[-2], value] if number and (words[-2].value or "").startswith("-") else [value]
    known = all(word.value is not None for word in words)
    complete = command.complete or (known and "xargs" not in command.wrappers)
    return replace(command, words=tuple(words), complete=complete)


def _values(word: ShellWord, command: Command) -> list[ShellWord]:
    used = _USE.match(word.text.value)
    loop = _loop(used[3] or used[4], command) if used is not None else None
    if used is None or loop is None or not 0 < len(loop.words) <= _MOST:
        return [word]
    _, before, *_, after = used.groups()
    values: list[ShellWord] = []
    for given in loop.words:
        for value in [given.value] if word.quoted else (given.value or "").split():
            if not value or value.startswith("-"):
                return [word]
            text = f"{before}{value}{after}"
            values.append(replace(given if text == value else word, value=text, prefix=text))
    return values


def _loop(name: str, command: Command) -> Loop | None:
    return next((node for node in command.ancestors() if isinstance(node, Loop) and node.variable == name), None)
