"""What installations of the user's own projects bring: wheels, sdists and folders that COPY puts into the image."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from gate.dockerfile.command import Command
from gate.dockerfile.tree import Run
from gate.image.node import Node
from gate.image.tree import Tree, TreeError, TreeUnknown
from gate.lazy import pattern
from gate.model import Unknown
from gate.packages.distribution import MAX_ARCHIVE, MAX_TEXT, Distribution, Reader, read_project
from gate.packages.files import Found, Missing, at
from gate.packages.model import Install, Pin, Request
from gate.packages.where import directory, resolve

if TYPE_CHECKING:
    from gate.build import Build

_ARCHIVE = pattern(r"(?i)\.(?:whl|zip|tgz|tbz|txz|tar(?:\.(?:gz|bz2|xz))?)\Z")
_EXTRAS = pattern(r"\[[^\]]*\]\Z")
_LOCKED = pattern(rb'(?m)^name = "([^"\n]{1,200})"')
_MAX_ENTRIES = 20_000
_MAX_PROJECTS = 50
_WITHOUT_PROJECT = ("--no-root", "--no-install-project", "--no-self", "--only-root", "--no-install-workspace")
_OWN_PROJECT = frozenset({"poetry", "uv", "pdm"})
_UNPACKAGED = {"uv": pattern(rb"(?m)^\[build-system\]|^package\s*=\s*true"), "pdm": pattern(rb"(?m)^\[build-system\]")}


def local_distributions(install: Install, requests: list[Request], build: Build, root: Node) -> list[Distribution]:
    """What is known of the local projects that an installation names. ``root``: the files of its stage."""
    if install.run is None:
        return []
    files = _Files(install.command, install.run, build, root)
    local = [request for request in requests if request.pin is Pin.LOCAL or (request.url or "").startswith("file:")]
    found = [each for request in local[:_MAX_PROJECTS] for each in files.distributions(request.url or "")]
    if len(local) > _MAX_PROJECTS:
        found.append(_unknown(Unknown(f"line {install.place.line} installs more than is read", "--image")))
    if install.locks and install.manager in _OWN_PROJECT and not install.arguments.has(*_WITHOUT_PROJECT):
        found += files.own_project(install)
    return found


def setup_distribution(command: Command, run: Run, build: Build, root: Node) -> Distribution | None:
    """What ``python setup.py install`` installs; None for any other command."""
    values = command.values
    name = (command.name or "").rstrip("0123456789.")
    if name != "python" or "setup.py" not in values[:-1] or not {"install", "develop"} & set(values):
        return None
    files = _Files(command, run, build, root)
    return files.folder(".")


def locked_names(install: Install, build: Build, root: Node) -> set[str] | Unknown:
    """The packages of the lock file that a command installs from."""
    why = Unknown(f"the lock file of line {install.place.line} is not known", "--context")
    if install.run is None:
        return why
    files = _Files(install.command, install.run, build, root)
    for name in install.locks:
        data = files.read(f"{install.directory or '.'}/{name}", MAX_ARCHIVE)
        if isinstance(data, bytes) and name.endswith(".lock") and name != "Pipfile.lock":
            return {match.decode("utf-8", "replace") for match in _LOCKED.findall(data)}
    return why


class _Files:
    """The files that a command sees."""

    def __init__(self, command: Command, run: Run, build: Build, root: Node) -> None:
        self.command = command
        self.run = run
        self.build = build
        self.tree = Tree(root)
        self.cwd = directory(command, run, build)

    def distributions(self, written: str) -> list[Distribution]:
        path = _EXTRAS.sub("", written.removeprefix("file://").removeprefix("file:"))
        where = self._absolute(path)
        if isinstance(where, Unknown):
            return [_unknown(where)]
        if not _ARCHIVE.search(path):
            return [self.folder(where)]
        folder, _, name = where.rpartition("/")
        names = [name] if not re.search(r"[*?\[]", name) else self._matching(folder, name)[:_MAX_PROJECTS]
        return [self._archive(f"{folder}/{each}", each) for each in names] or [
            _unknown(Unknown(f"{path} is not known", "--context"))
        ]

    def own_project(self, install: Install) -> list[Distribution]:
        """The project around a lock file, which is installed with it unless it is none to be packaged."""
        where = self._absolute(install.directory or ".")
        if isinstance(where, Unknown):
            return [_unknown(where)]
        text = self.read(f"{where}/pyproject.toml", MAX_TEXT)
        packaged = _UNPACKAGED.get(install.manager)
        if isinstance(text, bytes) and packaged is not None and not packaged.search(text):
            return []
        if isinstance(text, bytes) and re.search(rb"(?m)^package-mode\s*=\s*false", text):
            return []
        return [self.folder(where)]

    def folder(self, path: str) -> Distribution:
        where = self._absolute(path)
        if isinstance(where, Unknown):
            return _unknown(where)
        reader: Reader = lambda name: self.read(f"{where}/{name}", MAX_TEXT)  # noqa: E731
        return read_project(reader, where)

    def _archive(self, path: str, shown: str) -> Distribution:
        data = self.read(path, MAX_ARCHIVE + 1)
        if isinstance(data, bytes):
            from gate.packages.archives import read_archive

            return read_archive(data, shown)
        return _unknown(data or Unknown(f"{shown} is not known", "--context"))

    def _matching(self, folder: str, name: str) -> list[str]:
        try:
            node = self.tree.find(self.tree.resolve(folder))
        except (TreeError, TreeUnknown):
            return []
        children = node.children() if node is not None and node.type == "directory" else {}
        found = [each for each in children if fnmatchcase(each, name)]
        return found or self._removed(folder, name)

    def _removed(self, folder: str, name: str) -> list[str]:
        """Files of the context that were there when the command ran."""
        context = self.build.context
        paths = [entry.path for entry in context.entries()] if context is not None else []
        names = {path.rpartition("/")[2] for path in paths[:_MAX_ENTRIES]}
        return [
            each for each in sorted(each for each in names if fnmatchcase(each, name))[:_MAX_PROJECTS]
            if isinstance(at(f"{folder}/{each}", self.run, self.build, self.command), Found)
        ]  # fmt: skip

    def _absolute(self, path: str) -> str | Unknown:
        if path.startswith("/"):
            return resolve(path, "/")
        return self.cwd if isinstance(self.cwd, Unknown) else resolve(path, self.cwd)

    def read(self, path: str, limit: int) -> bytes | Unknown | None:
        """The file at the end of the stage; what has been removed since, as the command finds it."""
        where = self._absolute(path)
        if isinstance(where, Unknown):
            return where
        try:
            node = self.tree.find(self.tree.resolve(where))
        except (TreeError, TreeUnknown):
            node = None
        if node is not None and node.type == "file":
            data = node.read(limit)
            return data if data is not None else node.note or Unknown(f"the content of {where} is not known", "--image")
        answer = at(where, self.run, self.build, self.command)
        if isinstance(answer, Found):
            return answer.data
        if isinstance(answer, Missing):
            return Unknown(f"{where} is not brought by COPY", "--context") if answer.made else None
        return answer


def _unknown(why: Unknown) -> Distribution:
    return Distribution(unknown=why)
