"""The nouns of a bill of materials before the build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.model import Place
from gate.record import dataclass, field

if TYPE_CHECKING:
    from gate.dockerfile.tree import Run, Stage


@dataclass(frozen=True, slots=True)
class Component:
    """One package in one version. ``place`` is its pin; ``run`` the RUN that installs it; ``assumed`` says that the package
    is looked up under another ecosystem's name (a conda pin as the PyPI package of that name)."""

    name: str
    version: str
    type: str
    purl: str
    place: Place
    stage: Stage
    run: Run
    assumed: bool = False


Unchecked = tuple[str, Place, str]
"""A package that gets no component: its name, where it is asked for, and why nothing can be said about it."""


@dataclass(slots=True)
class Bill:
    """The components, and what could not be checked."""

    components: list[Component] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Locked:
    """A package that a lock file fixes. ``line`` and ``column`` are where it stands there, from 1; ``doubt`` says why it may
    not be installed, or not in that version."""

    name: str
    version: str
    ecosystem: str
    line: int
    column: int = 1
    doubt: str = ""
