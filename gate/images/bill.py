"""Bills of materials as others write them: CycloneDX, SPDX and syft's own JSON, as far as we have to know them.

grype reads them; what is looked for here is what it passes over in silence: packages about which it can say nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from gate.lazy import pattern
from gate.record import dataclass

_SYSTEM = pattern(r"pkg:(deb|rpm|apk|alpm)/")
_DISTRO = pattern(r"[?&]distro=\w")
_KINDS = frozenset({"deb", "rpm", "apk", "alpm"})
_MAX_DEPTH = 50
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Listed:
    """A package of a document, with what is written there; empty where nothing is."""

    name: str
    version: str
    purl: str


def unchecked(text: str) -> Iterator[tuple[Listed, str]]:
    """The packages that grype cannot judge, each with the reason. Nothing for a document that is not JSON."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(document, dict):
        return
    packages = list(_packages(document))
    located = _has_distribution(document) or any(_DISTRO.search(package.purl) for package in packages)
    for package in packages:
        if not any(character.isdigit() for character in package.version):
            yield package, "it has no version"
        elif package.purl.startswith("pkg:pypi/") and not _is_python(package.version):
            yield package, f"{package.version[:_SHOWN]} is no version of a Python package"
        elif not located and _SYSTEM.match(package.purl):
            yield package, "the release of its distribution is not known"


def _is_python(version: str) -> bool:
    """Whether grype can compare a version: it finds nothing for any other, without a word."""
    from packaging.version import Version

    try:
        Version(version)
    except ValueError:
        return False
    return True


def homeless(component: dict[str, Any]) -> bool:
    """Whether a component of grype's own bill is a distribution's package, and nobody knows of which release."""
    properties = {row.get("name"): row.get("value") for row in _objects(component.get("properties"))}
    return properties.get("syft:package:type") in _KINDS and _DISTRO.search(_text(component.get("purl"))) is None


def _packages(document: dict[str, Any]) -> Iterator[Listed]:
    for row in _objects(document.get("artifacts")):  # syft
        yield Listed(_text(row.get("name")), _text(row.get("version")), _text(row.get("purl")))
    for row in _objects(document.get("packages")):  # SPDX
        locators = [_text(each.get("referenceLocator")) for each in _objects(row.get("externalRefs"))]
        purl = next((locator for locator in locators if locator.startswith("pkg:")), "")
        if purl:  # the document's own subject is listed among the packages, too
            yield Listed(_text(row.get("name")), _text(row.get("versionInfo")), purl)
    waiting = [(row, 0) for row in _objects(document.get("components"))]  # CycloneDX
    while waiting:
        row, depth = waiting.pop()
        purl = _text(row.get("purl"))
        if purl or row.get("type") == "library":
            yield Listed(_text(row.get("name")), _text(row.get("version")), purl)
        if depth < _MAX_DEPTH:
            waiting.extend((each, depth + 1) for each in _objects(row.get("components")))


def _has_distribution(document: dict[str, Any]) -> bool:
    distro = document.get("distro")
    if isinstance(distro, dict) and (distro.get("id") or distro.get("name")):
        return True
    return any(row.get("type") == "operating-system" for row in _objects(document.get("components")))


def _objects(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
