"""``--chown`` and USER: who is meant, by number or through the image's own ``/etc/passwd`` and ``/etc/group``."""

from __future__ import annotations

import re

from gate.image.tree import KEEP, Ids, Tree, TreeError, TreeUnknown
from gate.lazy import pattern
from gate.model import Unknown
from gate.record import dataclass

_NUMBER = pattern(r"[+-]?[0-9]+")
_MAX_FILE = 10 << 20  # bytes; the builder reads no longer passwd file


@dataclass(frozen=True, slots=True)
class Who:
    """A user or group: an id, or a name to look up."""

    id: int = 0
    name: str = ""


class Accounts:
    """The accounts of a tree. ``closed``: a file that is not listed is not there."""

    def __init__(self, tree: Tree, *, closed: bool) -> None:
        self._tree = tree
        self._closed = closed

    def ids(self, owner: str | Unknown, *, based: bool = True) -> Ids:
        """The ids of ``user[:group]``; a name that nobody has is root. ``based``: the image has a layer to look into.

        Without a group the user's own counts, for a number the same number. Raises :class:`TreeError`.
        """
        if isinstance(owner, Unknown):
            return None, None
        user_text, colon, group_text = owner.partition(":")
        user = parse_who(user_text)
        group = parse_who(group_text) if colon else None
        if not based and (user.name or (group is not None and group.name)):
            raise TreeError("invalid user index: -1")
        ids: Ids = self._user(user.name) if user.name else (user.id, user.id)
        if group is None:
            return ids
        return ids[0], self._group(group.name, ids[1]) if group.name else group.id

    def _user(self, name: str) -> Ids:
        data = self._read("/etc/passwd")
        if data is None:
            return None, None
        fields = _line_of(data, name)
        return (_integer(fields, 2), _integer(fields, 3)) if fields is not None else (0, 0)

    def _group(self, name: str, default: int | None) -> int | None:
        data = self._read("/etc/group")
        if data is None:
            return None
        fields = _line_of(data, name)
        return _integer(fields, 2) if fields is not None else default

    def _read(self, path: str) -> bytes | None:
        """The content; empty without the file, None when it cannot be known."""
        try:
            node = self._tree.find(self._tree.resolve(path))
        except TreeUnknown:
            return None
        except TreeError:
            return b""
        if node is None:
            return b"" if self._closed else None
        if node.type not in ("file", "unknown"):
            raise TreeError(f"{path} is not a regular file")
        return node.read(_MAX_FILE)


def parse_who(text: str) -> Who:
    if text in ("", "root"):
        return Who(0)
    if len(text) < 100 and _NUMBER.fullmatch(text) and -(1 << 31) <= int(text) < 1 << 31:
        return Who(int(text) & KEEP)
    return Who(name=text)


def _line_of(data: bytes, name: str) -> list[bytes] | None:
    """The fields of the first line for a name."""
    wanted = name.encode("utf-8", "surrogateescape")
    for line in data.split(b"\n"):
        fields = line.strip().split(b":")
        if fields[0] == wanted:
            return fields
    return None


def _integer(fields: list[bytes], at: int) -> int:
    text = fields[at] if at < len(fields) else b""
    return int(text) if re.fullmatch(rb"[+-]?[0-9]{1,18}", text) else 0
