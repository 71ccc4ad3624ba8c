"""What ``pip install .`` installs besides the project: the dependencies that the project's own files pin."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gate.dockerfile.command import Command
from gate.dockerfile.source import Source, Text
from gate.dockerfile.tree import Run
from gate.packages.files import Found, find
from gate.packages.model import Install, Request
from gate.packages.options import Table, scan
from gate.packages.requirement import requirement
from gate.tomlfile import loads

if TYPE_CHECKING:
    from gate.build import Build


def dependencies(request: Request, install: Install, run: Run, build: Build) -> Iterator[Request]:
    """The requests of a project that is installed from a folder of the context; none where it cannot be read."""
    path, extras = _folder(request.url or "")
    if not path:
        return
    found = find(posixpath.join(path, "pyproject.toml"), install.command, run, build)
    if not isinstance(found, Found):
        return
    project = table(found.data).get("project")
    if not isinstance(project, dict):
        return
    source = Source(found.shown, found.data)
    wanted = [project.get("dependencies")]
    optional = project.get("optional-dependencies")
    if isinstance(optional, dict):
        wanted += [optional.get(extra) for extra in extras]
    for line in (line for lines in wanted if isinstance(lines, list) for line in lines if isinstance(line, str)):
        yield requirement(line, _text(source, line))


def _folder(url: str) -> tuple[str, list[str]]:
    """``./app[serve,gpu]`` → the folder and its extras; nothing for an archive."""
    path, _, rest = url.partition("[")
    extras = [extra.strip() for extra in rest.rstrip("]").split(",") if extra.strip()]
    return ("", []) if path.endswith((".whl", ".gz", ".zip", ".bz2")) or "*" in path else (path, extras)


def _text(source: Source, value: str) -> Text:
    """Where a requirement stands in the file; its beginning where it is written in another way."""
    at = max(source.text.find(f'"{value}"'), source.text.find(f"'{value}'")) + 1
    return Text(source, value, [(0, at)])


def table(data: bytes) -> dict[str, Any]:
    """A TOML document; empty for what is none."""
    try:
        return loads(data.decode("utf-8-sig"))
    except ValueError:
        return {}


_BUILDS = {
    ("bundle", "install"): ("gem", "Gemfile.lock"),
    ("go", "build"): ("golang", "go.mod"),
    ("go", "install"): ("golang", "go.mod"),
    ("cargo", "build"): ("cargo", "Cargo.lock"),
    ("cargo", "install"): ("cargo", "Cargo.lock"),
}


def project_build(command: Command) -> Install | None:
    """A command that builds or installs the project itself with what its lock file fixes: ``bundle install``, ``go build``,
    ``cargo build``."""
    words = [word.value or "" for word in command.arguments]
    verb = next(
        (word for word in words if not word.startswith(("-", "+"))), "install" if command.name == "bundle" else ""
    )
    found = _BUILDS.get((command.name or "", verb))
    if found is None or (command.name == "cargo" and verb == "install" and "--path" not in words):
        return None
    ecosystem, lock = found
    arguments = scan(command.arguments, Table(frozenset({"-C", "--manifest-path", "--gemfile"})))
    where = arguments.last("-C")
    return Install(
        command.name or "",
        ecosystem,
        "install",
        command,
        arguments,
        locks=(lock,),
        directory=where.value if where is not None else None,
    )
