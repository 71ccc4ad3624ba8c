"""What a case is and what becomes of one: the page to read before adding one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gate.record import dataclass, field

if TYPE_CHECKING:
    from gate.contract.bench import Bench

PASSED, FAILED, SKIPPED, UNKNOWN = "passed", "failed", "skipped", "unknown"


@dataclass(slots=True)
class Outcome:
    """What became of a case. ``reason``: what was seen, in a few words. ``next_step``: what mends or settles it.

    ``rules``: the ids of the rules that it proves. ``argv``: what the container ran. ``exit_code``: the container's, where
    it has ended. ``seconds``: how long what the case is about took. ``failure``: what a job left as the reason of its
    failure, as far as SageMaker shows it. ``log``: the last lines that the container wrote, made harmless.
    ``untried``: not the image, but the engine or this machine kept the case from being tried.
    """

    status: str
    reason: str
    next_step: str = ""
    rules: tuple[str, ...] = ()
    argv: tuple[str, ...] = ()
    exit_code: int | None = None
    seconds: float | None = None
    notes: tuple[str, ...] = ()
    failure: str = ""
    log: tuple[str, ...] = ()
    untried: bool = False


def passed(reason: str, seconds: float | None = None, notes: tuple[str, ...] = ()) -> Outcome:
    return Outcome(PASSED, reason, seconds=seconds, notes=notes)


def failed(reason: str, next_step: str = "", rules: tuple[str, ...] = ()) -> Outcome:
    return Outcome(FAILED, reason, next_step, rules)


def skipped(reason: str, next_step: str = "") -> Outcome:
    return Outcome(SKIPPED, reason, next_step)


def unknown(reason: str, next_step: str = "", rules: tuple[str, ...] = ()) -> Outcome:
    return Outcome(UNKNOWN, reason, next_step, rules)


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a platform's contract.

    ``needs``: the cases that must have passed before; else this one is skipped. ``required``: without its answer the
    image is not judged; what an optional case leaves open does not count. ``label``: the case is there only for images with
    this label set to true.
    """

    name: str
    title: str
    run: Callable[[Bench], Outcome]
    needs: tuple[str, ...] = ()
    required: bool = True
    label: str = ""


@dataclass(slots=True)
class Judged:
    """A case of a platform with its outcome."""

    platform: str
    case: Case
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Payload:
    """A request that the server is to answer."""

    data: bytes
    content_type: str


@dataclass(slots=True)
class Options:
    """What the user gives to a verification. Paths are as typed.

    ``timeout``: the longest that a training or a start may take, in seconds; None: what the platform allows.
    ``hyperparameters``: None where none were given.
    """

    input: str | None = None
    model: str | None = None
    payload: Payload | None = None
    hyperparameters: dict[str, str] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    timeout: float | None = None
    fast: bool = False
    network: bool = False


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image of the engine. ``config``: the ``Config`` of ``docker inspect``. ``size``: bytes."""

    reference: str
    id: str
    os: str
    architecture: str
    size: int
    config: dict[str, object]

    @property
    def labels(self) -> dict[str, str]:
        found = self.config.get("Labels")
        return found if isinstance(found, dict) else {}
