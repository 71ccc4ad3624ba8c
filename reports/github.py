"""``--format github``: annotations for the log of a GitHub Actions job, the worst first, within what GitHub shows."""

from __future__ import annotations

from gate.judge import said
from gate.model import Finding, Result, Severity
from gate.report import Page, Report
from gate.selection import OWN
from gate.terminal import clean

MOST = 10
"""Annotations of one level that GitHub shows of one step."""

_COMMANDS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.UNKNOWN: "warning",
}


def render(result: Result, page: Page) -> str:
    lines: list[str] = []
    for command in ("error", "warning", "notice"):
        found = [f for f in result.findings if f.state == "active" and _command(f) == command]
        found.sort(key=lambda finding: (not finding.blocking, -finding.severity))
        told = _unjudged(result, command)
        told += [_annotation(command, finding, page) for finding in found]
        if len(told) > MOST:
            rest = f"{len(told) - MOST + 1} more of this level; the other reports have them all"
            told = [*told[: MOST - 1], f"::{command} title=mlgate::{_data(rest)}"]
        lines += told
    return "".join(f"{line}\n" for line in lines)


def _unjudged(result: Result, command: str) -> list[str]:
    """What could not be judged weighs more than any finding; an engine that nobody requires only warns. What an engine
    looked at, and what it left out, is a notice."""
    if command == "error":
        texts = [said(failure) for failure in result.failures]
    elif command == "warning":
        failed = [run for run in result.engines if run.status == "failed" and run.name != OWN]
        texts = [f"{run.name} failed: {run.reason}" for run in failed]
    else:
        texts = [f"{run.name}: {run.reason}" for run in result.engines if run.status == "ok" and run.reason]
    return [f"::{command} title=mlgate::{_data(clean(text))}" for text in texts]


def _command(finding: Finding) -> str:
    return _COMMANDS.get(finding.severity, "notice")


def _annotation(command: str, finding: Finding, page: Page) -> str:
    span = finding.place.span
    values = {
        "file": page.repository.path(finding.place.path),
        "line": span.line,
        "endLine": span.end_line,
        **({"col": span.column, "endColumn": span.end_column} if span.line == span.end_line else {}),
        "title": f"{finding.rule_id} {finding.name}".strip(),
    }
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in values.items())
    lines = filter(None, (clean(finding.message), clean(finding.help)))
    return f"::{command} {properties}::{_data(chr(10).join(lines))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(clean(text)).replace(":", "%3A").replace(",", "%2C")


report = Report(summary="Annotations for GitHub Actions.", render=render)
