"""What ``pip install .`` and ``pip install --group`` install besides the project: what the project's own files ask for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from gate.dockerfile.command import Command
from gate.dockerfile.source import Source, Text
from gate.dockerfile.tree import Run
from gate.model import Unknown
from gate.packages.distribution import REQUIREMENT_FILES
from gate.packages.files import Answer, Found, Missing, find
from gate.packages.model import Install, Request
from gate.packages.options import Table, scan
from gate.packages.projects import constraint_pin
from gate.packages.requirement import normalized, requirement
from gate.packages.requirements_file import read_requirements
from gate.packages.setup_script import Unreadable, setup_arguments
from gate.tomlfile import loads

if TYPE_CHECKING:
    from gate.build import Build


def dependencies(request: Request, install: Install, run: Run, build: Build) -> Iterator[Request | Unknown]:
    """The requests of a project that is installed from a folder; Unknown where they cannot be told."""
    path, extras = _folder(request.url or "")
    if not path:
        return

    def look(name: str) -> Answer:
        return find(posixpath.join(path, name), install.command, run, build)

    found = look("pyproject.toml")
    if isinstance(found, Unknown):
        yield found
        return
    declared = table(found.data) if isinstance(found, Found) else {}
    project = _table(declared, "project")
    if isinstance(found, Found) and project:
        wanted = [project.get("dependencies"), *(_table(project, "optional-dependencies").get(each) for each in extras)]
        yield from _requests(found, wanted)
    poetry = _table(_table(declared, "tool"), "poetry")
    if isinstance(found, Found) and poetry and "dependencies" not in project:
        yield from _of_poetry(found, poetry, extras)
    elif not project or "dependencies" in _texts(project.get("dynamic")):
        settings = _table(_table(declared, "tool"), "setuptools")
        yield from _of_setuptools(look, settings, extras, alone=isinstance(found, Missing))


def groups(names: list[str], install: Install, run: Run, build: Build) -> Iterator[Request | Unknown]:
    """The requests of ``pip install --group``: ``NAME`` or ``PATH/pyproject.toml:NAME``."""
    for given in names:
        path, _, name = given.rpartition(":")
        found = find(path or "pyproject.toml", install.command, run, build)
        if isinstance(found, Found):
            yield from _group(found, _table(table(found.data), "dependency-groups"), name, set())
        elif isinstance(found, Unknown):
            yield found


def _group(found: Found, tables: dict[str, Any], name: str, seen: set[str]) -> Iterator[Request]:
    spelled = normalized(name)
    if spelled in seen:
        return
    seen.add(spelled)
    for rows in (rows for each, rows in tables.items() if normalized(each) == spelled):
        yield from _requests(found, [rows])
        for row in rows if isinstance(rows, list) else ():
            included = row.get("include-group") if isinstance(row, dict) else None
            if isinstance(included, str):
                yield from _group(found, tables, included, seen)


def _of_poetry(found: Found, poetry: dict[str, Any], extras: list[str]) -> Iterator[Request]:
    """``numpy = "1.16.2"`` is that version and no other."""
    source = Source(found.shown, found.data)
    optional = {str(name) for extra in extras for name in _texts(_table(poetry, "extras").get(extra))}
    for name, value in _table(poetry, "dependencies").items():
        rows = value if isinstance(value, dict) else {"version": value}
        version = rows.get("version")
        if name == "python" or not isinstance(version, str) or (rows.get("optional") and name not in optional):
            continue
        pin, exact = constraint_pin(version.strip() or "*")
        line = re.search(rf"^[\"']?{re.escape(name)}[\"']?\s*=.*?(?=\s*$)", source.text, re.MULTILINE)
        at = Text(source, line[0] if line else name, [(0, line.start() if line else 0)])
        yield Request(name, "pypi", pin, at, exact, version, marker=str(rows.get("markers") or ""))


def _of_setuptools(
    look: Callable[[str], Answer], settings: dict[str, Any], extras: list[str], *, alone: bool
) -> Iterator[Request | Unknown]:
    """What setuptools takes the requests from where ``project`` does not fix them. ``alone``: there is no pyproject.toml."""
    dynamic = _table(settings, "dynamic").get("dependencies")
    if isinstance(dynamic, dict):
        files = dynamic.get("file")
        yield from _from_files([files] if isinstance(files, str) else _texts(files), look)
    cfg, script = look("setup.cfg"), look("setup.py")
    if isinstance(cfg, Found):
        yield from _requests(cfg, [lines.splitlines() for lines in _of_cfg(cfg.data, extras)])
    if isinstance(script, Found):
        yield from _of_script(script, look, extras)
    yield from (each for each in (cfg, script) if isinstance(each, Unknown))
    if isinstance(cfg, Missing) and isinstance(script, Missing) and alone:
        yield Unknown("the project is not of the context, so what it asks for is not known")


def _of_cfg(data: bytes, extras: list[str]) -> Iterator[str]:
    import configparser

    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#", ";"))
    try:
        parser.read_string(data.decode("utf-8", "replace"))
    except configparser.Error:
        return
    yield str(parser.get("options", "install_requires", fallback="") or "")
    for extra in extras:
        yield str(parser.get("options.extras_require", extra, fallback="") or "")


def _of_script(script: Found, look: Callable[[str], Answer], extras: list[str]) -> Iterator[Request | Unknown]:
    try:
        arguments = setup_arguments(script.data)
        wanted = [arguments.get("install_requires")]
        more = arguments.get("extras_require") if extras else None
        wanted += [more.get(extra) if isinstance(more, dict) else more for extra in extras]
        unread = next((value for value in wanted if isinstance(value, Unreadable)), None)
        if unread is None:
            lines = [value.splitlines() if isinstance(value, str) else value for value in wanted]
            yield from _requests(script, lines)
            return
    except Unreadable as error:
        unread = error
    names = sorted({name.decode("ascii") for name in REQUIREMENT_FILES.findall(script.data)})
    if names:
        yield from _from_files(names, look)
    else:
        yield Unknown(f"what setup.py asks for is not known: {unread}")


def _from_files(names: Iterable[str], look: Callable[[str], Answer]) -> Iterator[Request | Unknown]:
    for name in names:
        found = look(name)
        if isinstance(found, Found):
            yield from read_requirements(found.shown, found.data).requests
        elif isinstance(found, Unknown):
            yield found


def _requests(found: Found, wanted: Iterable[Any]) -> Iterator[Request]:
    """Lists of requirements as they stand in a file."""
    source = Source(found.shown, found.data)
    for line in (line for lines in wanted for line in _texts(lines)):
        if line.strip() and not line.lstrip().startswith("#"):
            yield requirement(line, _text(source, line))


def _table(value: dict[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _folder(url: str) -> tuple[str, list[str]]:
    """``./app[serve,gpu]`` → the folder and its extras; nothing for an archive."""
    path, _, rest = url.partition("[")
    extras = [extra.strip() for extra in rest.rstrip("]").split(",") if extra.strip()]
    return ("", []) if path.endswith((".whl", ".gz", ".zip", ".bz2")) or "*" in path else (path, extras)


def _text(source: Source, value: str) -> Text:
    """Where a requirement stands in the file, its quotes left out; its beginning where it is written in another way."""
    quoted = [source.text.find(f"{mark}{value}{mark}") + 1 for mark in "\"'"]
    at = min((place for place in quoted if place), default=0) or max(source.text.find(value.strip()), 0)
    return Text(source, value.strip(), [(0, at)])


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
