"""What commands take away from earlier layers, and what they change there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gate.dockerfile.command import Command, ShellWord
from gate.packages.options import listed
from gate.record import dataclass
from gate.rules.layers._commands import manager_of, verb
from gate.rules.layers._paths import Place, written


@dataclass(frozen=True, slots=True)
class Removal:
    """Something that is deleted. ``word`` is the word that names it; None when the command itself does (``apt-get clean``)."""

    path: str
    word: ShellWord | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is rewritten where it is. ``whole``: with everything below it."""

    path: str
    word: ShellWord
    whole: bool


_CLEANERS: dict[tuple[str, str], tuple[str, ...]] = {
    ("apt", "clean"): ("/var/cache/apt/archives/*",),
    ("apt", "autoclean"): ("/var/cache/apt/archives/*",),
    ("apt", "distclean"): ("/var/cache/apt/archives/*", "/var/lib/apt/lists/*"),
    ("dnf", "clean"): ("/var/cache/dnf/*", "/var/cache/yum/*"),
    ("zypper", "clean"): ("/var/cache/zypp/*",),
    ("zypper", "cc"): ("/var/cache/zypp/*",),
    ("apk", "cache"): ("/var/cache/apk/*",),
    ("pip", "cache"): ("~/.cache/pip/*",),
    ("conda", "clean"): ("/opt/conda/pkgs/*",),
    ("npm", "cache"): ("~/.npm/*",),
    ("yarn", "cache"): ("/usr/local/share/.cache/yarn/*",),
}
_KEEPING = listed("metadata expire-cache dbcache")
_REMOVERS = listed("rm rmdir unlink shred")
_REMOVE_PACKAGES = listed("purge remove autoremove erase del uninstall rm autopurge")
_OTHER_CLEANERS: dict[tuple[str, str], str] = {
    ("uv", "cache"): "~/.cache/uv/*",
    ("go", "clean"): "~/.cache/go-build/*",
    ("poetry", "cache"): "~/.cache/pypoetry/*",
}
_TAKING_VERBS = _REMOVE_PACKAGES.union(*({verb} for _, verb in (*_CLEANERS, *_OTHER_CLEANERS)))


def takes(command: Command) -> bool:
    """Whether a command may take something away from earlier layers, packages too, or change something there: the cheap
    question in front of the others."""
    name = command.name or ""
    if name in _REMOVERS or name in CHANGERS:
        return True
    return (name in _TOOLS or manager_of(command) != "") and verb(command) in _TAKING_VERBS


def removes_packages(command: Command) -> bool:
    return manager_of(command) != "" and verb(command) in _REMOVE_PACKAGES


def removals_of(command: Command, place: Place) -> Iterator[Removal]:
    """The paths that a command deletes."""
    name = command.name or ""
    if name in _REMOVERS:
        options = True
        for word in command.arguments:
            text = written(word)
            if options and text == "--":
                options = False
            elif text and not (options and text.startswith("-")):
                yield Removal(place.absolute(text), word)
        return
    manager = manager_of(command)
    if manager and _KEEPING.isdisjoint(command.values):
        for path in _CLEANERS.get((manager, verb(command)), ()):
            yield Removal(place.absolute(path))
    elif (name, verb(command)) in _OTHER_CLEANERS:
        yield Removal(place.absolute(_OTHER_CLEANERS[name, verb(command)]))


def changes_of(command: Command, place: Place) -> Iterator[Change]:
    """The paths that a command rewrites: owner, mode, name, content."""
    changer = CHANGERS.get(command.name or "")
    if changer is None:
        return
    operands = [word for word in command.arguments if not written(word).startswith(("-", "+x", "+r"))]
    for word, whole in changer(command, operands):
        yield Change(place.absolute(written(word)), word, whole)


Changed = Iterator[tuple[ShellWord, bool]]


def _permissions(command: Command, operands: list[ShellWord]) -> Changed:
    options = [value for value in command.values if value and value[0] in "-+"]
    whole = any(value == "--recursive" or (value[0] == "-" and value[1:2] != "-" and "R" in value) for value in options)
    modes = ("--reference", "+x", "+r", "-x", "-w") if command.name == "chmod" else ("--reference",)
    by_reference = any(value.startswith(modes) for value in options)
    for word in operands if by_reference else operands[1:]:
        yield word, whole


def _moved(command: Command, operands: list[ShellWord]) -> Changed:
    for word in operands[:-1]:
        yield word, True


def _compressed(command: Command, operands: list[ShellWord]) -> Changed:
    if not any(value in ("-c", "--stdout", "-k", "--keep", "-t", "-l") for value in command.values):
        for word in operands:
            yield word, False


def _searched(command: Command, operands: list[ShellWord]) -> Changed:
    """``find DIR … -exec chmod … {} +``."""
    values = command.values
    if any(value in ("-exec", "-execdir") for value in values) and any(
        value in listed("chmod chown chgrp strip") for value in values
    ):
        for word in command.arguments:
            if written(word).startswith("-"):
                return
            yield word, True


CHANGERS: dict[str, Callable[[Command, list[ShellWord]], Changed]] = {
    "chown": _permissions, "chmod": _permissions, "chgrp": _permissions, "mv": _moved, "strip": _compressed, "gzip": _compressed,
    "bzip2": _compressed, "xz": _compressed, "zstd": _compressed, "pigz": _compressed, "find": _searched,
}  # fmt: skip
_TOOLS = frozenset(name for name, _ in _OTHER_CLEANERS)
TAKERS = _REMOVERS | CHANGERS.keys() | _TOOLS
"""The programs, other than package managers, that may take something away."""
