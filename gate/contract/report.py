"""A verification as text and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from gate import __version__
from gate.contract.model import FAILED, PASSED, SKIPPED, UNKNOWN, ImageFacts, Judged
from gate.judge import FAILED as GATE_FAILED
from gate.judge import PASSED as GATE_PASSED
from gate.terminal import Paint, clean

_STYLE = {PASSED: ("green",), FAILED: ("red", "bold"), SKIPPED: ("dim",), UNKNOWN: ("yellow",)}
_TAIL = 8
"""Lines of a container's output in the text, below a case that did not pass."""


def document(image: ImageFacts, engine: str, judged: Sequence[Judged], code: int) -> dict[str, Any]:
    """The document of ``--format json``; docs/verify.md says what its fields are."""
    statuses = [one.outcome.status for one in judged]
    return {
        "schema_version": 1,
        "mlgate_version": __version__,
        "verdict": {GATE_PASSED: "pass", GATE_FAILED: "fail"}.get(code, "error"),
        "exit_code": code,
        "image": {"reference": image.reference, "id": image.id, "os": image.os, "architecture": image.architecture},
        "engine": {"name": "docker", "version": engine},
        "platforms": list(dict.fromkeys(one.platform for one in judged)),
        "cases": [_row(one) for one in judged],
        "summary": {status: statuses.count(status) for status in (PASSED, FAILED, SKIPPED, UNKNOWN)},
    }


def _row(judged: Judged) -> dict[str, Any]:
    case, outcome = judged.case, judged.outcome
    return {
        "platform": judged.platform,
        "name": case.name,
        "title": case.title,
        "required": case.required,
        "needs": list(case.needs),
        "status": outcome.status,
        "reason": outcome.reason,
        "next_step": outcome.next_step,
        "rules": list(outcome.rules),
        "notes": list(outcome.notes),
        "argv": list(outcome.argv),
        "exit_code": outcome.exit_code,
        "seconds": round(outcome.seconds, 2) if outcome.seconds is not None else None,
        "failure": clean(outcome.failure) or None,
        "log": list(outcome.log),
    }


def text(judged: Sequence[Judged], paint: Paint, width: int, *, quiet: bool, verbose: bool) -> Iterator[str]:
    """The lines for people: a table of cases for each platform. ``quiet``: only what did not pass."""
    longest = max((len(one.case.name) for one in judged), default=0)
    platform = ""
    for one in judged:
        if quiet and one.outcome.status in (PASSED, SKIPPED):
            continue
        if one.platform != platform:
            yield from [""] * bool(platform)
            platform = one.platform
            yield paint(platform, "bold")
        yield from _case(one, longest, paint, width)
        if verbose or one.outcome.status in (FAILED, UNKNOWN):
            yield from _log(one, len(one.outcome.log) if verbose else _TAIL, longest, paint, width)
    yield from [""] * bool(platform)
    statuses = [one.outcome.status for one in judged]
    counts = [
        f"{statuses.count(status)} {status}" for status in (FAILED, UNKNOWN, PASSED, SKIPPED) if status in statuses
    ]
    word = FAILED if FAILED in statuses else UNKNOWN if _undecided(judged) else PASSED
    shown = {PASSED: "PASS", FAILED: "FAIL", UNKNOWN: "UNDECIDED"}[word]
    yield f"{paint(shown, *_STYLE[word], *(['bold'] if word != FAILED else []))}  {', '.join(counts)}"


def _undecided(judged: Sequence[Judged]) -> bool:
    open_ = [one for one in judged if one.outcome.status in (UNKNOWN, SKIPPED)]
    return any(one.case.required or one.outcome.untried for one in open_)


def _case(judged: Judged, longest: int, paint: Paint, width: int) -> Iterator[str]:
    outcome = judged.outcome
    lead = f"  {outcome.status:<7}  {judged.case.name:<{longest}}  "
    first, *rest = textwrap.wrap(clean(outcome.reason), max(width - len(lead), 30)) or [""]
    status = paint(f"{outcome.status:<7}", *_STYLE[outcome.status])
    yield f"  {status}  {judged.case.name:<{longest}}  {first}"
    indent = " " * len(lead)
    yield from (indent + line for line in rest)
    remarks = [
        ("help", outcome.next_step),
        ("proves", ", ".join(outcome.rules)),
        *(("note", note) for note in outcome.notes),
    ]
    for name, remark in remarks:
        if remark:
            room = max(width - len(indent) - len(name) - 4, 30)
            one, *more = textwrap.wrap(clean(remark), room)
            yield f"{indent}= {paint(name, 'cyan')}: {one}"
            yield from (f"{indent}{' ' * (len(name) + 4)}{line}" for line in more)


def _log(judged: Judged, count: int, longest: int, paint: Paint, width: int) -> Iterator[str]:
    indent = " " * (longest + 13)
    lines = judged.outcome.log[-count:] if count else ()
    if judged.outcome.argv and lines:
        yield f"{indent}{paint('$ ' + clean(' '.join(judged.outcome.argv))[: width - len(indent) - 2], 'dim')}"
    for line in lines:
        yield f"{indent}{paint('|', 'blue')} {line[: max(width - len(indent) - 2, 30)]}"
