"""Of many patterns those that can match a path at all.

An ignore file may have tens of thousands of lines, a context tens of thousands of files. Almost every pattern holds a
stretch of plain text that a path must hold, too; the stretches of the path are looked up, and the rest is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST = 12
"""Characters of a stretch that count: so many look-ups a path's character costs at most."""


class Candidates:
    """``literals``: for each pattern a text that every path it matches contains; empty when there is none."""

    def __init__(self, literals: Sequence[str]) -> None:
        self._always: list[int] = []
        self._holding: dict[str, list[int]] = {}
        for number, literal in enumerate(literals):
            # Its end tells more than its beginning: names are numbered at their ends.
            found = self._holding.setdefault(literal[-_LONGEST:], []) if literal else self._always
            found.append(number)
        self._lengths = sorted({len(literal) for literal in self._holding})

    def of(self, path: str) -> list[int]:
        """The numbers of the patterns that may match, ascending."""
        found = set(self._always)
        holding = self._holding
        for length in self._lengths:
            for start in range(len(path) - length + 1):
                numbers = holding.get(path[start : start + length])
                if numbers is not None:
                    found.update(numbers)
        return sorted(found)
