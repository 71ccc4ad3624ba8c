"""Every installation of a build, found once and kept.

Rules and the bill of materials ask :func:`installs` for all of them in the order of the file, or :func:`install_of`
for the one of a command. The module of a package manager is imported when its first command is met.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from gate.dockerfile.command import Command, ShellWord
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Run
from gate.lazy import pattern
from gate.memo import memo
from gate.packages.loops import unrolled
from gate.packages.model import Install, Request

if TYPE_CHECKING:
    from gate.build import Build

_MODULES = {
    "pip": ("pip", "python", "pypy", "pipx", "easy_install", "pip-sync"),
    "uv": ("uv", "uvx"),
    "projects": ("poetry", "pdm", "pipenv", "pixi"),
    "conda": ("conda", "mamba", "micromamba", "conda-lock"),
    "system": ("apt-get", "apt", "aptitude", "apk", "dnf", "yum", "microdnf", "tdnf", "zypper"),
    "node": ("npm", "yarn", "pnpm", "bun"),
    "others": ("gem", "go", "cargo", "R", "Rscript", "install.r", "install2.r", "installGithub.r"),
}
_HOME = {program: module for module, programs in _MODULES.items() for program in programs}
_MOVED = {">", ">>", "<", ">|"}
_VERSION_TARGET = pattern(r"=|\d+(?:\.\d+|\.\*)*(?:[,<>!=~].*|[ab]\d+|rc\d+)?\Z")


def installs(build: Build, *, triggers: bool = False) -> list[Install]:
    """Every installation of every stage, in the order of the file; with ``triggers``, those that ONBUILD leaves to
    other images too."""
    found = _found(build)
    return found.everything if triggers else found.own


def install_of(command: Command, build: Build) -> Install | None:
    """What one command of a RUN installs."""
    return _found(build).by_command.get(id(command))


class _Found:
    """The installations of a build: all of them, those that are not left to other images, and each by its command."""

    def __init__(self, build: Build) -> None:
        self.everything: list[Install] = []
        for run in build.dockerfile.runs:
            self.everything += _of_run(run, build)
        self.own = [install for install in self.everything if install.run is None or not install.run.onbuild]
        self.by_command = {id(install.command): install for install in self.everything}


def _found(build: Build) -> _Found:
    kept = memo(build, "installs")
    found: _Found | None = kept.get("all")
    if found is None:
        found = kept["all"] = _Found(build)
    return found


def _of_run(run: Run, build: Build) -> Iterator[Install]:
    for command in build.script(run).commands:
        install = read(command)
        if install is not None:
            install.run = run
            yield install


def program(name: str) -> str:
    """The program behind a versioned name: ``pip3.11`` is pip, ``dnf5`` is dnf."""
    return name if name in _HOME else name.rstrip("0123456789.-")


def read(command: Command) -> Install | None:
    """What a command installs, removes or downloads; None when it does none of that."""
    reader = _reader(command.name or "")
    if reader is None:
        return None
    install = reader(unrolled(command))
    if install is not None:
        install.command = command
        if command.redirects:
            _mark_redirected(install)
    return install


@lru_cache(maxsize=1024)
def _reader(name: str) -> Callable[[Command], Install | None] | None:
    name = program(name)
    module = _HOME.get(name)
    if module is None:
        return None
    readers: dict[str, Callable[[Command], Install | None]] = import_module(f"gate.packages.{module}").PROGRAMS
    return readers[name]


def _mark_redirected(install: Install) -> None:
    """Mark the requests whose version part the shell takes for a redirection: ``foo>=1`` without quotes."""
    requests: list[Request] = []
    ends: list[int] = []
    for redirect in install.command.redirects:
        target, text = redirect.target, redirect.text
        if redirect.fd is not None or redirect.operator not in _MOVED or target is None or text is None:
            continue
        written = target.text.value
        if not _VERSION_TARGET.match(written):
            continue
        if not ends:
            requests = sorted(install.requests, key=_end)
            ends = [_end(request) for request in requests]
        start = text.start
        index = bisect_right(ends, start) - 1
        # Blanks between the name and the operator: only a target that starts with "=" can be no file name.
        if index >= 0 and (ends[index] == start or written.startswith("=")):
            requests[index].redirected = True


def _end(request: Request) -> int:
    """Where the request ends in the Dockerfile."""
    at = request.at
    if isinstance(at, ShellWord):
        return at.whole.offset(at.end - 1) + 1
    return at.end if isinstance(at, Text) else -1
