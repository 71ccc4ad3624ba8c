"""What the rules say about the Dockerfiles of a share, and what comes of it together with what the engines say."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING

from gate import catalogue, suppress
from gate.build import Build
from gate.catalogue import Catalogue
from gate.fingerprint import fingerprinted
from gate.globs import matches
from gate.judged import Judged
from gate.merge import Merger
from gate.model import EngineRun, Failure, Finding, Target
from gate.platforms.detect import detect
from gate.policy import Policy
from gate.record import replace
from gate.selection import Selection, fit
from gate.selection import subject as subject_of
from gate.sources import Sources
from gate.walk import Outcome, Walker, speaks, walker
from gate.words import told

if TYPE_CHECKING:
    from gate.share import Share, Subject


class Rulings:
    """The outcome of each subject's walk, in order."""

    def __init__(self, share: Share, subjects: list[Subject]) -> None:
        self._share = share
        self._subjects = subjects
        self._selection = Selection(share.policy, catalogue.ready(share.policy.rules_dirs))
        rules = self._selection.rules()
        self._walker = walker(tuple(rules if share.evidence is None else share.evidence.rules(rules)))
        self._targets: list[tuple[Target, ...]] = []
        self._outcomes: list[Outcome] = []
        for subject in subjects:
            self._rule(subject)

    def _rule(self, subject: Subject) -> None:
        build, failures = subject.build, []
        targets: tuple[Target, ...] = ()
        try:
            targets = targets_of(build, self._share.policy)
        except Exception as error:  # a fault of ours in one file must not take the others along
            failures.append(Failure(subject.path, f"its platforms cannot be told: {told(error)}"))
        build.platforms = frozenset(target.name for target in targets)
        outcome = self._walker.walk(build)
        outcome.failures += failures
        if self._share.evidence is not None:
            outcome.undecided += self._share.evidence.questions(build)
            if self._share.evidence.scanned:  # there is no Dockerfile that could be mended
                outcome.findings = [replace(finding, fix=None) for finding in outcome.findings]
        self._targets.append(targets)
        self._outcomes.append(outcome)

    def judged(self, runs: list[EngineRun]) -> Iterator[Judged]:
        """The subjects with all that is known about them, given what became of the engines."""
        theirs = _by_path(runs, self._subjects)
        engines = {run.name for run in runs if run.status == "ok"}
        merger = Merger(self._selection, self._walker.rules)
        for subject, targets, outcome in zip(self._subjects, self._targets, self._outcomes, strict=True):
            found = merger.merge(outcome, theirs.get(subject.path, []), subject.build)
            settled = self._settled(subject.build, found, outcome, engines)
            yield Judged(subject.path, True, settled, tuple(outcome.undecided), tuple(outcome.failures), targets)

    def _settled(
        self, build: Build, found: Iterable[Finding], outcome: Outcome, engines: set[str]
    ) -> tuple[Finding, ...]:
        """What is asked for, with the policy's severities, the file's suppressions, and what is wrong with these."""
        selection, policy = self._selection, self._share.policy
        findings = [finding for finding in found if selection.wants(finding)]
        findings, amiss = suppressed(build, findings, outcome, self._walker, engines, selection.catalogue)
        findings += [finding for finding in amiss if selection.wants(finding)]
        if policy.per_file_ignores:
            findings = [finding for finding in findings if not _ignored_there(finding, policy)]
        sources = Sources()
        sources.add(build.dockerfile.source)
        return tuple(fingerprinted(map(selection.ranked, findings), sources))


def targets_of(build: Build, policy: Policy) -> tuple[Target, ...]:
    """What a build is meant for: what the user says, else what it looks like."""
    if policy.platforms:
        return tuple(Target(name, declared=True) for name in policy.platforms)
    return detect(build)


def _by_path(runs: Iterable[EngineRun], subjects: list[Subject]) -> dict[str, list[Finding]]:
    """The engines' findings by the Dockerfile that they are about. One in another file of a context belongs to the
    Dockerfile that brought its package in, and where nothing says which, to the first."""
    known = {subject.path for subject in subjects}
    found: dict[str, list[Finding]] = {}
    for finding in (finding for run in runs for finding in run.findings):
        origin = finding.package.introduced_by if finding.package else None
        paths = [finding.place.path, (origin or {}).get("path", "")]
        path = next((path for path in paths if path in known), subjects[0].path)
        found.setdefault(path, []).append(finding)
    return found


def suppressed(
    build: Build,
    findings: list[Finding],
    outcome: Outcome,
    walker: Walker,
    engines: Container[str],
    known: Catalogue,
) -> tuple[list[Finding], list[Finding]]:
    """The findings, those that a comment of the file covers marked as waived; and what is wrong with the comments."""
    suppressions = suppress.read(build.dockerfile, known)
    if not suppressions:
        return findings, []
    done = suppress.apply(findings, suppressions, build.dockerfile.path, known)
    undecided = {question.rule_id for question in outcome.undecided}
    decided = {rule.id for rule in walker.rules if speaks(rule, build.platforms)} - undecided
    suppress.mark_unused(suppressions, decided, engines, known)
    return done, list(suppress.hygiene(suppressions, known))


def _ignored_there(finding: Finding, policy: Policy) -> bool:
    """Whether ``per-file-ignores`` names the finding's file and the finding."""
    path = os.path.relpath(finding.place.path, policy.root or ".").replace(os.sep, "/")
    words = [word for pattern, ignored in policy.per_file_ignores.items() if matches(pattern, path) for word in ignored]
    return fit(words, subject_of(finding)) > 0
