"""Which programs the packages of a build bring (``policies/programs.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from gate.build import Build
from gate.facts import facts
from gate.image.references import needed
from gate.model import Unknown
from gate.packages.installs import installs
from gate.packages.model import Install, Pin, Request
from gate.packages.requirement import normalized
from gate.packages.resolve import wanted

WORDS = frozenset({"train", "serve"})
"""Programs that no distribution's package brings."""
_SYSTEM = frozenset({"deb", "rpm", "apk"})
_WITH_PYTHON = frozenset({"pip", "setuptools", "wheel", "pkg_resources"})
"""Modules that Python's own images bring beside its standard library."""
_NO_MODULES = frozenset({"python3", "python3-minimal", "python3-venv", "python3-dev", "python-is-python3", "py3-pip"})
_INTERPRETERS = ("python", "python2", "python3", "node", "Rscript", "java", "perl", "bash")


class Brought:
    """The programs that the installations of the needed stages put on PATH."""

    def __init__(self, build: Build) -> None:
        self.build = build

    @cached_property
    def _installs(self) -> list[Install]:
        build = self.build
        stages = needed(build, build.target) if build.target is not None else set()
        return [
            install for install in installs(build)
            if install.verb == "install" and install.stage is not None and install.stage.index in stages
        ]  # fmt: skip

    def program(self, name: str) -> bool | Unknown:
        """Whether an installation brings a program; Unknown where one may. False: none does."""
        doubt: Unknown | None = None
        for install in self._installs:
            answer = self._by(install, name)
            if answer is True:
                return True
            if isinstance(answer, Unknown):
                doubt = doubt or answer
        return doubt or False

    def module(self, name: str) -> bool | Unknown:
        """Whether an installation brings a Python module; a package's module mostly has its name."""
        doubt: Unknown | None = None
        for install in self._installs:
            if install.ecosystem == "pypi":
                names = {
                    normalized(request.name) for request in (*install.requests, *wanted(install, self.build).from_files)
                }
                if normalized(name) in names:
                    return True
            if install.ecosystem in ("pypi", "conda") or (install.ecosystem in _SYSTEM and _may_bring_modules(install)):
                doubt = doubt or Unknown(f"line {install.place.line} may bring the module {name}", "--image")
        return doubt or name in _WITH_PYTHON

    def places(self, name: str) -> tuple[str, ...]:
        """The folders of a program that a distribution's package brings."""
        for install in self._installs:
            if install.ecosystem in _SYSTEM and self._by(install, name) is True:
                return ("/usr/bin", "/bin") if name == "bash" else ("/usr/bin", "/usr/sbin")
        return ()

    def _by(self, install: Install, name: str) -> bool | Unknown:
        why = Unknown(f"line {install.place.line} may bring {name}", "--image")
        if install.ecosystem == "pypi":
            return self._python(install, name, why)
        if install.ecosystem in _SYSTEM:
            return _system(install, name, why)
        if install.ecosystem == "conda":
            return _conda(install, name, why)
        if install.ecosystem == "npm":
            return name not in WORDS and name not in _INTERPRETERS and why
        return False

    def _python(self, install: Install, name: str, why: Unknown) -> bool | Unknown:
        if name in _INTERPRETERS:
            return False
        brings = facts("programs")["pypi"]
        asked = wanted(install, self.build)
        doubt = bool(asked.unread) or not install.complete or bool(install.locks) or name not in WORDS
        for request in (*install.requests, *asked.from_files):
            package = normalized(request.name)
            programs = brings.get(package)
            if name in (programs if programs is not None else [package]) and (
                programs is not None or name not in WORDS
            ):
                # ray brings `serve` only with its extra
                return why if package == "ray" and name == "serve" else True
            if programs is None and _may_be_anything(request):
                doubt = True
        return why if doubt else False


def _may_be_anything(request: Request) -> bool:
    """A project of the user's own, whose programs nobody has listed."""
    return request.pin in (Pin.LOCAL, Pin.MOVABLE, Pin.UNRESOLVED) or request.url is not None or not request.name


def _system(install: Install, name: str, why: Unknown) -> bool | Unknown:
    if name in WORDS:
        return False
    table: dict[str, Any] = facts("programs")
    doubt = not install.complete
    for request in install.requests:
        package = request.name
        for pattern, programs in table["system"].items():
            if name in programs and fnmatchcase(package, pattern):
                return True
        known = any(fnmatchcase(package, pattern) for pattern in table["no-interpreter"])
        doubt = doubt or not package or (not known if name in _INTERPRETERS else package != "" and not known)
    return why if doubt or (name not in _INTERPRETERS and name not in _listed(table)) else False


def _may_bring_modules(install: Install) -> bool:
    """Whether a distribution's packages may bring Python modules beside the standard library."""
    known = (*facts("programs")["no-interpreter"], *facts("programs")["system"])
    return not install.complete or not all(
        (request.name in _NO_MODULES or not request.name.startswith(("python", "py3-")))
        and any(fnmatchcase(request.name, pattern) for pattern in known)
        for request in install.requests
    )


def _listed(table: dict[str, Any]) -> Iterator[str]:
    return (program for programs in table["system"].values() for program in programs)


def _conda(install: Install, name: str, why: Unknown) -> bool | Unknown:
    if name in WORDS:
        brings = any("sagemaker" in request.name for request in install.requests)
        return why if brings or not install.complete or install.files else False
    return why
