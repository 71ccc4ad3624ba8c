"""Which version to raise a package to: the smallest with the fix in its own release line, else the smallest above."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cmp_to_key, lru_cache
from typing import Any

from packaging.version import Version


def fixed_in(matches: Sequence[dict[str, Any]], installed: str, kind: str) -> tuple[str, ...]:
    """The versions with the fix, the one to take first.

    Several records of one vulnerability may each name its own: the one to take has all of them behind it.
    """
    choices: list[str] = []
    every: list[str] = []
    for match in matches:
        suggested, versions = _suggested(match), _versions(match)
        every += [*suggested, *versions]
        ordered = _ordered(tuple(suggested or versions), installed, kind)
        choices += ordered[:1]
    found = tuple(dict.fromkeys(every))
    best = [highest(choices, kind)[0]] if choices else []
    return tuple(dict.fromkeys([*best, *_ordered(found, installed, kind)]))


def highest(versions: Sequence[str], kind: str) -> tuple[str, int]:
    """The highest of some versions, and how many it has behind it. Where their order is not known: the most frequent.

    ``versions``: at least one.
    """
    if kind == "python":
        known = [(version, text) for text in versions if (version := _parsed(text)) is not None]
        if known:
            return max(known)[1], len(known)
    elif kind == "deb":
        return max(versions, key=cmp_to_key(_debian)), len(versions)
    counted = Counter(versions)
    best = max(counted, key=lambda text: (counted[text], text))
    return best, counted[best]


def _suggested(match: dict[str, Any]) -> list[str]:
    """What grype suggests: it knows which range of the record the installed version fell into."""
    details = match.get("matchDetails")
    fixes = [row.get("fix") for row in details if isinstance(row, dict)] if isinstance(details, list) else []
    return _strings(fix.get("suggestedVersion") for fix in fixes if isinstance(fix, dict))


def _versions(match: dict[str, Any]) -> list[str]:
    vulnerability = match.get("vulnerability")
    fix = vulnerability.get("fix") if isinstance(vulnerability, dict) else None
    versions = fix.get("versions") if isinstance(fix, dict) else None
    return _strings(versions) if isinstance(versions, list) else []


def _strings(values: Iterable[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str) and value]


@lru_cache(maxsize=1024)
def _ordered(versions: tuple[str, ...], installed: str, kind: str) -> tuple[str, ...]:
    """The versions above the installed one, those of its release line first. Without an order of its own (a
    distribution's versions): as they came."""
    unique = tuple(dict.fromkeys(versions))
    now = _parsed(installed) if kind == "python" else None
    if now is None:
        return unique
    known = [(version, text) for text in unique if (version := _parsed(text)) is not None and version > now]
    known.sort(key=lambda row: (-_common(row[0], now), row[0]))
    return tuple(text for _, text in known) or unique


def _common(version: Version, now: Version) -> int:
    """How much of the release line two versions share: the epoch, the major, the minor number."""
    if version.epoch != now.epoch:
        return 0
    ours, theirs = (*now.release, 0)[:2], (*version.release, 0)[:2]
    return 1 + (ours[0] == theirs[0]) + (ours == theirs)


def reached(version: str, fixed: Sequence[str]) -> bool:
    """Whether an rpm whose epoch nobody wrote has a fix behind it: ``dnf install openssl-3.0.1-43`` takes it whatever the epoch
    is, and a database that knows one takes none for zero."""
    return ":" not in version and any(_rpm(version) >= _rpm(fix.partition(":")[2]) for fix in fixed if ":" in fix)


def _rpm(version: str) -> list[list[tuple[int, int, str]]]:
    """rpm's order of version and release: digits as numbers, above letters; ``~`` before the end, ``^`` right behind it."""
    kinds = {"~": -1, "^": 1}
    return [
        [
            (3, int(word[:400]), "") if word.isdigit() else (kinds.get(word, 2), 0, word)
            for word in re.findall(r"[0-9]+|[A-Za-z]+|[~^]", part)
        ]
        + [(0, 0, "")]
        for part in version.split("-", 1)
    ]


def _debian(one: str, other: str) -> int:
    """Debian's order of versions: epoch, upstream version, revision; digits as numbers, ``~`` before everything."""
    left, right = _debian_parts(one), _debian_parts(other)
    return (left > right) - (left < right)


def _debian_parts(version: str) -> list[list[tuple[tuple[int, ...], int]]]:
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return [_pieces(epoch), _pieces(upstream), _pieces(revision)]


def _pieces(text: str) -> list[tuple[tuple[int, ...], int]]:
    """Runs of non-digits and digits, each comparable; the end of a text sorts after ``~`` and before the rest."""
    return [
        ((*(-1 if c == "~" else ord(c) + (0 if c.isalpha() else 256) for c in word), 0), int(number[:400] or 0))
        for word, number in re.findall(r"(\D*)(\d*)", text)
    ]


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:  # no version, or one with more digits than Python turns into a number
        return None
