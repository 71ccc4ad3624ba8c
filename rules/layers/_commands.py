"""What package managers' commands mean to a layer."""

from __future__ import annotations

import re
from functools import lru_cache

from gate.dockerfile.command import Command
from gate.packages.options import listed

MANAGERS = {
    "apt-get": "apt", "apt": "apt", "aptitude": "apt", "apk": "apk", "yum": "dnf", "dnf": "dnf", "dnf5": "dnf", "microdnf": "dnf",
    "tdnf": "dnf", "zypper": "zypper", "pip": "pip", "pip3": "pip", "conda": "conda", "mamba": "conda", "micromamba": "conda",
    "npm": "npm", "yarn": "yarn", "gem": "gem",
}  # fmt: skip
"""Program → the family of package managers that shares an index and a cache."""

INDEX_VERBS = {
    "apt": listed("update"),
    "apk": listed("update"),
    "dnf": listed("makecache"),
    "zypper": listed("refresh ref"),
}
"""What fetches an index and installs nothing, by family."""

FETCHERS = ("pacman", *(name for name, family in MANAGERS.items() if family in INDEX_VERBS))
"""Programs that may fetch an index."""

_HOUSEKEEPING = listed(
    """echo printf true : set export unset cd pushd popd rm mkdir cp mv ln chmod chown cat tee sed grep test [ [[ gpg apt-key add-apt-repository
    apt-add-repository sleep date ls debconf-set-selections dpkg-reconfigure apt-mark tar locale-gen ldconfig find touch awk
    head tail id whoami umask ulimit trap arch uname update-ca-certificates install curl wget dos2unix which command type"""
)
"""Commands that install nothing by themselves."""


def manager_of(command: Command) -> str:
    """The family of a package manager's command; empty for other programs."""
    name = command.name or ""
    if name.startswith("python"):
        return "pip" if command.values[:2] == ["-m", "pip"] else ""
    return _family(name)


@lru_cache(maxsize=1024)
def _family(name: str) -> str:
    return MANAGERS.get(name, "pip" if name.rstrip("0123456789.") == "pip" else "")


def verb(command: Command) -> str:
    """The first word that is no option: ``install``, ``update``."""
    values = command.values
    if (command.name or "").startswith("python"):
        values = values[2:]
    for value in values:
        if value is not None and not value.startswith("-"):
            return value
    return ""


def fetches_index(command: Command) -> bool:
    """``apt-get update``, ``apk update``, ``dnf makecache``, ``zypper refresh``: nothing is installed."""
    if command.name == "pacman":
        return bool(command.values) and all(
            value is not None and re.fullmatch(r"-Sy+q?|--noconfirm|--quiet", value) for value in command.values
        )
    verbs = INDEX_VERBS.get(manager_of(command))
    return verbs is not None and verb(command) in verbs


def is_housekeeping(command: Command) -> bool:
    """Whether a command surely installs nothing: bare assignments, files, keys, and what package managers tidy up."""
    name = command.name
    if any(child.kind == "shell" for child in command.children):
        return True  # a shell: its commands are looked at one by one
    if name is None:
        return False
    if name == "" or name in _HOUSEKEEPING:
        return True
    if manager_of(command):
        return verb(command) in (
            "clean",
            "autoclean",
            "autoremove",
            "remove",
            "purge",
            "check",
            "list",
            "config",
            "mark",
            "distclean",
        )
    return False
