"""What will be installed in which version, as far as a Dockerfile and its context fix it.

Only what is installed in a stage that is built counts: not what is downloaded, echoed, taken off again, or stands in a branch
that is not reached. A pin that a later command of the same chain of stages replaces is superseded; a command that may not
run replaces nothing. A version that is not fixed is :attr:`Bill.unchecked`: it gets no component, because nothing can be
said about it.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gate.context.paths import BadPattern, matches
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Onbuild, Run, Stage
from gate.lazy import pattern
from gate.memo import memo
from gate.model import Place, Unknown
from gate.packages.installs import install_of
from gate.packages.model import Install, Pin, Request
from gate.packages.requirement import normalized, requirement
from gate.packages.resolve import Wanted, wanted
from gate.packages.where import directory, earlier_instructions, resolve, variable
from gate.record import dataclass, field
from gate.sbom.flow import fate
from gate.sbom.markers import environment, holds
from gate.sbom.model import Bill, Component, Unchecked
from gate.sbom.purls import file_version, go_module, named
from gate.sbom.removals import Removal, held, removal, virtual

if TYPE_CHECKING:
    from gate.build import Build

__all__ = ["Bill", "Component", "bill"]

_CHOOSERS = ("-t", "--target", "--prefix", "--root", "-n", "--name", "-p", "--python", "--project", "--directory", "-C")
"""Options that choose another environment to install into."""
_OWN_ENVIRONMENTS = frozenset({"pipx"})
"""Programs that give every package an environment of its own."""
_RAISES = frozenset({"deb", "rpm", "npm", "cargo", "golang"})
"""Where a request without a version takes the newest, whatever is installed."""

_ARCHIVES = (".tar.gz", ".tgz", ".zip", ".tar.bz2", ".whl")
_LOCK_NAME = pattern(r"(?:^|/)(?:pylock(?:\.[^/]+)?\.toml|[^/]*conda-lock[^/]*\.ya?ml)$")
"""Lock files that are handed over like requirements files."""
_PATH = pattern(r"(?:^|\s)PATH(?:=|\s+)[\"']?([^:\"'\s]+)")

_Key = tuple[str, str, str]  # ecosystem, environment, name


@dataclass(slots=True)
class _State:
    """What a stage has installed so far. ``held``: kept from upgrades; ``virtual``: apk's names for groups."""

    entries: dict[_Key, list[Component | Unchecked]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    virtual: dict[str, list[str]] = field(default_factory=dict)

    def copy(self) -> _State:
        entries = {key: list(rows) for key, rows in self.entries.items()}
        return _State(entries, set(self.held), dict(self.virtual))


_Wheels = dict[str, dict[str, "Component | Unchecked"]]
"""Name of a folder → what ``pip wheel`` put there, by package: stages hand such folders on."""


def bill(build: Build) -> Bill:
    """What the stages of a build install: each component once, in the order of the file."""
    states: dict[int, _State] = {}
    wheels: _Wheels = {}
    needed = build.needed or frozenset(stage.index for stage in build.stages)
    ends = _ends(build, needed)
    heirs = Counter(stage.parent.index for stage in _wanted(build, needed) if stage.parent is not None)
    for stage in _wanted(build, needed):
        state = states[stage.parent.index] if stage.parent is not None else _State()
        if stage.parent is not None and (stage.parent.index in ends or heirs[stage.parent.index] > 1):
            state = state.copy()
        states[stage.index] = _installed(stage, state, wheels, build)
    result = Bill()
    seen: set[int] = set()
    for index in sorted(ends & states.keys()):
        for entry in (entry for rows in states[index].entries.values() for entry in rows):
            if id(entry) not in seen:
                seen.add(id(entry))
                (result.components if isinstance(entry, Component) else result.unchecked).append(entry)  # type: ignore[arg-type]
    result.components.sort(key=lambda component: (component.place, component.purl))
    result.unchecked = sorted(dict.fromkeys(result.unchecked), key=lambda row: (row[1], row[0], row[2]))
    return result


def _wanted(build: Build, needed: frozenset[int]) -> list[Stage]:
    """The stages that are built, and those that they are built on, in the order of the file."""
    found: dict[int, Stage] = {}
    for stage in build.stages:
        each: Stage | None = stage if stage.index in needed else None
        while each is not None and each.index not in found:
            found[each.index] = each
            each = each.parent
    return [found[index] for index in sorted(found)]


def _ends(build: Build, needed: frozenset[int]) -> set[int]:
    """The stages whose end counts: what is built, but for those that live on in a child alone."""
    parents = {stage.parent.index for stage in build.stages if stage.parent is not None and stage.index in needed}
    copied = {used.index for used, user, at in build.uses() if user.index in needed and at is not user.from_}
    target = {build.target.index} if build.target is not None else set()
    return set(needed) - (parents - copied - target)


def _installed(stage: Stage, state: _State, wheels: _Wheels, build: Build) -> _State:
    """Carry the commands of a stage out on what its parent has installed."""
    triggers = [each.child for each in stage.parent.instructions if isinstance(each, Onbuild)] if stage.parent else []
    for instruction in (*triggers, *stage.instructions):
        if isinstance(instruction, Run):
            for command in build.script(instruction).commands:
                runs = fate(command)
                if runs is not False:
                    _Step(command, runs is True, instruction, stage, state, wheels, build).carry_out()
    return state


class _Step:
    """One command, carried out on a state. ``certain``: nothing keeps it from running."""

    def __init__(
        self,
        command: Command,
        certain: bool,
        run: Run,
        stage: Stage,
        state: _State,
        wheels: _Wheels,
        build: Build,
    ) -> None:
        self.command = command
        self.certain = certain
        self.run = run
        self.stage = stage
        self.state = state
        self.wheels = wheels
        self.build = build

    def carry_out(self) -> None:
        install = install_of(self.command, self.build) or self._built()
        if install is not None:
            self._install(install)
        else:
            self.state.held.update(held(self.command))
        taken = removal(self.command)
        if taken is not None and self.certain and (install is None or taken.gone):
            self._take(taken)

    def _built(self) -> Install | None:
        """The project itself, where a command builds it from its lock file."""
        if self.command.name not in ("bundle", "go", "cargo"):
            return None
        from gate.sbom.projects import project_build

        install = project_build(self.command)
        if install is not None:
            install.run = self.run
        return install

    def _take(self, taken: Removal) -> None:
        groups = [name for wanted in taken.names for name in self.state.virtual.get(wanted, ())]
        for key in [key for key in self.state.entries if key[0] == taken.ecosystem]:
            if not (taken.meets(key[2]) or key[2] in groups):
                continue
            if taken.gone:
                del self.state.entries[key]
            elif key[2] not in self.state.held:
                self.state.entries[key] = [
                    _unchecked(entry, "a later upgrade may raise it") for entry in self.state.entries[key]
                ]

    def _install(self, install: Install) -> None:
        where = _environment(install, self.build)
        asked = wanted(install, self.build)
        for request in (*install.requests, *asked.from_files):
            self._request(request, asked, install, where)
        if install.verb != "install":
            return
        for ref, why in asked.unread:
            if ref.path and install.manager == "uv" and posixpath.basename(ref.path) == "pyproject.toml":
                request = Request("", "pypi", Pin.LOCAL, ref.at, url=posixpath.dirname(ref.path) or ".")
                self._project(request, install, where)
                continue
            self._note((ref.path or "requirements", ref.place, why.reason), install)
        if not install.complete:
            self._note((f"{install.manager} …", install.place, "what is installed here is not known"), install)
        if install.locks:
            self._lock(install, install.locks, where)
        elif install.ecosystem == "pypi":
            self._groups(install, where)
        for path in (ref.path for ref in install.files if ref.path and _LOCK_NAME.search(ref.path)):
            self._lock(install, (path,), where)

    def _lock(self, install: Install, names: tuple[str, ...], where: str) -> None:
        from gate.sbom.lock import locked

        found = locked(install, names, self.stage, self.build)
        if isinstance(found, Unknown):
            self._note((names[0] or install.manager, install.place, found.reason), install)
            return
        groups: dict[_Key, list[Component | Unchecked]] = {}  # a lock file may hold several versions of a package
        for place, package in found:
            key = (package.ecosystem, where, _spelled(package.name, package.ecosystem))
            reason = package.doubt or ("" if package.version else "it has no exact version")
            entry = self._component(package.name, package.version, package.ecosystem, place, reason)
            groups.setdefault(key, []).append(entry)
        for key, entries in groups.items():
            self._put(key, entries, True)

    def _request(self, request: Request, asked: Wanted, install: Install, where: str) -> None:
        name, version = request.name, request.version
        if not name and request.url:
            name, found = file_version(request.url)
            version = version or found
        if install.manager in _OWN_ENVIRONMENTS:
            where = name
        key = (request.ecosystem, where, _spelled(name, request.ecosystem))
        if install.verb == "uninstall" and self.certain:
            self._forget(key)
        if install.verb != "install" and not self._wheel_folder(install):
            return
        applies = holds(request.marker, environment(install, self.stage, self.build)) if request.marker else True
        if applies is False:
            return
        if request.pin is Pin.LOCAL and not (name and version):
            self._local(request, install, where)
            return
        if not name and request.pin is Pin.UNRESOLVED and not install.complete:
            return  # the command as a whole is noted
        pinned = self._pinned(request, asked)
        place, reason = pinned.place, ""
        if applies is None:
            reason = f"whether it is installed depends on {request.marker}"
        elif pinned is not request:
            version = pinned.version
        if not reason and (pinned.pin not in (Pin.EXACT, Pin.HASH, Pin.LOCAL) or not version):
            if self._stays(key, request, install):
                return
            reason = _why(pinned)
        shown = name or request.url or request.specifier or "…"
        if request.ecosystem == "golang" and not reason:
            shown, reason = _module(shown)
        entry = self._component(shown, version or "", request.ecosystem, place, reason)
        folder = self._wheel_folder(install)
        if folder:
            self.wheels.setdefault(folder, {})[key[2]] = entry
            return
        made = self._from_wheels(install).get(key[2]) if isinstance(entry, tuple) else None
        self._put(key, [made or entry], applies is True)
        group = virtual(self.command) if request.ecosystem == "apk" else ""
        if group:
            self.state.virtual.setdefault(group, []).append(key[2])

    def _pinned(self, request: Request, asked: Wanted) -> Request:
        """What fixes a request's version: itself, or a constraint."""
        if request.pin in (Pin.EXACT, Pin.HASH, Pin.LOCAL) or request.ecosystem != "pypi":
            return request
        found = asked.constraints.get(normalized(request.name)) if request.name else None
        return found if found is not None and found.pin in (Pin.EXACT, Pin.HASH) else request

    def _wheel_folder(self, install: Install) -> str:
        """The name of the folder that ``pip wheel`` and ``pip download`` fill; "" for an installation."""
        if install.verb != "download" or install.ecosystem != "pypi":
            return ""
        chosen = install.arguments.last("-w", "--wheel-dir", "-d", "--dest")
        return _last_part(chosen.value or "") if chosen is not None else "."

    def _from_wheels(self, install: Install) -> dict[str, Component | Unchecked]:
        """The wheels that an installation may take from folders."""
        folders = [_last_part(option.value or "") for option in install.arguments.all("-f", "--find-links")]
        return {name: entry for folder in folders for name, entry in self.wheels.get(folder, {}).items()}

    def _local(self, request: Request, install: Install, where: str) -> None:
        """What a folder or a file of the image brings: wheels that were built before, the pins of a project."""
        path = request.url or ""
        made = self.wheels.get(_last_part(path.rpartition("/")[0] or ".")) if "*" in path else None
        for name, entry in (made or {}).items():
            self._put((request.ecosystem, where, name), [entry], True)
        copied = self._copied(path) if made is None and request.ecosystem == "pypi" and "*" in path else []
        for wheel in copied:
            self._request(requirement(wheel, request.at), Wanted(), install, where)
        if copied:
            return
        if made is None and (request.ecosystem != "pypi" or "*" in path or path.endswith(_ARCHIVES)):
            self._note((path, request.place, "it is a file, whose version is not known"), install)
        elif made is None:
            self._project(request, install, where)

    def _copied(self, path: str) -> list[str]:
        """The wheels of the context that a path with wildcards meets, as they lie when the stage is finished."""
        folder = directory(self.command, self.run, self.build)
        if not isinstance(folder, str) and not path.startswith("/"):
            return []
        wanted = resolve(path, folder if isinstance(folder, str) else "/")
        try:
            return [
                file.path
                for file in self.build.image(self.stage).files
                if file.path.endswith(".whl") and matches(wanted, file.path)
            ]
        except BadPattern:
            return []

    def _project(self, request: Request, install: Install, where: str) -> None:
        """What a project of the context asks for itself."""
        from gate.sbom.projects import dependencies

        self._asked(dependencies(request, install, self.run, self.build), request.place, install, where)

    def _groups(self, install: Install, where: str) -> None:
        """What ``--group`` takes from a project's own file."""
        from gate.sbom.projects import groups

        for option in install.arguments.all("--group"):
            self._asked(groups([option.value or ""], install, self.run, self.build), install.place, install, where)

    def _asked(self, found: Iterable[Request | Unknown], place: Place, install: Install, where: str) -> None:
        for asked in found:
            if isinstance(asked, Unknown):
                self._note((f"{install.manager} …", place, asked.reason), install)
            elif asked.pin is not Pin.LOCAL:
                self._request(asked, Wanted(), install, where)

    def _component(self, name: str, version: str, ecosystem: str, place: Place, reason: str) -> Component | Unchecked:
        about = reason or named(name, version, ecosystem, self.stage)
        if isinstance(about, str):
            return name, place, about
        return Component(about.name, about.version, about.type, about.purl, place, self.stage, self.run, about.assumed)

    def _put(self, key: _Key, entries: list[Component | Unchecked], certain: bool) -> None:
        """Install something: in place of what was there, or beside it when it may not run. What is there in that very
        version stays as it is."""
        before = self.state.entries.get(key, ())
        if entries and all(any(_same(entry, there) for there in before) for entry in entries):
            return
        if certain and self.certain:
            self._forget(key)
        self.state.entries.setdefault(key, []).extend(entries)

    def _forget(self, key: _Key) -> None:
        """Take a package away, also where the other of pip and conda brought it."""
        ecosystem, where, name = key
        others = ("pypi", "conda") if ecosystem in ("pypi", "conda") else (ecosystem,)
        for other in others:
            self.state.entries.pop((other, where, name), None)

    def _note(self, row: Unchecked, install: Install) -> None:
        self.state.entries.setdefault((install.ecosystem, str(row[1]), row[0]), []).append(row)

    def _stays(self, key: _Key, request: Request, install: Install) -> bool:
        """Whether a request without a fixed version leaves what is installed: pip does when it satisfies it."""
        before = [entry for entry in self.state.entries.get(key, ()) if isinstance(entry, Component)]
        if not before or install.arguments.has(
            "-U", "--upgrade", "--force-reinstall", "-I", "--ignore-installed", "-u"
        ):
            return False
        if request.pin is Pin.NONE:
            return request.ecosystem not in _RAISES or install.arguments.has("--no-upgrade")
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        try:
            return all(SpecifierSet(request.specifier).contains(entry.version, prereleases=True) for entry in before)
        except (InvalidSpecifier, ValueError):
            return False


def _same(one: Component | Unchecked, other: Component | Unchecked) -> bool:
    return isinstance(one, Component) and isinstance(other, Component) and one.purl == other.purl


def _module(package: str) -> tuple[str, str]:
    """The module of a Go package, and why there is none that can be told."""
    found = go_module(package)
    return (found, "") if found else (package, "which module it belongs to is not known")


def _last_part(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _unchecked(entry: Component | Unchecked, why: str) -> Unchecked:
    return (entry.name, entry.place, why) if isinstance(entry, Component) else entry


def _environment(install: Install, build: Build) -> str:
    """What tells the environments of one image apart: the folder and version of the program, the options and variables that
    choose another, and what is activated in front of it."""
    program = install.command.words[0].value or "" if install.command.words else ""
    folder, _, name = program.rpartition("/")
    chosen = [option.value or "" for option in install.arguments.options if option.name in _CHOOSERS]
    if install.ecosystem not in ("pypi", "conda"):
        return "\0".join([*chosen, "-g" if install.arguments.has("-g", "--global") else ""])
    tool = install.manager in ("uv",) and any(word.value == "tool" for word in install.command.arguments[:2])
    run = install.run
    settings = []
    for wanted_name in (
        "PATH",
        "VIRTUAL_ENV",
        "UV_PROJECT_ENVIRONMENT",
        "UV_SYSTEM_PYTHON",
        "PIP_TARGET",
        "PIP_PREFIX",
    ):
        value = variable(wanted_name, install.command, run, build) if run is not None else None
        settings.append(value if isinstance(value, str) else "")
    settings.append(_first_on_path(run, build) if run is not None else "")
    versioned = name.lstrip("abcdefghijklmnopqrstuvwxyz")
    version = versioned if "." in versioned else ""
    return "\0".join([folder, version, "tool" if tool else "", _activated(install, build), *settings, *chosen])


def _first_on_path(run: Run, build: Build) -> str:
    """The folder that ENV puts in front of the others: there is the pip that runs."""
    kept = memo(build, "first on PATH")
    if run.index not in kept:
        kept[run.index] = _searched_path(run, build)
    return str(kept[run.index])


def _searched_path(run: Run, build: Build) -> str:
    for instruction in earlier_instructions(run):
        found = _PATH.search(instruction.text.value) if instruction.keyword == "ENV" else None
        if found:
            value = build.expand(found[1], instruction)
            return value if isinstance(value, str) else found[1]
    return ""


def _activated(install: Install, build: Build) -> str:
    """The environment that ``. venv/bin/activate`` or ``conda activate`` chose earlier in the same RUN."""
    if install.run is None:
        return ""
    kept = memo(build, "activated")
    if install.run.index not in kept:
        kept[install.run.index] = _activations(install.run, build)
    steps: list[tuple[int, str]] = kept[install.run.index]
    at = bisect_left(steps, (install.command.whole.offset(install.command.start), ""))
    return steps[at - 1][1] if at else ""


def _activations(run: Run, build: Build) -> list[tuple[int, str]]:
    """Where in a RUN which environment is chosen."""
    steps = []
    for command in build.script(run).commands:
        values = [word.value or "" for word in command.arguments[:2]]
        if command.name in (".", "source") and values and values[0].endswith("/activate"):
            chosen = values[0]
        elif command.name in ("conda", "mamba", "micromamba") and values[:1] == ["activate"]:
            chosen = " ".join(values[1:])
        elif command.name == "deactivate":
            chosen = ""
        else:
            continue
        steps.append((command.whole.offset(command.start), chosen))
    return sorted(steps)


def _spelled(name: str, ecosystem: str) -> str:
    return normalized(name) if ecosystem in ("pypi", "conda") else name


def _why(request: Request) -> str:
    """Why the version of a request is not fixed."""
    if request.pin is Pin.UNRESOLVED:
        return "its version is not known"
    if request.pin is Pin.MOVABLE:
        return "it comes from an address, not from the package index"
    if request.pin is Pin.HASH:
        return "it is fixed to a commit, and advisories are about versions"
    return "it has no exact version"
