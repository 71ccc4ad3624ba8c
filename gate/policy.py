"""What a run is judged by: the built-in default, a shipped policy, or the user's file.

``Policy()`` is the default policy and costs nothing. Everything that reads files is imported when there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from gate.model import Place, Severity
from gate.record import dataclass, field, replace

FILE_NAME = "mlgate.yaml"
ENGINES = ("hadolint", "grype")


class PolicyError(ValueError):
    """A policy that cannot be used. ``str()`` is one line per fault, each ``file:line:column: what is wrong``."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """Findings that the policy accepts. A field that is None matches everything."""

    reason: str
    place: Place
    rule: str | None = None
    cve: str | None = None
    path: str | None = None
    package: str | None = None
    owner: str | None = None
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Whether an engine is used: ``auto``, ``required``, ``off``; and the longest one call may take, in seconds."""

    mode: str = "auto"
    timeout: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy in force for a file. ``fail_on`` None means that nothing fails the gate.

    ``settings`` is what rules see as ``build.settings``: the rule options of :mod:`gate.schema`, plain values under
    their hyphenated keys, only those that are set. Paths (``rules_dirs``, ``vex``, ``baseline``) are already relative to the
    working directory; patterns (``per_file_ignores``, a waiver's ``path``) are relative to ``root``, the folder of the
    policy file.
    """

    name: str = "default"
    fail_on: Severity | None = Severity.HIGH
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    severity: Mapping[str, Severity] = field(default_factory=dict)
    unknown_severity: Severity = Severity.MEDIUM
    platforms: tuple[str, ...] = ()
    engines: Mapping[str, EngineChoice] = field(default_factory=dict)
    rules_dirs: tuple[str, ...] = ()
    vex: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    baseline: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    root: str = ""

    def engine(self, name: str) -> EngineChoice:
        return self.engines.get(name, EngineChoice())

    def rank(self, severity: Severity) -> Severity:
        """What a severity counts as: itself, and for ``unknown`` what the policy says."""
        return self.unknown_severity if severity is Severity.UNKNOWN else severity

    def fails(self, severity: Severity) -> bool:
        """Whether an active finding of this severity fails the gate."""
        return self.fail_on is not None and self.rank(severity) >= self.fail_on


def shipped() -> list[str]:
    """The names of the policies that come with mlgate: those files of ``policies/`` that begin by naming themselves."""
    from importlib.resources import files

    names = []
    for entry in files("gate.policies").iterdir():
        stem, dot, suffix = entry.name.rpartition(".")
        if dot and suffix == "yaml" and f"\nname: {stem}\n" in "\n" + entry.read_text(encoding="utf-8"):
            names.append(stem)
    return sorted(names)


def overridden(policy: Policy, **values: Any) -> Policy:
    """The policy with what the command line says: ``ignore``, ``extend_select`` and ``vex`` are added to, ``engines`` are
    replaced one by one, everything else is replaced. What is not given is left alone. With ``fresh``, the policy's own
    ``ignore`` and ``extend_select`` are forgotten first. A threshold is one for every engine."""
    if values.pop("fresh", False):
        policy = replace(policy, ignore=(), extend_select=())
    if "fail_on" in values and "fail-on" in policy.settings.get("cve", ()):
        cve = {key: value for key, value in policy.settings["cve"].items() if key != "fail-on"}
        policy = replace(policy, settings={**policy.settings, "cve": cve})
    for key in ("ignore", "extend_select", "vex"):
        if key in values:
            values[key] = (*getattr(policy, key), *values[key])
    if "engines" in values:
        values["engines"] = {**policy.engines, **values["engines"]}
    return replace(policy, **values)
