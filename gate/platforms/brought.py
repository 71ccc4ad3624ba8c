"""Which programs the packages of a build bring (``policies/programs.yaml``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Run, Stage
from gate.facts import facts
from gate.globs import is_like
from gate.image.node import Node
from gate.image.references import needed
from gate.memo import memo
from gate.model import Place, Unknown
from gate.packages.installs import installs
from gate.packages.model import Install, Pin, Request
from gate.packages.requirement import normalized
from gate.packages.resolve import wanted
from gate.packages.scripts_folder import scripts_folder
from gate.platforms.bases import USUAL_PATH

if TYPE_CHECKING:
    from gate.packages.distribution import Distribution

WORDS = frozenset({"train", "serve"})
"""Programs that no distribution's package brings."""
_USUAL = "the system's folders"
_SYSTEM = frozenset({"deb", "rpm", "apk"})
_WITH_PYTHON = frozenset({"pip", "setuptools", "wheel", "pkg_resources"})
"""Modules that Python's own images bring beside its standard library."""
_NO_MODULES = frozenset({"python3", "python3-minimal", "python3-venv", "python3-dev", "python-is-python3", "py3-pip"})
_ENVIRONMENT_MAKERS = frozenset({"uv", "poetry", "pdm", "pipenv", "pixi"})
_INTERPRETERS = ("python", "python2", "python3", "node", "Rscript", "java", "perl", "bash")


class Brought:
    """The programs that the installations of the needed stages put on PATH. ``tree``: the files of a stage at its end."""

    def __init__(self, build: Build, tree: Callable[[Stage], Node]) -> None:
        self.build = build
        self.tree = tree
        self.origins: dict[str, Place] = {}  # program → the command that installs it
        self._kept: dict[str, list[tuple[str | Unknown | None, bool | Unknown]]] = {}

    @cached_property
    def _stages(self) -> frozenset[int]:
        return needed(self.build, self.build.target) if self.build.target is not None else frozenset()

    @cached_property
    def _installs(self) -> list[Install]:
        return [
            install for install in installs(self.build)
            if install.verb == "install" and install.stage is not None and install.stage.index in self._stages
        ]  # fmt: skip

    def program(self, name: str, folder: str = "") -> bool | Unknown:
        """Whether an installation brings a program into a folder (empty: one of the base image's PATH); Unknown where one
        may. False: none does."""
        if name not in self._kept:
            self._kept[name] = list(self._answers(name))
        doubt: Unknown | None = None
        for place, answer in self._kept[name]:
            if isinstance(place, Unknown):
                doubt = doubt or (place if answer is not False else None)
            elif place is None or place == folder or (place == _USUAL and (not folder or folder in USUAL_PATH)):
                if answer is True:
                    return True
                doubt = doubt or (answer if isinstance(answer, Unknown) else None)
        return doubt or False

    def _answers(self, name: str) -> Iterator[tuple[str | Unknown | None, bool | Unknown]]:
        """For each installation, the folder where it puts programs (None: any that is on PATH) and whether this is one."""
        for install in self._installs:
            answer = self._by(install, name)
            if answer is True:
                self.origins.setdefault(name, install.place)
            if answer is not False:
                yield self._place(install), answer
        for place, distribution in self._by_setup_scripts:
            why = Unknown(f"line {place.line} may bring {name}", "--image")
            answer = self._of_distribution(distribution, name, why)
            if answer is True:
                self.origins.setdefault(name, place)
            yield None, answer
        for run, folder in self._environments if name in ("python", "python3") else ():
            why = Unknown(f"line {run.line} makes a virtual environment, which has a {name} of its own", "--image")
            yield folder, (folder is not None and self.build.ships(run)) or why

    @cached_property
    def _environments(self) -> list[tuple[Run, str | None]]:
        """The RUNs that make a virtual environment, and its folder of programs (None: not known)."""
        found: list[tuple[Run, str | None]] = []
        for stage in self.build.stages:
            for run in stage.instructions if stage.index in self._stages else ():
                if isinstance(run, Run) and "env" in run.text.value + "".join(str(body.body) for body in run.heredocs):
                    commands = self.build.script(run).commands
                    made = (_environment(command) for command in commands)
                    found += [(run, folder) for folder in made if folder != ""]
        return found

    def _place(self, install: Install) -> str | Unknown | None:
        if install.ecosystem in _SYSTEM:
            return _USUAL
        if install.ecosystem == "pypi" and install.stage is not None and self.build.ships(install.stage):
            return scripts_folder(install, self.build)
        return None

    @cached_property
    def _by_setup_scripts(self) -> list[tuple[Place, Distribution]]:
        """``python setup.py install``."""
        if b"setup.py" not in self.build.dockerfile.source.data:
            return []
        from gate.packages.local import setup_distribution

        found = []
        for stage in self.build.stages:
            for run in stage.instructions if stage.index in self._stages else ():
                if isinstance(run, Run):
                    for command in self.build.script(run).commands:
                        distribution = setup_distribution(command, run, self.build, self.tree(stage))
                        if distribution is not None:
                            found.append((command.place, distribution))
        return found

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
            # Those that make a virtual environment put a python into it.
            return why if name.startswith("python") and install.manager in _ENVIRONMENT_MAKERS else False
        asked = wanted(install, self.build)
        requests = [*install.requests, *asked.from_files]
        doubt = bool(asked.unread) or not install.complete or name not in WORDS
        for request in requests:
            answer = _by_name(normalized(request.name), name)
            if answer is True:
                return True
            unsure = normalized(request.name) in facts("programs")["unsure"].get(name, ())
            doubt = doubt or unsure or (answer is None and _may_be_anything(request))
        for distribution in self._local(install, requests):
            mine = self._of_distribution(distribution, name, why)
            if mine is True:
                return True
            doubt = doubt or mine is not False
        if install.locks:
            locked = self._locked(install)
            if isinstance(locked, Unknown):
                doubt = True
            elif any(_by_name(normalized(package), name) for package in locked):
                return True
        return why if doubt else False

    def _local(self, install: Install, requests: list[Request]) -> list[Distribution]:
        local = any(request.pin is Pin.LOCAL or (request.url or "").startswith("file:") for request in requests)
        if not local and not install.locks:
            return []  # the usual case, which needs no reader of archives
        kept = memo(self.build, "distributions")
        if id(install) not in kept:
            from gate.packages.local import local_distributions

            assert install.stage is not None
            kept[id(install)] = local_distributions(install, requests, self.build, self.tree(install.stage))
        found: list[Distribution] = kept[id(install)]
        return found

    def _locked(self, install: Install) -> set[str] | Unknown:
        kept = memo(self.build, "locked")
        if id(install) not in kept:
            from gate.packages.local import locked_names

            assert install.stage is not None
            kept[id(install)] = locked_names(install, self.build, self.tree(install.stage))
        found: set[str] | Unknown = kept[id(install)]
        return found

    def _of_distribution(self, distribution: Distribution, name: str, why: Unknown) -> bool | Unknown:
        if name in distribution.programs or any(_by_name(package, name) for package in distribution.requires):
            return True
        return why if distribution.unknown is not None else False


def _by_name(package: str, name: str) -> bool | None:
    """Whether a package of an index brings a program; None where that is not listed."""
    table = facts("programs")
    programs = table["pypi"].get(package)
    if programs is not None:
        return name in programs and package not in table["unsure"].get(name, ())
    return True if name == package and name not in WORDS else None


def _may_be_anything(request: Request) -> bool:
    """Somebody's own project, whose programs nobody has listed. A local one is read."""
    if request.pin is Pin.LOCAL:
        return False
    return request.pin in (Pin.MOVABLE, Pin.UNRESOLVED) or request.url is not None or not request.name


def _system(install: Install, name: str, why: Unknown) -> bool | Unknown:
    if name in WORDS:
        return False
    table: dict[str, Any] = facts("programs")
    doubt = not install.complete
    for request in install.requests:
        package = request.name
        if name == package and name.startswith("python"):
            return True  # python3.9
        programs, _, known = _listed_as(package)
        if name in programs:
            return True
        doubt = doubt or not package or (not known if name in _INTERPRETERS else package != "" and not known)
    return why if doubt or (name not in _INTERPRETERS and name not in _listed(table)) else False


def _may_bring_modules(install: Install) -> bool:
    """Whether a distribution's packages may bring Python modules beside the standard library."""
    return not install.complete or not all(
        (request.name in _NO_MODULES or not request.name.startswith(("python", "py3-")))
        and any(_listed_as(request.name)[1:])
        for request in install.requests
    )


@lru_cache(maxsize=4096)
def _listed_as(package: str) -> tuple[frozenset[str], bool, bool]:
    """The programs that a distribution's package is known to bring, whether it is listed with these, and whether among
    those without an interpreter."""
    table = facts("programs")
    rows = [programs for pattern, programs in table["system"].items() if is_like(package, pattern)]
    bare = any(is_like(package, pattern) for pattern in table["no-interpreter"])
    return frozenset(program for programs in rows for program in programs), bool(rows), bare


def _listed(table: dict[str, Any]) -> Iterator[str]:
    return (program for programs in table["system"].values() for program in programs)


def _conda(install: Install, name: str, why: Unknown) -> bool | Unknown:
    if name in WORDS:
        brings = any("sagemaker" in request.name for request in install.requests)
        return why if brings or not install.complete or install.files else False
    return why


def _environment(command: Command) -> str | None:
    """The folder of programs of the virtual environment that a command makes; None where it is not known, "" where it
    makes none."""
    words = command.values
    if command.name != "virtualenv":
        module = (command.name or "").startswith("python") and words[:2] == ["-m", "venv"]
        if not module and not (command.name == "uv" and words[:1] == ["venv"]):
            return ""
        words = words[2:] if module else words[1:]
    folders = [word for word in words if word is None or not word.startswith("-")]
    folder = folders[-1] if len(folders) == 1 else None
    return f"{folder.rstrip('/')}/bin" if folder is not None and folder.startswith("/") else None
