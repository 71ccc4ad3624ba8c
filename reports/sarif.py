"""``--format sarif``: SARIF 2.1.0 as GitHub's code scanning takes it in.

One run per engine that answered: an engine that failed or was skipped has no run, because an empty one would close its
alerts. What waivers and the baseline accept is left out, because GitHub opens alerts for it all the same;
``--sarif-full`` puts it in, marked as suppressed. The worst findings come first, and no more of them than GitHub keeps.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from gate import __version__
from gate.model import EngineRun, Finding, Result, Severity
from gate.report import Page, Report
from gate.reports._linehash import line_hashes
from gate.rule import Rule
from gate.terminal import clean

MAX_RESULTS = 5000
"""What GitHub stores of one run; the rest would be dropped by a choice of its own."""

_PROJECT = "https://github.com/mlgate/mlgate"
_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.UNKNOWN: "warning"}
# The middle of GitHub's buckets, so that no rounding moves an alert into another one.
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "1.0",
    Severity.UNKNOWN: "5.5",
}
_PROBLEMS = {"error": "error", "warning": "warning", "note": "recommendation"}
_ENGINES = {
    "mlgate": _PROJECT,
    "hadolint": "https://github.com/hadolint/hadolint",
    "grype": "https://github.com/anchore/grype",
}


def render(result: Result, page: Page) -> str:
    return json.dumps(document(result, page), indent=2, ensure_ascii=True) + "\n"


def document(result: Result, page: Page) -> dict[str, Any]:
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [_Run(run, result, page).document() for run in result.engines if run.status == "ok"],
    }


class _Run:
    """One engine's run: its rules, then its results, each naming its rule by index."""

    def __init__(self, run: EngineRun, result: Result, page: Page) -> None:
        self.run = run
        self.result = result
        self.page = page
        self.rules: dict[str, dict[str, Any]] = {}
        self.hashes: dict[str, dict[int, str]] = {}

    def document(self) -> dict[str, Any]:
        found = [
            f for f in self.result.findings if f.engine == self.run.name and (self.page.full or f.state == "active")
        ]
        found.sort(key=lambda finding: -finding.severity)
        if self.run.name == "mlgate":
            for rule in self.page.catalogue.rules.values():
                self.rules[rule.id] = _own_rule(rule)
        results = [self._result(finding) for finding in found[:MAX_RESULTS]]
        version = self.run.version or __version__
        driver = {"name": self.run.name, "version": version, "informationUri": _ENGINES.get(self.run.name, _PROJECT)}
        if re.fullmatch(r"\d+\.\d+\.\d+(?:[-+][\w.+-]+)?", version):
            driver["semanticVersion"] = version
        return {
            "tool": {"driver": {**driver, "rules": list(self.rules.values())}},
            "automationDetails": {"id": f"mlgate/{self.run.name}/{_slug(self.result.files)}/"},
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
            "invocations": [
                {"executionSuccessful": True, "toolExecutionNotifications": self._notifications(len(found))}
            ],
            "results": results,
        }

    def _notifications(self, count: int) -> list[dict[str, Any]]:
        said = [
            (f"{failure.path}: {failure.reason}" if failure.path else failure.reason)
            for failure in self.result.failures
        ]
        if count > MAX_RESULTS:
            said.append(
                f"{count - MAX_RESULTS} findings of the lowest severities are left out; the JSON report has them all."
            )
        return [{"level": "warning", "message": {"text": clean(text)}} for text in said]

    def _result(self, finding: Finding) -> dict[str, Any]:
        rule_id = _rule_id(finding)
        if rule_id not in self.rules:
            self.rules[rule_id] = _found_rule(rule_id, finding)
        row: dict[str, Any] = {
            "ruleId": rule_id,
            "ruleIndex": list(self.rules).index(rule_id),
            "level": _level(finding.severity),
            "message": {"text": _sentence(finding.message) + (f" {clean(finding.help)}" if finding.help else "")},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _uri(finding.place.path), "uriBaseId": "%SRCROOT%"},
                        "region": self._region(finding),
                    }
                }
            ],
            "partialFingerprints": {
                "primaryLocationLineHash": self._line_hash(finding),
                "mlgateFinding/v1": finding.fingerprint or _digest(finding),
            },
        }
        if finding.state != "active":
            reason = str((finding.waiver or {}).get("reason") or f"{finding.state} in mlgate")
            row["suppressions"] = [{"kind": "external", "status": "accepted", "justification": clean(reason)}]
        return row

    def _region(self, finding: Finding) -> dict[str, int]:
        """The span in UTF-16 columns, inside the line and at least one column wide."""
        span, path = finding.place.span, finding.place.path
        first, last = self.page.sources.line(path, span.line), self.page.sources.line(path, span.end_line)
        start, end = _utf16(first, span.column), _utf16(last, span.end_column)
        if span.end_line == span.line and end <= start:
            end = start + 1
        return {"startLine": span.line, "startColumn": start, "endLine": span.end_line, "endColumn": end}

    def _line_hash(self, finding: Finding) -> str:
        """GitHub's own hash of the line. A vulnerability is the same one when its line or its version changes, so its
        identity is the package and the file."""
        path = finding.place.path
        if finding.package is not None:
            name = finding.package.purl.partition("?")[0].rpartition("@")[0] or finding.package.name
            return sha256(f"{name}\0{path}".encode("utf-8", "replace")).hexdigest()[:16] + ":1"
        if path not in self.hashes:
            text = self.page.sources.text(path)
            self.hashes[path] = (
                line_hashes(text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
                if text is not None
                else {}
            )
        return self.hashes[path].get(finding.place.line) or f"{_digest(finding)[:16]}:1"


def _own_rule(rule: Rule) -> dict[str, Any]:
    markdown = f"{rule.reason}\n\n**Fix:** {rule.fix}"
    for title, examples in (("Wrong", rule.bad), ("Right", rule.good)):
        first = examples[0] if examples else ""
        text = (first if isinstance(first, str) else first.dockerfile).replace("»", "").rstrip()
        markdown += f"\n\n**{title}**\n\n```dockerfile\n{text}\n```"
    return _rule(
        rule.id, rule.name, rule.summary, rule.reason, rule.fix, markdown, rule.severity, rule.confidence, rule.security
    )


def _found_rule(rule_id: str, finding: Finding) -> dict[str, Any]:
    """A rule of which only a finding is known: hadolint's, grype's."""
    if finding.package is not None:
        fixed = (
            f" Fixed in {', '.join(finding.package.fixed_in)}."
            if finding.package.fixed_in
            else " There is no fixed version yet."
        )
        about = f"{finding.rule_id} in {finding.package.name}."
        return _rule(
            rule_id, finding.rule_id, about, about + fixed, fixed.strip(), about + fixed, finding.severity, "high", True
        )
    text = _sentence(finding.message)
    link = _documentation(finding.rule_id)
    markdown = f"{text}\n\n[{finding.rule_id}]({link})" if link else text
    row = _rule(
        rule_id,
        finding.name or rule_id,
        text,
        text,
        finding.help or text,
        markdown,
        finding.severity,
        finding.confidence,
        False,
    )
    if link:
        row["helpUri"] = link
    return row


def _rule(
    rule_id: str,
    name: str,
    short: str,
    full: str,
    help_text: str,
    markdown: str,
    severity: Severity,
    precision: str,
    security: bool,
) -> dict[str, Any]:
    level = _level(severity)
    properties: dict[str, Any] = {
        "precision": precision if precision in {"low", "medium", "high", "very-high"} else "high"
    }
    if security:
        properties["tags"] = ["security", "container"]
        properties["security-severity"] = _SCORES[severity]
    else:
        properties["tags"] = ["container", "machine-learning"]
        properties["problem.severity"] = _PROBLEMS[level]
    return {
        "id": rule_id,
        "name": _pascal(name)[:255],
        "shortDescription": {"text": _cut(_sentence(short))},
        "fullDescription": {"text": _cut(_sentence(full))},
        "help": {"text": clean(help_text), "markdown": markdown},
        "helpUri": f"{_PROJECT}/blob/main/docs/rules.md",
        "defaultConfiguration": {"level": level},
        "properties": properties,
    }


def _rule_id(finding: Finding) -> str:
    return f"{finding.rule_id}-{finding.package.name}" if finding.package is not None else finding.rule_id


def _documentation(rule_id: str) -> str:
    if rule_id.startswith("DL"):
        return f"https://github.com/hadolint/hadolint/wiki/{rule_id}"
    return f"https://www.shellcheck.net/wiki/{rule_id}" if rule_id.startswith("SC") else ""


def _level(severity: Severity) -> str:
    return _LEVELS.get(severity, "note")


def _sentence(text: str) -> str:
    text = clean(text).strip() or "No description."
    return text if text[-1] in ".!?" else f"{text}."


def _cut(text: str) -> str:
    return text if len(text) <= 1000 else text[:1000].rpartition(" ")[0] + " …"


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name)) or "Rule"


def _uri(path: str) -> str:
    """A relative URI below the root of the repository: no scheme, no ``..``, every odd character encoded."""
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return quote("/".join(parts).encode("utf-8", "surrogateescape"), safe="/") or "Dockerfile"


def _utf16(line: str, column: int) -> int:
    """A 1-based column in code points as one in UTF-16 units, never beyond the end of the line."""
    return len(line[: max(column, 1) - 1].encode("utf-16-le", "surrogatepass")) // 2 + 1


def _slug(files: tuple[str, ...]) -> str:
    """What tells the uploads of a matrix apart: the file, when it is one."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", files[0]).strip("-.") or "repository" if len(files) == 1 else "repository"


def _digest(finding: Finding) -> str:
    return sha256(f"{finding.rule_id}\0{finding.place.path}\0{finding.message}".encode("utf-8", "replace")).hexdigest()


report = Report(
    summary="For GitHub's code scanning and other SARIF readers.", render=render, suffixes=(".sarif", ".sarif.json")
)
