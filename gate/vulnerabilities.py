"""What a policy makes of vulnerabilities, beyond the threshold: fixes, known exploitation, budgets, VEX; and the account of
it that every report gives.

A vulnerability blocks when it is known to be exploited (``cve.kev``), when its probability of exploitation is high enough
(``cve.epss``), or when its severity reaches the threshold (``cve.fail-on``, else ``fail-on``) and, under ``cve.only-fixed``,
there is a fix. A budget replaces the threshold for the severities that it names: up to so many do not block, one more and
all of them do. Nothing is hidden: what does not block stays in the result, says why, and is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from gate.model import EngineRun, Finding, Remedy, Severity, Tally
from gate.policy import Policy
from gate.record import dataclass, replace
from gate.vex import Statement, Vex
from gate.words import counted

WITHOUT_FIX, IN_BUDGET = "without-fix", "in-budget"
_MOST_REMEDIES = 20
_WHY = {
    WITHOUT_FIX: "It does not block, because there is no fix and the policy asks for one (cve.only-fixed).",
    IN_BUDGET: "It does not block, because it is within the budget (cve.budgets).",
}
_UPDATED = frozenset({"deb", "rpm", "apk"})
_SIDES = {"base": "inherited from the base image", "own": "introduced by the Dockerfile"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a policy asks of vulnerabilities. ``budgets``: side (``base``, ``own``) → severity → how many do not block."""

    fail_on: Severity | None
    only_fixed: bool
    kev: bool
    epss: float | None
    budgets: dict[str, dict[Severity, int]]


def terms(policy: Policy) -> Terms:
    """The terms of a policy. ``fail-on: never`` of the whole policy lets everything pass."""
    cve: dict[str, Any] = policy.settings.get("cve") or {}
    own = cve.get("fail-on")
    fail_on = policy.fail_on if own is None else None if own == "never" else Severity[own.upper()]
    budgets = {
        side: {Severity[word.upper()]: number for word, number in rows.items() if number is not None}
        for side, rows in (cve.get("budgets") or {}).items()
        if rows
    }
    return Terms(fail_on, bool(cve.get("only-fixed")), bool(cve.get("kev")), cve.get("epss"), budgets)


def with_vex(finding: Finding, statement: Statement) -> Finding:
    """A finding with what a VEX statement says of it."""
    if not statement.sets_aside:
        said = f" {statement.said}." if statement.said else ""
        return replace(finding, help=f"{finding.help} VEX: {statement.status.replace('_', ' ')}.{said}".strip())
    waiver = {
        "kind": "vex",
        "reason": statement.reason,
        "owner": statement.author or None,
        "expires": None,
        "path": statement.path,
        "line": 1,
        "status": statement.status,
        "justification": statement.justification or None,
    }
    return replace(finding, state="waived", waiver=waiver)


class Docket:
    """The vulnerabilities of a run, as they are judged."""

    def __init__(self) -> None:
        self._why: dict[tuple[object, ...], str] = {}
        self._exceeded: list[str] = []
        self._unscored: set[tuple[object, ...]] = set()
        self._otherwise: set[tuple[object, ...]] = set()
        self._fitting: set[str] = set()

    def hear(self, findings: Iterable[Finding], vex: Vex) -> list[Finding]:
        """The findings with what VEX says of them."""
        done = []
        for finding in findings:
            statement = vex.about(finding) if finding.package is not None else None
            if statement is not None:
                self._fitting.add(statement.where)
                finding = with_vex(finding, statement) if finding.state == "active" else finding
            done.append(finding)
        return done

    def judge(self, findings: Sequence[Finding], policy: Policy) -> list[Finding]:
        """The findings of one Dockerfile or image with ``blocking`` set for the active vulnerabilities."""
        asked = terms(policy)
        done = [
            self._judged(finding, asked, policy)
            if finding.package is not None and finding.state == "active"
            else finding
            for finding in findings
        ]
        for side, rows in asked.budgets.items():
            for severity, most in rows.items():
                done = self._budgeted(done, side, severity, most, asked, policy)
        self._otherwise |= {
            _key(finding)
            for finding in done
            if finding.blocking and finding.package is not None and not policy.fails(finding.severity)
        }
        return done

    def _judged(self, finding: Finding, asked: Terms, policy: Policy) -> Finding:
        assert finding.package is not None
        if policy.fail_on is None:
            return _blocking(finding, False)
        if asked.epss is not None and finding.package.epss is None:
            self._unscored.add(_key(finding))
        because = _forced(finding, asked)
        if because:
            return replace(finding, blocking=True, help=f"{finding.help} {because}".strip())
        if asked.fail_on is None or policy.rank(finding.severity) < asked.fail_on:
            return _blocking(finding, False)
        if _lacks_fix(finding, asked):
            return self._excused(finding, WITHOUT_FIX)
        return _blocking(finding, True)

    def _excused(self, finding: Finding, why: str) -> Finding:
        self._why[_key(finding)] = why
        return replace(finding, blocking=False, help=f"{finding.help} {_WHY[why]}".strip())

    def _budgeted(
        self, findings: list[Finding], side: str, severity: Severity, most: int, asked: Terms, policy: Policy
    ) -> list[Finding]:
        """Hold the vulnerabilities of one side and severity against their budget."""
        held = {
            id(finding)
            for finding in findings
            if finding.package is not None
            and finding.state == "active"
            and side_of(finding) == side
            and policy.rank(finding.severity) is severity
            and not _lacks_fix(finding, asked)
        }
        number = len(held)
        exceeded = number > most and policy.fail_on is not None
        if exceeded:
            self._exceeded.append(f"{number} {severity.word} {_SIDES[side]}, {most} allowed")
        done = []
        for finding in findings:
            if id(finding) in held and not _forced(finding, asked):
                if exceeded:
                    said = f"It blocks because there are {number} of this severity, and the budget allows {most}."
                    finding = replace(finding, blocking=True, help=f"{finding.help} {said}".strip())
                elif finding.blocking:
                    finding = self._excused(finding, IN_BUDGET)
            done.append(finding)
        return done

    def tally(self, findings: Iterable[Finding], run: EngineRun, statements: Iterable[Statement] = ()) -> Tally:
        """The account of what an engine found, when all of it is judged. ``statements``: those in force."""
        rows = [finding for finding in findings if finding.package is not None]
        active = [finding for finding in rows if finding.state == "active"]
        why = Counter(self._why.get(_key(finding), "") for finding in active if not finding.blocking)
        brought = Counter(map(_brought, rows))
        vex = sum(1 for finding in rows if (finding.waiver or {}).get("kind") == "vex")
        return Tally(
            found=len(rows),
            blocking=sum(finding.blocking for finding in active),
            otherwise=sum(_key(finding) in self._otherwise for finding in active if finding.blocking),
            below=why[""],
            without_fix=why[WITHOUT_FIX],
            in_budget=why[IN_BUDGET],
            vex=vex,
            waived=sum(finding.state == "waived" for finding in rows) - vex,
            baselined=sum(finding.state == "baselined" for finding in rows),
            set_aside=run.set_aside,
            inherited=brought["base"],
            introduced=brought["instruction"],
            unattributed=brought[""],
            rebuild=sum(_brought(finding) == "base" and _has_update(finding) for finding in rows),
            unknown=sum(finding.severity is Severity.UNKNOWN for finding in rows),
            unscored=len(self._unscored),
            unfitting=len({statement.where for statement in statements} - self._fitting),
            exceeded=tuple(dict.fromkeys(self._exceeded)),
            remedies=tuple(_remedies(active)),
        )


def _blocking(finding: Finding, wanted: bool) -> Finding:
    return finding if finding.blocking is wanted else replace(finding, blocking=wanted)


def _brought(finding: Finding) -> str:
    """What brought a package: ``base``, ``instruction``, or "" where nobody knows."""
    origin = finding.package.introduced_by if finding.package is not None else None
    return str((origin or {}).get("kind") or "")


def side_of(finding: Finding) -> str:
    """Whose budget a package is counted against: ``base`` or ``own``, also where nobody knows what brought it."""
    return "base" if _brought(finding) == "base" else "own"


def _has_update(finding: Finding) -> bool:
    """Whether the distribution itself has the fix for its release."""
    package = finding.package
    return package is not None and package.type in _UPDATED and bool(package.fixed_in)


def _forced(finding: Finding, asked: Terms) -> str:
    """Why a vulnerability blocks whatever its severity; empty when it does not."""
    package = finding.package
    if package is None:
        return ""
    if asked.kev and package.known_exploited:
        return "It blocks because it is known to be exploited (cve.kev)."
    if asked.epss is not None and package.epss is not None and package.epss >= asked.epss:
        return f"It blocks because its probability of exploitation is {package.epss:.2g} (cve.epss: {asked.epss:g})."
    return ""


def _lacks_fix(finding: Finding, asked: Terms) -> bool:
    """Whether a vulnerability does not count because there is no fix."""
    fixed = finding.package is not None and finding.package.fixed_in
    return asked.only_fixed and not fixed and not _forced(finding, asked)


def _key(finding: Finding) -> tuple[object, ...]:
    return finding.rule_id, finding.place, finding.message


def _remedies(findings: Iterable[Finding]) -> list[Remedy]:
    """How far to raise each package, and how many vulnerabilities that removes; what brings most comes first."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        package = finding.package
        if package is not None and package.fixed_in:
            groups.setdefault((package.type, package.name, package.version), []).append(finding)
    found = [_remedy(rows) for rows in groups.values()]
    found.sort(key=lambda remedy: (-remedy.removes, remedy.package, remedy.version))
    return found[:_MOST_REMEDIES]


def _remedy(rows: list[Finding]) -> Remedy:
    from gate.engines.grype_fixes import highest

    package = rows[0].package
    assert package is not None
    wanted = [row.package.fixed_in[0] for row in rows if row.package is not None]
    best, covered = highest(wanted, package.type)
    return Remedy(package.name, package.version, best, covered)


def said(tally: Tally) -> str:
    """The account in one line: how many there are, and what became of them."""
    if not tally.found:
        text = "no known vulnerability"
    else:
        kinds = [
            (tally.blocking, "blocking"),
            (tally.below, "below the threshold"),
            (tally.without_fix, "without a fix (only-fixed)"),
            (tally.in_budget, "within the budget"),
            (tally.vex, "set aside by VEX"),
            (tally.waived, "waived"),
            (tally.baselined, "baselined"),
        ]
        parts = ", ".join(f"{number} {words}" for number, words in kinds if number)
        text = f"{tally.found} vulnerabilit{'ies' if tally.found != 1 else 'y'}: {parts}"
    if tally.inherited:
        text += f"; {tally.inherited} inherited, {tally.introduced} introduced"
    if tally.unattributed:
        text += f"{', ' if tally.inherited else '; '}{tally.unattributed} of unknown origin"
    if tally.inherited:
        text += (
            f"; a base that is built anew with its distribution's updates is without {tally.rebuild} of those inherited"
        )
    if tally.set_aside:
        text += f"; {tally.set_aside} set aside by grype itself"
    if tally.unscored:
        text += f"; {tally.unscored} without an EPSS score"
    if tally.exceeded:
        text += f"; over the budget: {', '.join(tally.exceeded)}"
    if tally.unfitting:
        text += f"; {counted(tally.unfitting, 'VEX statement')} fit nothing"
    return text
