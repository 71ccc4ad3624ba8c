"""What takes packages away again, or raises them: ``apt-get purge``, ``apk del``, ``apt-get upgrade``."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from gate.dockerfile.command import Command
from gate.packages.installs import program
from gate.record import dataclass

_SYSTEM = {
    "apt-get": "deb",
    "apt": "deb",
    "aptitude": "deb",
    "dpkg": "deb",
    "apk": "apk",
    "dnf": "rpm",
    "yum": "rpm",
    "microdnf": "rpm",
    "tdnf": "rpm",
    "zypper": "rpm",
    "rpm": "rpm",
    "npm": "npm",
    "yarn": "npm",
    "pnpm": "npm",
    "gem": "gem",
    "cargo": "cargo",
    "uv": "pypi",
    "pipx": "pypi",
    "poetry": "pypi",
    "pdm": "pypi",
    "pipenv": "pypi",
}
_REMOVE = frozenset(["remove", "purge", "del", "erase", "uninstall", "autoremove", "rm", "unlink", "un"])
_RAISE = frozenset(
    ["upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade", "update", "distro-sync", "up", "dup", "patch"]
)
_ONLY_INDEX = frozenset({"deb", "apk"})
"""Where ``update`` only fetches the index."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Packages of an ecosystem that a command takes away (``gone``) or may raise. ``names``: patterns; empty: all."""

    ecosystem: str
    gone: bool
    names: tuple[str, ...] = ()

    def meets(self, name: str) -> bool:
        return not self.names or any(name == wanted or fnmatchcase(name, wanted) for wanted in self.names)


def removal(command: Command) -> Removal | None:
    """What a command takes away or raises; None when it does neither."""
    name = program(command.name or "")
    ecosystem = _SYSTEM.get(name)
    if ecosystem is None:
        return None
    words = [word.value or "" for word in command.arguments]
    if name in ("dpkg", "rpm"):
        flags = {"-r", "-P", "--remove", "--purge", "-e", "--erase"}
        return Removal(ecosystem, True, _operands(words)) if flags & set(words) and _operands(words) else None
    if name == "uv" and words[:1] in (["pip"], ["tool"]):
        words = words[1:]
    operands = _operands(words)
    verb, names = (operands[0], operands[1:]) if operands else ("", ())
    if {"-s", "--simulate", "--dry-run", "--download-only", "-d", "--just-print"} & set(words):
        return None
    if ecosystem == "deb" and verb == "install":  # apt-get install curl-
        names = tuple(wanted[:-1] for wanted in names if wanted.endswith("-"))
        return Removal(ecosystem, True, names) if names else None
    if verb in _REMOVE and names:
        return Removal(
            ecosystem, True, tuple(re.split(r"[=@:]", wanted)[0] if ecosystem == "deb" else wanted for wanted in names)
        )
    if verb in _RAISE and not (verb == "update" and ecosystem in _ONLY_INDEX):
        return Removal(ecosystem, False, names) if ecosystem in ("deb", "rpm") else None
    return None


def held(command: Command) -> tuple[str, ...]:
    """The packages that ``apt-mark hold`` keeps from being raised."""
    words = [word.value or "" for word in command.arguments]
    return tuple(words[1:]) if command.name == "apt-mark" and words[:1] == ["hold"] else ()


def virtual(command: Command) -> str:
    """The name of ``apk add --virtual NAME``: whoever deletes it deletes all that was added with it."""
    words = [word.value or "" for word in command.arguments]
    for index, word in enumerate(words):
        if word in ("-t", "--virtual") and index + 1 < len(words):
            return words[index + 1]
        if word.startswith("--virtual="):
            return word.partition("=")[2]
    return ""


def _operands(words: list[str]) -> tuple[str, ...]:
    return tuple(word for word in words if word and not word.startswith("-"))
