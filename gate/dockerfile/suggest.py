"""``(did you mean …?)`` as BuildKit says it: the option at an edit distance below three."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, options: Iterable[str], *, match_case: bool = False) -> str:
    """The hint with a blank in front, or nothing. Of several options equally near, one with the same letters, else the
    first in the alphabet.

    ``match_case``: case does not count, and the answer is written in the word's case.
    """
    wanted = word.lower() if match_case else word
    best, distance = "", 3
    for option in sorted(option.lower() if match_case else option for option in options):
        if option == wanted:
            return ""
        found = edit_distance(wanted, option, 3)
        if found < distance or (found == distance < 3 and sorted(option) == sorted(wanted)):
            best, distance = option, found
    if not best:
        return ""
    if match_case and word == word.upper() and word != word.lower():
        best = best.upper()
    return f" (did you mean {best}?)"


def edit_distance(one: str, other: str, limit: int) -> int:
    """The Levenshtein distance, or ``limit`` when it is at least that."""
    if abs(len(one) - len(other)) >= limit:
        return limit
    row = list(range(len(other) + 1))
    for index, character in enumerate(one, 1):
        previous, row[0] = row[0], index
        for column, opposite in enumerate(other, 1):
            previous, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, previous + (character != opposite)),
            )
        if min(row) >= limit:
            return limit
    return min(row[-1], limit)
