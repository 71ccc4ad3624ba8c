"""What a report is. The page a report author reads.

A report is one module in ``reports/`` (or behind an entry point ``mlgate.reports``), called what ``--format`` calls it,
that defines ``report``::

    report = Report(suffixes=(".csv",), summary="One row per finding.", render=render)

    def render(result: Result, page: Page) -> str: ...

Heavy imports belong inside ``render``: every report module is imported when ``-o FILE`` looks for a suffix.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from gate import catalogue
from gate.catalogue import Catalogue
from gate.model import Result
from gate.policy import PolicyError
from gate.record import dataclass, field
from gate.repository import Repository
from gate.sources import Sources
from gate.words import did_you_mean

if TYPE_CHECKING:
    from gate.build import Build


@dataclass(frozen=True)
class Page:
    """What a report is written for. ``color``, ``width``, ``verbose``, ``quiet`` are for people; ``full`` asks for what
    waivers and the baseline accept where a report leaves it out (``--sarif-full``); ``github`` says that a runner of
    GitHub Actions reads along. ``asked``: the paths of the command line; ``category``: what tells this run's SARIF from
    that of other runs (``--sarif-category``). A report that has to leave something out says so in ``notes``. ``build``
    gives the build of a Dockerfile that was judged, for a report that draws it."""

    catalogue: Catalogue
    sources: Sources = field(default_factory=Sources)
    repository: Repository = field(default_factory=Repository)
    asked: tuple[str, ...] = ()
    category: str = ""
    notes: list[str] = field(default_factory=list)
    color: bool = False
    width: int = 100
    verbose: bool = False
    quiet: bool = False
    full: bool = False
    github: bool = False
    build: Callable[[str], Build | None] = lambda path: None


@dataclass(frozen=True)
class Report:
    """A format. ``suffixes``: the file names that ``-o`` takes for it, the longest match wins."""

    summary: str
    render: Callable[[Result, Page], str]
    suffixes: tuple[str, ...] = ()


def find(name: str) -> Report:
    """The report of that name. Raises :class:`~gate.policy.PolicyError`."""
    modules = catalogue.report_modules()
    if name not in modules:
        hint = did_you_mean(name, modules)
        raise PolicyError(f"there is no format '{name}'{hint}; there are {', '.join(modules)}")
    report: Report = import_module(modules[name]).report
    return report


def for_file(path: str) -> str:
    """The name of the report that a file's name asks for. Raises :class:`~gate.policy.PolicyError`."""
    best, length, known = "", 0, []
    for name in catalogue.report_modules():
        for suffix in find(name).suffixes:
            known.append(suffix)
            if path.lower().endswith(suffix) and len(suffix) > length:
                best, length = name, len(suffix)
    if not best:
        raise PolicyError(f"-o {path}: the name says no format; it ends in none of {', '.join(sorted(known))}")
    return best
