"""The shell variables that a script sees while it is read from top to bottom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gate.model import Unknown, Unset

UNKNOWN = "\ud800"
"""Stands in a value for text that cannot be known. A lone surrogate: no decoded file contains it."""

_MAX_VALUE = 1 << 16
"""Characters beyond which a value is not kept: ``A=$A$A`` doubles it each time."""

_SPECIAL = frozenset("0123456789@*#?$!-")


class Exhausted(Exception):
    """The script costs too much to follow."""


class Budget:
    """The work that one script may cause beyond reading it once, in characters and names."""

    __slots__ = ("left",)

    def __init__(self, left: int = 10_000_000) -> None:
        self.left = left

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise Exhausted


class Variables:
    """Names and values, with a log that takes changes back.

    A value is text, possibly with :data:`UNKNOWN` in it, or None for a variable that is certainly unset. A name that is
    not here was set by nobody in this file: the base image may set it. ``environment`` is what the shell starts with.
    """

    def __init__(self, environment: Mapping[str, str | Unknown | None], budget: Budget | None = None) -> None:
        self._environment = environment
        self._values: dict[str, str | None] = {}  # of what the script sets
        self._exported: set[str] = set()  # beside the environment
        self._log: list[tuple[str, bool, str | None]] = []  # name, whether the script had set it, its value
        self.budget = budget or Budget()

    def get(self, name: str) -> str | None:
        """The value, None where the variable is unset or nothing in this file sets it."""
        return UNKNOWN if name[0] in _SPECIAL else self._value(name, None)

    def expand(self, name: str) -> str:
        """What ``$name`` becomes."""
        value = self._value(name, UNKNOWN)
        if not value:
            return ""
        self.budget.spend(len(value))
        return value

    def knows(self, name: str) -> bool:
        """Whether the script or what it starts with says anything of it."""
        return name in self._values or name in self._environment

    def _value(self, name: str, otherwise: str | None) -> str | None:
        if name in self._values:
            return self._values[name]
        value = self._environment.get(name, otherwise)
        if isinstance(value, Unknown):
            return otherwise if isinstance(value, Unset) else UNKNOWN
        return value

    def assign(self, name: str, value: str | None) -> None:
        self._log.append((name, name in self._values, self._values.get(name)))
        self._values[name] = value if value is None or len(value) <= _MAX_VALUE else UNKNOWN

    def export(self, name: str) -> None:
        self._exported.add(name)

    def exported(self) -> Variables:
        """What a child process sees."""
        self.budget.spend(len(self._environment) + len(self._values))
        exported = self._exported.union(
            name for name, value in self._environment.items() if not isinstance(value, Unset)
        )
        own = {name: value for name, value in self._values.items() if name in exported}
        return Variables({**self._environment, **own}, self.budget)

    def mark(self) -> int:
        """A point in the log."""
        return len(self._log)

    def changed_since(self, mark: int) -> set[str]:
        self.budget.spend(len(self._log) - mark)
        return {name for name, _, _ in self._log[mark:]}

    def take_back(self, mark: int) -> None:
        """Undo what was assigned since the mark."""
        while len(self._log) > mark:
            name, known, value = self._log.pop()
            if known:
                self._values[name] = value
            else:
                del self._values[name]

    def forget(self, names: Iterable[str]) -> None:
        """These may have been assigned, or not."""
        for name in names:
            self.budget.spend(1)
            self.assign(name, UNKNOWN)
