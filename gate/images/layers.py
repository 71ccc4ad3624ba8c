"""Layers put on top of each other: the files of an image, and what each layer costs.

A layer is read once, from its first byte to its last; its digest is checked on the way. Kept of it are names, modes,
owners and sizes, and the first bytes of programs; everything else is read again when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from gate.image import tarfile
from gate.image.tarfile import Member
from gate.images.source import ImageError
from gate.images.stream import Limits, Stream
from gate.record import dataclass, field

_WHITEOUT, _OPAQUE, _AUFS = ".wh.", ".wh..wh..opq", ".wh..wh."
_PROGRAM_HEAD, _SCRIPT_HEAD = 4 << 10, 64 << 10
_HEADS = 64 << 20
"""Bytes of first bytes that are kept of all programs together."""
_KEPT = frozenset({"etc/passwd", "etc/group", "etc/os-release", "usr/lib/os-release"})
DATABASES = {"var/lib/dpkg/status": "deb", "lib/apk/db/installed": "apk", "usr/lib/apk/db/installed": "apk"}
"""Where package managers list what is installed: the file changes with every package, so each layer's is looked into."""
RPM_DATABASES = frozenset(
    f"{folder}/{name}"
    for folder in ("var/lib/rpm", "usr/lib/sysimage/rpm")
    for name in ("Packages", "Packages.db", "rpmdb.sqlite")
)
SECRETS = frozenset({
    "credentials", ".netrc", "kaggle.json", ".dockercfg", "config.json", ".pgpass", ".pypirc", ".git-credentials", "token", "id_rsa",
    "id_dsa", "id_ecdsa", "id_ed25519", "config", "application_default_credentials.json", ".s3cfg", ".boto", ".env", "stored_tokens",
})  # fmt: skip
"""The last parts of the names of files with credentials; in which folder they have to be, a rule knows."""
_MAX_SECRETS = 1000
_DATABASE_LIMIT = 64 << 20
_TYPES = {
    tarfile.REGULAR: "file", "\0": "file", "7": "file", tarfile.SYMLINK: "symlink", tarfile.DIRECTORY: "directory",
    tarfile.CHARACTER: "device", tarfile.BLOCK: "device", tarfile.FIFO: "fifo",
}  # fmt: skip


class Entry:
    """One file or folder. ``layer``: the number of the layer that brings it; ``start``: where its content begins there."""

    __slots__ = ("children", "gid", "head", "layer", "link", "mode", "size", "start", "type", "uid")

    def __init__(self, type_: str, mode: int, uid: int, gid: int, size: int, link: str, layer: int, start: int) -> None:
        self.type = type_
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.size = size
        self.link = link
        self.layer = layer
        self.start = start
        self.head: bytes | None = None
        self.children: dict[str, Entry] | None = {} if type_ == "directory" else None


@dataclass(slots=True)
class Layer:
    """``diff_id``: digest of the unpacked layer. ``size``: bytes of its files; ``removed``: bytes of earlier layers' files that
    it deletes or replaces, ``removals`` the largest of them with the layer that brought each. ``packages``: what its package
    databases list, by type; absent where it has none. ``rpm``: it has an rpm database. ``secrets``: the files that are called
    as those with credentials are, with their first bytes, also when a later layer deletes them."""

    diff_id: str
    size: int = 0
    files: int = 0
    removed: int = 0
    removals: list[tuple[int, str, int]] = field(default_factory=list)
    packages: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    rpm: bool = False
    secrets: list[tuple[str, bytes]] = field(default_factory=list)
    compressed: bool = False


class Stack:
    """The layers of an image, the lowest first, and the files that they make together."""

    def __init__(self, limits: Limits) -> None:
        self.root = Entry("directory", 0o755, 0, 0, 0, "", -1, 0)
        self.layers: list[Layer] = []
        self._limits = limits
        self._entries = 0
        self._heads = 0

    def add(self, file: BinaryIO, diff_id: str) -> None:
        """Put a layer on top. Raises :class:`~gate.images.source.ImageError`."""
        number = len(self.layers)
        layer = Layer(diff_id)
        self.layers.append(layer)
        stream = Stream(file, self._limits)
        layer.compressed = stream.compressed
        window = _Window(stream)
        try:
            for member in tarfile.members(cast(bytes, window), True):
                self._entries += 1
                if self._entries > self._limits.entries:
                    raise ImageError(f"has more than {self._limits.entries} files")
                self._member(member, number, layer, window)
            found = stream.digest()
        except tarfile.ArchiveError:
            raise ImageError(f"layer {number + 1} is damaged: it is no archive") from None
        except ImageError as error:
            raise ImageError(
                f"layer {number + 1} {error}" if not str(error).startswith("layer") else str(error)
            ) from None
        if found != diff_id:
            raise ImageError(
                f"layer {number + 1} is damaged: its digest is {found[:19]}…, the image says {diff_id[:19]}…"
            )

    def _member(self, member: Member, number: int, layer: Layer, window: _Window) -> None:
        if member.type == tarfile.GLOBAL:
            return
        parts = [part for part in member.name.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise ImageError(f"layer {number + 1} has a file outside of the image: {member.name[:100]!r}")
        if not parts:
            self.root.mode, self.root.uid, self.root.gid = member.mode & 0o7777, member.uid, member.gid
            return
        *folders, name = parts
        folder = self._folder(folders, number, layer)
        assert folder.children is not None
        if name == _OPAQUE:
            for child, entry in list(folder.children.items()):
                if self._clear(entry, number, layer, "/".join([*folders, child])):
                    del folder.children[child]
        elif name.startswith(_AUFS):
            return
        elif name.startswith(_WHITEOUT):
            gone = folder.children.get(name[len(_WHITEOUT) :])
            if gone is not None and self._clear(gone, number, layer, "/".join([*folders, name[len(_WHITEOUT) :]])):
                del folder.children[name[len(_WHITEOUT) :]]
        else:
            self._put(member, folder.children, parts, number, layer, window)

    def _folder(self, parts: Iterable[str], number: int, layer: Layer) -> Entry:
        """The folder of these names, made where a layer does not list it."""
        at = self.root
        for part in parts:
            assert at.children is not None
            found = at.children.get(part)
            if found is None or found.children is None:
                if found is not None:
                    self._count_removed(found, number, layer, part)
                found = at.children[part] = Entry("directory", 0o755, 0, 0, 0, "", number, 0)
            at = found
        return at

    def _put(
        self, member: Member, folder: dict[str, Entry], parts: list[str], number: int, layer: Layer, window: _Window
    ) -> None:
        name = parts[-1]
        before = folder.get(name)
        if member.type == tarfile.HARDLINK:
            linked = self.at(member.link)
            if linked is None or linked.children is not None:
                raise ImageError(f"layer {number + 1} is damaged: a link to {member.link[:100]!r}, which is not there")
            folder[name] = linked
            return
        kind = _TYPES.get(member.type)
        if kind is None:
            raise ImageError(f"layer {number + 1} is damaged: a file of unknown type {member.type!r}")
        entry = Entry(
            kind, member.mode & 0o7777, member.uid, member.gid, member.size if kind == "file" else 0, member.link, number, member.start
        )  # fmt: skip
        if kind == "directory" and before is not None and before.children is not None:
            entry.children = before.children
        elif before is not None:
            self._clear(before, number, layer, "/".join(parts))
        folder[name] = entry
        if kind == "file":
            layer.size += entry.size
            layer.files += 1
            self._look_into(entry, "/".join(parts), layer, window)

    def _look_into(self, entry: Entry, path: str, layer: Layer, window: _Window) -> None:
        """Keep what is asked for often: the first bytes of programs, the accounts, what is installed."""
        if path in RPM_DATABASES:
            layer.rpm = True
        if path.rpartition("/")[2] in SECRETS and len(layer.secrets) < _MAX_SECRETS:
            layer.secrets.append((path, window[entry.start : entry.start + min(entry.size, _PROGRAM_HEAD)]))
        if path in DATABASES:
            if entry.size <= _DATABASE_LIMIT:
                data = window[entry.start : entry.start + entry.size]
                layer.packages[DATABASES[path]] = frozenset(listed(data, DATABASES[path]))
            return
        if not (path in _KEPT or (entry.mode & 0o111 and ".so" not in path)) or self._heads > _HEADS:
            return
        head = window[entry.start : entry.start + min(entry.size, _PROGRAM_HEAD)]
        if entry.size > _PROGRAM_HEAD and (head.startswith(b"#!") or path in _KEPT):
            head = window[entry.start : entry.start + min(entry.size, _SCRIPT_HEAD)]
        entry.head = head
        self._heads += len(head)

    def at(self, path: str) -> Entry | None:
        """What is at a path, links not followed."""
        at: Entry | None = self.root
        for part in path.split("/"):
            if part not in ("", "."):
                at = at.children.get(part) if at is not None and at.children is not None else None
        return at

    def _clear(self, entry: Entry, number: int, layer: Layer, path: str) -> bool:
        """Delete what earlier layers brought; True when nothing of this layer's own is left below."""
        kept: set[int] = set()
        waiting: list[tuple[Entry, str, bool]] = [(entry, path, False)]
        while waiting:
            at, place, seen = waiting.pop()
            if at.layer == number:
                kept.add(id(at))
            if at.children is None:
                if at.layer != number:
                    self._count_removed(at, number, layer, place)
            elif not seen:
                waiting.append((at, place, True))
                waiting.extend((child, f"{place}/{name}", False) for name, child in at.children.items())
            else:
                for name, child in list(at.children.items()):
                    if id(child) in kept:
                        kept.add(id(at))
                    else:
                        del at.children[name]
        return id(entry) not in kept

    def _count_removed(self, entry: Entry, number: int, layer: Layer, path: str) -> None:
        if entry.type == "file" and entry.layer not in (number, -1):
            layer.removed += entry.size
            layer.removals.append((entry.size, f"/{path}", entry.layer))
            if len(layer.removals) > 200:
                layer.removals = sorted(layer.removals, reverse=True)[:100]


def listed(data: bytes, kind: str) -> Iterator[tuple[str, str]]:
    """The packages and versions of a dpkg status file or of apk's list."""
    name_key, version_key = (b"Package:", b"Version:") if kind == "deb" else (b"P:", b"V:")
    for block in data.replace(b"\r\n", b"\n").split(b"\n\n"):
        fields = {
            line[: line.find(b":") + 1]: line[line.find(b":") + 1 :].strip()
            for line in block.split(b"\n")
            if line[:1].strip()
        }
        name, version = fields.get(name_key), fields.get(version_key)
        status = fields.get(b"Status:", b"install ok installed")
        if name and version and b" installed" in status:
            yield name.decode("utf-8", "replace"), version.decode("utf-8", "replace")


class _Window:
    """The unpacked layer, sliced like bytes, forward only: what is asked for must not lie before the last slice's beginning."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = b""
        self._start = 0
        self._ended = False

    def __len__(self) -> int:
        """Unknown until the end: a stretch that is missing shows when it is asked for, or in the digest."""
        return 1 << 62

    def __getitem__(self, part: slice) -> bytes:
        start, stop = part.start or 0, part.stop
        while self._start + len(self._buffer) <= start and not self._ended:
            self._start += len(self._buffer)
            self._buffer = self._more()
        pieces = [self._buffer]
        held = self._start + len(self._buffer)
        while held < stop and not self._ended:
            pieces.append(self._more())
            held += len(pieces[-1])
        if len(pieces) > 1:
            self._buffer = b"".join(pieces)
        return self._buffer[max(start - self._start, 0) : max(stop - self._start, 0)]

    def _more(self) -> bytes:
        data = self._stream.chunk()
        self._ended = not data
        return data
