"""The files of an image as nodes. A folder's entries come from its origin one by one, when somebody asks for them, so
that copying a folder with 200,000 files costs nothing until they are listed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from gate.context.items import Item
from gate.context.transfer import Sent
from gate.dockerfile.tree import Instruction
from gate.model import Unknown

_MAX_DEPTH = 100
"""Copies of copies that are followed; an entry is looked for through all of them."""


class Content(Protocol):
    """What is in a file. ``size`` in bytes."""

    @property
    def size(self) -> int: ...

    def read(self, limit: int) -> bytes | None:
        """The first bytes; None when they cannot be had."""
        ...


class Bytes:
    """Content that is here."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, limit: int) -> bytes:
        return self.data[:limit]


class Origin(Protocol):
    """Where a folder's entries come from."""

    def names(self) -> Iterable[str]: ...

    def node(self, name: str) -> Node | None: ...

    def gone(self, name: str) -> bool:
        """True when nothing can have that name."""
        ...


class Node:
    """One thing in an image. It does not know its name: a hard link is one node under two names.

    ``type``: ``file``, ``directory``, ``symlink``, ``fifo``, ``device``, ``unknown``. ``mode``, ``uid``, ``gid``,
    ``size`` are None where they cannot be known; ``note`` then says why. ``open`` is set on a folder that may hold more than is
    listed, and says why; ``anywhere``, on a root, says it for every folder. ``implied``: the base image may have brought
    it.
    """

    __slots__ = (
        "_complete", "_gone", "_known", "_origin", "anywhere", "content", "depth", "gid", "implied", "instruction",
        "link", "mode", "note", "open", "source", "type", "uid",
    )  # fmt: skip

    def __init__(
        self,
        type_: str,
        mode: int | None,
        uid: int | None = 0,
        gid: int | None = 0,
        *,
        content: Content | None = None,
        link: str | None = None,
        origin: Origin | None = None,
        instruction: Instruction | None = None,
        source: str | None = None,
    ) -> None:
        self.type = type_
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.content = content
        self.link = link
        self.instruction = instruction
        self.source = source
        self.note: Unknown | None = None
        self.open: Unknown | None = None
        self.anywhere: Unknown | None = None
        self.implied = False
        self._origin = origin
        self._known: dict[str, Node | None] = {}
        self._gone: set[str] = set()  # known not to be there, though the folder may hold more than is listed
        self._complete = origin is None
        self.depth = 0

    @property
    def size(self) -> int | None:
        return self.content.size if self.content is not None else None

    def read(self, limit: int) -> bytes | None:
        return self.content.read(limit) if self.content is not None else None

    def child(self, name: str) -> Node | None:
        known = self._known
        if name not in known:
            if self._complete or self._origin is None:
                return None
            known[name] = self._origin.node(name)
        return known[name]

    def children(self) -> dict[str, Node]:
        """A folder's entries by name, sorted."""
        if not self._complete and self._origin is not None:
            for name in self._origin.names():
                self.child(name)
            self._complete = True
        return {name: node for name in sorted(self._known) if (node := self._known[name]) is not None}

    def put(self, name: str, node: Node) -> None:
        self._known[name] = node
        self._gone.discard(name)

    def remove(self, name: str) -> None:
        self._known[name] = None
        self._gone.add(name)

    def gone(self, name: str) -> bool:
        """True when nothing can have that name, whatever else the folder may hold."""
        if name in self._gone:
            return True
        return self._origin is not None and self._known.get(name) is None and self._origin.gone(name)

    def like(self, origin: Origin | None = None) -> Node:
        """A copy without entries: they come from ``origin``."""
        copy = Node(
            self.type, self.mode, self.uid, self.gid, content=self.content, link=self.link, origin=origin,
            instruction=self.instruction, source=self.source,
        )  # fmt: skip
        copy.note, copy.open, copy.anywhere, copy.implied = self.note, self.open, self.anywhere, self.implied
        copy.depth = self.depth + 1
        if origin is not None and copy.depth > _MAX_DEPTH:
            copy._origin, copy._complete = None, True
            copy.open = Unknown("copied through too many stages to follow")
        return copy


class _Fork:
    """The entries of a folder that must not change any more, copied as they are asked for."""

    __slots__ = ("_folder",)

    def __init__(self, folder: Node) -> None:
        self._folder = folder

    def names(self) -> Iterable[str]:
        return self._folder.children()

    def node(self, name: str) -> Node | None:
        found = self._folder.child(name)
        return fork(found) if found is not None else None

    def gone(self, name: str) -> bool:
        return self._folder.gone(name)


def fork(node: Node) -> Node:
    """A copy that may change while the original stays as it is."""
    return node.like(_Fork(node) if node.type == "directory" else None)


class _Folder:
    """The entries of a folder of the build context."""

    __slots__ = ("_sent",)

    def __init__(self, sent: Sent) -> None:
        self._sent = sent

    def names(self) -> Iterable[str]:
        return self._sent.children()

    def node(self, name: str) -> Node | None:
        found = self._sent.child(name)
        return from_context(found) if found is not None else None

    def gone(self, name: str) -> bool:
        return False


def from_context(sent: Sent) -> Node:
    """What arrives of the build context, as root's files."""
    type_ = sent.type
    origin = _Folder(sent) if type_ == "directory" else None
    content: Item | None = sent if type_ == "file" else None
    node = Node(type_, sent.mode, content=content, link=sent.link, origin=origin, source=sent.path)
    if sent.problem:
        node.note = Unknown(f"{sent.path}: {sent.problem}")
        node.open = node.note if type_ == "directory" else None
    return node


def directory(
    mode: int | None = 0o755,
    uid: int | None = 0,
    gid: int | None = 0,
    instruction: Instruction | None = None,
    origin: Origin | None = None,
) -> Node:
    return Node("directory", mode, uid, gid, instruction=instruction, origin=origin)
