"""From findings to a verdict: the policy's waivers, the baseline, the threshold, and the exit code with its reason."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gate import __version__, clock, purl, suppress
from gate.catalogue import Catalogue
from gate.engines.base import combine
from gate.fingerprint import fingerprinted, order
from gate.globs import matches
from gate.judged import Judged
from gate.model import EngineRun, Failure, Finding, Place, Result, Tally, Target, Undecided
from gate.policy import Policy, Waiver
from gate.record import dataclass, field, replace
from gate.selection import OWN, Selection, fit, subject
from gate.sources import Sources
from gate.words import counted

if TYPE_CHECKING:
    from gate.vex import Vex
    from gate.vulnerabilities import Docket

PASSED, FAILED, USAGE, UNJUDGED, INTERRUPTED = 0, 1, 2, 3, 130
LOOKER = "grype"
"""The engine that looks for vulnerabilities."""


@dataclass
class Case:
    """All that is to be judged together: the files under each policy, the engines' runs, what went wrong elsewhere.

    ``baseline`` are the fingerprints of findings that are accepted as they are; ``vex`` has the statements of each
    policy's documents, by the paths of these.
    """

    files: list[tuple[Policy, Judged]] = field(default_factory=list)
    runs: list[EngineRun] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    baseline: Container[str] = ()
    vex: Mapping[tuple[str, ...], Vex] = field(default_factory=dict)


def judge(case: Case, catalogue: Catalogue) -> Result:
    """The verdict."""
    policies = list({id(policy): policy for policy, _ in case.files}.values()) or [Policy()]
    docket = _docket(case)
    findings = _unique(f for policy, file in case.files for f in _marked(file.findings, policy, case, docket))
    findings += _hygiene(policies, catalogue)
    findings.sort(key=order)
    failures = [*case.failures, *(failure for _, file in case.files for failure in file.failures)]
    engines = _engines(case.runs, failures)
    tally = _account(docket, engines, findings, case)
    failures += _missing(engines, policies)
    strictest = min(policies, key=lambda policy: (policy.fail_on is None, policy.fail_on or 0))
    fail_on = strictest.fail_on.word if strictest.fail_on is not None else "never"
    word, exit_code, cause = _verdict(findings, failures, fail_on, tally)
    return Result(
        verdict=word,
        exit_code=exit_code,
        cause=cause,
        policy=", ".join(dict.fromkeys(policy.name for policy in policies)),
        fail_on=fail_on,
        targets=_targets(file for _, file in case.files),
        engines=tuple(engines),
        files=tuple(sorted({file.path for _, file in case.files if file.read})),
        findings=tuple(findings),
        undecided=_questions(file for _, file in case.files),
        failures=tuple(dict.fromkeys(failures)),
        vulnerabilities=tally,
    )


def _docket(case: Case) -> Docket | None:
    """Where vulnerabilities are judged; None when nobody looked for any."""
    if all(run.name != LOOKER or run.status == "skipped" for run in case.runs):
        return None
    from gate.vulnerabilities import Docket

    return Docket()


def _account(docket: Docket | None, engines: list[EngineRun], findings: Sequence[Finding], case: Case) -> Tally | None:
    """The account of the vulnerabilities; every report shows it as what the engine says of its run."""
    at = next((index for index, run in enumerate(engines) if run.name == LOOKER), None)
    if docket is None or at is None:
        return None
    from gate.vulnerabilities import said as told

    run = engines[at]
    tally = docket.tally(findings, run, [row for vex in case.vex.values() for row in vex.statements])
    if run.status == "ok":
        engines[at] = replace(run, reason="; ".join(filter(None, (run.reason, told(tally)))))
    return tally


def waives(waiver: Waiver, finding: Finding, root: str) -> bool:
    """Whether a waiver is about a finding. ``root``: the folder that its path pattern starts from."""
    if waiver.rule is not None and not fit((waiver.rule,), subject(finding)):
        return False
    package = finding.package
    ids = (finding.rule_id, *finding.aliases, package.cve if package else "")
    if waiver.cve is not None and waiver.cve not in ids:
        return False
    if waiver.package is not None and not (package and _is_package(waiver.package, package.purl, package.name)):
        return False
    return waiver.path is None or matches(waiver.path, _relative(finding.place.path, root))


def _is_package(wanted: str, given: str, name: str) -> bool:
    """Whether a purl, with or without a version, or a bare name stands for a package."""
    pattern, package = purl.parse(wanted), purl.parse(given)
    if pattern is not None and package is not None:
        return pattern.covers(package)
    return wanted == name


def _relative(path: str, root: str) -> str:
    return os.path.relpath(path, root or ".").replace(os.sep, "/")


def _marked(findings: Iterable[Finding], policy: Policy, case: Case, docket: Docket | None) -> list[Finding]:
    """The findings with their state, and whether they block: VEX, then waivers, then the baseline, then the threshold."""
    if docket is not None and policy.vex:
        findings = docket.hear(findings, case.vex[policy.vex])
    today = clock.today()
    live = [waiver for waiver in policy.waivers if waiver.expires is None or waiver.expires >= today]
    marked = []
    for finding in findings:
        changes: dict[str, Any] = {}
        if finding.state == "active":
            waiver = next((waiver for waiver in live if waives(waiver, finding, policy.root)), None) if live else None
            if waiver is not None:
                changes = {"state": "waived", "waiver": _described(waiver)}
            elif finding.fingerprint in case.baseline:
                changes = {"state": "baselined"}
            elif policy.fails(finding.severity):
                changes = {"blocking": True}
        marked.append(replace(finding, **changes) if changes else finding)
    return marked if docket is None else docket.judge(marked, policy)


def _described(waiver: Waiver) -> dict[str, Any]:
    return {
        "kind": "policy",
        "reason": waiver.reason,
        "owner": waiver.owner,
        "expires": waiver.expires.isoformat() if waiver.expires else None,
        "path": waiver.place.path,
        "line": waiver.place.line,
    }


def _unique(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once: two Dockerfiles may share a requirements file. One that is active somewhere is active."""
    kept: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        key = (finding.rule_id, *_values(finding.place), finding.message)
        if key not in kept or (kept[key].state != "active" and finding.state == "active"):
            kept[key] = finding
    return list(kept.values())


def _hygiene(policies: Sequence[Policy], catalogue: Catalogue) -> list[Finding]:
    """What is wrong with the policies' own waivers: findings in the policy file."""
    today, found = clock.today(), []
    for policy in policies:
        if policy.waivers:
            selection = Selection(policy, catalogue)
            waivers = [suppress.of_waiver(waiver, today) for waiver in policy.waivers]
            for finding in suppress.hygiene(waivers, catalogue):
                if selection.wants(finding):
                    ranked = selection.ranked(finding)
                    found.append(replace(ranked, blocking=policy.fails(ranked.severity)))
    return fingerprinted(_unique(found), Sources())


def _engines(runs: Iterable[EngineRun], failures: Sequence[Failure]) -> list[EngineRun]:
    """One run per engine, sorted by name; mlgate's own part is one of them."""
    by_name: dict[str, list[EngineRun]] = {}
    for run in runs:
        by_name.setdefault(run.name, []).append(run)
    reason = "; ".join(said(failure) for failure in failures[:3])
    own = EngineRun(OWN, "failed" if failures else "ok", __version__, reason)
    return sorted([own, *(combine(parts) for parts in by_name.values())], key=lambda run: run.name)


def _missing(engines: Iterable[EngineRun], policies: Iterable[Policy]) -> list[Failure]:
    """The engines that a policy requires and that gave no answer."""
    required = {name for policy in policies for name, choice in policy.engines.items() if choice.mode == "required"}
    words = {"failed": "failed", "skipped": "did not run"}
    return [
        Failure("", f"{run.name} is required, but {words[run.status]}: {run.reason}")
        for run in engines
        if run.name in required and run.status in words
    ]


def said(failure: Failure) -> str:
    """A failure in one line."""
    return f"{failure.path}: {failure.reason}" if failure.path else failure.reason


def _verdict(
    findings: Sequence[Finding], failures: Sequence[Failure], fail_on: str, tally: Tally | None
) -> tuple[str, int, str]:
    blocking = sum(finding.blocking for finding in findings)
    told = f"{counted(blocking, 'finding')} at or above {fail_on}"
    if tally is not None and tally.otherwise:
        told = f"{blocking} blocking, {tally.otherwise} of them by other terms than the threshold {fail_on}"
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        also = f"; {told}" if blocking else ""
        return "error", UNJUDGED, f"could not judge: {said(failures[0])}{more}{also}"
    if blocking:
        return "fail", FAILED, f"gate failed: {told}"
    reason = "nothing fails under this policy" if fail_on == "never" else f"no finding at or above {fail_on}"
    return "pass", PASSED, f"gate passed: {reason}"


def _targets(files: Iterable[Judged]) -> tuple[Target, ...]:
    """Each platform once, with the evidence of every file."""
    merged: dict[str, Target] = {}
    for file in sorted(files, key=lambda file: file.path):
        for target in file.targets:
            known = merged.get(target.name)
            evidence = (*known.evidence, *target.evidence) if known else target.evidence
            merged[target.name] = replace(target, evidence=tuple(dict.fromkeys(evidence)))
    return tuple(sorted(merged.values(), key=lambda target: target.name))


def _questions(files: Iterable[Judged]) -> tuple[Undecided, ...]:
    questions = {question for file in files for question in file.undecided}
    return tuple(sorted(questions, key=_order_of_question))


def _order_of_question(question: Undecided) -> tuple[object, ...]:
    return (*_values(question.place), question.rule_id, question.reason)


def _values(place: Place) -> tuple[str, int, int, int, int]:
    """A place as plain values, which are compared in less time."""
    span = place.span
    return place.path, span.line, span.column, span.end_line, span.end_column
