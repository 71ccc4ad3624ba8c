"""Shell text → commands: the shape of what comes out."""

from __future__ import annotations

import pytest

from gate.dockerfile.command import Command
from gate.dockerfile.shell import parse_script
from gate.dockerfile.source import Source, Text


def commands(script: str, **environment: str) -> list[Command]:
    source = Source("Dockerfile", script.encode())
    return list(parse_script(Text(source, source.text, ((0, 0),)), environment=environment).commands)


def argv(script: str, **environment: str) -> list[list[str | None]]:
    return [[word.value for word in command.words] for command in commands(script, **environment)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a && b; c", [["a"], ["b"], ["c"]]),
        ("echo 'a && b'", [["echo", "a && b"]]),
        ("pip install foo[bar]==1", [["pip", "install", "foo[bar]==1"]]),
        ("V=1; pip install x==$V", [[], ["pip", "install", "x==1"]]),
        ("a $P", [["a", "b", "c"]]),
        ('a "$P"', [["a", "b  c"]]),
        ("a $UNSET", [["a", None]]),
        ("a ${UNSET:--y}", [["a", "-y"]]),
    ],
)
def test_words(script: str, expected: list[list[str | None]]) -> None:
    assert argv(script, P="b  c") == expected
