"""grype's matches → findings: one for each vulnerability of each package, whatever the number of its names.

The same for the pins of a Dockerfile and for the packages of an image: what differs is only where a package comes from,
and that is asked of the caller, as an :class:`Origin`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gate.engines.grype_fixes import fixed_in, reached
from gate.fingerprint import order
from gate.lazy import pattern
from gate.model import Finding, Package, Place, Severity
from gate.record import dataclass, field

_SEVERITIES = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "negligible": Severity.INFO,
}
_CVE = pattern(r"CVE-\d{4}-\d{4,19}", re.ASCII)
_END = pattern(r"[.!?](?= [A-Z]|$)")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Location:
    """A file that makes a package known. ``layer`` is the diff id of the layer that it was found in, or "". ``evidence``
    is ``primary`` or ``supporting``: a package database is touched by every later installation, what supports it is not.
    """

    path: str
    layer: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A package as grype describes it."""

    id: str
    name: str
    version: str
    type: str
    purl: str
    locations: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a package comes from: the ``place`` of its finding, and what brought it, as in a Package's
    ``introduced_by``. ``assumed``: it was looked up under another ecosystem's name; ``pinned``: it is asked for, not there."""

    place: Place
    introduced_by: dict[str, Any] | None = None
    stage: str | None = None
    layer: str | None = None
    assumed: bool = False
    pinned: bool = False


Attribute = Callable[[Artifact], Origin]


@dataclass(slots=True, eq=False)
class _Vulnerability:
    """Matches of one package that are the same vulnerability: their ids overlap."""

    artifact: Artifact
    origin: Origin
    ids: set[str] = field(default_factory=set)
    matches: list[dict[str, Any]] = field(default_factory=list)

    def join(self, other: _Vulnerability) -> None:
        self.ids |= other.ids
        self.matches += other.matches


def findings(matches: Iterable[dict[str, Any]], attribute: Attribute) -> list[Finding]:
    """One finding per package, origin and set of ids; sorted."""
    packages: dict[tuple[Any, ...], dict[str, _Vulnerability]] = {}
    for match in sorted(matches, key=_order):
        artifact = artifact_of(match)
        origin = attribute(artifact)
        if origin.pinned and artifact.type == "rpm" and reached(artifact.version, fixed_in([match], "", "rpm")):
            continue
        known = packages.setdefault(_identity(artifact, origin), {})
        _group(known, _Vulnerability(artifact, origin, _ids(match), [match]))
    found = [
        _finding(vulnerability)
        for known in packages.values()
        for vulnerability in {id(row): row for row in known.values()}.values()
    ]
    return sorted(found, key=order)


def artifact_of(match: dict[str, Any]) -> Artifact:
    """The package that a match is about."""
    row = _object(match.get("artifact"))
    return Artifact(
        id=_text(row.get("id")),
        name=_text(row.get("name")),
        version=_text(row.get("version")),
        type=_text(row.get("type")),
        purl=_text(row.get("purl")),
        locations=tuple(_location(each) for each in _objects(row.get("locations"))),
    )


def _location(row: dict[str, Any]) -> Location:
    evidence = _object(row.get("annotations")).get("evidence")
    return Location(_text(row.get("path")), _text(row.get("layerID")), _text(evidence))


def _order(match: dict[str, Any]) -> tuple[str, ...]:
    """Its own order is by risk, and not always the same."""
    artifact = _object(match.get("artifact"))
    vulnerability = _object(match.get("vulnerability"))
    keys = (artifact.get("id"), vulnerability.get("id"), vulnerability.get("namespace"))
    return tuple(_text(key) for key in keys)


def _identity(artifact: Artifact, origin: Origin) -> tuple[Any, ...]:
    """Two copies of a package that one instruction brought are one; a distribution's package and the Python package in it
    are one as well, where both are there."""
    name = re.sub(r"[-_.]+", "-", artifact.name).lower()
    version = artifact.version
    if artifact.type in _SYSTEM and (match := re.fullmatch(r"(?:python3?|py3)-(.+)", name)):
        name, version = match[1], _upstream_version(version)
    elif artifact.type in _SYSTEM:
        name = f"{artifact.type}:{name}"
    elif artifact.type != "python":
        name = f"{artifact.type}:{artifact.name}"
    brought = tuple(sorted((origin.introduced_by or {}).items(), key=str))
    return name, version, origin.place, brought, origin.stage


_SYSTEM = frozenset({"deb", "apk", "rpm"})


def _upstream_version(version: str) -> str:
    """``1:1.16.2-3+deb12u1`` → ``1.16.2``."""
    return re.split(r"[-+~]", version.rpartition(":")[2], maxsplit=1)[0]


def _group(known: dict[str, _Vulnerability], new: _Vulnerability) -> None:
    """Join a match with all those that share an id with it. ``known``: id → the vulnerability that has it."""
    joined = {id(row): row for name in new.ids if (row := known.get(name)) is not None}
    for row in joined.values():
        row.join(new)
        new = row
    for name in new.ids:
        known[name] = new


def _ids(match: dict[str, Any]) -> set[str]:
    rows = [_object(match.get("vulnerability")), *_objects(match.get("relatedVulnerabilities"))]
    return {_text(row["id"]) for row in rows if row.get("id")}


def _finding(vulnerability: _Vulnerability) -> Finding:
    artifact, origin = vulnerability.artifact, vulnerability.origin
    cves = sorted((name for name in vulnerability.ids if _CVE.fullmatch(name)), key=_by_number)
    name = cves[0] if cves else min(vulnerability.ids)
    rows = [_object(match.get("vulnerability")) for match in vulnerability.matches]
    related = [row for match in vulnerability.matches for row in _objects(match.get("relatedVulnerabilities"))]
    severity, said = _severity(rows, related, name)
    fixed = fixed_in(vulnerability.matches, artifact.version, artifact.type)
    exploited = any(row.get("knownExploited") for row in [*rows, *related])
    message = f"{artifact.name} {artifact.version} has {name} ({said})"
    about = _first_sentence(
        next((_text(row["description"]) for row in [*rows, *related] if row.get("description")), "")
    )
    message += f": {about}" if about else "."
    if exploited:
        message += " It is known to be exploited."
    if origin.assumed:
        message += " The conda package was looked up as the PyPI package of that name."
    return Finding(
        rule_id=name,
        name="vulnerable-package",
        severity=severity,
        message=message,
        place=origin.place,
        help=_help(artifact, origin, fixed, rows),
        engine="grype",
        confidence="medium" if origin.assumed or _by_cpe(vulnerability.matches) else "high",
        stage=origin.stage,
        aliases=tuple(sorted(vulnerability.ids - {name})),
        package=Package(
            name=artifact.name,
            version=artifact.version,
            type=artifact.type,
            purl=artifact.purl,
            fixed_in=fixed,
            cve=cves[0] if cves else "",
            epss=_epss([*rows, *related]),
            known_exploited=exploited,
            layer=origin.layer,
            introduced_by=origin.introduced_by,
        ),
    )


def _by_number(cve: str) -> tuple[int, int]:
    _, year, number = cve.split("-")
    return int(year), int(number)


def _severity(rows: Sequence[dict[str, Any]], related: Iterable[dict[str, Any]], name: str) -> tuple[Severity, str]:
    """The worst severity that a matched record gives, and in words what every source says where they differ. A record
    that is only mentioned (NVD's) may differ; the ones that matched count."""
    best = max((_SEVERITIES.get(_word(row), Severity.UNKNOWN) for row in rows), default=Severity.UNKNOWN)
    said = {_source(row, name): _word(row) for row in rows}
    for row in related:
        if _word(row) != "unknown":  # a record that is not there reads the same
            said.setdefault(_source(row, name), _word(row))
    if len(set(said.values())) == 1:
        return best, best.word
    return best, ", ".join(f"{source}: {word}" for source, word in said.items())


def _word(row: dict[str, Any]) -> str:
    return (_text(row.get("severity")) or "Unknown").lower()


def _source(row: dict[str, Any], name: str) -> str:
    """Whose record it is: its id, or where that is the vulnerability's own, who keeps it (``debian``, ``nvd``)."""
    own = _text(row.get("id"))
    return own if own != name else _text(row.get("namespace")).partition(":")[0] or own


def _epss(rows: Sequence[dict[str, Any]]) -> float | None:
    scores: list[Any] = [row.get("epss") for each in rows for row in _objects(each.get("epss"))]
    return max((float(score) for score in scores if type(score) in (int, float) and 0 <= score <= 1), default=None)


def _by_cpe(matches: Iterable[dict[str, Any]]) -> bool:
    """Whether only a name of products says so: those of different products may be alike."""
    kinds = {detail.get("type") for match in matches for detail in _objects(match.get("matchDetails"))}
    return kinds == {"cpe-match"}


def _help(artifact: Artifact, origin: Origin, fixed: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    if fixed:
        if (origin.introduced_by or {}).get("kind") == "base":
            return f"Take a base image with {artifact.name} {fixed[0]}, or upgrade it."
        joint = "=" if artifact.type in {"deb", "apk"} or origin.assumed else "-" if artifact.type == "rpm" else "=="
        pin = f": {artifact.name}{joint}{fixed[0]}" if artifact.type in {"python", *_SYSTEM} else ""
        return f"Raise {artifact.name} to {fixed[0]}{pin}."
    states = {_text(_object(row.get("fix")).get("state")) for row in rows}
    if "wont-fix" in states:
        return "The distribution will not fix it: remove the package, take another base, or waive it with a reason and a date."
    return "There is no fixed version yet: remove the package, or waive it with a reason and a date."


def _first_sentence(text: str) -> str:
    short = " ".join(text[: 2 * _LONGEST].split())  # no more is needed, unless it is blanks
    text = short if len(short) > _LONGEST + 8 else " ".join(text[: 8 * _LONGEST].split())
    end = _END.search(text)
    sentence = text[: end.end()] if end else text
    sentence = sentence if len(sentence) <= _LONGEST else sentence[:_LONGEST].rpartition(" ")[0] + " …"
    return sentence if not sentence or sentence[-1] in ".!?…" else f"{sentence}."


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
