"""collect → parse → (rules ∥ engines) → merge → judge → Result. The one place that knows the order.

The Dockerfiles are cut into shares (:mod:`gate.work`) that are submitted to a :class:`concurrent.futures.Executor`. A
few files are done in this process; many go to a pool of processes; any other executor, a cluster's for example, may be
given instead.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gate import baseline, catalogue, policyfinder
from gate.catalogue import Catalogue
from gate.discover import Input, collect
from gate.dockerfile.source import Source
from gate.judge import Case, judge
from gate.judged import Judged
from gate.model import Failure, Result
from gate.policy import Policy, overridden
from gate.record import dataclass, field, replace
from gate.selection import Selection
from gate.share import Done, Options, Share

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future
    from multiprocessing.process import BaseProcess

    from gate.discover import Found
    from gate.images.evidence import Evidence
    from gate.images.target import Target as Finished
    from gate.remembered import Memory
    from gate.vex import Vex
    from gate.work import Work

ALONE = 40
"""Up to this many files per core are done in this process: most of the time is the engines', which are given all cores."""
SHARE = 16
"""Files per share of a pool: enough to pay for starting the engines, few enough to keep every core busy to the end."""

PATIENCE = 1.0
"""Seconds that workers have to end when the user interrupts."""


@dataclass(frozen=True)
class Request:
    """What the user asks for. ``overrides`` is what the command line says against any policy
    (:func:`gate.policy.overridden`); ``policy`` is a shipped name or a file, None to look for one beside each file.
    ``targets`` are images and bills of materials of the one Dockerfile or, when they are ``scanned``, of their own;
    ``platform`` is the one to take of an image for several."""

    paths: Sequence[str] = (".",)
    stdin: bytes | None = None
    stdin_filename: str | None = None
    policy: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    baseline: str | None = None
    jobs: int = 0
    targets: tuple[Finished, ...] = ()
    scanned: bool = False
    platform: str = ""


@dataclass(frozen=True)
class Answer:
    """A verdict, and what reports need beside it: the catalogue, whose rules say why and how to mend, and the source
    texts that cannot be read again."""

    result: Result
    catalogue: Catalogue
    sources: tuple[Source, ...] = ()


def check(
    request: Request,
    *,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> Answer:
    """Judge what a request asks for. ``progress`` is told how many files are done, and of how many; ``tell`` hears what
    else takes long.

    Raises :class:`~gate.policy.PolicyError` for a policy that cannot be used. Everything else that goes wrong is in the
    result.
    """
    found = collect(request.paths, stdin=request.stdin, stdin_filename=request.stdin_filename)
    with _evidence(request, found, tell) as evidence:
        return _judged(request, found, evidence, executor, progress)


@contextmanager
def _evidence(request: Request, found: Found, tell: Callable[[str], None]) -> Iterator[Evidence | None]:
    """The images and documents that the request names, as long as they are needed."""
    if not request.targets:
        yield None
        return
    from gate.images.evidence import gathered

    with gathered(
        request.targets,
        found,
        scanned=request.scanned,
        seconds=request.options.timeout,
        platform=request.platform,
        tell=tell,
    ) as evidence:
        yield evidence


def case_of(request: Request, found: Found) -> Case:
    """What is to be judged, so far only with what could not be found."""
    case = Case(failures=found.failures)
    if not found.inputs and not found.failures:
        case.failures.append(Failure("", f"no Dockerfile found in {', '.join(request.paths)}"))
    return case


def _judged(
    request: Request,
    found: Found,
    evidence: Evidence | None,
    executor: Executor | None,
    progress: Callable[[int, int], None] | None,
) -> Answer:
    case = case_of(request, found)
    groups = by_policy(request, found.inputs)
    jobs = request.jobs or _cores()
    judged: dict[str, Judged] = {}
    if request.options.cache and evidence is None:
        for path, memory in _recalled(groups, request.options):
            judged[path] = memory.judged
            case.runs += memory.runs
    fresh = [(used, [given for given in inputs if given.path not in judged]) for used, inputs in groups]
    shares = list(_shares(fresh, request.options, jobs, evidence))
    here = executor is None and (len(shares) < 2 or jobs == 1)
    with _begun(shares if here else []) as first:
        known = catalogue_of(groups, case)
        case.baseline = accepted(request, groups)
        case.vex = _statements(used for used, _ in groups)
        for done in _one_by_one(first, shares) if first is not None else _side_by_side(shares, jobs, executor):
            judged.update({file.path: file for file in done.files})
            case.runs += done.runs
            if progress is not None:
                progress(len(judged), len(found.inputs))
    case.files = [(used, judged[given.path]) for used, inputs in groups for given in inputs]
    read = tuple(Source(given.path, given.data) for given in found.inputs if given.data is not None)
    return Answer(judge(case, known), known, read)


def _cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _recalled(groups: Iterable[tuple[Policy, list[Input]]], options: Options) -> Iterator[tuple[str, Memory]]:
    """What is known of the inputs from earlier runs."""
    from gate.remembered import Remembered

    for used, inputs in groups:
        yield from Remembered(used, options).recall(inputs).items()


def policy_for(request: Request, folder: str | None) -> Policy:
    """The policy in force in a folder, with what the command line says. Raises :class:`~gate.policy.PolicyError`."""
    found = (
        policyfinder.named(request.policy)
        if request.policy is not None
        else policyfinder.discovered(Path(folder or "."))
    )
    return overridden(found, **request.overrides)


def by_policy(request: Request, inputs: Iterable[Input]) -> list[tuple[Policy, list[Input]]]:
    """The inputs by the policy that is in force for them."""
    by_file: dict[object, tuple[Policy, list[Input]]] = {}
    for given in inputs:
        key = request.policy if request.policy is not None else policyfinder.find(given.folder or ".")
        if key not in by_file:
            by_file[key] = (policy_for(request, given.folder), [])
        by_file[key][1].append(given)
    if not by_file:  # wrong use is told even when there is nothing to judge
        by_file[None] = (policy_for(request, None), [])
    return list(by_file.values())


def catalogue_of(groups: Iterable[tuple[Policy, object]], case: Case) -> Catalogue:
    """The catalogue of all policies together; what it could not load cannot be judged by. Checks every selection."""
    folders: dict[str, None] = {}
    for used, _ in groups:
        folders.update(dict.fromkeys(used.rules_dirs))
        Selection(used, catalogue.ready(used.rules_dirs))
    known = catalogue.ready(tuple(folders))
    case.failures += [Failure("", problem) for problem in known.problems]
    return known


def accepted(request: Request, groups: Iterable[tuple[Policy, object]]) -> frozenset[str]:
    """The fingerprints of the baselines that are asked for: that of the command line, else the policies'."""
    paths = [request.baseline] if request.baseline else [used.baseline for used, _ in groups if used.baseline]
    return frozenset(print_ for path in dict.fromkeys(paths) for print_ in baseline.read(path))


def _statements(policies: Iterable[Policy]) -> dict[tuple[str, ...], Vex]:
    """The VEX documents of each policy."""
    wanted = {used.vex for used in policies if used.vex}
    if not wanted:
        return {}
    from gate import vex

    return {paths: vex.load(paths) for paths in wanted}


def _shares(
    groups: Iterable[tuple[Policy, list[Input]]], options: Options, jobs: int, evidence: Evidence | None
) -> Iterator[Share]:
    for used, inputs in groups:
        alone = jobs > 1 and len(inputs) <= ALONE * jobs
        size, engine_jobs = (max(len(inputs), 1), jobs) if alone else (SHARE, 1)
        for start in range(0, len(inputs), size):
            yield Share(tuple(inputs[start : start + size]), used, replace(options, jobs=engine_jobs), evidence)


@contextmanager
def _begun(shares: list[Share]) -> Iterator[Work | None]:
    """The first share with its engines at work; they are stopped when something goes wrong beside them."""
    if not shares:
        yield None
        return
    from gate.work import Work

    work = Work(shares[0])
    try:
        yield work
    finally:
        work.cancel()


def _one_by_one(first: Work, shares: list[Share]) -> Iterator[Done]:
    """What comes of each share, in order, all done in this process."""
    from gate.work import do

    yield first.done()
    yield from map(do, shares[1:])


def _side_by_side(shares: list[Share], jobs: int, executor: Executor | None) -> Iterator[Done]:
    """What comes of each share, in order, done in other processes."""
    if not shares:
        return
    from gate.work import do

    with _pool(jobs, executor) as pool:
        futures = [pool.submit(do, share) for share in shares]
        for share, future in zip(shares, futures, strict=True):
            yield _outcome(share, future)


def _outcome(share: Share, future: Future[Done]) -> Done:
    from concurrent.futures import BrokenExecutor

    try:
        return future.result()
    except (BrokenExecutor, MemoryError, OSError) as error:
        reason = f"the process that judged it died: {error}"
        files = [Judged(given.path, read=False, failures=(Failure(given.path, reason),)) for given in share.inputs]
        return Done(tuple(files), ())


@contextmanager
def _pool(jobs: int, executor: Executor | None) -> Iterator[Executor]:
    """The given executor, or a pool of processes that is gone at the end, also when the user interrupts."""
    if executor is not None:
        yield executor
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # Forked workers have the rules already; elsewhere they are loaded again.
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context(method), initializer=_worker)
    try:
        yield pool
        pool.shutdown(wait=True)
    except BaseException:
        _stop(multiprocessing.active_children())
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def _stop(workers: Sequence[BaseProcess]) -> None:
    """End worker processes: first so that they stop their engines, then, should one not listen, for good."""
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + PATIENCE
    for worker in workers:
        worker.join(max(deadline - time.monotonic(), 0))
        worker.kill()


def _worker() -> None:
    """A worker leaves an interrupt from the keyboard to the process that started it, and ends when that tells it to."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    gc.freeze()  # what is shared with the parent stays shared


def _leave(number: int, frame: object) -> None:
    """Stop the engines on the way out. The pool takes the exit for a result and goes on: the next signal is final."""
    import signal

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise SystemExit(1)
