"""What a build context is made of: items on disk or in memory, each listed and looked at only when somebody asks."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping

from gate.context.witness import Question, Witness, real

_TYPES = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket", stat.S_IFCHR: "device", stat.S_IFBLK: "device",
}  # fmt: skip


class Item:
    """One thing in a context. ``type``: ``file``, ``directory``, ``symlink``, ``fifo``, ``socket``, ``device``.

    ``problem`` says why a folder could not be listed or a file not looked at; empty when all is well.
    """

    __slots__ = ()

    @property
    def type(self) -> str:
        raise NotImplementedError

    @property
    def mode(self) -> int:
        """Permission bits, set-id and sticky bits."""
        raise NotImplementedError

    @property
    def size(self) -> int:
        """Bytes of a regular file, else 0."""
        raise NotImplementedError

    @property
    def link(self) -> str | None:
        raise NotImplementedError

    @property
    def problem(self) -> str:
        return ""

    def children(self) -> Mapping[str, Item]:
        """A folder's entries by name, sorted; empty for anything else."""
        raise NotImplementedError

    def child(self, name: str) -> Item | None:
        """One entry of a folder; cheaper than listing it."""
        return self.children().get(name)

    def read(self, limit: int) -> bytes | None:
        """The first bytes of a regular file; None when they cannot be had."""
        raise NotImplementedError


_NO_ENTRIES = ("", ".", "..")
"""Names that lead somewhere on disk, and are no entry of the folder."""


class DiskItem(Item):
    """Something on disk. Nothing is followed, nothing raises: what cannot be read has a ``problem``.

    Every look at the disk is told to the ``witness``.
    """

    __slots__ = ("_children", "_entry", "_path", "_problem", "_seen", "_stat", "_type", "_witness")

    def __init__(self, path: str, entry: os.DirEntry[str] | None = None, witness: Witness | None = None) -> None:
        self._path = path
        self._entry = entry
        self._witness = witness
        self._stat: os.stat_result | None = None
        self._children: dict[str, Item] | None = None
        self._seen: dict[str, Item | None] = {}
        self._problem = ""
        self._type = ""

    @property
    def type(self) -> str:
        if not self._type:
            self._type = self._cheap_type() or _TYPES.get(stat.S_IFMT(self._status().st_mode), "file")
        return self._type

    def _cheap_type(self) -> str:
        """The type as the folder listing gave it, without a further system call."""
        entry = self._entry
        try:
            if entry is None:
                return ""
            if entry.is_symlink():
                return "symlink"
            if entry.is_dir(follow_symlinks=False):
                return "directory"
            return "file" if entry.is_file(follow_symlinks=False) else ""
        except OSError:
            return ""

    def _status(self) -> os.stat_result:
        if self._stat is None:
            try:
                self._stat = self._looked()
            except (OSError, ValueError) as error:
                self._problem = _reason(error)
                self._stat = os.stat_result((stat.S_IFREG, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        return self._stat

    def _looked(self) -> os.stat_result:
        """Raises OSError, and ValueError for a path that cannot be."""
        try:
            found = os.lstat(self._path)
        except (OSError, ValueError) as error:
            if self._witness is not None:
                self._saw("stat", _reason(error))
            raise
        if self._witness is not None:
            self._saw("stat", f"{found.st_mode} {found.st_size if stat.S_ISREG(found.st_mode) else 0}")
        return found

    def _saw(self, how: str, answer: str | bytes, limit: int = 0) -> None:
        if self._witness is not None:
            self._witness.saw(how, self._path, answer, limit)

    @property
    def mode(self) -> int:
        return stat.S_IMODE(self._status().st_mode)

    @property
    def size(self) -> int:
        return self._status().st_size if self.type == "file" else 0

    @property
    def link(self) -> str | None:
        if self.type != "symlink":
            return None
        try:
            target = os.readlink(self._path)
        except OSError as error:
            self._problem = _reason(error)
            target = ""
        self._saw("link", target)
        return target

    @property
    def problem(self) -> str:
        return self._problem

    def children(self) -> Mapping[str, Item]:
        if self._children is None:
            self._children = self._list() if self.type == "directory" else {}
        return self._children

    def child(self, name: str) -> Item | None:
        if self._children is not None or sys.platform != "linux":  # elsewhere a wrong case would be found, too
            return self.children().get(name)
        if name not in self._seen:
            item = None
            if self.type == "directory" and name not in _NO_ENTRIES:
                item = DiskItem(f"{self._path.rstrip('/')}/{name}", None, self._witness)
            self._seen[name] = item if item is not None and item.exists() else None
        return self._seen[name]

    def exists(self) -> bool:
        try:
            self._stat = self._looked()
        except (OSError, ValueError) as error:
            # What may not be looked at may well be there.
            return isinstance(error, PermissionError)
        return True

    def _list(self) -> dict[str, Item]:
        try:
            with os.scandir(self._path) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self._problem = _reason(error)
            self._saw("list", self._problem)
            return {}
        prefix = self._path.rstrip("/") + "/"
        items: dict[str, Item] = {entry.name: DiskItem(prefix + entry.name, entry, self._witness) for entry in found}
        if self._witness is not None:
            seen = "\0".join(f"{name}\0{item.type}" for name, item in items.items())
            self._saw("list", seen.encode("utf-8", "surrogateescape"))
        return items

    def read(self, limit: int) -> bytes | None:
        if self.type != "file":
            return None
        data = self._read(limit)
        self._saw("read", self._problem if data is None else data, limit)
        return data

    def _read(self, limit: int) -> bytes | None:
        try:
            # A file that becomes a FIFO between listing and opening must not stop us.
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            self._problem = _reason(error)
            return None
        with os.fdopen(descriptor, "rb") as file:
            try:
                return file.read(limit) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
            except OSError as error:
                self._problem = _reason(error)
                return None


def on_disk(path: str, witness: Witness | None) -> DiskItem | None:
    """What is at a path, or where a link there leads to; None when there is nothing."""
    # The path stays as it is otherwise: ".." in it, too, is for the system to follow.
    item = DiskItem(path if os.path.isabs(path) else os.path.join(os.getcwd(), path), None, witness)
    if not item.exists():
        return None
    return item if item.type != "symlink" else DiskItem(real(path, witness), None, witness)


def unchanged(looks: Mapping[Question, str]) -> bool:
    """Whether the same looks, taken again, show the same."""
    return all(_again(*question) == answer for question, answer in looks.items())


def _again(how: str, path: str, limit: int) -> str | None:
    witness = Witness()
    if how == "real":
        real(path, witness)
    else:
        item = DiskItem(path, None, witness)
        if how == "stat":
            item.exists()
        elif how == "link":
            item.link  # noqa: B018  the witness sees it
        elif how == "list":
            item.children()
        else:
            item.read(limit)
    return witness.looks.get((how, path, limit))


def _reason(error: OSError | ValueError) -> str:
    """What the system said, without the path of this machine."""
    return (error.strerror or "").lower() if isinstance(error, OSError) and error.strerror else "cannot be read"


class MemoryItem(Item):
    """A folder, file or link that exists only here."""

    __slots__ = ("_children", "_data", "_link", "_mode", "_type")

    def __init__(self, type_: str, mode: int, data: bytes = b"", link: str | None = None) -> None:
        self._type = type_
        self._mode = mode
        self._data = data
        self._link = link
        self._children: dict[str, MemoryItem] = {}

    @property
    def type(self) -> str:
        return self._type

    @property
    def mode(self) -> int:
        return self._mode

    @property
    def size(self) -> int:
        return len(self._data)

    @property
    def link(self) -> str | None:
        return self._link

    def children(self) -> Mapping[str, Item]:
        return self._children

    def read(self, limit: int) -> bytes | None:
        return self._data[:limit] if self._type == "file" else None

    def add(self, path: str, item: MemoryItem) -> None:
        """Put an item at a clean relative path; missing folders are made (0755)."""
        *folders, name = path.split("/")
        at = self
        for folder in folders:
            at = at._children.setdefault(folder, MemoryItem("directory", 0o755))
        at._children[name] = item
        at._children = dict(sorted(at._children.items()))


def lookup(root: Item, path: str) -> Item | None:
    """The item at a clean relative path (``.`` is the root), links not followed."""
    item: Item | None = root
    if path != ".":
        for name in path.split("/"):
            item = item.child(name) if item is not None else None
    return item
