"""busybox: one program that is many, told apart by the name it is called by."""

from __future__ import annotations

from gate.platforms.filesystem import Found
from gate.record import dataclass

_LEAST, _MOST = 1 << 16, 1 << 22
"""Bytes that such a program has, from the smallest to the largest build."""
_TABLE = b"\0[\0[[\0"
"""How its list of names begins: they are sorted, each ends with a NUL, and an empty one ends the list."""
_OWN_FIRST = b"(Debian "
"""In the version of builds whose shell and ``env`` prefer their own programs to those on PATH."""


@dataclass(frozen=True, slots=True)
class Busybox:
    """A busybox and the names that it answers to. ``own_first``: what it starts by name is its own where it can be."""

    found: Found
    names: frozenset[str]
    own_first: bool


def busybox(found: Found) -> Busybox | None:
    """The busybox that a program is; None for any other, and for one whose content is not known."""
    node = found.node
    if node is None or node.type != "file" or not _LEAST <= (node.size or 0) <= _MOST:
        return None
    data = node.read(_MOST)
    if data is None or not data.startswith(b"\x7fELF"):
        return None
    version = data.find(b"BusyBox v")
    start = data.find(_TABLE)
    if version < 0 or start < 0:
        return None
    names = data[start + 1 : data.find(b"\0\0", start)].decode("latin-1").split("\0")
    return Busybox(found, frozenset(names), _OWN_FIRST in data[version : version + 40])
