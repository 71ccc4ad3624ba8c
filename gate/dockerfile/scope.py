"""The shape of a variable scope. Filled by :mod:`gate.dockerfile.stages`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gate.model import Unknown


class Scope(Protocol):
    """The variables that one instruction sees."""

    @property
    def inherited(self) -> Unknown | None:
        """Why a name that the file never sets may be set after all: the base image is not read. None FROM scratch."""
        ...

    def get(self, name: str) -> str | Unknown | None:
        """The value; Unknown when it is set but cannot be known (``ARG X`` without default and without ``--build-arg``,
        an ENV whose value depends on one); None when nothing in this file sets it (the base image may)."""
        ...

    def default(self, name: str) -> str | Unknown | None:
        """The value in a build without build arguments, on linux/amd64: None for an ``ARG X`` without default."""
        ...

    def environment(self) -> Mapping[str, str | Unknown]:
        """What a RUN's shell starts with, as far as the file sets it: ENV and the stage's ARGs, the later one
        winning."""
        ...
