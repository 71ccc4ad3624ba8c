"""``--format github``: annotations for the log of a GitHub Actions job, the worst first, within what GitHub shows."""

from __future__ import annotations

from gate.model import Finding, Result, Severity
from gate.report import Page, Report
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
        shown = found if len(found) <= MOST else found[: MOST - 1]
        lines += [_annotation(command, finding) for finding in shown]
        if len(shown) < len(found):
            rest = f"{len(found) - len(shown)} more of this level; the report has them all"
            lines.append(f"::{command} title=mlgate::{_data(rest)}")
    for failed in [run for run in result.engines if run.status == "failed"]:
        lines.append(f"::error title=mlgate::{_data(f'{failed.name} failed: {clean(failed.reason)}')}")
    for run in result.engines:
        if run.status == "ok" and run.reason:
            lines.append(f"::notice title=mlgate::{_data(f'{run.name}: {clean(run.reason)}')}")
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding) -> str:
    return _COMMANDS.get(finding.severity, "notice")


def _annotation(command: str, finding: Finding) -> str:
    span = finding.place.span
    values = {
        "file": finding.place.path.removeprefix("./"),
        "line": span.line,
        "endLine": span.end_line,
        **({"col": span.column, "endColumn": span.end_column} if span.line == span.end_line else {}),
        "title": f"{finding.rule_id} {finding.name}".strip(),
    }
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in values.items())
    return f"::{command} {properties}::{_data(clean(finding.message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(clean(text)).replace(":", "%3A").replace(",", "%2C")


report = Report(summary="Annotations for GitHub Actions.", render=render)
