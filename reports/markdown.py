"""``--format markdown``: the summary of a job, a comment on a pull request. The worst first, within GitHub's limits."""

from __future__ import annotations

import re

from gate.model import Finding, Result
from gate.report import Page, Report
from gate.reports.json import summary
from gate.terminal import clean

MAX_BYTES = 900_000
"""GitHub takes a mebibyte of a step's summary and drops a longer one whole."""

_LONGEST = 1000
"""Characters of one cell."""
_VERDICTS = {"pass": "✅ PASS", "fail": "❌ FAIL", "error": "⚠️ COULD NOT JUDGE"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~@-])")


def render(result: Result, page: Page) -> str:
    counts = summary(result)
    head = [f"## mlgate: {_VERDICTS.get(result.verdict, result.verdict)}", "", _text(result.cause), ""]
    head.append(" · ".join(f"{value} {key}" for key, value in counts.items()))
    head += ["", *_engines(result), ""]
    if result.targets:
        head += ["Meant for " + ", ".join(_code(target.name) for target in result.targets) + ".", ""]
    rows = sorted(result.findings, key=lambda f: (not f.blocking, f.state != "active", -f.severity))
    tail = _undecided(result)
    return "\n".join([*head, *_table(rows, MAX_BYTES - len("\n".join([*head, *tail]).encode())), *tail]) + "\n"


def _engines(result: Result) -> list[str]:
    lines = []
    for run in result.engines:
        about = f"{run.name} {run.version}".strip()
        lines.append(f"- {_text(about)}: {run.status}" + (f" ({_text(run.reason)})" if run.reason else ""))
    return lines


def _table(findings: list[Finding], room: int) -> list[str]:
    if not findings:
        return ["No findings.", ""]
    lines = ["| | Where | Rule | What | Next step |", "|---|---|---|---|---|"]
    for index, finding in enumerate(findings):
        row = _row(finding)
        room -= len(row.encode("utf-8", "replace")) + 1
        if room < 500:
            return [
                *lines,
                "",
                f"{len(findings) - index} more findings are left out here; the JSON report has them all.",
                "",
            ]
        lines.append(row)
    return [*lines, ""]


def _row(finding: Finding) -> str:
    kind = "blocking" if finding.blocking else finding.state if finding.state != "active" else "advisory"
    where = f"{finding.place.path}:{finding.place.line}"
    aliases = f" ({_text(', '.join(finding.aliases))})" if finding.aliases else ""
    cells = [
        f"**{finding.severity.word}** {kind}",
        _code(where),
        _text(finding.rule_id) + aliases,
        _text(finding.message),
    ]
    return f"| {' | '.join([*cells, _text(finding.help)])} |"


def _undecided(result: Result) -> list[str]:
    if not result.undecided:
        return []
    lines = ["<details><summary>Undecided</summary>", ""]
    for question in result.undecided[:200]:
        settle = f" To settle it: {_text(question.settle)}." if question.settle else ""
        where = _code(f"{question.place.path}:{question.place.line}")
        lines.append(f"- {where} {_text(question.rule_id)}: {_text(question.reason)}.{settle}")
    return [*lines, "", "</details>", ""]


def _text(text: str) -> str:
    """Text with nothing in it that Markdown, HTML, a mention or a reference would act on, and no more than fits."""
    text = clean(text)
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
    text = _SPECIAL.sub(r"\\\1", text).replace("\\@", "@\u2060").replace("\\#", "\\#\u2060")
    return text.replace("://", ":\u2060//").replace("www.", "www\u2060.")


def _code(text: str) -> str:
    return f"`{clean(text)[:_LONGEST].replace('`', chr(0x2019)).replace('|', chr(0x2223))}`"


report = Report(summary="A summary for pull requests and job pages.", render=render, suffixes=(".md",))
