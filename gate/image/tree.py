"""A file system made of nodes, with the operations that a builder does on one.

Paths are absolute and slash-separated. What would fail in a build raises :class:`TreeError`, with the system's words.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from gate.context.paths import clean, join, rooted
from gate.dockerfile.tree import Instruction
from gate.image.node import Node, directory
from gate.model import Unknown

_MAX_LINKS = 255  # the builder's limit
_MAX_KERNEL_LINKS = 40
_MAX_NAME = 255  # bytes of one name
_MAX_PATH = 4095  # bytes
_MAX_SURE_NAME = _MAX_NAME // 4  # characters that are no more bytes than that, whatever they are

Make = Callable[[Node], Node]
"""Makes a new folder inside a given one."""

Ids = tuple["int | None", "int | None"]
"""User and group; None where it cannot be known."""

KEEP = 0xFFFFFFFF
"""The id that a change of owner leaves as it is."""


class TreeError(Exception):
    """An operation that the builder would refuse."""


class NotDirectory(TreeError):
    pass


class TreeUnknown(Exception):
    """What an operation does depends on something that cannot be known."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.reason)
        self.unknown = unknown


class Tree:
    """``chroot``: absolute links stay inside, as for a process whose root this is. Otherwise they lead to the machine
    that builds, where nothing is."""

    def __init__(self, root: Node, *, chroot: bool = False) -> None:
        self.root = root
        self._chroot = chroot

    def find(self, path: str, *, follow: bool = False) -> Node | None:
        """What the system calls see at a path: links on the way are followed, the last one only with ``follow``.

        Raises :class:`NotDirectory` when something on the way is no folder.
        """
        node = self.root
        # Almost every path has no link in it.
        for name in path.split("/"):
            if name:
                if node.type != "directory":
                    return self._find_slowly(path, follow)
                found = node.child(name)
                if found is None:
                    return None
                node = found
        return self._find_slowly(path, follow) if follow and node.type == "symlink" else node

    def _find_slowly(self, path: str, follow: bool) -> Node | None:
        stack = [self.root]
        waiting = [name for name in reversed(path.split("/")) if name]
        links = 0
        while waiting:
            name = waiting.pop()
            if name == "..":
                if len(stack) == 1 and not self._chroot:
                    return None
                del stack[max(1, len(stack) - 1) :]
                continue
            node = stack[-1].child(name) if stack[-1].type == "directory" else None
            if stack[-1].type != "directory":
                raise_unknown(stack[-1])
                raise NotDirectory(f"stat {path}: not a directory")
            if node is None:
                return None
            if node.type == "symlink" and (waiting or follow):
                links += 1
                target = node.link or ""
                if links > _MAX_KERNEL_LINKS:
                    raise TreeError(f"stat {path}: too many levels of symbolic links")
                if target.startswith("/"):
                    if not self._chroot:
                        return None
                    stack = [self.root]
                waiting.extend(part for part in reversed(target.split("/")) if part not in ("", "."))
            else:
                stack.append(node)
        return stack[-1]

    def resolve(self, path: str) -> str:
        """The path with every link followed inside the tree, one pass after the other until nothing changes.

        A part that is not there counts as no link. Raises :class:`TreeError` for a loop of links and for a name that no file
        system takes.
        """
        check_length(path)
        if rooted(path) == path and self._linkless(path):
            return path
        walked = 0
        while True:
            before = walked
            path, walked = self._pass(path, walked)
            if walked == before:
                absolute = rooted(path)
                if absolute == path:
                    return path
                path = absolute

    def _linkless(self, path: str) -> bool:
        """True for a clean path on which no link can stand, as for almost every one."""
        node: Node | None = self.root
        for name in path.split("/"):
            if name and node is not None:
                if node.type != "directory":
                    return False
                node = node.child(name)
        return node is None or node.type != "symlink"

    def resolve_parent(self, path: str) -> str:
        """Like :meth:`resolve`, but a link in the last part stays."""
        path = rooted(path)
        if path == "/":
            return path
        folder, _, name = path.rpartition("/")
        return join(self.resolve(folder or "/"), name)

    def _pass(self, path: str, walked: int) -> tuple[str, int]:
        """One pass over the parts from the left. A relative target is joined to its folder by text alone."""
        parts = [part for part in path.split("/") if part]
        current = "/"
        for part in parts:
            place = rooted(join(current, part))
            if place == "/":
                current = place
                continue
            if walked > _MAX_LINKS:
                raise TreeError("too many links")
            node = self.find(place)
            if node is None or node.type != "symlink":
                current = place
                continue
            walked += 1
            target = node.link or ""
            current = target if target.startswith("/") else join(current, target) or "."
        return current, walked

    def make_folders(self, path: str, make: Make) -> None:
        """``mkdir -p``: every missing folder of a resolved path."""
        found = self.find(path, follow=True)
        if found is not None and found.type == "directory":
            return
        at = self.root
        place = ""
        for name in path.split("/"):
            if not name:
                continue
            place += "/" + name
            child = at.child(name)
            node = self.find(place, follow=True) if child is not None and child.type == "symlink" else child
            if node is None:
                if child is not None:
                    raise TreeError(f"mkdir {place}: file exists")
                node = make(at)
                at.put(name, node)
            elif node.type != "directory":
                raise_unknown(node)
                raise NotDirectory(f"mkdir {place}: not a directory")
            at = node

    def may_be_there(self, path: str) -> None:
        """Raises :class:`TreeUnknown` when something that is not listed may stand at a path."""
        why = self.missing(path)
        if why is not None:
            raise TreeUnknown(why)

    def missing(self, path: str) -> Unknown | None:
        """Why something may stand at a path where nothing is listed; None when nothing can."""
        node = self.root
        for name in path.split("/"):
            if not name:
                continue
            found = node.child(name) if node.type == "directory" else None
            if found is None:
                return None if node.gone(name) else node.open or self.root.anywhere
            node = found
        return None

    def folder_of(self, path: str) -> tuple[Node, str]:
        """The folder that holds a path, and the path's last part. Raises :class:`TreeError` without such a folder."""
        folder, _, name = clean(path).rpartition("/")
        at = self.find(folder or "/", follow=True)
        if at is None:
            raise TreeError(f"open {path}: no such file or directory")
        if at.type != "directory":
            raise NotDirectory(f"open {path}: not a directory")
        return at, name


def check_length(path: str) -> None:
    """Raises :class:`TreeError` for a path that is too long for the system, or has a name that is."""
    if len(path) <= _MAX_SURE_NAME:
        return
    data = path.encode("utf-8", "surrogateescape")
    if len(data) > _MAX_PATH or any(len(name) > _MAX_NAME for name in data.split(b"/")):
        raise TreeError(f"lstat {path}: file name too long")


def raise_unknown(node: Node) -> None:
    """Raises :class:`TreeUnknown` for a node that may be anything."""
    if node.type == "unknown":
        raise TreeUnknown(node.note or Unknown("unknown"))


def chosen(new: int | None, old: int | None) -> int | None:
    """The id after a change of owner to ``new``."""
    return old if new == KEEP else new


def folder_maker(mode: int | None, owner: Ids | None, instruction: Instruction | None) -> Make:
    """Makes the folders that are missing on the way, as ``mkdir -p`` does. Without ``owner`` they are root's."""

    def make(parent: Node) -> Node:
        if parent.open is not None:
            # The base image may have this folder, with another mode and more in it.
            node = directory(None, None, None, instruction)
            node.open = node.note = parent.open
            return node
        inherited = (parent.mode or 0) & 0o2000
        gid = parent.gid if inherited else 0
        own = mode | inherited if mode is not None else None
        if owner is None:
            return directory(own, 0, gid, instruction)
        return directory(own, chosen(owner[0], 0), chosen(owner[1], gid), instruction)

    return make


def base_name(path: str) -> str:
    """Go's ``filepath.Base``: a trailing slash does not count."""
    return posixpath.basename(path.rstrip("/")) or "/"
