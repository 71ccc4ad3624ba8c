"""Which version to raise a package to: the smallest with the fix in its own release line, else the smallest above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from packaging.version import InvalidVersion, Version


def fixed_in(matches: Sequence[dict[str, Any]], installed: str, kind: str) -> tuple[str, ...]:
    """The versions with the fix, the one to take first.

    Several records of one vulnerability may each name its own: the one to take has all of them behind it.
    """
    choices: list[str] = []
    every: list[str] = []
    for match in matches:
        suggested, versions = _suggested(match), _versions(match)
        every += [*suggested, *versions]
        ordered = _ordered(suggested or versions, installed, kind)
        choices += ordered[:1]
    found = list(dict.fromkeys(every))
    if len(set(choices)) > 1 and kind == "python":
        choices.sort(key=lambda text: _parsed(text) or Version("0"), reverse=True)
    rest = _ordered(found, installed, kind)
    return tuple(dict.fromkeys([*choices[:1], *rest]))


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


def _ordered(versions: Sequence[str], installed: str, kind: str) -> list[str]:
    """The versions above the installed one, those of its release line first. Without an order of its own (a
    distribution's versions): as they came."""
    unique = list(dict.fromkeys(versions))
    now = _parsed(installed) if kind == "python" else None
    if now is None:
        return unique
    known = [(version, text) for text in unique if (version := _parsed(text)) is not None and version > now]
    known.sort(key=lambda row: (-_common(row[0], now), row[0]))
    return [text for _, text in known] or unique


def _common(version: Version, now: Version) -> int:
    """How much of the release line two versions share: the epoch, the major, the minor number."""
    if version.epoch != now.epoch:
        return 0
    ours, theirs = (*now.release, 0)[:2], (*version.release, 0)[:2]
    return 1 + (ours[0] == theirs[0]) + (ours == theirs)


def _parsed(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
