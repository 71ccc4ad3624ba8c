"""Which programs the packages of a build bring."""

from __future__ import annotations

from gate.build import Build
from gate.model import Unknown


class Brought:
    """The programs that the installations of a build's shipped stages put on PATH."""

    def __init__(self, build: Build) -> None:
        self.build = build

    def program(self, name: str) -> bool | Unknown:
        return False

    def places(self, name: str) -> tuple[str, ...]:
        return ()
