"""One share of the work, and what came of it: plain data, which may go to another process or another machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gate.judged import Judged
from gate.record import dataclass, field

if TYPE_CHECKING:
    from gate.build import Build
    from gate.discover import Input
    from gate.images.evidence import Evidence
    from gate.model import EngineRun
    from gate.policy import Policy


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
class Subject:
    """A Dockerfile that could be read, and its bytes; its platforms are open."""

    given: Input
    data: bytes
    build: Build

    @property
    def path(self) -> str:
        return self.given.path


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a share: its files in order, and one run of each engine."""

    files: tuple[Judged, ...]
    runs: tuple[EngineRun, ...]
