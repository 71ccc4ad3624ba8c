"""The shell variables that a script sees while it is read from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping

from gate.model import Unknown

UNKNOWN = "\ud800"
"""Stands in a value for text that cannot be known. A lone surrogate: no decoded file contains it."""

_Value = str | None
_MISSING = object()


class Variables:
    """Names and values, with a log that takes changes back.

    A value is text, possibly with :data:`UNKNOWN` in it, or None for a variable that is certainly unset. A name that is not
    here was set by nobody in this file: the base image may set it.
    """

    def __init__(self, environment: Mapping[str, str | Unknown]) -> None:
        self._values: dict[str, _Value] = {
            name: value if isinstance(value, str) else UNKNOWN for name, value in environment.items()
        }
        self._exported = set(self._values)
        self._log: list[tuple[str, object]] = []

    def get(self, name: str) -> str | None:
        """The value, None where the variable is unset or nothing in this file sets it."""
        if name[0] not in "0123456789@*#?$!-":
            return self._values.get(name)
        return UNKNOWN

    def expand(self, name: str) -> str:
        """What ``$name`` becomes."""
        value = self._values.get(name, UNKNOWN)
        return "" if value is None else value

    def assign(self, name: str, value: str | None) -> None:
        self._log.append((name, self._values.get(name, _MISSING)))
        self._values[name] = value

    def export(self, name: str) -> None:
        self._exported.add(name)

    def exported(self) -> Variables:
        """What a child process sees: a copy."""
        child = Variables({})
        child._values = {name: value for name, value in self._values.items() if name in self._exported}
        child._exported = set(child._values)
        return child

    def copy(self) -> Variables:
        """What a function or a subshell sees."""
        child = Variables({})
        child._values = dict(self._values)
        child._exported = set(self._exported)
        return child

    def mark(self) -> int:
        """A point in the log."""
        return len(self._log)

    def changed_since(self, mark: int) -> set[str]:
        return {name for name, _ in self._log[mark:]}

    def take_back(self, mark: int) -> None:
        """Undo what was assigned since the mark."""
        while len(self._log) > mark:
            name, value = self._log.pop()
            if value is _MISSING:
                self._values.pop(name, None)
            else:
                self._values[name] = value  # type: ignore[assignment]

    def forget(self, names: set[str]) -> None:
        """These may have been assigned, or not."""
        for name in names:
            self.assign(name, UNKNOWN)
