"""``--chown`` and USER: who is meant, by number or through the image's own ``/etc/passwd`` and ``/etc/group``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = re.compile(r"[+-]?[0-9]+")
KEEP = 0xFFFFFFFF
"""The id that a change of owner leaves as it is."""


@dataclass(frozen=True, slots=True)
class Who:
    """A user or group: an id, or a name to look up."""

    id: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Owner:
    """``user[:group]``. Without a group the user's own one counts, for a number the same number."""

    user: Who
    group: Who | None

    @property
    def named(self) -> bool:
        return bool(self.user.name or (self.group is not None and self.group.name))


def parse_owner(text: str) -> Owner:
    user, colon, group = text.partition(":")
    return Owner(_who(user), _who(group) if colon else None)


def _who(text: str) -> Who:
    if text in ("", "root"):
        return Who(0)
    if len(text) < 100 and _NUMBER.fullmatch(text) and -(1 << 31) <= int(text) < 1 << 31:
        return Who(int(text) & 0xFFFFFFFF)
    return Who(name=text)


def find_user(passwd: bytes, name: str) -> tuple[int, int] | None:
    """The ids of a user in the text of a passwd file."""
    fields = _line_of(passwd, name)
    return (_integer(fields, 2), _integer(fields, 3)) if fields is not None else None


def find_group(groups: bytes, name: str) -> int | None:
    """The id of a group in the text of a group file."""
    fields = _line_of(groups, name)
    return _integer(fields, 2) if fields is not None else None


def _line_of(data: bytes, name: str) -> list[bytes] | None:
    wanted = name.encode("utf-8", "surrogateescape")
    for line in data.split(b"\n"):
        fields = line.strip().split(b":")
        if fields[0] == wanted and wanted:
            return fields
    return None


def _integer(fields: list[bytes], at: int) -> int:
    text = fields[at] if at < len(fields) else b""
    return int(text) if re.fullmatch(rb"[+-]?[0-9]{1,18}", text) else 0


def chosen(new: int | None, old: int | None) -> int | None:
    """The id after a change of owner to ``new``."""
    return old if new == KEEP else new
