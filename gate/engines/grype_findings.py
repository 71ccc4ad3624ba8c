"""grype's matches → findings: one for each vulnerability of each pin, whatever the number of its names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gate.model import Finding, Package, Severity
from gate.sbom.components import Component

_SEVERITIES = {
    "critical": Severity.CRITICAL, "high": Severity.HIGH, "medium": Severity.MEDIUM, "low": Severity.LOW, "negligible": Severity.INFO,
}  # fmt: skip
_CVE = re.compile(r"CVE-\d{4}-\d+\Z")


@dataclass
class _Vulnerability:
    """Matches of one component that are the same vulnerability: their ids overlap."""

    ids: set[str]
    matches: list[dict[str, Any]] = field(default_factory=list)


def findings(matches: Iterable[Any], components: Sequence[Component]) -> Iterator[Finding]:
    """One finding per pin and set of ids, in the order of the pins."""
    grouped: dict[int, list[_Vulnerability]] = {}
    for match in matches:
        if isinstance(match, dict):
            number = _number(match)
            if number is not None and number < len(components):
                _group(grouped.setdefault(number, []), match)
    for number in sorted(grouped):
        for vulnerability in sorted(grouped[number], key=lambda found: sorted(found.ids)):
            yield _finding(vulnerability, components[number])


def _number(match: dict[str, Any]) -> int | None:
    """The number of the component that a match is about."""
    artifact = _object(match.get("artifact"))
    names = [str(location.get("layerID", "")) for location in _objects(artifact.get("locations"))]
    for name in (*names, str(artifact.get("id", ""))):
        found = re.fullmatch(r"component-(\d+)", name)
        if found:
            return int(found[1])
    return None


def _group(known: list[_Vulnerability], match: dict[str, Any]) -> None:
    """Join a match with those that share an id with it."""
    merged = _Vulnerability(_ids(match), [match])
    for other in [other for other in known if other.ids & merged.ids]:
        known.remove(other)
        merged.ids |= other.ids
        merged.matches = other.matches + merged.matches
    known.append(merged)


def _ids(match: dict[str, Any]) -> set[str]:
    rows = [_object(match.get("vulnerability")), *_objects(match.get("relatedVulnerabilities"))]
    return {str(row["id"]) for row in rows if row.get("id")}


def _finding(vulnerability: _Vulnerability, component: Component) -> Finding:
    cves = sorted(name for name in vulnerability.ids if _CVE.match(name))
    name = cves[0] if cves else min(vulnerability.ids)
    rows = [_object(match.get("vulnerability")) for match in vulnerability.matches]
    related = [row for match in vulnerability.matches for row in _objects(match.get("relatedVulnerabilities"))]
    severity, said = _severity(rows)
    fixed = _fixed_in(vulnerability.matches, component.version, component.type)
    epss, exploited = _epss([*rows, *related]), any(row.get("knownExploited") for row in [*rows, *related])
    about = _first_sentence(next((str(row["description"]) for row in [*rows, *related] if row.get("description")), ""))
    message = f"{component.name} {component.version} has {name}"
    message += f" ({said})" if said else ""
    message += f": {about}" if about else "."
    if exploited:
        message += " It is known to be exploited."
    if component.assumed:
        message += " The conda package was looked up as the PyPI package of that name."
    run = component.run
    return Finding(
        rule_id=name,
        name="vulnerable-package",
        severity=severity,
        message=message,
        place=component.place,
        help=_help(component, fixed, rows),
        engine="grype",
        confidence="medium" if component.assumed else "high",
        stage=component.stage.label,
        aliases=tuple(sorted(vulnerability.ids - {name})),
        package=Package(
            name=component.name,
            version=component.version,
            type=component.type,
            purl=component.purl,
            fixed_in=fixed,
            cve=cves[0] if cves else "",
            epss=epss,
            known_exploited=exploited,
            introduced_by={"kind": "instruction", "path": run.source.path, "line": run.line},
        ),
    )


def _severity(rows: Sequence[dict[str, Any]]) -> tuple[Severity, str]:
    """The worst severity that a source of the matches gives, and what the sources say where they differ."""
    words = [str(row.get("severity") or "Unknown") for row in rows]
    best = max((_SEVERITIES.get(word.lower(), Severity.UNKNOWN) for word in words), default=Severity.UNKNOWN)
    if len(set(words)) == 1:
        return best, best.word
    return best, ", ".join(f"{row.get('id')}: {str(row.get('severity') or 'Unknown').lower()}" for row in rows)


def _epss(rows: Sequence[dict[str, Any]]) -> float | None:
    scores = [
        row["epss"] for each in rows for row in _objects(each.get("epss")) if isinstance(row.get("epss"), (int, float))
    ]
    return max(scores, default=None)


def _fixed_in(matches: Sequence[dict[str, Any]], installed: str, kind: str) -> tuple[str, ...]:
    """The versions with the fix, the one to take first: grype's suggestion, the same release line, then the lowest."""
    suggested: list[str] = []
    others: list[str] = []
    for match in matches:
        for detail in _objects(match.get("matchDetails")):
            version = _object(detail.get("fix")).get("suggestedVersion")
            if version:
                suggested.append(str(version))
        versions = _object(_object(match.get("vulnerability")).get("fix")).get("versions")
        others += [str(version) for version in versions] if isinstance(versions, list) else []
    found = list(dict.fromkeys([*suggested, *others]))
    if kind != "python" or not found:
        return tuple(found)
    return tuple(_newer(found, suggested, installed)) or tuple(found)


def _newer(versions: Sequence[str], suggested: Sequence[str], installed: str) -> list[str]:
    from packaging.version import InvalidVersion, Version

    def parsed(text: str) -> Version | None:
        try:
            return Version(text)
        except InvalidVersion:
            return None

    now = parsed(installed)
    known = [
        (version, text) for text in versions if (version := parsed(text)) is not None and (now is None or version > now)
    ]

    def order(row: tuple[Version, str]) -> tuple[bool, bool, Version]:
        version, text = row
        return text not in suggested, now is not None and version.release[:1] != now.release[:1], version

    return [text for _, text in sorted(known, key=order)]


def _help(component: Component, fixed: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    if fixed:
        joint = "=" if component.type in {"deb", "apk"} else "=="
        return f"Raise {component.name} to {fixed[0]}: {component.name}{joint}{fixed[0]}."
    states = {str(_object(row.get("fix")).get("state") or "unknown") for row in rows}
    if "wont-fix" in states:
        return "The distribution will not fix it: remove the package, take another base, or waive it with a reason and a date."
    return "There is no fixed version yet: remove the package, or waive it with a reason and a date."


def _first_sentence(text: str) -> str:
    text = " ".join(text.split())
    end = re.search(r"[.!?](?= [A-Z]|$)", text)
    sentence = text[: end.end()] if end else text
    sentence = sentence if len(sentence) <= 200 else sentence[:200].rpartition(" ")[0] + " …"
    return sentence if not sentence or sentence[-1] in ".!?…" else f"{sentence}."


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
