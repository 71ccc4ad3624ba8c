"""One verification: the platforms one after another, the cases of each in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gate.contract.bench import Bench, Workshop
from gate.contract.model import FAILED, PASSED, SKIPPED, UNKNOWN, Case, Judged, Outcome, skipped, unknown
from gate.contract.plans import PLANS
from gate.images.daemon import plain
from gate.judge import FAILED as GATE_FAILED
from gate.judge import PASSED as GATE_PASSED
from gate.judge import UNJUDGED
from gate.platforms.registry import platforms
from gate.words import counted


def judge(names: Sequence[str], workshop: Workshop, tell: Callable[[str], None]) -> Iterator[Judged]:
    """The cases of these platforms, each as soon as it is judged."""
    for name in names:
        bench = Bench(platforms()[name], workshop, tell)
        passed: set[str] = set()
        try:
            for case in PLANS[name]:
                if case.label and workshop.image.labels.get(case.label, "").lower() != "true":
                    continue
                judged = Judged(name, case, _outcome(bench, case, passed))
                if judged.outcome.status == PASSED:
                    passed.add(case.name)
                yield judged
        finally:
            if bench.server is not None:
                bench.server.remove()


def _outcome(bench: Bench, case: Case, passed: set[str]) -> Outcome:
    from docker.errors import DockerException

    missing = [need for need in case.needs if need not in passed]
    if missing:
        return skipped(f"{missing[0]} has not passed")
    bench.last, bench.log = bench.server, ()
    try:
        outcome = case.run(bench)
    except (DockerException, OSError) as error:  # the errors of requests are OSErrors
        outcome = unknown(f"could not be tried: {plain(error)}", "look whether the engine works: mlgate doctor")
        outcome.untried = True
    if bench.last is not None:
        outcome.argv = outcome.argv or bench.last.argv
        outcome.log = bench.log or bench.last.log()
    return outcome


def verdict(judged: Sequence[Judged]) -> tuple[int, str]:
    """The exit code, and why. What is proven counts more than what is open, but nothing counts where the engine failed."""
    failed, passed = _with(judged, FAILED), _with(judged, PASSED)
    open_ = _with(judged, SKIPPED, UNKNOWN)
    untried = [one for one in open_ if one.outcome.untried]
    if failed and not untried:
        return GATE_FAILED, f"{_count(failed, 'failed')}: {_names(failed)}"
    unjudged = untried or [one for one in open_ if one.case.required]
    if unjudged:
        return UNJUDGED, f"could not judge {_names(unjudged)}: {unjudged[0].outcome.reason}"
    return GATE_PASSED, _count(passed, "passed") + (f"; left open: {_names(open_)}" if open_ else "")


def _with(judged: Sequence[Judged], *statuses: str) -> list[Judged]:
    return [one for one in judged if one.outcome.status in statuses]


def _count(judged: Sequence[Judged], what: str) -> str:
    return f"{counted(len(judged), 'case')} {what}"


def _names(judged: Sequence[Judged]) -> str:
    return ", ".join(f"{one.platform} {one.case.name}" for one in judged)
