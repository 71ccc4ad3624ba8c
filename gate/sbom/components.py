"""What will be installed in which version, as far as a Dockerfile and its context fix it.

Only what is installed counts: not what is downloaded, echoed, or taken off again. A pin that a later command of the same
chain of stages replaces is superseded. A version that is not fixed is :attr:`Bill.unchecked`: it gets no component, because
nothing can be said about it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from gate.dockerfile.tree import Run, Stage
from gate.facts import facts
from gate.image.base import Release, identify
from gate.model import Place
from gate.packages.installs import installs
from gate.packages.model import Install, Pin, Request
from gate.packages.resolve import wanted
from gate.record import dataclass, field

if TYPE_CHECKING:
    from gate.build import Build

_PURL_TYPES = {"debian": ("deb", "debian"), "ubuntu": ("deb", "ubuntu"), "alpine": ("apk", "alpine")}
_RPM = {
    "rhel": "redhat",
    "centos": "centos",
    "fedora": "fedora",
    "rockylinux": "rocky",
    "almalinux": "alma",
    "amazonlinux": "amzn",
}
_ENVIRONMENTS = ("-t", "--target", "--prefix", "--root", "-n", "--name", "-p", "--python")


@dataclass(frozen=True, slots=True)
class Component:
    """One package in one version. ``place`` is its pin; ``run`` the RUN that installs it; ``assumed`` says that the package
    is looked up under another ecosystem's name (a conda pin as the PyPI package of that name)."""

    name: str
    version: str
    type: str
    purl: str
    place: Place
    stage: Stage
    run: Run
    assumed: bool = False


@dataclass(slots=True)
class Bill:
    """The components, and what could not be checked: each name with its place and the reason."""

    components: list[Component] = field(default_factory=list)
    unchecked: list[tuple[str, Place, str]] = field(default_factory=list)


_State = dict[tuple[str, str, str], "tuple[Component | None, tuple[str, Place, str] | None]"]


def bill(build: Build) -> Bill:
    """What the stages of a build install: each component once, in the order of the file."""
    by_stage: dict[int, list[Install]] = {}
    for install in installs(build):
        if install.stage is not None:
            by_stage.setdefault(install.stage.index, []).append(install)
    states: dict[int, _State] = {}
    parents = {stage.parent.index for stage in build.stages if stage.parent is not None}
    result = Bill()
    seen: set[int] = set()
    for stage in build.stages:
        state: _State = dict(states[stage.parent.index]) if stage.parent is not None else {}
        for install in by_stage.get(stage.index, ()):
            _apply(install, stage, state, build)
        states[stage.index] = state
        if stage.index in parents:
            continue  # what is left at the end of its children counts
        for component, unchecked in state.values():
            if component is not None and id(component) not in seen:
                seen.add(id(component))
                result.components.append(component)
            elif unchecked is not None and id(unchecked) not in seen:
                seen.add(id(unchecked))
                result.unchecked.append(unchecked)
    result.components.sort(key=lambda component: (component.place, component.purl))
    result.unchecked.sort(key=lambda row: row[1])
    return result


def _apply(install: Install, stage: Stage, state: _State, build: Build) -> None:
    """Carry one command out on what is installed so far."""
    assert install.run is not None
    environment = _environment(install)
    asked = wanted(install, build)
    for request in (*install.requests, *asked.from_files):
        key = (request.ecosystem, environment, _normalized(request.name))
        if not request.name or not _applies(request):
            continue
        if install.verb == "uninstall":
            state.pop(key, None)
            continue
        if install.verb != "install" or request.pin is Pin.LOCAL:
            continue
        pinned = request
        if request.pin is not Pin.EXACT and request.pin is not Pin.HASH:
            pinned = asked.constraints.get(_normalized(request.name), request)
        component = _component(request, pinned, install, stage)
        if component is not None:
            state[key] = (component, None)
        elif not _stays(state.get(key), request, install):
            state[key] = (None, (request.name, request.place, _why_unchecked(pinned, stage)))


def _environment(install: Install) -> str:
    """What tells the environments of one image apart: the folder of the program, and the options that choose another."""
    program = install.command.words[0].value or ""
    folder = program.rpartition("/")[0]
    chosen = [option.value or "" for option in install.arguments.options if option.name in _ENVIRONMENTS]
    return "\0".join([folder, *chosen])


def _component(request: Request, pinned: Request, install: Install, stage: Stage) -> Component | None:
    """The component of a pinned request; None where the version is not fixed or the ecosystem cannot be looked up."""
    version = pinned.version
    if pinned.pin not in (Pin.EXACT, Pin.HASH) or not version or install.run is None:
        return None
    if request.ecosystem == "pypi" or request.ecosystem == "conda":
        if request.ecosystem == "conda" and not _looks_like_pypi(request.name):
            return None
        name = request.name if request.ecosystem == "pypi" else _CONDA_NAMES.get(request.name.lower(), request.name)
        purl = f"pkg:pypi/{quote(_normalized(name))}@{quote(version, safe='+!')}"
        return Component(name, version, "python", purl, pinned.place, stage, install.run, request.ecosystem == "conda")
    if request.ecosystem in {"npm", "gem", "golang", "cargo"}:
        name = (
            quote(request.name, safe="/")
            if request.ecosystem != "npm"
            else quote(request.name, safe="/").replace("%40", "%40")
        )
        return Component(
            request.name,
            version,
            request.ecosystem,
            f"pkg:{request.ecosystem}/{name}@{quote(version)}",
            pinned.place,
            stage,
            install.run,
        )
    return _system_component(request, version, install, stage)


_CONDA_NAMES = {
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "tensorflow-gpu": "tensorflow",
    "py-xgboost": "xgboost",
}
"""Conda packages that PyPI knows by another name."""
_NOT_PYPI = frozenset(
    [
        "python",
        "pip",
        "conda",
        "mamba",
        "cudatoolkit",
        "cudnn",
        "mkl",
        "openssl",
        "nodejs",
        "r-base",
        "gcc",
        "gxx",
        "cmake",
        "git",
        "curl",
        "make",
        "libgcc-ng",
    ]
)


def _looks_like_pypi(name: str) -> bool:
    lower = name.lower()
    return lower not in _NOT_PYPI and not lower.startswith(("r-", "lib", "cuda", "_", "ld_", "gcc_", "gxx_", "perl-"))


def _system_component(request: Request, version: str, install: Install, stage: Stage) -> Component | None:
    """A distribution's package, only where the release is known: without it, another release's advisories would match."""
    release = distribution(stage)
    if release is None or install.run is None or "*" in version:
        return None
    product = release.product
    if product in _PURL_TYPES:
        kind, namespace = _PURL_TYPES[product]
        source = _debian_sources().get(request.name) if kind == "deb" else None
        upstream = f"&upstream={quote(source)}" if source else ""
    elif product in _RPM:
        kind, namespace, upstream = "rpm", _RPM[product], ""
    else:
        return None
    name = request.name.partition(":")[0]
    purl = f"pkg:{kind}/{namespace}/{quote(name)}@{quote(version)}?distro={product}-{release.version}{upstream}"
    return Component(name, version, kind, purl, request.place, stage, install.run)


@lru_cache(maxsize=1)
def _debian_sources() -> dict[str, str]:
    """Binary package → its source, where the names differ."""
    table = facts("packages")["debian_sources"]
    return {binary: source for source, binaries in table.items() for binary in binaries}


def distribution(stage: Stage) -> Release | None:
    """The distribution of a stage's base image, as its reference tells."""
    base = stage.root.base
    return identify(base).distribution if base is not None else None


def _stays(before: tuple[Component | None, object] | None, request: Request, install: Install) -> bool:
    """Whether a request without a fixed version leaves what is already installed: pip does when it satisfies it."""
    if before is None or before[0] is None or install.arguments.has("-U", "--upgrade", "--force-reinstall", "-I"):
        return False
    if request.pin is Pin.NONE:
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(request.specifier).contains(before[0].version, prereleases=True)
    except (InvalidSpecifier, ValueError):
        return False


def _applies(request: Request) -> bool:
    """Whether a requirement's marker holds on Linux; one about the Python version is taken to hold."""
    if not request.marker:
        return True
    from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName

    linux = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    if "python" in request.marker or "extra" in request.marker:
        return True
    try:
        return Marker(request.marker).evaluate(linux)
    except (InvalidMarker, UndefinedEnvironmentName, ValueError):
        return True


def _why_unchecked(request: Request, stage: Stage) -> str:
    if request.pin in (Pin.EXACT, Pin.HASH) and request.ecosystem in {"deb", "apk", "rpm"}:
        return (
            "the release of the distribution is not known"
            if distribution(stage) is None
            else "its version is a pattern"
        )
    if request.pin is Pin.UNRESOLVED:
        return "its version is not known"
    return "it has no exact version"


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
