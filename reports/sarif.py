"""``--format sarif``: SARIF 2.1.0 as GitHub's code scanning takes it in.

One run per engine that answered: an engine that failed or was skipped has no run, because an empty one would close its
alerts; nor has any when a file could not be read, because that would close the alerts of this file. What waivers and
the baseline accept is left out, because GitHub opens alerts for it all the same; ``--sarif-full`` puts it in, marked as
suppressed, and with it the edits of fixes, which GitHub does not read. The worst findings come first, and no more of
them than GitHub keeps.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from gate import __version__
from gate.judge import said
from gate.model import EngineRun, Finding, Fix, Result, Severity
from gate.report import Page, Report
from gate.reports._linehash import line_hashes
from gate.rule import Rule
from gate.terminal import clean

MAX_RESULTS = 5000
"""What GitHub stores of one run; the rest would be dropped by a choice of its own."""

_LONGEST_SLUG = 100
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
    unread = [failure for failure in result.failures if failure.path and failure.path not in result.files]
    runs = [] if unread else [run for run in result.engines if run.status == "ok"]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [_Run(run, result, page).document() for run in runs],
    }


class _Run:
    """One engine's run: its rules, then its results, each naming its rule by index."""

    def __init__(self, run: EngineRun, result: Result, page: Page) -> None:
        self.run = run
        self.result = result
        self.page = page
        self.rules: dict[str, dict[str, Any]] = {}
        self.indices: dict[str, int] = {}
        self.hashes: dict[str, dict[int, str]] = {}
        self.counts: Counter[tuple[str, str]] = Counter()

    def document(self) -> dict[str, Any]:
        found = [
            f for f in self.result.findings if f.engine == self.run.name and (self.page.full or f.state == "active")
        ]
        found.sort(key=lambda finding: (not finding.blocking, -finding.severity))
        if self.run.name == "mlgate":
            for rule in self.page.catalogue.rules.values():
                self._rule(rule.id, _own_rule(rule))
        results = [self._result(finding) for finding in found[:MAX_RESULTS]]
        version = self.run.version or __version__
        driver = {"name": self.run.name, "version": version, "informationUri": _ENGINES.get(self.run.name, _PROJECT)}
        if re.fullmatch(r"\d+\.\d+\.\d+(?:[-+][\w.+-]+)?", version):
            driver["semanticVersion"] = version
        return {
            "tool": {"driver": {**driver, "rules": list(self.rules.values())}},
            "automationDetails": {"id": _category(self.page, self.run)},
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
            "invocations": [
                {"executionSuccessful": True, "toolExecutionNotifications": self._notifications(len(found))}
            ],
            "results": results,
        }

    def _notifications(self, count: int) -> list[dict[str, Any]]:
        texts = [said(failure) for failure in self.result.failures]
        if count > MAX_RESULTS:
            left_out = f"{count - MAX_RESULTS} findings of the lowest severities are left out of SARIF"
            texts.append(f"{left_out}; the JSON report has them all.")
            self.page.notes.append(f"{self.run.name}: {left_out}; --format json=FILE has them all")
        rows = [{"level": "warning", "message": {"text": clean(text)}} for text in texts]
        if self.run.reason:
            rows.append({"level": "note", "message": {"text": clean(f"{self.run.name}: {self.run.reason}")}})
        return rows

    def _rule(self, rule_id: str, row: dict[str, Any]) -> None:
        self.indices[rule_id] = len(self.rules)
        self.rules[rule_id] = row

    def _result(self, finding: Finding) -> dict[str, Any]:
        rule_id = _rule_id(finding)
        if rule_id not in self.rules:
            self._rule(rule_id, _found_rule(rule_id, finding))
        row: dict[str, Any] = {
            "ruleId": rule_id,
            "ruleIndex": self.indices[rule_id],
            "level": _level(finding.severity),
            "message": {"text": _message(finding)},
            "locations": [self._location(finding)],
            "partialFingerprints": {
                "primaryLocationLineHash": self._line_hash(finding),
                "mlgateFinding/v1": finding.fingerprint or _digest(finding),
            },
        }
        if finding.state != "active":
            reason = str((finding.waiver or {}).get("reason") or f"{finding.state} in mlgate")
            row["suppressions"] = [{"kind": "external", "status": "accepted", "justification": clean(reason)}]
        if finding.fix is not None and self.page.full:
            row["fixes"] = [self._fix(finding.fix)]
        return row

    def _fix(self, fix: Fix) -> dict[str, Any]:
        changes: dict[str, list[dict[str, Any]]] = {}
        for edit in fix.edits:
            path, span = edit.place.path, edit.place.span
            region = {
                "startLine": span.line,
                "startColumn": _utf16(self.page.sources.line(path, span.line), span.column),
                "endLine": span.end_line,
                "endColumn": _utf16(self.page.sources.line(path, span.end_line), span.end_column),
            }
            text = edit.text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            changes.setdefault(path, []).append({"deletedRegion": region, "insertedContent": {"text": text}})
        return {
            "description": {"text": _sentence(fix.title[:1].upper() + fix.title[1:])},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": _uri(self.page.repository.path(path)), "uriBaseId": "%SRCROOT%"},
                    "replacements": replacements,
                }
                for path, replacements in changes.items()
            ],
        }

    def _location(self, finding: Finding) -> dict[str, Any]:
        shown = finding.place.path
        uri = _uri(self.page.repository.path(shown))
        physical = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}, "region": self._region(finding)}
        row: dict[str, Any] = {"physicalLocation": physical}
        if self.page.repository.is_image(shown):
            layer = f"@{finding.package.layer}" if finding.package and finding.package.layer else ""
            row["logicalLocations"] = [{"fullyQualifiedName": clean(shown + layer), "kind": "resource"}]
        return row

    def _region(self, finding: Finding) -> dict[str, int]:
        """The span in UTF-16 columns, inside the line and at least one column wide."""
        span, path = finding.place.span, finding.place.path
        if self.page.repository.is_image(path):
            return {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
        first, last = self.page.sources.line(path, span.line), self.page.sources.line(path, span.end_line)
        start, end = _utf16(first, span.column), _utf16(last, span.end_column)
        if span.end_line == span.line and end <= start:
            end = start + 1
        return {"startLine": span.line, "startColumn": start, "endLine": span.end_line, "endColumn": end}

    def _line_hash(self, finding: Finding) -> str:
        """GitHub's own hash of the line. A vulnerability is the same one when its line or its version changes, so its
        identity is the package and the file; a fault of an image that was scanned is one of the image."""
        path = finding.place.path
        about = None
        if finding.package is not None:
            about = finding.package.purl.partition("?")[0].rpartition("@")[0] or finding.package.name
        elif self.page.repository.is_image(path):
            about = finding.rule_id
        if about is not None:
            identity = f"{about}\0{self.page.repository.path(path)}".encode("utf-8", "replace")
            key = (finding.rule_id, sha256(identity).hexdigest()[:16])
            self.counts[key] += 1
            return f"{key[1]}:{self.counts[key]}"
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
    row = _rule(
        rule.id, rule.name, rule.summary, rule.reason, rule.fix, markdown, rule.severity, rule.confidence, rule.security
    )
    row["helpUri"] = f"{_PROJECT}/blob/main/docs/rules.md#{rule.id.lower()}-{rule.name}"
    return row


def _found_rule(rule_id: str, finding: Finding) -> dict[str, Any]:
    """A rule of which only a finding is known: hadolint's, grype's."""
    if finding.package is not None:
        fixed = (
            f" Fixed in {', '.join(finding.package.fixed_in)}."
            if finding.package.fixed_in
            else " There is no fixed version yet."
        )
        about = clean(f"{finding.rule_id} in {finding.package.name}.")
        fixed = clean(fixed)
        markdown = _literal(about + fixed)
        return _rule(
            rule_id, finding.rule_id, about, about + fixed, fixed.strip(), markdown, finding.severity, "high", True
        )
    text = _sentence(finding.message)
    link = _documentation(finding.rule_id)
    markdown = _literal(text) + (f"\n\n[{finding.rule_id}]({link})" if link else "")
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
        "helpUri": f"{_PROJECT}/blob/main/README.md",
        "defaultConfiguration": {"level": level},
        "properties": properties,
    }


def _rule_id(finding: Finding) -> str:
    name = f"{finding.rule_id}-{finding.package.name}" if finding.package is not None else finding.rule_id
    return clean(name)[:255]


def _message(finding: Finding) -> str:
    """The message; what quotes a file must not become a link to a place of the file's choice."""
    text = _sentence(finding.message) + (f" {clean(finding.help)}" if finding.help else "")
    return text.replace("](", "] (")


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


def _literal(text: str) -> str:
    """Text of foreign origin in Markdown: no link, no picture, no tag."""
    return re.sub(r"([\\\[\]<>!@])", r"\\\1", text)


def _uri(path: str) -> str:
    """A relative URI below the root of the repository: every odd character encoded."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/") or "Dockerfile"


def _utf16(line: str, column: int) -> int:
    """A 1-based column in code points as one in UTF-16 units, never beyond the end of the line."""
    return len(line[: max(column, 1) - 1].encode("utf-16-le", "surrogatepass")) // 2 + 1


def _category(page: Page, run: EngineRun) -> str:
    """What GitHub keeps apart: the user's category, else what was asked for, so that the jobs of a matrix do not
    overwrite each other's alerts. What follows the last slash would be the number of a run."""
    if page.category:
        return f"{page.category}/"
    asked = [re.sub(r"[^A-Za-z0-9.]+", "-", page.repository.path(path)).strip("-.") for path in page.asked]
    slug = "_".join(word for word in asked if word) or "repository"
    if len(slug) > _LONGEST_SLUG:
        slug = f"{slug[:_LONGEST_SLUG]}-{sha256(slug.encode()).hexdigest()[:8]}"
    return f"mlgate/{run.name}/{slug}/"


def _digest(finding: Finding) -> str:
    return sha256(f"{finding.rule_id}\0{finding.place.path}\0{finding.message}".encode("utf-8", "replace")).hexdigest()


report = Report(
    summary="For GitHub's code scanning and other SARIF readers.", render=render, suffixes=(".sarif", ".sarif.json")
)
