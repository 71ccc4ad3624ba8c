"""One share of the work: some Dockerfiles with the same policy, judged by the rules and by the engines.

Shares (:mod:`gate.share`) depend on nothing but their description, so they may be done in this process, in another, or on
another machine.
"""

from __future__ import annotations

from gate import files
from gate.build import Build
from gate.context import open_context
from gate.discover import Input, shown
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.engines.base import EngineOptions, Task
from gate.engines.base import load as load_engine
from gate.judged import Judged
from gate.model import EngineRun, Failure
from gate.policy import ENGINES, Policy
from gate.record import replace
from gate.selection import wants_engine
from gate.share import Done, Options, Share, Subject
from gate.words import told

MAX_INSTRUCTIONS = 2_000
MAX_LINES = 50_000
"""Of one Dockerfile that is judged. The largest of 4,000 public ones has 254 instructions and 650 lines."""


def do(share: Share) -> Done:
    """Judge the files of a share. Whatever goes wrong with a file, a rule or an engine is a value in the answer."""
    return Work(share).done()


class Work:
    """A share whose engines are at work, from the constructor on."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._subjects, self._unread = _subjects(share)
        self._tasks, self._runs = _start(share, [subject.build for subject in self._subjects])

    def done(self) -> Done:
        """What comes of it: the rules speak while the engines work."""
        try:
            from gate.rulings import Rulings  # what the engines do not need is loaded beside them

            rulings = Rulings(self._share, self._subjects)
            runs = [*self._runs, *(_result(name, task) for name, task in self._tasks.items())]
        finally:
            self.cancel()
        judged = list(rulings.judged(runs))
        if self._share.evidence is None:
            if self._share.options.cache:
                _remember(self._share, self._subjects, judged, runs)
            for subject in self._subjects:
                subject.build.close()
        return Done((*judged, *self._unread), tuple(replace(run, findings=()) for run in runs))

    def cancel(self) -> None:
        """Stop the engines. Harmless when they have ended."""
        for task in self._tasks.values():
            task.cancel()


def _remember(share: Share, subjects: list[Subject], judged: list[Judged], runs: list[EngineRun]) -> None:
    from gate.remembered import Remembered, of_share

    memories = []
    for subject, one in zip(subjects, judged, strict=True):
        memory, context = of_share(one, runs), subject.build.context
        if memory is not None:
            memories.append((subject.given, subject.data, memory, context.witness if context is not None else None))
    Remembered(share.policy, share.options).keep(memories)


def _subjects(share: Share) -> tuple[list[Subject], list[Judged]]:
    """The Dockerfiles of a share that can be judged, and those that cannot."""
    subjects, unread = [], []
    for given in share.inputs:
        try:
            subjects.append(subject_of(given, given.read(), share))
        except files.Unreadable as error:
            unread.append(Judged(given.path, read=False, failures=(Failure(given.path, str(error)),)))
        except Exception as error:  # a fault of ours in reading one file must not take the others along
            failure = Failure(given.path, f"cannot be read: {told(error)}")
            unread.append(Judged(given.path, read=False, failures=(failure,)))
    return subjects, unread


def subject_of(given: Input, data: bytes, share: Share) -> Subject:
    """A Dockerfile of this text. Raises :class:`~gate.files.Unreadable` for one that is not judged."""
    _limit("lines", data.count(b"\n"), MAX_LINES)
    build = make_build(given, data, share.options, share.policy)
    _limit("instructions", len(build.dockerfile.instructions), MAX_INSTRUCTIONS)
    if build.target_name is not None and build.target is None:
        raise files.Unreadable(f"has no stage {build.target_name!r}")
    if share.evidence is not None:
        share.evidence.attach(build)
    return Subject(given, data, build)


def _limit(what: str, count: int, most: int) -> None:
    if count > most:
        raise files.Unreadable(f"has {count} {what}; more than {most} are not judged")


def make_build(given: Input, data: bytes, options: Options, policy: Policy) -> Build:
    """A Dockerfile's text with its context and the build's options; its platforms are left open."""
    folder = options.context or given.folder
    context = None
    if options.use_context and folder is not None:
        root = shown(folder)
        context = open_context(
            folder,
            shown_root="" if root == "." else root,
            dockerfile=given.path if given.data is None else "",
            witnessed=options.cache,
        )
    return Build(
        parse(Source(given.path, data)),
        context=context,
        build_args=options.build_args,
        target=options.target,
        settings=policy.settings,
        context_named=options.context is not None,
    )


def _start(share: Share, builds: list[Build]) -> tuple[dict[str, Task], list[EngineRun]]:
    """The engines at work, and those that do not work, each with its reason."""
    tasks: dict[str, Task] = {}
    runs: list[EngineRun] = []
    for name in ENGINES:
        choice = share.policy.engine(name)
        if choice.mode == "off":
            runs.append(EngineRun(name, "skipped", reason="switched off"))
        elif not wants_engine(share.policy, name):
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
