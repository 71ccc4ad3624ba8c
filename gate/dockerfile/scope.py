"""The shape of a variable scope. Filled by :mod:`gate.dockerfile.stages`."""

from __future__ import annotations

from typing import Protocol

from gate.model import Unknown


class Scope(Protocol):
    """The variables that one instruction sees."""

    def get(self, name: str) -> str | Unknown | None:
        """The value; Unknown when it is set but cannot be known (``ARG X`` without default and without ``--build-arg``, an
        ENV whose value depends on one); None when nothing in this file sets it (the base image may)."""
        ...

    def environment(self) -> dict[str, str | Unknown]:
        """What a RUN's shell starts with: ENV and the stage's ARGs, ENV winning where both set a name."""
        ...
