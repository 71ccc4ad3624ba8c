"""The image's files as a process sees them: with the kernel's walk, the permissions of a user, and three answers."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from gate.image.files import as_file
from gate.image.model import File
from gate.image.node import Node
from gate.model import Unknown
from gate.platforms.outcome import Doubt
from gate.record import dataclass

MAX_LINKS = 40
X86_64, AARCH64 = 62, 183
"""ELF's numbers of processors."""
_MAX_NAME = 255
_MOUNTED = ("proc", "sys", "dev")


class Errno(Exception):
    """A system call's error. ``str()`` is the kernel's word for it."""


class NoEntry(Errno):
    def __init__(self) -> None:
        super().__init__("no such file or directory")


class NotAllowed(Errno):
    def __init__(self) -> None:
        super().__init__("permission denied")


class NotFolder(Errno):
    def __init__(self) -> None:
        super().__init__("not a directory")


@dataclass(frozen=True, slots=True)
class User:
    """Who a process runs as. ``gid`` is None where the image's /etc/passwd would tell, and is not known."""

    uid: int = 0
    gid: int | None = 0
    groups: frozenset[int] = frozenset()


@dataclass(slots=True)
class Found:
    """A file or folder at ``path`` (links followed). ``brought``: known only as something that the base image or a package
    brings, by the name of the program that it is."""

    path: str
    node: Node | None
    brought: str = ""

    @property
    def file(self) -> File | None:
        return as_file(self.path, self.node) if self.node is not None else None

    @property
    def is_folder(self) -> bool:
        return self.node is not None and self.node.type == "directory"

    def unless_supposed(self) -> None:
        """Raises :class:`Doubt` for a folder that base images have as a rule, where a file is looked for."""
        node = self.node
        if node is not None and node.type == "directory" and node.implied and node.mode is None:
            raise Doubt(node.open or Unknown(f"whether the base image has {self.path} is not known", "--image"))


Supplier = Callable[[str, Unknown, bool], "bool | Unknown"]
"""Path, why its folder may hold more, whether PATH is being searched → whether such a program is there."""
Suspicion = Callable[[Node | None], "Unknown | None"]
"""Why what is known of a node (None: that nothing is there) may have been changed by a command that is not understood."""


@dataclass(slots=True)
class FileSystem:
    """The tree below ``root``. ``supplied`` and ``brings_module`` answer for what other images and packages bring;
    ``machine`` is the number that programs for the image's processor carry, None for one that is not looked into."""

    root: Node
    supplied: Supplier
    brings_module: Callable[[str], bool | Unknown]
    suspicion: Suspicion
    machine: int | None = X86_64

    def find(self, path: str, cwd: str, user: User, *, searching: bool = False) -> Found:
        """What a system call finds; ``searching`` for a program on PATH. Raises :class:`Errno` or :class:`Doubt`."""
        if not path:
            raise NoEntry
        whole = path if path.startswith("/") else f"{cwd.rstrip('/')}/{path}"
        if len(whole) > 4095:
            raise Errno("file name too long")
        stack: list[tuple[str, Node]] = [("", self.root)]
        waiting = _parts(whole)
        links = 0
        while waiting:
            name = waiting.pop()
            place, folder = stack[-1]
            self._enter(place, folder, user)
            if name == ".":
                continue
            if name == "..":
                del stack[max(1, len(stack) - 1) :]
                continue
            if len(name.encode("utf-8", "surrogateescape")) > _MAX_NAME:
                raise Errno("file name too long")
            if len(stack) == 1 and name in _MOUNTED:
                raise Doubt(Unknown(f"/{name} is put there by the container runtime"))
            node = folder.child(name)
            if node is None:
                return self._absent(f"{place}/{name}", folder, waiting, searching)
            if node.type == "symlink":
                links += 1
                if links > MAX_LINKS:
                    raise Errno("too many levels of symbolic links")
                target = node.link or ""
                stack = stack[:1] if target.startswith("/") else stack
                waiting.extend(_parts(target))
            else:
                stack.append((f"{place}/{name}", node))
        place, node = stack[-1]
        if node.type == "unknown":
            raise Doubt(node.note or Unknown(f"{place} is not known"))
        return Found(place or "/", node)

    def _enter(self, place: str, folder: Node, user: User) -> None:
        if folder.type == "unknown":
            raise Doubt(folder.note or Unknown(f"{place} is not known"))
        if folder.type != "directory":
            self.unless_suspicious(folder)
            raise NotFolder
        self._unless_group_decides(place, folder, user, 1)
        if folder.mode is not None and not allowed(folder, user, 1):
            self.unless_suspicious(folder)
            raise NotAllowed

    def _absent(self, place: str, folder: Node, waiting: list[str], searching: bool) -> Found:
        path = posixpath.normpath("/".join([place, *reversed(waiting)]))
        if folder.gone(posixpath.basename(place)):
            raise NoEntry
        if place == "/opt/ml" and folder.open is not None and folder.open.reason.startswith("RUN "):
            # A package manager may add to /opt, but SageMaker's folder is nobody else's.
            self.unless_suspicious(None)
            raise NoEntry
        if folder.open is not None:
            answer = self.supplied(path, folder.open, searching and (bool(waiting) or not _is_own(folder)))
            if isinstance(answer, Unknown):
                raise Doubt(answer)
            if answer:
                return Found(path, None, posixpath.basename(path))
        self.unless_suspicious(None)
        raise NoEntry

    def _unless_group_decides(self, path: str, node: Node, user: User, bit: int) -> None:
        if user.gid is None and user.uid not in (0, node.uid) and _differs(node.mode or 0, bit):
            raise Doubt(Unknown(f"the groups of user {user.uid}, who needs {path}, are not known", "--image"))

    def unless_suspicious(self, node: Node | None) -> None:
        doubt = self.suspicion(node)
        if doubt is not None:
            raise Doubt(doubt)

    def check(self, found: Found, user: User, bit: int) -> bool:
        """``access``: whether a user may execute (1) or read (4). Raises :class:`Doubt`."""
        node = found.node
        if node is None:
            return True
        if node.mode is None:
            raise Doubt(node.note or Unknown(f"the mode of {found.path} is not known", "--image"))
        if node.uid is None and user.uid != 0 and len({node.mode >> shift & bit for shift in (0, 3, 6)}) > 1:
            raise Doubt(node.note or Unknown(f"the owner of {found.path} is not known", "--image"))
        self._unless_group_decides(found.path, node, user, bit)
        if allowed(node, user, bit):
            return True
        self.unless_suspicious(node)
        return False


def _differs(mode: int, bit: int) -> bool:
    return bool((mode >> 3 ^ mode) & bit)


def _is_own(folder: Node) -> bool:
    """Whether a folder is one that COPY or WORKDIR makes: no package puts its programs there."""
    maker = folder.instruction
    return maker is not None and (
        maker.keyword == "WORKDIR" or (maker.keyword == "COPY" and maker.flag("from") is None)
    )


def allowed(node: Node, user: User, bit: int) -> bool:
    """The kernel's rule for one permission bit: 4 read, 1 execute or enter. Root needs some x bit, and only on files."""
    mode = node.mode or 0
    if user.uid == 0:
        return bit != 1 or node.type == "directory" or bool(mode & 0o111)
    if node.uid == user.uid:
        return bool(mode >> 6 & bit)
    if node.gid == user.gid or node.gid in user.groups:
        return bool(mode >> 3 & bit)
    return bool(mode & bit)


def _parts(path: str) -> list[str]:
    """The parts in reverse order; a trailing slash counts as ``.``, which only a folder has."""
    parts = [part for part in path.split("/") if part]
    if path.endswith("/") and parts:
        parts.append(".")
    return parts[::-1]
