"""Finds the rules and the reports: mlgate's own, those of other distributions, those of a policy's folders.

Nothing here knows a rule or a report by name. A rule is any module below :mod:`gate.rules` that defines ``rule``;
modules whose name starts with an underscore are helpers and are not looked at. Another distribution brings its own by
the entry point groups ``mlgate.rules`` and ``mlgate.reports`` (each entry names a module, or a package to search); a
policy by ``rules_dirs``. What cannot be loaded is a value in :attr:`Catalogue.problems`, never an exception.

mlgate's own rules need not be imported to be known: :func:`ready` takes their descriptions from an earlier run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from gate.announced import announced, described
from gate.kept import code_stamp, kept
from gate.record import dataclass, field
from gate.rule import Rule
from gate.words import told

FAMILIES = {
    "GAT": "gate",
    "BAS": "base image",
    "PIN": "pinning",
    "PKG": "packages",
    "LAY": "layers",
    "ENT": "launch",
    "BLD": "build",
    "LBL": "labels",
    "SEC": "security",
    "MLA": "artifacts",
    "SMC": "SageMaker: the platform's word",
    "SMP": "SageMaker: paths",
    "SMS": "SageMaker: HTTP",
    "SMT": "SageMaker: process",
    "SMU": "SageMaker: user, GPU, size",
    "PRC": "SageMaker Processing",
    "STU": "SageMaker Studio",
    "VTX": "Vertex AI",
    "AZM": "Azure ML",
    "KSV": "KServe",
    "LMB": "Lambda",
    "EDG": "edge",
    "K8S": "Kubernetes manifests",
    "CIB": "CI build files",
}


@dataclass
class Catalogue:
    """Every rule there is. ``problems`` names what could not be loaded and why."""

    rules: dict[str, Rule] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @cached_property
    def aliases(self) -> dict[str, list[str]]:
        """Another linter's id → the ids of the rules that see the same problem."""
        found: dict[str, list[str]] = {}
        for rule in self.rules.values():
            for alias in rule.aliases:
                found.setdefault(alias, []).append(rule.id)
        return found

    @cached_property
    def names(self) -> dict[str, str]:
        """Rule name → id."""
        return {rule.name: rule.id for rule in self.rules.values()}

    def find(self, word: str) -> list[Rule]:
        """The rules that an id, a name or another linter's id stands for; empty when there is none."""
        if word in self.rules:
            return [self.rules[word]]
        if word in self.names:
            return [self.rules[self.names[word]]]
        return [self.rules[rule_id] for rule_id in self.aliases.get(word, [])]

    def add(self, module: ModuleType) -> None:
        rule = getattr(module, "rule", None)
        if not isinstance(rule, Rule):
            self.problems.append(f"{module.__name__} defines no rule")
        elif self.rules.setdefault(rule.id, rule) is not rule:
            self.problems.append(f"{module.__name__}: there is already a rule {rule.id}")


def family_name(prefix: str) -> str:
    """What the letters of a family mean; the letters themselves where another distribution brings a new family."""
    return FAMILIES.get(prefix, prefix)


@lru_cache(maxsize=8)
def load(rules_dirs: tuple[str, ...] = ()) -> Catalogue:
    """The catalogue: rules of this package, of entry points, of ``rules_dirs`` (folders), in the order of their ids."""
    catalogue = Catalogue()
    for name in _modules_below("gate.rules"):
        _load(catalogue, name)
    return _extended(catalogue, rules_dirs)


@lru_cache(maxsize=8)
def ready(rules_dirs: tuple[str, ...] = ()) -> Catalogue:
    """The same catalogue, for judging: mlgate's own rules are imported when they are called."""
    try:
        descriptions = kept("rules", code_stamp(), _descriptions)
    except _Incomplete:
        return load(rules_dirs)
    return _extended(Catalogue({rule.id: rule for rule in map(announced, descriptions)}), rules_dirs)


def brought() -> bool:
    """Whether other distributions bring rules."""
    return bool(_entry_points("mlgate.rules"))


class _Incomplete(Exception):
    """A rule could not be loaded: that is nothing to be kept."""


def _descriptions() -> list[dict[str, Any]]:
    catalogue = Catalogue()
    modules = _modules_below("gate.rules")
    for name in modules:
        _load(catalogue, name)
    if catalogue.problems:
        raise _Incomplete
    return [described(name, import_module(name).rule) for name in modules]


def _extended(catalogue: Catalogue, rules_dirs: tuple[str, ...]) -> Catalogue:
    """With the rules that others bring."""
    for value in _entry_points("mlgate.rules"):
        for name in [value, *_modules_below(value)] if not _is_package(value) else _modules_below(value):
            _load(catalogue, name)
    for folder in rules_dirs:
        _load_folder(catalogue, Path(folder))
    catalogue.rules = dict(sorted(catalogue.rules.items()))
    return catalogue


def report_modules() -> dict[str, str]:
    """Report name → module to import, without importing any: a report is called what its module is called."""
    names = {module.rpartition(".")[2]: module for module in _modules_below("gate.reports")}
    for value in _entry_points("mlgate.reports"):
        names.setdefault(value.rpartition(".")[2], value)
    return dict(sorted(names.items()))


def _load(catalogue: Catalogue, name: str) -> None:
    try:
        module = import_module(name)
    except Exception as error:  # a broken extension must be a value in the result, whatever it raises
        catalogue.problems.append(f"{name} cannot be imported: {told(error)}")
    else:
        catalogue.add(module)


def _load_folder(catalogue: Catalogue, folder: Path) -> None:
    from importlib.util import module_from_spec, spec_from_file_location

    if not folder.is_dir():
        catalogue.problems.append(f"rules_dirs: {folder} is not a folder")
        return
    for path in sorted(folder.rglob("*.py")):
        if path.name.startswith("_"):
            continue
        name = "mlgate_rules_" + "_".join(path.relative_to(folder).with_suffix("").parts)
        spec = spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            continue
        module = module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            catalogue.problems.append(f"rules_dirs: {path.name} cannot be imported: {told(error)}")
        else:
            catalogue.add(module)


def _is_package(name: str) -> bool:
    from importlib.util import find_spec

    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is not None and spec.submodule_search_locations is not None


def _modules_below(package: str) -> list[str]:
    """The dotted names of the public modules below a package, sorted; empty when it is a plain module."""
    try:
        roots = list(getattr(import_module(package), "__path__", ()))
    except Exception:
        return []
    return sorted(name for root in roots for name in _walk_modules(root, package))


def _walk_modules(folder: str, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith(("_", ".")):
                continue
            if name.endswith(".py"):
                yield f"{prefix}.{name[:-3]}"
            elif name.isidentifier() and entry.is_dir():
                yield from _walk_modules(entry.path, f"{prefix}.{name}")


def _entry_points(group: str) -> list[str]:
    """The modules that installed distributions name under an entry point group.

    Importing importlib.metadata costs more than all rules together; so it is asked only when a distribution on the path
    mentions the group at all.
    """
    if not any(group.encode() in text for text in _entry_point_texts()):
        return []
    from importlib.metadata import entry_points

    return sorted({entry.value.partition(":")[0].strip() for entry in entry_points(group=group)})


@lru_cache(maxsize=1)
def _entry_point_texts() -> tuple[bytes, ...]:
    return tuple(_read_entry_points(sys.path))


def _read_entry_points(folders: Iterable[str]) -> Iterator[bytes]:
    for folder in folders:
        try:
            with os.scandir(folder or ".") as entries:
                found = [entry.path for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
        except OSError:
            continue
        for path in found:
            try:
                with open(os.path.join(path, "entry_points.txt"), "rb") as file:
                    text = file.read()
            except OSError:
                continue
            if b"[mlgate." in text:
                yield text
