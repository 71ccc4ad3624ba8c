"""``--format json``: the result for programs. The shape is fixed; ``schema_version`` changes when it does."""

from __future__ import annotations

import json
from functools import lru_cache
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
    return "{\n" + ",\n".join(f'  "{key}": {_value(value)}' for key, value in document(result).items()) + "\n}\n"


def _value(value: Any) -> str:
    """A value as JSON; a tuple holds objects that are JSON already, and gets a line for each."""
    if isinstance(value, tuple) and value:
        return "[\n    " + ",\n    ".join(value) + "\n  ]"
    return _utf8(json.dumps(value, indent=2, ensure_ascii=False)).replace("\n", "\n  ")


def _utf8(text: str) -> str:
    """A text without what UTF-8 has no place for: a file name may be any bytes, a document may not."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text


def _row(value: Any) -> str:
    """A value of a row, or the whole of it, in one line."""
    return _utf8(_ROW.encode(value))


def _template(names: str) -> str:
    """An object with these fields, each value a ``%s``. Of rows there are many: to fill them in takes a third of what it
    takes to encode them as a whole."""
    return "{" + ", ".join(f'"{name}": %s' for name in names.split()) + "}"


@lru_cache(maxsize=2048)
def _json(value: str | bool | None) -> str:
    """The same for a plain value; most stand in many rows."""
    return _row(value)


def document(result: Result) -> dict[str, Any]:
    """The result as plain values, in the order in which they are written."""
    return {
        "schema_version": SCHEMA_VERSION,
        "mlgate_version": __version__,
        **_created(),
        "verdict": result.verdict,
        "exit_code": result.exit_code,
        "policy": {"name": result.policy, "fail_on": result.fail_on},
        "platforms": tuple(_row(_target(target)) for target in result.targets),
        "engines": tuple(_row(_engine(run)) for run in result.engines),
        "files": list(result.files),
        "findings": tuple(map(_finding, result.findings)),
        "undecided": tuple(map(_undecided, result.undecided)),
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


_FINDING = _template(
    "rule_id name engine severity confidence blocking state message help path line column end_line end_column stage aliases "
    "fingerprint package waiver fix"
)


def _finding(finding: Finding) -> str:
    span = finding.place.span
    return _FINDING % (
        _json(finding.rule_id),
        _json(finding.name),
        _json(finding.engine),
        _json(finding.severity.word),
        _json(finding.confidence),
        _json(finding.blocking),
        _json(finding.state),
        _json(finding.message),
        _json(finding.help),
        _json(finding.place.path),
        span.line,
        span.column,
        span.end_line,
        span.end_column,
        _json(finding.stage),
        f"[{', '.join(map(_json, finding.aliases))}]",
        f'"{finding.fingerprint}"',
        _row(_package(finding.package)) if finding.package is not None else "null",
        _row(finding.waiver) if finding.waiver is not None else "null",
        _fix(finding.fix) if finding.fix is not None else "null",
    )


_FIX = _template("title safe edits")


def _fix(fix: Fix) -> str:
    return _FIX % (_json(fix.title), _json(fix.safe), f"[{', '.join(map(_edit, fix.edits))}]")


_EDIT = _template("path line column end_line end_column text")


def _edit(edit: Edit) -> str:
    span = edit.place.span
    return _EDIT % (
        _json(edit.place.path),
        span.line,
        span.column,
        span.end_line,
        span.end_column,
        _json(edit.text),
    )


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
        "images": tuple(
            _row({**asdict(image), "layers": [_layer(layer) for layer in image.layers]}) for image in result.images
        )
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


_UNDECIDED = _template("rule_id path line reason settle")


def _undecided(question: Undecided) -> str:
    return _UNDECIDED % (
        _json(question.rule_id),
        _json(question.place.path),
        question.place.line,
        _json(question.reason),
        _json(question.settle),
    )


report = Report(summary="The result for programs.", render=render, suffixes=(".json",))
