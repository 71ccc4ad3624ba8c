"""What package managers leave behind: indexes, caches, and the folders that they were told to fill."""

from __future__ import annotations

from collections.abc import Callable

from gate.dockerfile.command import Command
from gate.lazy import pattern
from gate.packages.options import Table, listed, scan
from gate.rules.layers._commands import INDEX_VERBS, MANAGERS, manager_of, verb
from gate.rules.layers._made import Made
from gate.rules.layers._paths import Place

Getter = Callable[[str], "str | None"]
"""The value of an environment variable of the RUN."""

_INSTALLS = listed(
    """install add update upgrade dist-upgrade full-upgrade create env ci i in build-dep groupinstall localinstall group get
    build sync up module"""
)
_CACHES: dict[str, tuple[str, str]] = {
    "apt": ("/var/cache/apt/archives", "the downloaded packages"),
    "apk": ("/var/cache/apk", "the package index"),
    "dnf": ("/var/cache/dnf", "the package cache"),
    "zypper": ("/var/cache/zypp", "the package cache"),
    "conda": ("/opt/conda/pkgs", "conda's package cache"),
    "pip": ("~/.cache/pip", "pip's cache"),
    "npm": ("~/.npm", "npm's cache"),
    "yarn": ("/usr/local/share/.cache/yarn", "yarn's cache"),
}
_INDEXES = _CACHES | {"apt": ("/var/lib/apt/lists", "the package index")}

_TOOLS = {
    "uv": ("~/.cache/uv", "uv's cache", listed("pip sync add tool")),
    "poetry": ("~/.cache/pypoetry", "poetry's cache", listed("install add")),
    "pipenv": ("~/.cache/pipenv", "pipenv's cache", listed("install sync")),
    "go": ("~/.cache/go-build", "go's build cache", listed("build install get run test")),
    "cargo": ("~/.cargo/registry", "cargo's registry", listed("build install fetch")),
    "mvn": ("~/.m2/repository", "maven's repository", listed("package install compile verify dependency:go-offline")),
    "gradle": ("~/.gradle/caches", "gradle's cache", listed("build assemble bootJar jar")),
}

_PREFIX = {
    "pip": (
        Table(listed("-t --target --prefix -r --requirement -c --constraint -i --index-url")),
        ("-t", "--target", "--prefix"),
        pattern(r"-[^-]*t|--target|--prefix"),
    ),
    "conda": (
        Table(listed("-p --prefix -n --name -c --channel -f --file")),
        ("-p", "--prefix"),
        pattern(r"-[^-]*p|--prefix"),
    ),
}
"""Where a package manager is told to put things: its options with a value, those that name a folder, and the words that
these may be in."""


def caches_of(command: Command, place: Place, get: Getter) -> list[Made]:
    """What a package manager's command leaves behind."""
    manager = manager_of(command)
    if not manager:
        tool = _TOOLS.get(command.name or "")
        if tool is None or verb(command) not in tool[2] or "--no-cache" in command.values:
            return []
        return [_cache(tool[0], tool[1], place)]
    said = verb(command)
    if said in INDEX_VERBS.get(manager, ()):
        return [_cache(*_INDEXES[manager], place)]
    if said not in _INSTALLS or manager not in _CACHES:
        return []
    options = [value for value in command.values if value and value[0] == "-"]
    made = _folders(command, manager, options, place) if manager in _PREFIX else []
    if not _without_cache(manager, options, get):
        path, what = _CACHES[manager]
        path = "/var/cache/yum" if command.name == "yum" else path
        made.insert(0, _cache((get("PIP_CACHE_DIR") if manager == "pip" else None) or path, what, place))
    return made


def _cache(path: str, what: str, place: Place) -> Made:
    return Made(place.absolute(path) + "/*", "cache", what)


def _without_cache(manager: str, options: list[str], get: Getter) -> bool:
    if manager == "pip":
        off = get("PIP_NO_CACHE_DIR")
        return off not in (None, "", "0", "false", "off") or any(option.startswith("--no-ca") for option in options)
    return manager == "apk" and "--no-cache" in options


def _folders(command: Command, manager: str, options: list[str], place: Place) -> list[Made]:
    table, names, like = _PREFIX[manager]
    if not any(map(like.match, options)):
        return []  # the usual case: no word that could be one of these options
    found = scan(command.arguments, table).last(*names)
    return [Made(place.absolute(found.value), "tree", "the environment")] if found is not None and found.value else []


PROGRAMS = frozenset(MANAGERS) | frozenset(_TOOLS)
"""The programs that this module knows."""
