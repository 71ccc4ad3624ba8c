"""Lock files: does a tool that installs from one find it in the image?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.image.base import identify
from gate.memo import memo
from gate.model import Unknown
from gate.packages.files import Found, Missing, find, makes
from gate.packages.model import Install

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
_LOCKERS = {"poetry", "uv", "pdm", "pipenv"}


def lock(install: Install, build: Build) -> bool | Unknown:
    """True: a lock file is there. False: there is none. Unknown: neither can be said."""
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
    if _locked_by_the_build(install, build):
        return False
    return _without(install, prefix, made, build)


def _locked_by_the_build(install: Install, build: Build) -> bool:
    """True behind ``poetry lock`` and its kin: then the build itself chooses the versions."""
    kept = memo(build, "lockers")
    if "all" not in kept:
        kept["all"] = [
            (stage.index, command.whole.offset(command.start))
            for stage in build.stages
            for command in build.commands(stage)
            if command.name in _LOCKERS and command.values[:1] == ["lock"]
        ]
    if not kept["all"] or install.stage is None:
        return False
    stages = {stage.index for stage in install.stage.lineage()}
    here = install.command.whole.offset(install.command.start)
    return any(stage in stages and offset < here for stage, offset in kept["all"])


def _without(install: Install, prefix: str, made: bool, build: Build) -> bool | Unknown:
    """No lock file is copied in. That is a fault when the project itself is."""
    assert install.run is not None
    for name in _MANIFESTS.get(install.manager, ()):
        if isinstance(find(prefix + name, install.command, install.run, build), Found):
            return False
    if made or makes(install.run, build, install.command):
        return Unknown("an earlier RUN may have fetched the project")
    base = install.run.stage.root.base if install.run.stage is not None else None
    if base is not None and (base == "scratch" or any(identify(base).releases())):
        return False  # a distribution's or a language's own image: no project lies in there
    return Unknown(f"no COPY brings {install.locks[0]}")
