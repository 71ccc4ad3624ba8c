"""What is known about one Dockerfile when the rules and the engines have spoken."""

from __future__ import annotations

from gate.model import Failure, Finding, Target, Undecided
from gate.record import dataclass


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
