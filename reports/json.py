"""``--format json``: the result for programs. The shape is fixed; ``schema_version`` changes when it does."""

from __future__ import annotations

import json
from typing import Any

from gate import __version__, clock
from gate.model import Edit, EngineRun, Finding, Fix, ImageLayer, Package, Result, Target, Undecided
from gate.record import names
from gate.report import Page, Report

SCHEMA_VERSION = 1
_PACKAGE = names(Package)
_ROW = json.JSONEncoder(ensure_ascii=False)


def render(result: Result, page: Page) -> str:
    """The document, ending in a line end."""
    text = (
        "{\n" + ",\n".join(f"  {json.dumps(key)}: {_value(value)}" for key, value in document(result).items()) + "\n}"
    )
    try:
        text.encode()
    except UnicodeEncodeError:  # a file name need not be UTF-8; a document must
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text + "\n"


def _value(value: Any) -> str:
    """A value as JSON; a list of objects with one in each line, which is written many times faster than with breaks inside."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"    {_ROW.encode(row)}" for row in value) + "\n  ]"
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n  ")


def document(result: Result) -> dict[str, Any]:
    """The result as plain values, in the order in which they are written."""
    return {
        "schema_version": SCHEMA_VERSION,
        "mlgate_version": __version__,
        **_created(),
        "verdict": result.verdict,
        "exit_code": result.exit_code,
        "policy": {"name": result.policy, "fail_on": result.fail_on},
        "platforms": [_target(target) for target in result.targets],
        "engines": [_engine(run) for run in result.engines],
        "files": list(result.files),
        "findings": [_finding(finding) for finding in result.findings],
        "undecided": [_undecided(question) for question in result.undecided],
        **_vulnerabilities(result),
        **_images(result),
        "summary": summary(result),
    }


def summary(result: Result) -> dict[str, int]:
    """How many findings there are of each kind; ``advisory`` are active and do not block."""
    states = [finding.state for finding in result.findings]
    blocking = sum(finding.blocking for finding in result.findings)
    return {
        "blocking": blocking,
        "advisory": states.count("active") - blocking,
        "waived": states.count("waived"),
        "baselined": states.count("baselined"),
        "undecided": len(result.undecided),
    }


def _created() -> dict[str, str]:
    """The time stamp that ``SOURCE_DATE_EPOCH`` gives: two runs are to be equal, so there is no other."""
    moment = clock.fixed()
    return {"created": moment.strftime("%Y-%m-%dT%H:%M:%SZ")} if moment is not None else {}


def _target(target: Target) -> dict[str, Any]:
    return {"name": target.name, "declared": target.declared, "evidence": list(target.evidence)}


def _engine(run: EngineRun) -> dict[str, Any]:
    return {
        "name": run.name,
        "version": run.version,
        "status": run.status,
        "reason": run.reason,
        "database_built": run.database_built,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    span = finding.place.span
    return {
        "rule_id": finding.rule_id,
        "name": finding.name,
        "engine": finding.engine,
        "severity": finding.severity.word,
        "confidence": finding.confidence,
        "blocking": finding.blocking,
        "state": finding.state,
        "message": finding.message,
        "help": finding.help,
        "path": finding.place.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "stage": finding.stage,
        "aliases": list(finding.aliases),
        "fingerprint": finding.fingerprint,
        "package": _package(finding.package) if finding.package is not None else None,
        "waiver": finding.waiver,
        "fix": _fix(finding.fix) if finding.fix is not None else None,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {"title": fix.title, "safe": fix.safe, "edits": [_edit(edit) for edit in fix.edits]}


def _edit(edit: Edit) -> dict[str, Any]:
    span = edit.place.span
    return {
        "path": edit.place.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "text": edit.text,
    }


def _vulnerabilities(result: Result) -> dict[str, Any]:
    """What became of the vulnerabilities, and the packages that nothing can be said about, where somebody looked."""
    if result.vulnerabilities is None:
        return {}
    from dataclasses import asdict

    unchecked = [
        {"name": package.name, "path": package.place.path, "line": package.place.line, "reason": package.reason}
        for run in result.engines
        for package in run.unchecked
    ]
    return {"vulnerabilities": {**asdict(result.vulnerabilities), "not_checkable": unchecked}}


def _images(result: Result) -> dict[str, Any]:
    if not result.images:
        return {}
    from dataclasses import asdict

    return {
        "images": [{**asdict(image), "layers": [_layer(layer) for layer in image.layers]} for image in result.images]
    }


def _layer(layer: ImageLayer) -> dict[str, Any]:
    return {
        "diff_id": layer.diff_id,
        "size": layer.size,
        "files": layer.files,
        "removed": layer.removed,
        "origin": layer.origin,
        "path": layer.place.path if layer.place is not None else None,
        "line": layer.place.line if layer.place is not None else None,
    }


def _package(package: Package) -> dict[str, Any]:
    return {name: getattr(package, name) for name in _PACKAGE}


def _undecided(question: Undecided) -> dict[str, Any]:
    return {
        "rule_id": question.rule_id,
        "path": question.place.path,
        "line": question.place.line,
        "reason": question.reason,
        "settle": question.settle,
    }


report = Report(summary="The result for programs.", render=render, suffixes=(".json",))
