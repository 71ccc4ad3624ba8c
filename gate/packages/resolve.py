"""Everything that an installation asks for: its own words, and what its requirement files add or constrain."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gate.dockerfile.source import Text
from gate.lazy import pattern
from gate.memo import memo
from gate.model import Unknown
from gate.packages.files import Found, Missing, at, find
from gate.packages.model import FileRef, Install, Pin, Request
from gate.packages.requirement import normalized
from gate.packages.requirements_file import RequirementsFile, read_requirements
from gate.packages.where import BASE, directory, resolve, variable, with_base_variables
from gate.record import dataclass, field

if TYPE_CHECKING:
    from gate.build import Build
    from gate.dockerfile.tree import Run

_LONGEST = 1 << 20  # bytes of a requirements file
_MAX_FILES = 50  # files that one command reads, nested ones included
_PIP_VARIABLES = (("PIP_REQUIREMENT", "requirements"), ("PIP_CONSTRAINT", "constraints"))
_UV_VARIABLES = (("UV_REQUIREMENT", "requirements"), ("UV_CONSTRAINT", "constraints"))
_LOCK_NAME = pattern(r"(?:^|/)(?:pylock(?:\.[^/]+)?\.toml|[^/]*conda-lock[^/]*)$")


@dataclass(slots=True)
class Wanted:
    """What an installation asks for.

    ``from_files``: the requests of its files, each standing there. ``constraints``: normalised name → the request that
    a constraints file makes of it. ``files``: the requirements files that were read, the top ones first. ``unread``:
    what could not be followed, and why; ``loose_constraints`` is set when one of these is a constraints file.
    """

    from_files: list[Request] = field(default_factory=list)
    constraints: dict[str, Request] = field(default_factory=dict)
    files: list[RequirementsFile] = field(default_factory=list)
    unread: list[tuple[FileRef, Unknown]] = field(default_factory=list)
    loose_constraints: Unknown | None = None

    def pin(self, request: Request) -> Pin:
        """The strength of a request when the constraints have had their say."""
        if request.pin.fixed or request.pin is Pin.MOVABLE or request.ecosystem != "pypi":
            return request.pin
        constraint = self.constraints.get(normalized(request.name)) if request.name else None
        if constraint is not None and (constraint.pin.fixed or request.pin is Pin.NONE):
            return constraint.pin
        if self.loose_constraints is not None and request.pin.loose:
            return Pin.UNRESOLVED
        return request.pin


_NOTHING = Wanted()


def wanted(install: Install, build: Build) -> Wanted:
    """What an installation asks for; worked out once."""
    if not install.files and install.manager not in {"pip", "uv"}:
        return _NOTHING
    kept = memo(build, "wanted")
    found: Wanted | None = kept.get(id(install))
    if found is None:
        found = kept[id(install)] = _work_out(install, build)
    return found


def _work_out(install: Install, build: Build) -> Wanted:
    run = install.run
    result = Wanted()
    if run is None:
        return result
    for ref in (*install.files, *_from_environment(install, run, build)):
        _follow(ref, install, run, build, result)
    return result


def _from_environment(install: Install, run: Run, build: Build) -> Iterable[FileRef]:
    """``PIP_REQUIREMENT`` and ``PIP_CONSTRAINT`` (uv: ``UV_CONSTRAINT``) name files as -r and -c do."""
    for name, kind in _UV_VARIABLES if install.manager == "uv" else _PIP_VARIABLES:
        value = variable(name, install.command, run, build)
        if isinstance(value, Unknown):
            yield FileRef(kind, None, install.command)
        elif value:
            for path in value.split():
                yield FileRef(kind, path, install.command)


def _follow(ref: FileRef, install: Install, run: Run, build: Build, result: Wanted) -> None:
    """Read a file that the command names, then those that it names, each relative to the one that names it."""
    folder = directory(install.command, run, build)
    waiting = [(ref, folder if isinstance(folder, str) else BASE, ref.kind)]
    seen: set[tuple[str, str]] = set()
    while waiting and len(seen) < _MAX_FILES:
        current, folder, kind = waiting.pop(0)
        found = _locate(current, folder, install, run, build, first=current is ref)
        if not isinstance(found, Found):
            result.unread.append((ref, found))
            if kind == "constraints":
                result.loose_constraints = found
            continue
        if (found.image, kind) in seen or _LOCK_NAME.search(found.image):
            continue
        seen.add((found.image, kind))
        read = _read_once(found, kind, install, run, build)
        if read is None:
            result.unread.append((ref, Unknown(f"{found.shown} is no requirements file")))
            continue
        if kind == "constraints":
            result.constraints.update({normalized(request.name): request for request in read.requests if request.name})
        else:
            result.from_files += read.requests
            result.files.append(read)
        inner = posixpath.dirname(found.image)
        waiting += [(nested, inner, "constraints" if kind == "constraints" else nested.kind) for nested in read.files]


def _locate(ref: FileRef, folder: str, install: Install, run: Run, build: Build, *, first: bool) -> Found | Unknown:
    path = ref.path or _written(ref, run)
    if path is None:
        return Unknown("the name of the file is not known")
    if "://" in path:
        return Unknown(f"{path} is fetched by the build")
    answer = (
        find(path, install.command, run, build) if first else at(resolve(path, folder), run, build, install.command)
    )
    if isinstance(answer, Missing):
        return Unknown(f"no COPY brings {path}")
    if isinstance(answer, Found) and len(answer.data) >= _LONGEST:
        return Unknown(f"{answer.shown} is too long")
    return answer


def _written(ref: FileRef, run: Run) -> str | None:
    """The path where only variables of the base image stand in the way."""
    word = getattr(ref.at, "text", None)
    if not isinstance(word, Text):
        return None
    path = with_base_variables(word.value.strip("\"'"), run)
    return path if not re.search(r"[$`(]", path) and not path.startswith("-") else None


def _read_once(found: Found, kind: str, install: Install, run: Run, build: Build) -> RequirementsFile | None:
    """A file without variables says the same to every command."""
    if b"${" in found.data or found.body is not None:
        return _read(found, kind, install, run, build)
    kept = memo(build, "requirement files")
    key = (found.image, found.shown, kind)
    if key not in kept:
        kept[key] = _read(found, kind, install, run, build)
    file: RequirementsFile | None = kept[key]
    return file


def _read(found: Found, kind: str, install: Install, run: Run, build: Build) -> RequirementsFile | None:
    if kind == "environment":
        from gate.packages.conda import read_environment

        read = read_environment(found.shown, found.data)
        if read is None:
            return None
        file = read
    elif kind == "specs":
        from gate.dockerfile.source import Source
        from gate.packages.conda import read_specs

        requests = read_specs(found.shown, found.data)
        if requests is None:
            return None
        file = RequirementsFile(Source(found.shown, found.data), requests)
    elif found.image.endswith((".toml", ".py", ".cfg")):
        return None
    else:

        def lookup(name: str) -> str | None:
            value = variable(name, install.command, run, build)
            return value if isinstance(value, str) else None

        file = read_requirements(found.shown, found.data, lookup)
    if found.body is not None:
        items: list[Request | FileRef] = [*file.requests, *file.files]
        for item in items:
            if isinstance(item.at, Text):
                item.at = found.body.slice(item.at.start, item.at.end)
    return file
