"""Small help with words that users type."""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, upper and lower case alike; None when nothing is near."""
    from difflib import get_close_matches  # only needed when something is already wrong

    by_lower = {name.lower(): name for name in known}
    matches = get_close_matches(word.lower()[:100], by_lower, n=1, cutoff=0.6)
    return by_lower[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"``, or nothing."""
    match = closest(word, known)
    return f"; did you mean '{match}'?" if match else ""


def counted(number: int, noun: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {noun}{'s' if number != 1 else ''}"


def told(error: BaseException) -> str:
    """An exception in one line, without the place of a file on this machine (an ImportError ends in one)."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return f"{type(error).__name__}: {error}".partition(" (/")[0][:300]
