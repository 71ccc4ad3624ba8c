"""The lock files of conda: ``conda-lock.yml`` and ``pixi.lock``. They are written by machine, one key a line, and read so."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from gate.lazy import pattern
from gate.sbom.lock import Asked
from gate.sbom.model import Locked

_ENTRY = pattern(r"^[ ]*- name: *(.+?) *$")
_FIELD = pattern(r"^ +(version|manager|platform|category|optional): *[\"']?(.+?)[\"']? *$")
_PLATFORMS = {"aarch64": "linux-aarch64"}


def _platform(asked: Asked) -> str:
    return _PLATFORMS.get(asked.where.machine, "linux-64")


def conda_lock(text: str, asked: Asked) -> list[Locked] | None:
    """The packages of the platform that is built for, with those for development unless ``--no-dev`` is said."""
    if not re.search(r"(?m)^package:", text):
        return None
    extras = set(asked.all("-E", "--extras"))
    found = []
    for line, name, fields in _entries(text):
        category = fields.get("category", "main")
        wanted = category == "main" or (category == "dev" and not asked.has("--no-dev")) or category in extras
        if wanted and fields.get("platform") in (_platform(asked), "noarch", None):
            ecosystem = "pypi" if fields.get("manager") == "pip" else "conda"
            found.append(Locked(name, fields.get("version", ""), ecosystem, line, 9))
    return found


def _entries(text: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Line, name and fields of each package."""
    at, name, fields = 0, "", dict[str, str]()
    for number, line in enumerate(text.splitlines(), 1):
        entry = _ENTRY.match(line)
        if entry:
            if name:
                yield at, name, fields
            at, name, fields = number, entry[1].strip("\"'"), {}
        elif field := _FIELD.match(line):
            fields.setdefault(field[1], field[2])
    if name:
        yield at, name, fields


def pixi(text: str, asked: Asked) -> list[Locked] | None:
    """The packages of one environment on the platform that is built for."""
    if not text.lstrip().startswith("version:"):
        return None
    wanted = next(iter(asked.all("-e", "--environment")), "default")
    environment = platform = ""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("packages:"):
            break
        header = re.fullmatch(r"( +)([\w.-]+): *", line)
        if header and len(header[1]) == 2:
            environment = header[2]
        elif header and len(header[1]) == 6:
            platform = header[2]
        entry = re.fullmatch(r" +- (conda|pypi): *(\S+) *", line)
        if entry and environment == wanted and platform in (_platform(asked), "noarch"):
            package = _archive(entry[1], entry[2], number, line.index(entry[2]) + 1)
            if package is not None:
                found.append(package)
    return found


def _archive(kind: str, url: str, line: int, column: int) -> Locked | None:
    """A package by the name of its archive."""
    file = posixpath.basename(url.partition("#")[0])
    parts = file.split("-")
    if kind == "conda":
        name, _, rest = file.rpartition("-")[0].rpartition("-")
        return Locked(name, rest, "conda", line, column) if name else None
    if file.endswith(".whl") and len(parts) >= 5:
        return Locked(parts[0].replace("_", "-"), parts[1], "pypi", line, column)
    match = re.fullmatch(r"(.+)-(\d[^-]*?)\.(?:tar\.gz|zip)", file)
    return Locked(match[1], match[2], "pypi", line, column) if match else None
