"""An identity for findings that survives when lines move.

It is made of the rule, the file, the text of the line (blanks aside) and, where these are all alike, the count. A
finding about a package is known by the package instead of the line.
"""

from __future__ import annotations

from collections.abc import Iterable

from gate.blake import blake2b
from gate.model import Finding
from gate.record import replace
from gate.sources import Sources

_LONGEST = 4096


def fingerprinted(findings: Iterable[Finding], sources: Sources) -> list[Finding]:
    """The findings in the order of their places, each with its fingerprint: 32 hexadecimal digits."""
    counts: dict[tuple[str, str, str], int] = {}
    lines: dict[tuple[str, int], str] = {}
    done = []
    for finding in sorted(findings, key=order):
        path, line = finding.place.path, finding.place.span.line
        if finding.package is not None:
            about = finding.package.purl.partition("@")[0]
        else:
            about = lines.get((path, line)) or lines.setdefault((path, line), _about(sources.line(path, line)))
        key = (finding.rule_id, path, about)
        count = counts[key] = counts.get(key, 0) + 1
        text = f"{finding.rule_id}\0{path}\0{about}\0{count}"
        digest = blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        done.append(replace(finding, fingerprint=digest))
    return done


def order(finding: Finding) -> tuple[object, ...]:
    """The order of every report: path, line, column, rule; the rest only so that it is always the same."""
    span = finding.place.span
    place = (finding.place.path, span.line, span.column)
    return (*place, finding.rule_id, span.end_line, span.end_column, finding.engine, finding.message)


def _about(line: str) -> str:
    return " ".join(line[:_LONGEST].split())
