"""What a project's folder installs: its programs, and the packages that it asks for.

Nothing of it is run: projects say it in ``pyproject.toml``, ``setup.cfg`` and ``setup.py``. Wheels and sdists:
:mod:`gate.packages.archives`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from typing import Any

from gate.lazy import pattern
from gate.model import Unknown
from gate.packages.requirement import normalized
from gate.packages.setup_script import Partial, Unreadable, setup_arguments
from gate.record import dataclass, field
from gate.tomlfile import loads

MAX_ARCHIVE = 1 << 25
"""Bytes of an archive that is opened, and of what it holds."""
MAX_TEXT = 1 << 20
_NAME = pattern(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SCRIPTS = ("console_scripts", "gui_scripts")
REQUIREMENT_FILES = pattern(rb"[\w./-]*requirements[\w.-]*\.txt")

Reader = Callable[[str], "bytes | Unknown | None"]
"""A path inside the project → the file's content, None where there is none, Unknown where that cannot be told."""


@dataclass(slots=True)
class Distribution:
    """``programs``: what it puts into the folder of programs. ``requires``: normalised names of what is installed with it.
    ``unknown``: why there may be more of both."""

    programs: set[str] = field(default_factory=set)
    requires: set[str] = field(default_factory=set)
    unknown: Unknown | None = None

    def doubt(self, why: str) -> None:
        self.unknown = self.unknown or Unknown(why, "--image")

    def add_requirements(self, texts: Iterable[object]) -> None:
        for text in texts:
            name = _NAME.match(str(text).strip())
            if name:
                self.requires.add(normalized(name[0]))


WANTED = ("pyproject.toml", "setup.cfg", "setup.py")
"""The files of a project that say what it installs."""


def read_project(read: Reader, shown: str) -> Distribution:
    """A project's folder."""
    found = Distribution()
    texts: dict[str, bytes] = {}
    for name in WANTED:
        data = read(name)
        if isinstance(data, Unknown):
            found.unknown = found.unknown or data
        elif data is not None:
            texts[name] = data
    if not texts:
        found.doubt(f"{shown} has neither pyproject.toml nor setup.py")
    setuptools = True
    if "pyproject.toml" in texts:
        setuptools = _pyproject(texts["pyproject.toml"], shown, found)
    if setuptools and "setup.cfg" in texts:
        _setup_cfg(texts["setup.cfg"].decode("utf-8", "replace"), shown, found)
    if setuptools and "setup.py" in texts:
        _setup_py(texts["setup.py"], shown, found, read)
    return found


def _pyproject(data: bytes, shown: str, found: Distribution) -> bool:
    """Whether setuptools builds it, so that its other files count too."""
    try:
        document = _toml(data)
    except ValueError:
        found.doubt(f"{shown}/pyproject.toml cannot be read")
        return False
    project, tool = _table(document, "project"), _table(document, "tool")
    backend = str(_table(document, "build-system").get("build-backend", "setuptools.build_meta"))
    for key in ("scripts", "gui-scripts"):
        found.programs |= set(map(str, _table(project, key)))
    found.add_requirements(_list(project.get("dependencies")))
    poetry = _table(tool, "poetry")
    for name, script in _table(poetry, "scripts").items():
        file = isinstance(script, dict) and script.get("type") == "file"
        found.programs.add(posixpath.basename(str(script.get("reference", name))) if file else str(name))
    found.requires |= {normalized(str(name)) for name in _table(poetry, "dependencies")}
    flit = _table(tool, "flit")
    found.programs |= set(map(str, _table(flit, "scripts")))
    found.add_requirements(_list(_table(flit, "metadata").get("requires")))
    shared = _table(_table(_table(_table(tool, "hatch"), "build"), "targets"), "wheel")
    for key in ("shared-scripts", "scripts"):
        found.programs |= {posixpath.basename(str(name)) for name in _table(shared, key).values()}
    found.programs |= {posixpath.basename(str(name)) for name in _list(_table(tool, "setuptools").get("script-files"))}
    if backend.startswith(("maturin", "scikit_build", "mesonpy", "setuptools_rust")):
        found.doubt(f"what {backend} builds of {shown} is not read")
    return "setuptools" in backend


def _toml(data: bytes) -> dict[str, Any]:
    """Raises ValueError."""
    if len(data) > MAX_TEXT:
        raise ValueError("too large")
    return loads(data.decode("utf-8"))


def _table(value: object, key: str) -> dict[str, Any]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _setup_cfg(text: str, shown: str, found: Distribution) -> None:
    import configparser

    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#", ";"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text[:MAX_TEXT])
    except configparser.Error:
        found.doubt(f"{shown}/setup.cfg cannot be read")
        return
    for kind in _SCRIPTS:
        found.programs |= _names(_option(parser, "options.entry_points", kind).splitlines())
    options = {key.replace("-", "_"): key for key in (parser["options"] if parser.has_section("options") else ())}
    if "entry_points" in options:
        found.doubt(f"{shown}/setup.cfg takes its entry points from another file")
    if "scripts" in options:
        found.programs |= {posixpath.basename(path) for path in _option(parser, "options", options["scripts"]).split()}
    if "install_requires" in options:
        found.add_requirements(_option(parser, "options", options["install_requires"]).splitlines())


def _option(parser: Any, section: str, key: str) -> str:
    return str(parser.get(section, key, fallback="") or "")


def _setup_py(data: bytes, shown: str, found: Distribution, read: Reader) -> None:
    try:
        arguments = setup_arguments(data)
    except Unreadable as error:
        found.doubt(f"{shown}/setup.py: {error}")
        return
    points = arguments.get("entry_points") or {}
    try:
        if isinstance(points, str) and not isinstance(points, Partial):
            entry_points(points, found)
        elif isinstance(points, dict):
            for kind in _SCRIPTS:
                found.programs |= _names(_texts(points.get(kind)))
        else:
            raise Unreadable("entry_points")
        found.programs |= {posixpath.basename(path) for path in _texts(arguments.get("scripts"))}
    except Unreadable:
        found.doubt(f"what {shown}/setup.py says of its programs cannot be read")
    try:
        found.add_requirements(_texts(arguments.get("install_requires")))
    except Unreadable:
        if not _requirement_files(data, read, found):
            found.doubt(f"what {shown}/setup.py asks for cannot be read")


def _requirement_files(data: bytes, read: Reader, found: Distribution) -> bool:
    """The files of requirements that the script names; False where one of them cannot be read."""
    names = set(REQUIREMENT_FILES.findall(data))
    for name in names:
        text = read(name.decode("ascii"))
        if not isinstance(text, bytes):
            return False
        found.add_requirements(text[:MAX_TEXT].decode("utf-8", "replace").splitlines())
    return bool(names)


def _texts(value: object) -> list[str]:
    """Raises :class:`Unreadable`."""
    if isinstance(value, str) and not isinstance(value, Partial):
        return value.splitlines()
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unreadable("no list")
    if not all(isinstance(item, str) and (not isinstance(item, Partial) or "=" in item) for item in value):
        raise Unreadable("a word that cannot be told")
    return [str(item) for item in value]


def _names(lines: Iterable[str]) -> set[str]:
    """``name = module:function`` → name."""
    return {line.partition("=")[0].strip() for line in lines if "=" in line and line.strip()[:1] not in "#;"}


def entry_points(text: str, found: Distribution) -> None:
    """Note the programs of a text in the format of ``entry_points.txt``."""
    section = ""
    for line in text.splitlines():
        heading = re.fullmatch(r"\s*\[([^\]]*)\]\s*", line)
        if heading:
            section = heading[1].strip()
        elif section in _SCRIPTS:
            found.programs |= _names([line])
