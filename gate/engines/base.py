"""What an engine is: another program whose findings become the gate's.

An engine is found, started as early as possible, and asked for its result when everything else is done::

    engine = load("hadolint", EngineOptions(timeout=300, jobs=2))
    task = engine.start(builds)     # returns at once; the program runs beside us
    ...                             # the gate's own rules
    run = task.result()             # an EngineRun: ok, skipped or failed, never an exception

An engine that could judge only some of the files is ``failed``: its reason names the others, and its findings are those
of the files that it did judge.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gate.model import EngineRun, Remark
from gate.record import dataclass

if TYPE_CHECKING:
    from gate.build import Build

_STATES = {"hadolint": "gate.engines.hadolint_program", "grype": "gate.engines.grype_program"}
_NAMED = 20
"""Places that a reason names before it only counts them."""

MODULES = {"hadolint": "gate.engines.hadolint", "grype": "gate.engines.grype"}


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How engines may run. ``timeout``: seconds that one call may take; ``jobs``: processes at a time;
    ``cache``: whether results may be kept between runs."""

    timeout: float = 300.0
    jobs: int = 1
    cache: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """An engine that can be used."""

    path: str
    version: str


@dataclass(frozen=True, slots=True)
class Missing:
    """An engine that cannot: why, and the command that mends it. ``status`` as in an EngineRun: ``failed`` when there
    is a program, but one of no use."""

    reason: str
    mend: str = ""
    status: str = "skipped"


class Task(Protocol):
    """An engine at work."""

    def result(self) -> EngineRun:
        """Wait for the end (never longer than the engine's time) and say what came of it."""
        ...

    def cancel(self) -> None:
        """Stop the program and clean up, without a result. Harmless when it has ended."""
        ...


class Engine(Protocol):
    """``name`` is what users call it: in ``--engine``, in the reports."""

    name: str

    def find(self) -> Found | Missing: ...

    def start(self, builds: Sequence[Build]) -> Task: ...


def load(name: str, options: EngineOptions) -> Engine:
    """The engine of that name."""
    engine: Engine = import_module(MODULES[name]).engine(options)
    return engine


def state(name: str) -> str | None:
    """All that an engine's answers depend on beside the Dockerfiles; None where that cannot be told in advance."""
    found: str | None = import_module(_STATES[name]).state()
    return found


def combine(runs: Iterable[EngineRun]) -> EngineRun:
    """One run out of those over the parts of the work: the worst status, every reason once, all findings in order.

    ``runs`` are of one engine, at least one.
    """
    parts = list(runs)
    remarks = tuple(remark for run in parts for remark in run.remarks)
    worst = max(parts, key=lambda run: ("skipped", "ok", "failed").index(run.status))
    return EngineRun(
        name=worst.name,
        status=worst.status,
        version=next((run.version for run in parts if run.version), ""),
        reason="; ".join(
            [*dict.fromkeys(run.reason for run in parts if run.reason and not run.remarks), *told(remarks)]
        ),
        database_built=next((run.database_built for run in parts if run.database_built), None),
        findings=tuple(finding for run in parts for finding in run.findings),
        remarks=remarks,
        unchecked=tuple(dict.fromkeys(package for run in parts for package in run.unchecked)),
        set_aside=sum(run.set_aside for run in parts),
    )


def told(remarks: Iterable[Remark]) -> list[str]:
    """The remarks as sentences, each with all the places that it is about."""
    places: dict[str, list[str]] = {}
    for remark in sorted(set(remarks)):
        place = f"{remark.path}:{remark.line}" if remark.line else remark.path
        places.setdefault(remark.words, []).append(place)
    return [_filled(words, found) for words, found in places.items()]


def _filled(words: str, places: list[str]) -> str:
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    head, _, tail = words.rpartition("{}")
    return f"{head}{', '.join(places[:_NAMED])}{more}{tail}"


def search(name: str, folders: Iterable[str]) -> str | None:
    """The first executable file of that name in the folders. Only absolute ones count: the working directory belongs to
    whoever wrote the Dockerfile."""
    for folder in folders:
        path = Path(folder, f"{name}.exe" if os.name == "nt" else name)
        if path.is_absolute() and path.is_file() and os.access(path, os.X_OK):
            return str(path)
    return None
