"""Where an image's bytes come from: the members of an archive, or the files of a folder. Read in pieces, never as a whole."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol, cast

from gate.image import tarfile

MAX_DOCUMENT = 16 << 20
"""Bytes of a manifest or a configuration. Registries take 4 MiB."""
_MAX_MEMBERS = 100_000
_MAX_LINKS = 8


class ImageError(Exception):
    """An image that cannot be read; ``str()`` says why, without its name."""


class Source(Protocol):
    """Named stretches of bytes."""

    def has(self, name: str) -> bool: ...

    def open(self, name: str) -> BinaryIO:
        """A seekable stream. Raises :class:`ImageError`."""
        ...


def document(source: Source, name: str, what: str) -> bytes:
    """A small member as a whole. Raises :class:`ImageError`."""
    with source.open(name) as file:
        data = file.read(MAX_DOCUMENT + 1)
    if len(data) > MAX_DOCUMENT:
        raise ImageError(f"its {what} is larger than {MAX_DOCUMENT >> 20} MiB")
    return data


class Folder:
    """The files of a folder. Nothing outside of it is ever opened."""

    def __init__(self, path: str) -> None:
        self._top = os.path.realpath(path)
        if not os.path.isdir(self._top):
            raise ImageError("is not a folder" if os.path.exists(path) else "no such folder")

    def has(self, name: str) -> bool:
        return self._path(name) is not None

    def open(self, name: str) -> BinaryIO:
        path = self._path(name)
        if path is None:
            raise ImageError(f"{name} is missing")
        return open_regular(path)

    def _path(self, name: str) -> str | None:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\0" in name:
            return None
        path = os.path.realpath(os.path.join(self._top, name))
        return path if path.startswith(self._top + os.sep) and os.path.isfile(path) else None


class Archive:
    """The members of a tar file, found by one walk over its headers. The file is kept open until :meth:`close`."""

    def __init__(self, path: str) -> None:
        self._file = open_regular(path)
        self._members: dict[str, tarfile.Member] = {}
        self._odd = False
        try:
            self._index()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._file.close()

    def _index(self) -> None:
        descriptor = self._file.fileno()
        size = os.fstat(descriptor).st_size
        if not size:
            raise ImageError("is empty")
        try:
            for member in tarfile.members(cast(bytes, _Slices(descriptor, size)), True):
                if len(self._members) >= _MAX_MEMBERS:
                    raise ImageError(f"has more than {_MAX_MEMBERS} members")
                name = _plain(member.name)
                if name:
                    self._members[name] = member
                else:
                    self._odd = True
        except tarfile.ArchiveError as error:
            words = "is truncated" if "EOF" in str(error) else "is not an archive, or is damaged"
            raise ImageError(words) from None
        if not self._members:
            raise ImageError("is an archive without members")

    @property
    def plain(self) -> bool:
        """Whether every member has a plain name, as grype wants it: ``tar -C layout -c .`` writes others."""
        return all(not member.name.startswith((".", "/")) for member in self._members.values()) and not self._odd

    def has(self, name: str) -> bool:
        return self._find(name) is not None

    def open(self, name: str) -> BinaryIO:
        member = self._find(name)
        if member is None:
            raise ImageError(f"{name} is missing")
        return cast(BinaryIO, io.BufferedReader(_Part(self._file.fileno(), member.start, member.size), 1 << 18))

    def _find(self, name: str) -> tarfile.Member | None:
        """A member, through the links by which older engines store a layer once."""
        name = _plain(name)
        for _ in range(_MAX_LINKS):
            member = self._members.get(name)
            if member is None or member.type in (tarfile.REGULAR, "\0"):
                return member
            if member.type == tarfile.SYMLINK:
                name = _plain(os.path.normpath(os.path.join(os.path.dirname(name), member.link)))
            elif member.type == tarfile.HARDLINK:
                name = _plain(member.link)
            else:
                return None
        return None


@contextmanager
def opened(path: str, *, folder: bool) -> Iterator[Source]:
    """The bytes behind a path. Raises :class:`ImageError`."""
    if folder:
        yield Folder(path)
        return
    archive = Archive(path)
    try:
        yield archive
    finally:
        archive.close()


def open_regular(path: str) -> BinaryIO:
    """A regular file, without waiting for the other end of a pipe. Raises :class:`ImageError`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError) as error:
        raise ImageError(_words(error)) from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise ImageError("is a folder" if stat.S_ISDIR(mode) else "is not a regular file")
    return os.fdopen(descriptor, "rb", buffering=0)


def _words(error: OSError | ValueError) -> str:
    text = error.strerror if isinstance(error, OSError) else ""
    return (text[:1].lower() + text[1:]) if text else "no such file"


def _plain(name: str) -> str:
    """A member's name without ``./``; one that leads out of the archive is nobody's."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return "" if ".." in parts else "/".join(parts)


class _Slices:
    """A file that can be sliced like bytes, and is never loaded."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start = part.start or 0
        return os.pread(self._descriptor, max(min(part.stop, self._size) - start, 0), start)


class _Part(io.RawIOBase):
    """A stretch of a file as a file."""

    def __init__(self, descriptor: int, start: int, size: int) -> None:
        self._descriptor = descriptor
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(offset + (0, self._at, self._size)[whence], 0)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        wanted = max(min(len(buffer), self._size - self._at), 0)
        data = os.pread(self._descriptor, wanted, self._start + self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
