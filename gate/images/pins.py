"""One vulnerability seen twice: in the pin of the Dockerfile and in the image that was built from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gate.model import Finding
from gate.record import replace


def merged(pins: Iterable[Finding], found: Iterable[Finding]) -> Iterator[Finding]:
    """The findings about the pins, each with the layer in which the image has it; behind them those that only the image has."""
    by_package: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        by_package.setdefault(_package(finding), []).append(finding)
    taken: set[int] = set()
    for pin in pins:
        same = [finding for finding in by_package.get(_package(pin), ()) if _ids(pin) & _ids(finding)]
        ours = next((finding for finding in same if _brought(finding) == _brought(pin)), None)
        ours = ours or next(
            (finding for finding in same if finding.package and finding.package.introduced_by is None), None
        )
        if ours is None or pin.package is None or ours.package is None:
            yield pin
            continue
        taken.add(id(ours))
        aliases = tuple(sorted((_ids(pin) | _ids(ours)) - {pin.rule_id}))
        yield replace(
            pin,
            aliases=aliases,
            severity=max(pin.severity, ours.severity),
            package=replace(pin.package, layer=ours.package.layer),
        )
    for findings in by_package.values():
        yield from (finding for finding in findings if id(finding) not in taken)


def _package(finding: Finding) -> tuple[str, str]:
    package = finding.package
    assert package is not None
    return re.sub(r"[-_.]+", "-", package.name).lower(), package.version


def _ids(finding: Finding) -> set[str]:
    return {finding.rule_id, *finding.aliases}


def _brought(finding: Finding) -> object:
    return finding.package.introduced_by if finding.package is not None else None
