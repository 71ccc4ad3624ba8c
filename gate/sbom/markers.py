"""Environment markers (``python_version < "3.8"``), answered with yes, no, or: it depends.

What a Dockerfile does not fix (the Python of an unknown base, the architecture) is tried in all ways that are in use; where
they do not agree, nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from gate.facts import facts
from gate.image.base import identify
from gate.lazy import pattern
from gate.memo import memo
from gate.record import dataclass

if TYPE_CHECKING:
    from gate.build import Build
    from gate.dockerfile.tree import Stage
    from gate.packages.model import Install

_PYTHONS = ("2.7", *(f"3.{minor}" for minor in range(6, 16)))
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_OTHER_PYTHON = pattern(r"(?i)deadsnakes|pyenv|conda|mamba|uv python|update-alternatives|python3?\.\d+")
_VERSIONED = pattern(r"(?:pip|python)(\d\.\d+)")
_LAST_PATCH = 40  # no release of Python has had so many


@dataclass(frozen=True, slots=True)
class Environment:
    """What is known of where a package goes: ``python`` like ``3.11``, ``machine`` like ``x86_64``; empty: not known."""

    python: str = ""
    machine: str = ""
    extras: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


def environment(install: Install, stage: Stage, build: Build) -> Environment:
    """What is known of the environment that a command installs into."""
    kept = memo(build, "marker environments")
    key = (stage.index, install.command.name)
    if key not in kept:
        kept[key] = Environment(_python(install, stage), _machine(stage))
    found: Environment = kept[key]
    return found


def _python(install: Install, stage: Stage) -> str:
    versioned = _VERSIONED.fullmatch(install.command.name or "")
    if versioned:
        return versioned[1]
    image = identify(stage.root.base) if stage.root.base else None
    if image is None:
        return ""
    if image.language is not None and image.language.product == "python":
        version = image.language.version
        return version if version.count(".") == 1 else ""
    release = image.distribution
    text = "".join(instruction.text.value for each in stage.lineage() for instruction in each.instructions)
    if release is None or _OTHER_PYTHON.search(text):
        return ""
    row = facts("packages")["distributions"].get(release.product, {}).get(release.version, {})
    return str(row.get("python3", ""))


def _machine(stage: Stage) -> str:
    wanted = stage.root.from_.flag("platform")
    value = wanted.value.value if wanted is not None and wanted.value is not None else ""
    return _MACHINES.get(value.rpartition("/")[2], "")


@lru_cache(maxsize=4096)
def holds(marker: str, where: Environment) -> bool | None:
    """Whether a marker holds; None where that cannot be said."""
    if not marker.strip():
        return True
    from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

    try:
        parsed = Marker(marker)
        answers = {_evaluate(parsed, tried) for tried in _environments(where)}
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, ValueError, KeyError, RecursionError):
        return None
    return answers.pop() if len(answers) == 1 else None


def _evaluate(marker: object, tried: dict[str, object]) -> bool:
    return bool(marker.evaluate(tried))  # type: ignore[attr-defined]


def _environments(where: Environment) -> Iterator[dict[str, object]]:
    fixed = {
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_version": "",
    }
    pythons: Iterable[str] = (where.python,) if where.python else _PYTHONS
    machines: Iterable[str] = (where.machine,) if where.machine else _MACHINES.values()
    for python in pythons:
        for patch in (0, _LAST_PATCH):
            full = f"{python}.{patch}"
            versions = {"python_version": python, "python_full_version": full, "implementation_version": full}
            for machine in machines:
                for extra in where.extras or {""}:
                    yield {**fixed, **versions, "platform_machine": machine, "extra": extra}
