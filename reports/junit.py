"""``--format junit``: JUnit XML.

A failure is a finding that blocks, a skipped case one that is accepted or advisory, an error an engine that failed.
"""

from __future__ import annotations

from typing import Any

from gate.model import Finding, Result
from gate.report import Page, Report
from gate.terminal import clean


def render(result: Result, page: Page) -> str:
    from xml.etree import ElementTree

    suites = ElementTree.Element("testsuites", name="mlgate")
    for path in result.files or ("mlgate",):
        _suite(suites, path, [finding for finding in result.findings if _belongs(finding, path, result)])
    _engines(suites, result)
    _accounts(suites, result)
    totals = {
        key: sum(int(suite.get(key, "0")) for suite in suites) for key in ("tests", "failures", "errors", "skipped")
    }
    for key, value in totals.items():
        suites.set(key, str(value))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _belongs(finding: Finding, path: str, result: Result) -> bool:
    """Whether a finding is reported under a Dockerfile: it stands there, or in a file of the context (then the first)."""
    return finding.place.path == path or (finding.place.path not in result.files and path == result.files[0])


def _suite(suites: Any, path: str, findings: list[Finding]) -> None:
    from xml.etree.ElementTree import SubElement

    suite = SubElement(suites, "testsuite", name=clean(path))
    for finding in findings:
        span = finding.place.span
        name = f"{finding.rule_id} {clean(finding.place.path)}:{span.line}:{span.column}"
        case = SubElement(
            suite,
            "testcase",
            classname=f"mlgate.{finding.engine}",
            name=name,
            file=clean(finding.place.path),
            line=str(span.line),
        )
        if finding.blocking:
            failure = SubElement(case, "failure", type=finding.severity.word, message=clean(finding.message))
            failure.text = clean(finding.help)
        else:
            state = finding.state if finding.state != "active" else f"advisory ({finding.severity.word})"
            SubElement(case, "skipped", message=f"{state}: {clean(finding.message)}")
    if not findings:
        SubElement(suite, "testcase", classname="mlgate", name=f"gate {clean(path)}", file=clean(path))
    _count(suite)


def _engines(suites: Any, result: Result) -> None:
    """The engines and inputs that could not judge: an error each, in a suite of their own."""
    from xml.etree.ElementTree import SubElement

    broken = [(f"engine {run.name}", run.reason) for run in result.engines if run.status == "failed"]
    broken += [(f"input {failure.path}".strip(), failure.reason) for failure in result.failures]
    if not broken:
        return
    suite = SubElement(suites, "testsuite", name="mlgate")
    for name, reason in broken:
        case = SubElement(suite, "testcase", classname="mlgate", name=clean(name))
        SubElement(case, "error", type="could-not-judge", message=clean(reason))
    _count(suite)


def _accounts(suites: Any, result: Result) -> None:
    """What the engines looked at, and what they left out: a property of the first suite each."""
    from xml.etree.ElementTree import Element

    said = [(run.name, run.reason) for run in result.engines if run.status == "ok" and run.reason]
    if said:
        properties = Element("properties")
        properties.extend(Element("property", name=name, value=clean(reason)) for name, reason in said)
        suites[0].insert(0, properties)


def _count(suite: Any) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(len(suite.findall(f"testcase/{tag}"))))


report = Report(summary="JUnit XML for test dashboards.", render=render, suffixes=(".junit.xml", ".xml"))
