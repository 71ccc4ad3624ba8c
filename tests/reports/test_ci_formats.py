"""JUnit, GitLab, Markdown and GitHub's annotations: what their readers take, in their order, within their limits."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import junitparser
import pytest
from markdown_it import MarkdownIt

from gate import catalogue
from gate.model import EngineRun, Failure, Finding, Place, Result, Severity, Span, Undecided
from gate.report import Page, find
from tests.ci.composite import commands
from tests.cli import Mlgate

HOSTILE = [
    "</testcase><script>alert(1)</script>]]>",
    "a\x00\x08\x1b[31mb\x7f\x9b",
    "\ud800\udcff \ufffe\uffff \u202ertl",
    "x\n::error file=a::evil\r\n##[error]evil",
    "%0A::error::evil,line=1:2",
    "| cell | `code` | </td> <!-- --> [a](javascript:x) ![](http://evil.example/x.png)",
    "@everyone #1 www.evil.example https://evil.example <img src=x onerror=y>",
    "&amp; &#x0; \" ' \\ \\| \\\\",
    "x" * 20_000,
    "",
]
TAGS = {
    "h2",
    "p",
    "ul",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "strong",
    "code",
    "details",
    "summary",
    "br",
}
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32,}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./|/)."},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}  # as GitLab's documentation has it


def finding(rule: str = "PKG001", line: int = 1, **values: Any) -> Finding:
    place = Place(values.pop("path", "Dockerfile"), Span(line, 1, line, 5))
    return Finding(rule, "a-name", values.pop("severity", Severity.HIGH), values.pop("message", "M."), place, **values)


def result(*findings: Finding, **values: Any) -> Result:
    runs = (EngineRun("mlgate", "ok", "1.2.3"),)
    given = {"engines": runs, "files": ("Dockerfile",), **values}
    return Result("fail", 1, "gate failed", "default", "high", findings=findings, **given)


def hostile() -> Result:
    """Every field that a file, an engine or an image may fill, filled with each of the strings."""
    findings = [
        finding(
            f"PKG00{number}",
            message=text,
            help=text,
            path=text or "Dockerfile",
            blocking=number % 2 == 0,
            aliases=(text,),
        )
        for number, text in enumerate(HOSTILE)
    ]
    waived = [finding(message=text, state="waived", waiver={"reason": text}) for text in HOSTILE]
    place = Place("Dockerfile", Span(1, 1, 1, 2))
    return result(
        *findings,
        *waived,
        engines=tuple(EngineRun("grype", "failed", text, text) for text in HOSTILE),
        files=tuple(HOSTILE),
        failures=tuple(Failure(text, text) for text in HOSTILE),
        undecided=tuple(Undecided("SMC001", place, text, text) for text in HOSTILE),
    )


def render(form: str, judged: Result) -> str:
    text = find(form).render(judged, Page(catalogue.load()))
    return text.encode("utf-8", "backslashreplace").decode()


# ---- JUnit


def test_junit_is_read_by_a_reader(tmp_path: Path) -> None:
    accepted = finding("LAY001", 3, state="waived", severity=Severity.LOW)
    advisory = finding("LAY002", 2, severity=Severity.MEDIUM)
    blocking = finding("PKG001", 4, blocking=True, message="It stops.", help="Add -y.")
    other = finding("PIN003", 1, path="requirements.txt", severity=Severity.MEDIUM)
    judged = result(
        accepted, advisory, blocking, other,
        files=("Dockerfile", "clean/Dockerfile"),
        engines=(EngineRun("mlgate", "ok"), EngineRun("grype", "failed", "", "no database")),
        failures=(Failure("gone", "no such file"),),
    )  # fmt: skip
    path = tmp_path / "mlgate.junit.xml"
    path.write_text(render("junit", judged))
    read = junitparser.JUnitXml.fromfile(str(path))
    assert (read.tests, read.failures, read.errors, read.skipped) == (7, 1, 2, 3)
    suites = {suite.name: list(suite) for suite in read}
    assert list(suites) == ["mlgate", "Dockerfile", "clean/Dockerfile"]
    assert [case.name for case in suites["Dockerfile"]] == [
        "PKG001 Dockerfile:4:1", "LAY002 Dockerfile:2:1", "PIN003 requirements.txt:1:1", "LAY001 Dockerfile:3:1",
    ]  # fmt: skip
    failure = suites["Dockerfile"][0].result[0]
    assert (failure.message, failure.text, failure.type) == ("It stops.", "Add -y.", "high")
    assert suites["clean/Dockerfile"][0].name == "gate clean/Dockerfile", "no suite is empty"
    for suite in read:
        cases = list(suite)
        kinds = [type(found).__name__ for case in cases for found in case.result]
        assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (
            len(cases), kinds.count("Failure"), kinds.count("Error"), kinds.count("Skipped"),
        )  # fmt: skip


def test_junit_of_hostile_strings_is_xml() -> None:
    read = junitparser.JUnitXml.fromstring(render("junit", hostile()).encode())
    assert read.tests == sum(1 for suite in read for _ in suite) >= 4 * len(HOSTILE)
    assert all(case.name for suite in read for case in suite)


# ---- GitLab


def test_gitlab_takes_it() -> None:
    issues = json.loads(render("gitlab", hostile()))
    jsonschema.validate([issue for issue in issues if issue["description"]], GITLAB)
    assert len(issues) == len(HOSTILE), "what is waived is no issue"


def test_gitlab_keeps_one_of_equal_fingerprints() -> None:
    same = [finding(message="same", fingerprint="same") for _ in range(3)]
    issues = json.loads(
        render("gitlab", result(*same, finding("LAY001", severity=Severity.LOW), finding(blocking=True)))
    )
    assert len({issue["fingerprint"] for issue in issues}) == 5
    assert [issue["severity"] for issue in issues] == ["critical"] * 4 + ["minor"]
    assert render("gitlab", result()) == "[]\n"


# ---- annotations


def test_annotations_of_hostile_strings_are_no_other_commands() -> None:
    text = render("github", hostile())
    found = commands(text)
    assert len(found) == text.count("\n") and {name for name, _, _ in found} <= {"error", "warning", "notice"}
    for _, words, message in found:
        assert re.fullmatch(r"title=mlgate|file=[^,:]*,line=1,endLine=1,col=1,endColumn=5,title=PKG\d+ a-name", words)
        assert message != "evil"


def test_annotations_within_what_github_shows() -> None:
    many = [finding("LAY001", line) for line in range(1, 40)]
    notices = [finding("LAY002", line, severity=Severity.INFO) for line in range(1, 11)]
    worst = finding("PKG001", 99, blocking=True, message="worst", help="Mend it.")
    found = commands(render("github", result(*many, worst, *notices, failures=(Failure("gone", "no such file"),))))
    assert [sum(name == level for name, _, _ in found) for level in ("error", "warning", "notice")] == [10, 0, 10]
    assert found[0] == ("error", "title=mlgate", "gone: no such file")
    assert found[1][2] == "worst%0AMend it."
    assert found[9] == ("error", "title=mlgate", "32 more of this level; the other reports have them all")


def test_an_engine_that_nobody_requires_only_warns() -> None:
    runs = (EngineRun("mlgate", "ok"), EngineRun("grype", "failed", "", "no database"))
    assert commands(render("github", result(engines=runs))) == [
        ("warning", "title=mlgate", "grype failed: no database")
    ]


# ---- Markdown


def test_a_summary_within_what_github_takes() -> None:
    long = [finding("LAY001", line, message="é" * 5000, help="x" * 5000) for line in range(1, 2000)]
    worst = finding("PKG001", 9999, blocking=True)
    text = render("markdown", result(*long, worst))
    assert 500_000 < len(text.encode()) < 1 << 20
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert "PKG001" in rows[0]
    left_out = re.search(r"^(\d+) more findings are left out", text, re.M)
    assert left_out and int(left_out[1]) + len(rows) == 2000


def test_a_summary_of_hostile_strings_is_only_text() -> None:
    text = render("markdown", hostile())
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    tags = set(re.findall(r"</?([a-z]\w*)", html))
    assert tags <= TAGS
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.S)
    assert len(rows) == 1 + 2 * len(HOSTILE) and {row.count("<t") for row in rows} == {5}
    plain = re.sub(r"<code>.*?</code>", "", html)
    for word in ("://evil", "@everyone", "www.evil", "#1 "):
        assert word not in plain, "GitHub makes a link of it, or writes to somebody"


# ---- where the reader looks for the file


@pytest.mark.parametrize("form", ["github", "gitlab", "junit"])
def test_paths_start_at_the_root_of_the_repository(form: str, mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    mlgate.write("sub/Dockerfile", "FROM debian:12.5\nRUN apt-get install nginx\n")
    (mlgate.folder / ".git").mkdir()
    monkeypatch.chdir(mlgate.folder / "sub")
    assert "sub/Dockerfile" in mlgate.check("--select", "PKG001", "--format", form).out
