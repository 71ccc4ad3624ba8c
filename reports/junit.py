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
    _unjudged(suites, result)
    for path, findings in _by_file(result):
        _suite(suites, path, findings, page)
    _accounts(suites, result)
    totals = {
        key: sum(int(suite.get(key, "0")) for suite in suites) for key in ("tests", "failures", "errors", "skipped")
    }
    for key, value in totals.items():
        suites.set(key, str(value))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _by_file(result: Result) -> list[tuple[str, list[Finding]]]:
    """Each judged file with its findings, what fails first: some readers stop after a few hundred cases. What stands in
    another file of the context belongs to the first."""
    files: dict[str, list[Finding]] = {path: [] for path in result.files or ("mlgate",)}
    first = next(iter(files))
    for finding in sorted(result.findings, key=lambda f: (not f.blocking, f.state != "active", -f.severity)):
        files.get(finding.place.path, files[first]).append(finding)
    return sorted(files.items(), key=lambda pair: not any(finding.blocking for finding in pair[1]))


def _suite(suites: Any, path: str, findings: list[Finding], page: Page) -> None:
    from xml.etree.ElementTree import SubElement

    suite = SubElement(suites, "testsuite", name=clean(path))
    for finding in findings:
        span = finding.place.span
        name = f"{finding.rule_id} {finding.place.path}:{span.line}:{span.column}"
        case = SubElement(
            suite,
            "testcase",
            classname=f"mlgate.{finding.engine}",
            name=clean(name),
            file=clean(page.repository.path(finding.place.path)),
            line=str(span.line),
        )
        if finding.blocking:
            failure = SubElement(case, "failure", type=finding.severity.word, message=clean(finding.message))
            failure.text = clean(finding.help)
        else:
            state = finding.state if finding.state != "active" else f"advisory ({finding.severity.word})"
            SubElement(case, "skipped", message=f"{state}: {clean(finding.message)}")
    if not findings:
        SubElement(suite, "testcase", classname="mlgate", name=f"gate {clean(path)}")
    _count(suite)


def _unjudged(suites: Any, result: Result) -> None:
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
