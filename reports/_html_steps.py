"""What to do next: the few steps that settle most, for the HTML report."""

from __future__ import annotations

from collections.abc import Iterator

from gate.model import Finding, Package, Remedy, Result
from gate.record import dataclass
from gate.rule import Rule

MOST = 5


@dataclass(frozen=True)
class Step:
    """``what`` to do, its ``effect``, and the findings that it settles."""

    what: str
    effect: str
    findings: tuple[Finding, ...] = ()


def next_steps(result: Result, rules: dict[str, Rule]) -> list[Step]:
    """At most :data:`MOST`: first what kept the gate from judging, then findings by effect, then open questions."""
    steps = [*_unjudged(result), *_mends(result, rules), *_answers(result)]
    return steps[:MOST]


def _unjudged(result: Result) -> Iterator[Step]:
    for failure in result.failures[:1]:
        where = f"{failure.path}: " if failure.path else ""
        rest = len(result.failures) - 1
        yield Step(
            f"{where}{failure.reason}", "could not be judged" + (f"; {rest} more could not either" if rest else "")
        )
    for run in result.engines:
        if run.status == "failed":
            yield Step(f"Mend {run.name}: {run.reason}", "its findings are missing here")


def _mends(result: Result, rules: dict[str, Rule]) -> Iterator[Step]:
    best = {(remedy.package, remedy.version): remedy.raise_to for remedy in _remedies(result)}
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in result.findings:
        if finding.state == "active":
            groups.setdefault(_key(finding), []).append(finding)
    for findings in sorted(groups.values(), key=_weight):
        yield Step(_what(findings, rules, best), _effect(findings), tuple(findings))


def _remedies(result: Result) -> tuple[Remedy, ...]:
    return result.vulnerabilities.remedies if result.vulnerabilities is not None else ()


def _key(finding: Finding) -> tuple[str, ...]:
    """Findings with one key are settled by one step."""
    package = finding.package
    if package is None:
        return ("rule", finding.rule_id)
    if _from_base(package):
        return ("base", _base_place(finding))
    return ("package", package.type, package.name, package.version)


def _from_base(package: Package) -> bool:
    return (package.introduced_by or {}).get("kind") == "base"


def _base_place(finding: Finding) -> str:
    """Where the base image is named; the finding's own place where the engine did not say."""
    by = (finding.package.introduced_by if finding.package is not None else None) or {}
    if by.get("path") and by.get("line"):
        return f"{by['path']}:{by['line']}"
    return f"{finding.place.path}:{finding.place.line}"


def _weight(findings: list[Finding]) -> tuple[int, int, int, int]:
    blocking = sum(finding.blocking for finding in findings)
    worst = max(finding.severity for finding in findings)
    return -blocking, -_exploited(findings), -worst, -len(findings)


def _exploited(findings: list[Finding]) -> int:
    return sum(finding.package is not None and finding.package.known_exploited for finding in findings)


def _what(findings: list[Finding], rules: dict[str, Rule], best: dict[tuple[str, str], str]) -> str:
    first = findings[0]
    package = first.package
    if package is not None:
        if _from_base(package):
            return f"Take a newer base image at {_base_place(first)}"
        fixed = sorted({f.package.fixed_in[0] for f in findings if f.package is not None and f.package.fixed_in})
        name = f"{package.name} {package.version}".strip()
        raise_to = best.get((package.name, package.version))
        if raise_to:
            return f"Upgrade {name} to {raise_to}"
        return f"Upgrade {name} to {' / '.join(fixed[:3])}" if fixed else f"Replace {name}: no version is fixed"
    helps = {finding.help for finding in findings}
    rule = rules.get(first.rule_id)
    advice = first.help if len(helps) == 1 or rule is None else rule.fix
    return f"{first.rule_id}: {advice or first.message}"


def _effect(findings: list[Finding]) -> str:
    blocking = sum(finding.blocking for finding in findings)
    noun = "vulnerability" if findings[0].package is not None else "finding"
    counts = [_count(blocking, f"blocking {noun}")] if blocking else []
    if len(findings) > blocking:
        counts.append(_count(len(findings) - blocking, f"advisory {noun}"))
    exploited = _exploited(findings)
    return "settles " + " and ".join(counts) + (f", {exploited} known to be exploited" if exploited else "")


def _count(number: int, noun: str) -> str:
    plural = noun if number == 1 else noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {plural}"


def _answers(result: Result) -> Iterator[Step]:
    questions: dict[str, int] = {}
    for question in result.undecided:
        if question.settle:
            questions[question.settle] = questions.get(question.settle, 0) + 1
    for settle, number in sorted(questions.items(), key=lambda item: -item[1]):
        yield Step(settle, f"answers {_count(number, 'open question')}")
