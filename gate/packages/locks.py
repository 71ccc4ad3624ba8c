"""Lock files: does a tool that installs from one find it in the image?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.model import Unknown
from gate.packages.files import Found, Missing, find
from gate.packages.model import Install
from gate.packages.where import earlier_commands

if TYPE_CHECKING:
    from gate.build import Build

_MANIFESTS = {
    "uv": ("pyproject.toml",),
    "poetry": ("pyproject.toml",),
    "pdm": ("pyproject.toml",),
    "pipenv": ("Pipfile",),
    "pixi": ("pixi.toml", "pyproject.toml"),
    "npm": ("package.json",),
    "yarn": ("package.json",),
    "pnpm": ("package.json",),
    "bun": ("package.json",),
}
_LOCKERS = {("poetry", "lock"), ("uv", "lock"), ("pdm", "lock"), ("pipenv", "lock")}


def lock(install: Install, build: Build) -> bool | Unknown:
    """True: a lock file is there. False: the project is, and no lock file. Unknown: neither can be said."""
    run = install.run
    if run is None:
        return Unknown("the command is not in a RUN")
    if install.locks == ("",):
        return False
    prefix = install.directory.rstrip("/") + "/" if install.directory else ""
    doubt: Unknown | None = None
    made = False
    for name in install.locks:
        answer = find(prefix + name, install.command, run, build)
        if isinstance(answer, Found):
            return True
        if isinstance(answer, Missing):
            made = made or answer.made
        else:
            doubt = answer
    if doubt is not None:
        return doubt
    if any(
        (other.name, other.values[0] if other.values else None) in _LOCKERS
        for _, other in earlier_commands(install.command, run, build)
    ):
        return False
    return _without(install, prefix, made, build)


def _without(install: Install, prefix: str, made: bool, build: Build) -> bool | Unknown:
    """No lock file is copied in. That is a fault when the project itself is."""
    assert install.run is not None
    for name in _MANIFESTS.get(install.manager, ()):
        if isinstance(find(prefix + name, install.command, install.run, build), Found):
            return False
    if made:
        return Unknown("an earlier RUN may have fetched the project")
    return Unknown(f"no COPY brings {install.locks[0]}")
