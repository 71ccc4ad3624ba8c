"""``--format gitlab``: GitLab's code quality report, an array of issues with a fingerprint of their own each."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from gate.model import Finding, Result, Severity
from gate.report import Page, Report
from gate.terminal import clean

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
    Severity.UNKNOWN: "major",
}


def render(result: Result, page: Page) -> str:
    seen: dict[str, int] = {}
    rows = []
    for finding in sorted(result.findings, key=lambda finding: (not finding.blocking, -finding.severity)):
        if finding.state == "active":
            rows.append(_issue(finding, seen, page))
    return json.dumps(rows, indent=2) + "\n"


def _issue(finding: Finding, seen: dict[str, int], page: Page) -> dict[str, Any]:
    """GitLab keeps only the first of equal fingerprints, so that equal ones are counted."""
    fingerprint = finding.fingerprint or f"{finding.rule_id}{finding.place.path}{finding.message}"
    seen[fingerprint] = seen.get(fingerprint, 0) + 1
    span = finding.place.span
    return {
        "description": clean(finding.message),
        "check_name": finding.rule_id,
        "fingerprint": sha256(f"{fingerprint}:{seen[fingerprint]}".encode("utf-8", "replace")).hexdigest(),
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": clean(page.repository.path(finding.place.path)),
            "lines": {"begin": max(span.line, 1), "end": max(span.end_line, span.line)},
        },
    }


report = Report(summary="GitLab's code quality report.", render=render, suffixes=(".gitlab.json",))
