"""A SageMaker training job: ``docker run IMAGE train`` on a generated ``/opt/ml``."""

from __future__ import annotations

from time import monotonic

from gate.contract import sample
from gate.contract.bench import MODEL, Bench
from gate.contract.containers import Container, Mount
from gate.contract.model import PASSED, Outcome, failed, passed, skipped, unknown
from gate.contract.stopping import stopped
from gate.record import dataclass
from gate.words import counted

_SECONDS = 600.0
_FAILURE = "/opt/ml/output/failure"
_REASON = 1024
"""Characters of the failure file that DescribeTrainingJob shows."""
_SHOWN = 120
"""Of those, what is shown in one line of a report."""
_DELAY, _FAST_DELAY, _LEAST = 5.0, 0.3, 1.0
"""When a training is stopped, in seconds, also in a hurry; and how long one must take to be stopped at all."""


@dataclass(frozen=True, slots=True)
class _Job:
    """What is different in one job. ``sealed``: the model's folder is read-only."""

    hyperparameters: bool = True
    data: str = sample.SOUND
    sealed: bool = False


def train(bench: Bench) -> Outcome:
    """T1: it ends with 0, leaves a model and no failure."""
    volume = bench.containers.volume()
    container = _started(bench, _Job(), volume)
    if isinstance(container, Outcome):
        return container
    with bench.removed(container):
        bench.tell("training")
        limit = bench.options.timeout or _SECONDS
        code = container.wait(limit)
        spent = monotonic() - container.began
        bench.trained = spent
        if code is None:
            container.kill()
            return unknown(f"still training after {limit:.0f} s", "give a smaller --input, or a longer --timeout")
        outcome = _verdict(bench, container, code, spent)
        if outcome.status == PASSED:
            bench.workshop.trained = volume
        outcome.exit_code, outcome.seconds, outcome.failure = code, spent, _failure(container)
        return outcome


def _verdict(bench: Bench, container: Container, code: int, spent: float) -> Outcome:
    failure = _failure(container)
    if code != 0:
        told = bench.ended(container, code) or bench.offline(container, code)
        if told is not None:
            return told
        reason = f"exit {code}" + (f", failure: {_short(failure)}" if failure else "")
        if bench.sample.own:
            return unknown(f"{reason}, on a small CSV of mlgate's own", "--input DIR: a sample of the real data")
        return failed(reason, "the last lines of the log say why")
    if failure:
        return failed(
            f"exit 0, and {_FAILURE} says: {_short(failure)}", "end with another exit code than 0", ("SMT002",)
        )
    count = container.files(MODEL)
    if not count:
        return failed(f"exit 0, and {MODEL} is empty", f"save the model below {MODEL}", ("SMT005",))
    return passed(f"exit 0 after {spent:.1f} s, {counted(count, 'file')} in {MODEL}")


def fail(bench: Bench) -> Outcome:
    """T2: when something is wrong with a job, it ends with another code than 0 and says why in ``output/failure``."""
    provoked = {
        "without hyperparameters.json": _Job(hyperparameters=False),
        "with an empty channel": _Job(data=sample.EMPTY),
        "with unreadable data": _Job(data=sample.BROKEN),
        f"with a read-only {MODEL}": _Job(sealed=True),
    }
    if bench.options.fast:  # the one that few tolerate, and that says most
        provoked = dict(list(provoked.items())[-1:])
    silent = ""
    tolerated = []
    for what, job in provoked.items():
        bench.tell(f"training {what}")
        told = _provoke(bench, job, what)
        if isinstance(told, Outcome):
            return told
        silent = silent or told
        if not told:
            tolerated.append(what)
    if silent:
        return failed(
            f"{silent}, and nothing in {_FAILURE}", f"write the reason to {_FAILURE} before ending", ("SMT001",)
        )
    return unknown(f"nothing made it fail: {', '.join(tolerated)}", "try a broken sample with --input")


def _provoke(bench: Bench, job: _Job, what: str) -> Outcome | str:
    """The outcome that settles the case; else what failed in silence; "" where nothing failed."""
    container = _started(bench, job, bench.containers.volume())
    if isinstance(container, Outcome):
        return container
    with bench.removed(container):
        limit = min(bench.options.timeout or _SECONDS, max(3 * bench.trained, 30.0))
        code = container.wait(limit)
        if code is None:
            container.kill()
            return ""
        failure = _failure(container)
        if code and failure:
            return Outcome(PASSED, f"{what}: exit {code}, failure: {_short(failure)}", exit_code=code, failure=failure)
        if code:
            return f"{what}: exit {code}"
        if failure or job.sealed:
            why = f"{_FAILURE} says: {_short(failure)}" if failure else "it cannot have saved its model"
            outcome = failed(f"{what}: exit 0, and {why}", "let the failure reach the exit code", ("SMT002",))
            outcome.exit_code, outcome.failure = code, failure
            return outcome
    return ""


def stop(bench: Bench) -> Outcome:
    """T3: it ends by itself on SIGTERM, before SageMaker kills it."""
    usual = bench.trained
    if usual < _LEAST:
        return skipped(f"the training is over after {usual:.1f} s: nothing to stop", "--input DIR with more data")
    container = _started(bench, _Job(), bench.containers.volume())
    if isinstance(container, Outcome):
        return container
    with bench.removed(container):
        bench.tell("stopping a training")
        if container.wait(min(_FAST_DELAY if bench.options.fast else _DELAY, usual / 2)) is not None:
            return skipped("the training was over before it could be stopped", "--input DIR with more data")
        return stopped(bench, container, ends=True)


def _started(bench: Bench, job: _Job, model: str) -> Container | Outcome:
    """A started job."""
    containers = bench.containers
    mounts = [
        Mount("/opt/ml/input", containers.volume()),
        Mount(MODEL, model, read_only=job.sealed),
        Mount("/opt/ml/output", containers.volume()),
        Mount("/opt/ml/checkpoints", containers.volume()),
    ]
    container = bench.prepare(
        mounts=mounts,
        hostname="algo-1",
        isolated=not bench.options.network,
        environment={
            "TRAINING_JOB_NAME": "mlgate-verify",
            "TRAINING_JOB_ARN": "arn:aws:sagemaker:us-east-1:123456789012:training-job/mlgate-verify",
            "AWS_REGION": "us-east-1",
        },
    )
    if isinstance(container, Outcome):
        return container
    given = dict(bench.options.hyperparameters or {}) if job.hyperparameters else None
    configuration = sample.configuration(bench.sample.channels, given)
    files = {f"input/config/{name}": data for name, data in configuration.items()}
    with bench.sample.tar(files, ("input/data", "output/data"), "input/data", job.data) as tar:
        container.put("/opt/ml", tar)
    return bench.run(container)


def _failure(container: Container) -> str:
    """The beginning of the failure file on one line; "" where there is none."""
    data = container.read(_FAILURE, 4 * _REASON) or b""
    return " ".join(data.decode("utf-8", "replace")[:_REASON].split())


def _short(failure: str) -> str:
    return failure if len(failure) <= _SHOWN else failure[:_SHOWN] + "…"
