"""Into which folder an installation puts its programs."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from gate.dockerfile.tree import Run
from gate.model import Unknown
from gate.packages.model import Install
from gate.packages.where import directory, earlier_commands, resolve, variable

if TYPE_CHECKING:
    from gate.build import Build

NOWHERE = "/nowhere on PATH"
"""An environment that its tool hides away."""
_SYSTEM = frozenset({"/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/usr/local/sbin", "/sbin"})
_OFF = frozenset({"false", "0", "no", "off"})


def scripts_folder(install: Install, build: Build) -> str | Unknown | None:
    """The absolute folder; None for that of the Python in use, which is on PATH as a rule."""
    run = install.run
    if run is None:
        return None
    chosen = _by_option(install, run, build)
    if chosen is not None:
        return chosen
    if install.manager in ("poetry", "pdm", "pipenv", "uv"):
        return _project_environment(install, run, build)
    if install.manager == "pipx":
        return "/root/.local/bin"
    program = install.command.words[0].value if install.command.words else None
    if program is not None and program.startswith("/"):
        folder = posixpath.normpath(posixpath.dirname(program))
        return None if folder in _SYSTEM else folder
    return _activated(install, run, build)


def _by_option(install: Install, run: Run, build: Build) -> str | Unknown | None:
    arguments = install.arguments
    for names, below in ((("-t", "--target"), "bin"), (("--prefix",), "bin"), (("-p", "--python"), "")):
        option = arguments.last(*names)
        if option is None or (names[0] == "-p" and install.manager != "uv"):
            continue
        if option.value is None:
            return Unknown(f"the value of {option.name} on line {install.place.line} is not known")
        if not below and "/" not in option.value:
            continue  # a version, or a name on PATH
        where = _absolute(option.value, install, run, build)
        if isinstance(where, Unknown):
            return where
        folder = f"{where}/{below}" if below else posixpath.dirname(where) if "/bin/" in where else f"{where}/bin"
        return None if folder in _SYSTEM else folder
    if arguments.has("--root"):
        return Unknown(f"line {install.place.line} installs under another root")
    if arguments.has("--user"):
        return "/root/.local/bin"
    return None


def _absolute(path: str, install: Install, run: Run, build: Build) -> str | Unknown:
    folder = directory(install.command, run, build)
    if isinstance(folder, Unknown) and not path.startswith(("/", "~")):
        return folder
    return resolve(path, folder if isinstance(folder, str) else "/")


def _activated(install: Install, run: Run, build: Build) -> str | Unknown | None:
    """``. VENV/bin/activate`` in front of it."""
    for other_run, command in earlier_commands(install.command, run, build):
        if other_run is not run:
            break
        if command.name in ("conda", "mamba", "micromamba") and command.values[:1] == ["activate"]:
            return Unknown(f"the environment of line {install.place.line} is not known", "--image")
        script = command.values[0] if command.name in (".", "source") and command.values else None
        if script is not None and script.endswith("/bin/activate"):
            where = _absolute(script, install, run, build)
            return where if isinstance(where, Unknown) else posixpath.dirname(where)
    return None


def _project_environment(install: Install, run: Run, build: Build) -> str | Unknown | None:
    def value(name: str) -> str | Unknown | None:
        return variable(name, install.command, run, build)

    active = value("VIRTUAL_ENV")
    if install.manager == "uv" and not install.locks:
        if install.arguments.has("--system") or value("UV_SYSTEM_PYTHON") is not None:
            return None
        activated = _activated(install, run, build)
        return f"{active}/bin" if isinstance(active, str) and active else activated
    if install.manager == "pipenv":
        return None if install.arguments.has("--system") else NOWHERE
    if install.manager == "uv":
        chosen = value("UV_PROJECT_ENVIRONMENT")
        if install.arguments.has("--active"):
            chosen = active or chosen
        return _below(chosen or ".venv", install, run, build)
    if install.manager == "poetry":
        return _poetry_environment(active, value, install, run, build)
    return f"{active}/bin" if isinstance(active, str) and active else _below(".venv", install, run, build)


def _poetry_environment(
    active: str | Unknown | None, value: object, install: Install, run: Run, build: Build
) -> str | Unknown | None:
    assert callable(value)
    if isinstance(active, str) and active:
        return f"{active}/bin"
    create, inside = value("POETRY_VIRTUALENVS_CREATE"), value("POETRY_VIRTUALENVS_IN_PROJECT")
    for _, command in earlier_commands(install.command, run, build):
        values = command.values
        if command.name == "poetry" and values[:1] == ["config"] and len(values) > 2:
            create = values[-1] if "virtualenvs.create" in values and create is None else create
            inside = values[-1] if "virtualenvs.in-project" in values and inside is None else inside
    if isinstance(create, Unknown) or isinstance(inside, Unknown):
        return Unknown(f"the environment of line {install.place.line} is not known", "--image")
    if str(create).lower() in _OFF:
        return None
    if inside is not None and str(inside).lower() not in _OFF:
        return _below(".venv", install, run, build)
    return NOWHERE


def _below(folder: str | Unknown, install: Install, run: Run, build: Build) -> str | Unknown:
    if isinstance(folder, Unknown):
        return folder
    project = _absolute(install.directory or ".", install, run, build)
    if isinstance(project, Unknown) and not folder.startswith("/"):
        return project
    where = resolve(folder, project if isinstance(project, str) else "/")
    return f"{where}/bin"
