"""The nouns of a verdict: severity, place, finding, undecided, engine run.

Plain data, no I/O. Everything here travels from rules and engines to reports.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from gate.record import dataclass, field

PLATFORMS = (
    "docker",
    "sagemaker-training",
    "sagemaker-hosting",
    "sagemaker-processing",
    "sagemaker-studio",
    "vertex-prediction",
    "vertex-training",
    "azureml",
    "kserve",
    "kubernetes",
    "lambda",
    "edge",
)


class Severity(IntEnum):
    """One scale for every engine. ``UNKNOWN`` is what grype calls Unknown: shown as such, ranked by the policy."""

    UNKNOWN = 0
    INFO = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5

    @property
    def word(self) -> str:
        """The lower-case word that users see and write."""
        return _WORDS[self]


_WORDS = tuple(severity.name.lower() for severity in Severity)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of text: 1-based lines and columns in code points, the end column exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands. ``path`` is as users see it: relative to the working directory, forward slashes."""

    path: str
    span: Span

    @property
    def line(self) -> int:
        return self.span.line


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that the Dockerfile and its context do not decide, and what would settle it."""

    reason: str
    settle: str = ""


class Unset(Unknown):
    """A variable that nobody sets, unless the build is told to."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Package:
    """The package that a vulnerability finding is about.

    ``fixed_in``: the versions with the fix, the one to take first; ``epss`` None: no score is known, which is not 0;
    ``layer``: the layer's diff id; ``introduced_by``: ``{kind: "instruction" | "base", path, line}``.
    """

    name: str
    version: str
    type: str
    purl: str
    fixed_in: tuple[str, ...] = ()
    cve: str = ""
    epss: float | None = None
    known_exploited: bool = False
    layer: str | None = None
    introduced_by: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Put ``text`` where ``place`` has something else; an empty span puts it in front of what stands there."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that make a finding go away, all of them or none. ``title``: what they do, in the imperative.

    ``safe``: nothing changes about the image but what the finding is about.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one place.

    ``message``'s first sentence stands alone; ``help`` says how to mend it, ``fix`` does so. ``blocking``, ``state``, ``waiver`` and
    ``fingerprint`` are filled in by :mod:`gate.judge`, never by a rule or an engine.
    """

    rule_id: str
    name: str
    severity: Severity
    message: str
    place: Place
    help: str = ""
    engine: str = "mlgate"
    confidence: str = "high"
    stage: str | None = None
    aliases: tuple[str, ...] = ()
    package: Package | None = None
    blocking: bool = False
    state: str = "active"
    waiver: dict[str, Any] | None = None
    fingerprint: str = ""
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Undecided:
    """A question that a rule could not answer, and what would settle it. Never an error, never silence."""

    rule_id: str
    place: Place
    reason: str
    settle: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be judged: an input that cannot be read, a rule that broke. The gate cannot pass then.

    ``path`` is the input as users see it, empty when it is not about one; ``reason`` is a sentence without it.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A package that could not be looked up, where it is asked for, and why: its version is not fixed, for example."""

    name: str
    place: Place
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """What an engine could not do at a place; the last ``{}`` in ``words`` stands for all places of which they hold.
    ``line`` 0 is the whole file."""

    words: str
    path: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class EngineRun:
    """What became of one engine. ``status``: ``ok``, ``skipped`` (off or not there), ``failed`` (ran, unusable).

    ``unchecked``: the packages that it could say nothing about; ``set_aside``: how many matches it left out by itself.
    ``remarks``: what of the reason is about single places, so that several runs can be told as one.
    """

    name: str
    status: str
    version: str = ""
    reason: str = ""
    database_built: str | None = None
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    unchecked: tuple[Unchecked, ...] = field(default=(), repr=False)
    set_aside: int = 0
    remarks: tuple[Remark, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Remedy:
    """A package, the version to raise it to, and how many vulnerabilities that removes."""

    package: str
    version: str
    raise_to: str
    removes: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The account of the vulnerabilities, each number one of findings.

    ``found`` = ``blocking`` + ``below`` (the threshold) + ``without_fix`` + ``in_budget`` + ``vex`` + ``waived`` +
    ``baselined`` = ``inherited`` + ``introduced`` + ``unattributed`` (nobody knows which of both). Of those inherited, ``rebuild``
    have a fix in the distribution's own release: a base image that is built anew is without them. Some of the blocking do so
    by ``otherwise`` than their severity. Beside them: ``set_aside`` by the engine itself, ``unknown`` severity, ``unscored`` (no
    EPSS score where the policy asks for one), VEX statements that fit nothing (``unfitting``), budgets that are ``exceeded``,
    and what would help most.
    """

    found: int
    blocking: int = 0
    otherwise: int = 0
    below: int = 0
    without_fix: int = 0
    in_budget: int = 0
    vex: int = 0
    waived: int = 0
    baselined: int = 0
    inherited: int = 0
    introduced: int = 0
    unattributed: int = 0
    rebuild: int = 0
    set_aside: int = 0
    unknown: int = 0
    unscored: int = 0
    unfitting: int = 0
    exceeded: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """A platform that the image is meant for. ``declared``: by the user; otherwise ``evidence`` says what gave it
    away."""

    name: str
    declared: bool = False
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageLayer:
    """A layer of a finished image. ``size``: bytes of its ``files``; ``removed``: bytes of lower layers that it deletes or
    replaces, and that are shipped all the same. ``origin``: ``instruction``, ``base`` or ``unknown``; ``place`` is the
    instruction's, or that of FROM."""

    diff_id: str
    size: int
    files: int
    removed: int
    origin: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A finished image that was looked at. ``digest``: of its configuration, its id; the lowest layer first."""

    name: str
    digest: str
    platform: str
    layers: tuple[ImageLayer, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict of one run and all that it rests on.

    ``verdict``: ``pass``, ``fail``, ``error``; ``cause``: one sentence that says why. ``engines`` has every engine,
    also those that did not run, and ``mlgate`` itself. ``findings`` and ``undecided`` are sorted by path, line,
    column, rule. ``vulnerabilities`` is None where no engine looked for any; ``images`` are the finished ones that were
    given.
    """

    verdict: str
    exit_code: int
    cause: str
    policy: str
    fail_on: str
    targets: tuple[Target, ...] = ()
    engines: tuple[EngineRun, ...] = ()
    files: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    failures: tuple[Failure, ...] = ()
    vulnerabilities: Tally | None = None
    images: tuple[Image, ...] = ()
