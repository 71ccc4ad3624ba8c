"""The lock files of Python: uv, poetry, pdm, pipenv, and ``pylock.toml`` (PEP 751).

Which of the locked packages are installed is worked out as the tool does: from the project's own groups and extras, through
the dependencies, with their markers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from gate.lazy import pattern
from gate.packages.requirement import normalized
from gate.record import dataclass, field
from gate.sbom.lock import Asked, Lines
from gate.sbom.markers import Environment, holds
from gate.sbom.model import Locked
from gate.sbom.projects import table

_ENTRY = pattern(r"^\[\[packages?\]\][ \t]*(?:#.*)?$", re.M)
_NAME = pattern(r"^name[ \t]*=[ \t]*[\"']", re.M)
_REPOSITORY = "it comes from a repository or a folder, not from the package index"


def _depends(marker: str) -> str:
    return f"whether it is installed depends on {marker}"


@dataclass(slots=True, eq=False)
class _Package:
    """An entry. ``asked``: None: not reached; "": certain; else the marker that decides."""

    row: Mapping[str, Any]
    name: str
    version: str
    line: int
    column: int
    asked: str | None = None
    extras: set[str] = field(default_factory=set)

    def locked(self, doubt: str = "") -> Locked:
        return Locked(self.name, self.version, "pypi", self.line, self.column, doubt)


def _packages(text: str, key: str = "package") -> list[_Package] | None:
    """The entries of a TOML lock file, each with the place of its name; None for another file."""
    rows = table(text.encode("utf-8", "replace")).get(key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return None
    places = list(_places(text))
    if len(places) != len(rows):
        places = [(1, 1)] * len(rows)
    return [
        _Package(row, str(row.get("name", "")), str(row.get("version") or ""), *place)
        for row, place in zip(rows, places, strict=True)
        if isinstance(row.get("name"), str)
    ]


def _places(text: str) -> Iterable[tuple[int, int]]:
    lines = Lines(text)
    for entry in _ENTRY.finditer(text):
        name = _NAME.search(text, entry.end())
        yield lines.place(name.end() if name is not None else entry.start())


def _both(marker: str, other: str) -> str:
    return f"({marker}) and ({other})" if marker and other else marker or other


# uv -------------------------------------------------------------------------------------------------------------------


def uv(text: str, asked: Asked) -> list[Locked] | None:
    packages = _packages(text)
    if packages is None:
        return None
    roots = _roots(packages, asked)
    graph = _Graph(packages, asked.where)
    for root in roots:
        if not asked.has("--only-group", "--only-dev"):
            graph.add(_list(root.row.get("dependencies")))
        for extra in _uv_extras(root, asked):
            graph.add(_list(_table(root.row.get("optional-dependencies")).get(extra)))
        for group in _uv_groups(root, asked):
            graph.add(_list(_table(root.row.get("dev-dependencies")).get(group)))
    graph.walk()
    skipped = {normalized(name) for name in asked.all("--no-install-package")}
    return [
        package.locked(_uv_doubt(package))
        for package in packages
        if package not in roots
        and normalized(package.name) not in skipped
        and (package.asked is not None or not roots)
        and not {"editable", "virtual"} & _table(package.row.get("source")).keys()
    ]


def _uv_doubt(package: _Package) -> str:
    if package.asked:
        return _depends(package.asked)
    return _REPOSITORY if {"git", "directory"} & _table(package.row.get("source")).keys() else ""


def _roots(packages: list[_Package], asked: Asked) -> list[_Package]:
    """The project itself, or the members of the workspace that are asked for."""
    own = {id(row): _table(row.row.get("source")) for row in packages}
    members = [row for row in packages if {"editable", "virtual"} & own[id(row)].keys()]
    wanted = {normalized(name) for name in asked.all("--package")}
    if wanted:
        return [row for row in members if normalized(row.name) in wanted]
    here = [row for row in members if "." in own[id(row)].values()]
    return members if asked.has("--all-packages") or not here else here


def _uv_extras(root: _Package, asked: Asked) -> list[str]:
    known = _table(root.row.get("optional-dependencies"))
    if asked.has("--all-extras"):
        left_out = set(asked.all("--no-extra"))
        return [extra for extra in known if extra not in left_out]
    return asked.all("--extra")


def _uv_groups(root: _Package, asked: Asked) -> list[str]:
    known = list(_table(root.row.get("dev-dependencies")))
    only = asked.all("--only-group") + (["dev"] if asked.has("--only-dev") else [])
    if only:
        return only
    if asked.has("--all-groups"):
        chosen = known
    else:
        chosen = asked.all("--group") + (["dev"] if asked.has("--dev") else [])
        if not asked.has("--no-default-groups") and asked.variable("UV_NO_DEFAULT_GROUPS") not in ("1", "true"):
            chosen += _default_groups(asked, known)
    no_dev = asked.has("--no-dev") or asked.variable("UV_NO_DEV") in ("1", "true")
    left_out = {*asked.all("--no-group"), *(["dev"] if no_dev else [])}
    return [group for group in dict.fromkeys(chosen) if group not in left_out]


def _default_groups(asked: Asked, known: list[str]) -> list[str]:
    found = _table(_table(table(asked.manifest).get("tool")).get("uv")).get("default-groups", ["dev"])
    return known if found == "all" else [group for group in _list(found) if isinstance(group, str)]


class _Graph:
    """Walks from what is asked for through the dependencies: name → entries, several where the lock has forks."""

    def __init__(self, packages: Iterable[_Package], where: Environment) -> None:
        self._where = where
        self._by_name: dict[str, list[_Package]] = {}
        for package in packages:
            self._by_name.setdefault(normalized(package.name), []).append(package)
        self._todo: list[tuple[Mapping[str, Any], str]] = []

    def add(self, rows: Iterable[Any], under: str = "") -> None:
        self._todo += [(row, under) for row in rows if isinstance(row, dict)]

    def walk(self) -> None:
        while self._todo:
            row, under = self._todo.pop()
            marker = str(row.get("marker") or "")
            answer = holds(marker, self._where) if marker else True
            if answer is False:
                continue
            condition = under if answer else _both(under, marker) if len(under) < 500 else under
            for package in self._meant(row):
                self._reach(package, condition, {str(extra) for extra in _list(row.get("extra"))})

    def _meant(self, row: Mapping[str, Any]) -> list[_Package]:
        found = self._by_name.get(normalized(str(row.get("name", ""))), [])
        version = row.get("version")
        return [package for package in found if version is None or package.version == version]

    def _reach(self, package: _Package, condition: str, extras: set[str]) -> None:
        new = extras - package.extras
        better = package.asked is None or (package.asked != "" and condition == "")
        if not new and not better:
            return
        package.extras |= new
        if better:
            package.asked = condition
            self.add(_list(package.row.get("dependencies")), condition)
        optional = _table(package.row.get("optional-dependencies"))
        for extra in package.extras if better else new:
            self.add(_list(optional.get(extra)), condition)


# poetry ---------------------------------------------------------------------------------------------------------------


def poetry(text: str, asked: Asked) -> list[Locked] | None:
    packages = _packages(text)
    if packages is None:
        return None
    groups = _poetry_groups(asked)
    optional = _poetry_extras(text, packages, asked)
    return [
        package.locked(doubt)
        for package in packages
        if (package.row.get("optional") is not True or normalized(package.name) in optional)
        and (doubt := _poetry_doubt(package, groups, asked)) is not None
    ]


def _poetry_doubt(package: _Package, groups: Mapping[str, bool], asked: Asked) -> str | None:
    """Why it may not be installed; None: it is not. ``groups``: group → whether it is asked for."""
    listed = package.row.get("groups") or ([package.row["category"]] if "category" in package.row else None)
    wanted = groups.get("*", False)
    mine = [group for group in _list(listed) if groups.get(group, wanted)] if listed else ["main"]
    if not mine or (not listed and not groups.get("main", wanted)):
        return None
    markers = package.row.get("markers") or ""
    texts = [str(markers.get(group, "")) for group in mine] if isinstance(markers, dict) else [str(markers)]
    answers = {marker: holds(marker, asked.where) for marker in texts}
    if True in answers.values():
        source = _table(package.row.get("source")).get("type")
        return _REPOSITORY if source in ("git", "directory", "file") else ""
    unknown = next((marker for marker, answer in answers.items() if answer is None), None)
    return _depends(unknown) if unknown is not None else None


def _poetry_groups(asked: Asked) -> dict[str, bool]:
    """Group → whether it is installed; ``*`` stands for the others: all that are not optional."""
    only = asked.all("--only")
    if only:
        return dict.fromkeys(only, True)
    declared = _table(_table(_table(table(asked.manifest).get("tool")).get("poetry")).get("group"))
    groups = {name: row.get("optional") is not True for name, row in declared.items() if isinstance(row, dict)}
    groups.update({"*": True, "main": True})
    groups.update(dict.fromkeys(asked.all("--with"), True))
    groups.update(dict.fromkeys(asked.all("--without") or asked.variable("POETRY_WITHOUT").split(","), False))
    if asked.has("--no-dev"):
        groups["dev"] = False
    if asked.has("--only-root"):
        groups = {"*": False}
    return groups


def _poetry_extras(text: str, packages: Iterable[_Package], asked: Asked) -> set[str]:
    """The optional packages that the extras bring, and what these need."""
    extras = _table(table(text.encode("utf-8", "replace")).get("extras"))
    chosen = list(extras) if asked.has("--all-extras") else asked.all("-E", "--extras")
    by_name = {normalized(package.name): package for package in packages}
    reached: set[str] = set()
    waiting = [normalized(str(name)) for extra in chosen for name in _list(extras.get(extra))]
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in reached:
            reached.add(name)
            waiting += [normalized(other) for other in _table(by_name[name].row.get("dependencies"))]
    return reached


# pdm, pylock, pipenv --------------------------------------------------------------------------------------------------


def pdm(text: str, asked: Asked) -> list[Locked] | None:
    packages = _packages(text)
    if packages is None:
        return None
    wanted = _pdm_groups(asked)
    found = []
    for package in packages:
        groups = _list(package.row.get("groups")) or ["default"]
        if not any(wanted.get(str(group), False) for group in groups):
            continue
        marker = str(package.row.get("marker") or "")
        answer = holds(marker, asked.where)
        if answer is not False and package.row.get("path") is None:
            doubt = _REPOSITORY if package.row.get("git") else "" if answer else _depends(marker)
            found.append(package.locked(doubt))
    return found


def _pdm_groups(asked: Asked) -> dict[str, bool]:
    root = table(asked.manifest)
    dev = {
        **_table(root.get("dependency-groups")),
        **_table(_table(_table(root.get("tool")).get("pdm")).get("dev-dependencies")),
    }
    optional = _table(_table(root.get("project")).get("optional-dependencies"))
    groups = dict.fromkeys(asked.all("-G", "--group", "--with"), True)
    if ":all" in groups:
        groups.update(dict.fromkeys([*optional, *dev], True))
    groups["default"] = not asked.has("--no-default")
    if not asked.has("--prod", "--production", "--no-dev"):
        groups.update(dict.fromkeys(dev or ["dev"], True))
    groups.update(dict.fromkeys(asked.all("--without"), False))
    return groups


def pylock(text: str, asked: Asked) -> list[Locked] | None:
    packages = _packages(text, "packages")
    if packages is None:
        return None
    found = []
    for package in packages:
        marker = str(package.row.get("marker") or "")
        # Without extras and groups, a clause about them does not hold.
        plain = re.sub(r"""(["'])[^"']*\1\s+in\s+(?:extras|dependency_groups)""", "os_name == 'none'", marker)
        answer = holds(plain, asked.where)
        if answer is not False and not package.row.get("directory"):
            doubt = _REPOSITORY if package.row.get("vcs") else "" if answer else _depends(marker)
            found.append(package.locked(doubt))
    return found


def pipenv(text: str, asked: Asked) -> list[Locked] | None:
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(root, dict) or not isinstance(root.get("default", {}), dict):
        return None
    sections = asked.all("--categories", "-c") or ["packages"]
    if asked.has("--dev", "-d") or asked.variable("PIPENV_DEV"):
        sections.append("dev-packages")
    names = {"packages": "default", "dev-packages": "develop"}
    found, lines = [], Lines(text)
    for section in dict.fromkeys(names.get(section, section) for section in sections):
        at = max(text.find(f'"{section}"'), 0)
        for name, row in _table(root.get(section)).items():
            at = max(text.find(f'"{name}":', at), at)
            if isinstance(row, dict) and (doubt := _pipenv_doubt(row, asked)) is not None:
                version = str(row.get("version") or "").removeprefix("==")
                found.append(Locked(name, version, "pypi", *lines.place(at + 1), doubt))
    return found


def _pipenv_doubt(row: Mapping[str, Any], asked: Asked) -> str | None:
    marker = str(row.get("markers") or "")
    answer = holds(marker, asked.where)
    if answer is False or row.get("path"):
        return None
    return _REPOSITORY if row.get("git") else "" if answer else _depends(marker)


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
