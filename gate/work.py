"""One share of the work: some Dockerfiles with the same policy, judged by the rules and by the engines.

Shares depend on nothing but their description, so they may be done in this process, in another, or on another machine.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from gate import catalogue, files, suppress
from gate.build import Build
from gate.context import open_context
from gate.discover import Input, shown
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.engines.base import EngineOptions, Task
from gate.engines.base import load as load_engine
from gate.fingerprint import fingerprinted
from gate.globs import matches
from gate.merge import Merger
from gate.model import EngineRun, Failure, Finding, Target, Undecided
from gate.platforms.detect import detect
from gate.policy import ENGINES, Policy
from gate.record import dataclass, field
from gate.selection import Selection, fit
from gate.selection import subject as subject_of
from gate.sources import Sources
from gate.walk import Outcome, Walker, speaks
from gate.words import told

if TYPE_CHECKING:
    from gate.images.evidence import Evidence

MAX_INSTRUCTIONS = 2_000
MAX_LINES = 50_000
"""Of one Dockerfile that is judged. The largest of 4,000 public ones has 254 instructions and 650 lines."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to look at each Dockerfile. ``context`` None is its own folder; ``use_context`` False leaves it out."""

    context: str | None = None
    use_context: bool = True
    build_args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    timeout: float = 300.0
    jobs: int = 1
    cache: bool = True


@dataclass(frozen=True, slots=True)
class Share:
    inputs: tuple[Input, ...]
    policy: Policy
    options: Options
    evidence: Evidence | None = None
    """Of the one Dockerfile of the share: its finished image, a bill of materials."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known about one Dockerfile: ``findings`` have their severity, fingerprint and suppressions, not yet the
    policy's waivers and the baseline. ``read`` is False for a file that could not be looked at; ``failures`` say
    why."""

    path: str
    read: bool = True
    findings: tuple[Finding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    failures: tuple[Failure, ...] = ()
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a share: its files in order, and one run of each engine."""

    files: tuple[Judged, ...]
    runs: tuple[EngineRun, ...]


def do(share: Share) -> Done:
    """Judge the files of a share. Whatever goes wrong with a file, a rule or an engine is a value in the answer."""
    known = catalogue.ready(share.policy.rules_dirs)
    selection = Selection(share.policy, known)
    subjects, unread = _subjects(share)
    tasks, runs = _start(share, selection, [subject.build for subject in subjects])
    try:
        rules = selection.rules()
        walker = Walker(rules if share.evidence is None else share.evidence.rules(rules))
        outcomes = [walker.walk(subject.build) for subject in subjects]
        runs += [_result(name, task) for name, task in tasks.items()]
    finally:
        for task in tasks.values():
            task.cancel()
    theirs = _by_path(runs, subjects)
    engines = {run.name for run in runs if run.status == "ok"}
    merger = Merger(selection, walker.rules)
    judged = []
    for subject, outcome in zip(subjects, outcomes, strict=True):
        build = subject.build
        if share.evidence is not None:
            outcome.undecided += share.evidence.questions(build)
        found = merger.merge(outcome, theirs.get(subject.path, []), build)
        settled = _settle(build, found, outcome, walker, selection, share.policy, engines)
        judged.append(
            Judged(subject.path, True, settled, tuple(outcome.undecided), tuple(outcome.failures), subject.targets)
        )
    return Done((*judged, *unread), tuple(replace(run, findings=()) for run in runs))


@dataclass(frozen=True, slots=True)
class _Subject:
    """A Dockerfile that could be read."""

    path: str
    build: Build
    targets: tuple[Target, ...]


def _subjects(share: Share) -> tuple[list[_Subject], list[Judged]]:
    """The Dockerfiles of a share that can be judged, and those that cannot."""
    subjects, unread = [], []
    for given in share.inputs:
        try:
            subjects.append(_subject(given, share))
        except files.Unreadable as error:
            unread.append(Judged(given.path, read=False, failures=(Failure(given.path, str(error)),)))
        except Exception as error:  # a fault of ours in reading one file must not take the others along
            failure = Failure(given.path, f"cannot be read: {told(error)}")
            unread.append(Judged(given.path, read=False, failures=(failure,)))
    return subjects, unread


def _subject(given: Input, share: Share) -> _Subject:
    """Read one Dockerfile. Raises :class:`~gate.files.Unreadable`."""
    data = files.read(given.path) if given.data is None else given.data
    _limit("lines", data.count(b"\n"), MAX_LINES)
    build = make_build(given, data, share.options, share.policy)
    _limit("instructions", len(build.dockerfile.instructions), MAX_INSTRUCTIONS)
    if build.target_name is not None and build.target is None:
        raise files.Unreadable(f"has no stage {build.target_name!r}")
    if share.evidence is not None:
        share.evidence.attach(build)
    targets = targets_of(build, share.policy)
    build.platforms = frozenset(target.name for target in targets)
    return _Subject(given.path, build, targets)


def _limit(what: str, count: int, most: int) -> None:
    if count > most:
        raise files.Unreadable(f"has {count} {what}; more than {most} are not judged")


def make_build(given: Input, data: bytes, options: Options, policy: Policy) -> Build:
    """A Dockerfile's text with its context and the build's options; its platforms are left open."""
    folder = options.context or given.folder
    context = None
    if options.use_context and folder is not None:
        shown_root = "" if shown(folder) == "." else shown(folder)
        context = open_context(folder, shown_root=shown_root, dockerfile=given.path if given.data is None else "")
    return Build(
        parse(Source(given.path, data)),
        context=context,
        build_args=options.build_args,
        target=options.target,
        settings=policy.settings,
    )


def targets_of(build: Build, policy: Policy) -> tuple[Target, ...]:
    """What a build is meant for: what the user says, else what it looks like."""
    if policy.platforms:
        return tuple(Target(name, declared=True) for name in policy.platforms)
    return detect(build)


def _start(share: Share, selection: Selection, builds: list[Build]) -> tuple[dict[str, Task], list[EngineRun]]:
    """The engines at work, and those that do not work, each with its reason."""
    tasks: dict[str, Task] = {}
    runs: list[EngineRun] = []
    for name in ENGINES:
        choice = share.policy.engine(name)
        if choice.mode == "off":
            runs.append(EngineRun(name, "skipped", reason="switched off"))
        elif not selection.wants_engine(name):
            runs.append(EngineRun(name, "skipped", reason="nothing of it is selected"))
        else:
            options = share.options
            timeout = choice.timeout or options.timeout
            try:
                engine = load_engine(name, EngineOptions(timeout=timeout, jobs=options.jobs, cache=options.cache))
                tasks[name] = engine.start(builds) if share.evidence is None else share.evidence.start(engine, builds)
            except Exception as error:  # a fault of ours must not end the run, nor pass for a clean engine
                runs.append(_broken(name, error))
    return tasks, runs


def _result(name: str, task: Task) -> EngineRun:
    try:
        return task.result()
    except Exception as error:
        return _broken(name, error)


def _broken(name: str, error: Exception) -> EngineRun:
    return EngineRun(name, "failed", reason=told(error))


def _by_path(runs: Iterable[EngineRun], subjects: list[_Subject]) -> dict[str, list[Finding]]:
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


def _settle(
    build: Build,
    found: Iterable[Finding],
    outcome: Outcome,
    walker: Walker,
    selection: Selection,
    policy: Policy,
    engines: set[str],
) -> tuple[Finding, ...]:
    """What is asked for, with the policy's severities, the file's suppressions, and what is wrong with these."""
    findings = [finding for finding in found if selection.wants(finding)]
    findings = suppressed(build, findings, outcome, walker, engines, selection.catalogue)
    findings = [finding for finding in findings if selection.wants(finding) and not _ignored_there(finding, policy)]
    sources = Sources()
    sources.add(build.dockerfile.source)
    ranked = (replace(finding, severity=selection.ranked(finding)) for finding in findings)
    return tuple(fingerprinted(ranked, sources))


def suppressed(
    build: Build,
    findings: Iterable[Finding],
    outcome: Outcome,
    walker: Walker,
    engines: Container[str],
    known: catalogue.Catalogue,
) -> list[Finding]:
    """The findings, those that a comment of the file covers marked as waived; and what is wrong with the comments."""
    suppressions = suppress.read(build.dockerfile, known)
    done = suppress.apply(findings, suppressions, build.dockerfile.path, known)
    undecided = {question.rule_id for question in outcome.undecided}
    decided = {rule.id for rule in walker.rules if speaks(rule, build.platforms)} - undecided
    suppress.mark_unused(suppressions, decided, engines, known)
    return [*done, *suppress.hygiene(suppressions, known)]


def _ignored_there(finding: Finding, policy: Policy) -> bool:
    """Whether ``per-file-ignores`` names the finding's file and the finding."""
    if not policy.per_file_ignores:
        return False
    path = os.path.relpath(finding.place.path, policy.root or ".").replace(os.sep, "/")
    words = [word for pattern, ignored in policy.per_file_ignores.items() if matches(pattern, path) for word in ignored]
    return fit(words, subject_of(finding)) > 0
