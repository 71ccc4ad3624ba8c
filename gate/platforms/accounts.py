"""USER → ids, as the Docker Engine works them out from the image's ``/etc/passwd`` and ``/etc/group``."""

from __future__ import annotations

from collections.abc import Iterator

from gate.lazy import pattern
from gate.model import Unknown
from gate.platforms.filesystem import Errno, FileSystem, User
from gate.platforms.outcome import Doubt, Fails, Fault
from gate.record import replace

_MOST = (1 << 31) - 1
_LIMIT = 10 << 20
_NUMBER = pattern(r"[+-]?[0-9]{1,10}")


def find_user(text: str, files: FileSystem) -> User:
    """Raises :class:`Fails` where the engine refuses the user, :class:`Doubt` where the base image decides."""
    name, group = (*text.split(":"), "")[:2]  # whatever stands behind a second colon is passed over
    number = int(name) if _NUMBER.fullmatch(name) else None
    named = bool((name and name != "root" and number is None) or (group and not _NUMBER.fullmatch(group)))
    if not named:  # who brings the files, which are not read then, matters only to those who are told
        files = replace(files, supplied=lambda path, why, searching: why)
    try:
        users = list(_rows(files, "/etc/passwd", 7))
        groups = list(_rows(files, "/etc/group", 4))
    except Doubt:
        if named:
            raise
        # The groups of a numbered user are not known.
        return User(number or 0, int(group) if group else None)
    wanted = "0" if not name else str(number) if number is not None else None
    row = next((row for row in users if (row[2] == wanted if wanted is not None else row[0] == name)), None)
    if row is None and number is None and name:
        raise Fails(f"unable to find user {name}: no matching entries in passwd file", 128, Fault.USER, program=name)
    uid = _integer(row[2]) if row else number or 0
    gid = _integer(row[3]) if row else 0
    chosen = _group(group, groups) if group else gid
    if not 0 <= uid <= _MOST or not 0 <= chosen <= _MOST:
        raise Fails("uids and gids must be in range 0-2147483647", 128, Fault.USER, program=text)
    if group:
        return User(uid, chosen)
    member = row[0] if row else ""
    return User(uid, gid, frozenset(_integer(each[2]) for each in groups if member and member in each[3].split(",")))


def _group(text: str, groups: list[list[str]]) -> int:
    number = int(text) if _NUMBER.fullmatch(text) else None
    for row in groups:
        if (row[2] == str(number)) if number is not None else row[0] == text:
            return _integer(row[2])
    if number is None:
        raise Fails(f"unable to find group {text}: no matching entries in group file", 128, Fault.USER, program=text)
    return number


def _rows(files: FileSystem, path: str, width: int) -> Iterator[list[str]]:
    try:
        found = files.find(path, "/", User())
    except Errno:
        return
    data = found.node.read(_LIMIT) if found.node is not None else None
    if data is None:
        raise Doubt(Unknown(f"{path} is not known", "--image"))
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        fields = line.strip().split(":")
        if fields != [""] and not fields[0].startswith("#"):
            yield [*fields, *[""] * width][:width]


def _integer(text: str) -> int:
    return int(text) if _NUMBER.fullmatch(text) else 0
