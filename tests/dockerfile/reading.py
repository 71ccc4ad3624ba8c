"""Short words for the tests: a file as text, read and built."""

from __future__ import annotations

from collections.abc import Mapping

from gate.build import Build
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.dockerfile.tree import Dockerfile, Instruction


def read(text: str | bytes) -> Dockerfile:
    return parse(Source("Dockerfile", text.encode() if isinstance(text, str) else text))


def build(text: str | bytes, target: str | None = None, **build_args: str) -> Build:
    return Build(read(text), build_args=build_args, target=target)


def only(text: str) -> Instruction:
    """The last instruction of a stage that begins with a FROM of its own."""
    return read("FROM scratch\n" + text).instructions[-1]


def faults(text: str, target: str | None = None, build_args: Mapping[str, str] | None = None) -> list[tuple[str, int]]:
    """Every fault's message and line."""
    found = Build(read(text), build_args=build_args, target=target).faults
    return [(fault.message, fault.place.line) for fault in found]
