"""Lock files: what a command that installs from one (``uv sync``, ``poetry install``, ``npm ci``) will install.

Which file that is, the command's own module knows (``Install.locks``); which reader it has, its name says. A reader gets the
text and what the command asks for (:class:`Asked`), and gives the packages with their lines, those that are not certain with
their doubt. None means that it is no such lock file.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from gate.dockerfile.tree import Stage
from gate.model import Place, Span, Unknown
from gate.packages.files import LIMIT, Found, Missing, find
from gate.packages.model import Install
from gate.packages.where import variable
from gate.record import dataclass
from gate.sbom.markers import Environment, environment
from gate.sbom.model import Locked

if TYPE_CHECKING:
    from gate.build import Build

_READERS = {
    "uv.lock": "lock_python:uv",
    "poetry.lock": "lock_python:poetry",
    "pdm.lock": "lock_python:pdm",
    "Pipfile.lock": "lock_python:pipenv",
    "pylock.toml": "lock_python:pylock",
    "pixi.lock": "lock_conda:pixi",
    "conda-lock.yml": "lock_conda:conda_lock",
    "package-lock.json": "lock_node:npm",
    "npm-shrinkwrap.json": "lock_node:npm",
    "yarn.lock": "lock_node:yarn",
    "pnpm-lock.yaml": "lock_node:pnpm",
    "Gemfile.lock": "lock_others:gemfile",
    "Cargo.lock": "lock_others:cargo",
    "go.mod": "lock_others:go_mod",
}
_MANIFESTS = {
    "uv.lock": "pyproject.toml",
    "poetry.lock": "pyproject.toml",
    "pdm.lock": "pyproject.toml",
    "yarn.lock": "package.json",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command asks of a lock file. ``options``: its options, ``name`` → values, a flag's is "". ``manifest``: the
    project file beside it, empty where it is not there; ``variable`` gives the value of an environment variable."""

    verb: str
    options: dict[str, list[str]]
    where: Environment
    manifest: bytes
    variable: Callable[[str], str]

    def has(self, *names: str) -> bool:
        return any(name in self.options for name in names)

    def all(self, *names: str) -> list[str]:
        """The values of options, commas apart."""
        values = (value for name in names for value in self.options.get(name, ()))
        return [word.strip() for value in values for word in value.replace(",", " ").split() if word.strip()]


class Lines:
    """Offsets of a text → lines and columns, from 1."""

    def __init__(self, text: str) -> None:
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_left(self._ends, offset)
        return line + 1, offset - (self._ends[line - 1] if line else -1)


Reader = Callable[[str, Asked], "list[Locked] | None"]


def locked(install: Install, names: Sequence[str], stage: Stage, build: Build) -> list[tuple[Place, Locked]] | Unknown:
    """What a command installs from its lock file, the first of ``names`` that is there; Unknown when it cannot be read."""
    assert install.run is not None
    folder = install.directory.rstrip("/") + "/" if install.directory else ""
    doubt = Unknown(f"no COPY brings {names[0]}" if names[0] else "it does not use a lock file")
    for name in filter(None, names):
        answer = find(folder + name, install.command, install.run, build)
        if isinstance(answer, Missing):
            continue
        if isinstance(answer, Unknown):
            doubt = answer
            continue
        reader = reader_of(name)
        if reader is None:
            return Unknown(f"{name} cannot be read here")
        if len(answer.data) >= LIMIT:
            return Unknown(f"{answer.shown} is too long")
        packages = reader(answer.data.decode("utf-8-sig", "replace"), _asked(install, stage, name, folder, build))
        if packages is None:
            return Unknown(f"{answer.shown} is no {name}")
        return list(_placed(packages, answer.shown))
    return doubt


def reader_of(path: str) -> Reader | None:
    """The reader of a lock file of that name."""
    name = posixpath.basename(path)
    entry = _READERS.get(name)
    if entry is None and name.startswith("pylock.") and name.endswith(".toml"):
        entry = _READERS["pylock.toml"]
    if entry is None and "conda-lock" in name and name.endswith((".yml", ".yaml")):
        entry = _READERS["conda-lock.yml"]
    if entry is None:
        return None
    module, _, function = entry.partition(":")
    reader: Reader = getattr(import_module(f"gate.sbom.{module}"), function)
    return reader


def _asked(install: Install, stage: Stage, name: str, folder: str, build: Build) -> Asked:
    run = install.run
    assert run is not None
    options: dict[str, list[str]] = {}
    for option in install.arguments.options:
        options.setdefault(option.name, []).append(option.value or "")
    manifest = _MANIFESTS.get(name)
    beside = find(folder + manifest, install.command, run, build) if manifest else None

    def value_of(wanted: str) -> str:
        value = variable(wanted, install.command, run, build)
        return value if isinstance(value, str) else ""

    verb = next((word.value or "" for word in install.arguments.operands), "")
    data = beside.data if isinstance(beside, Found) else b""
    return Asked(verb, options, environment(install, stage, build), data, value_of)


def _placed(packages: Iterable[Locked], path: str) -> Iterable[tuple[Place, Locked]]:
    for package in packages:
        end = package.column + len(package.name)
        yield Place(path, Span(package.line, package.column, package.line, end)), package
