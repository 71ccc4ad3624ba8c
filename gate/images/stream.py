"""A layer's bytes as a stream: decompressed on the way, counted, hashed, and bounded."""

from __future__ import annotations

import bz2
import hashlib
import lzma
import os
import shutil
import zlib
from collections.abc import Callable
from time import monotonic
from typing import Any, BinaryIO

from gate.image.tarfile import compression
from gate.images.source import ImageError, open_regular
from gate.record import dataclass

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one image may cost: ``seconds`` from its start, ``bytes`` of all layers unpacked, ``entries`` of all layers."""

    deadline: float
    bytes: int = 256 << 30
    entries: int = 1_000_000

    def check_time(self) -> None:
        """Raises :class:`~gate.images.source.ImageError` when the time is over."""
        if monotonic() > self.deadline:
            raise ImageError("takes too long to read; --engine-timeout allows more")


class Stream:
    """The unpacked bytes of a layer, forward only. ``at`` counts them."""

    def __init__(self, file: BinaryIO, limits: Limits, *, hashed: bool = True) -> None:
        self._file = file
        self._limits = limits
        head = file.read(16)
        file.seek(0)
        self._kind = compression(head)
        self._plain: BinaryIO | _Zstd | None = file if not self._kind else _Zstd(file) if self._kind == "zstd" else None
        self._decoder: Any = _decoder(self._kind) if self._plain is None else None
        self._hash = hashlib.sha256() if hashed else None
        self._rest = b""
        self._ended = False
        self.at = 0

    @property
    def compressed(self) -> bool:
        return bool(self._kind)

    def chunk(self) -> bytes:
        """The next bytes, at most a few MiB; empty at the end. Raises :class:`~gate.images.source.ImageError`."""
        self._limits.check_time()
        try:
            data = self._plain.read(_CHUNK) if self._plain is not None else self._unpacked()
        except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError, _zstd_error()) as error:
            raise ImageError(f"is damaged: {error}") from None
        self.at += len(data)
        if self.at > self._limits.bytes:
            raise ImageError(f"unpacks to more than {self._limits.bytes >> 30} GiB")
        if self._hash is not None:
            self._hash.update(data)
        return data

    def digest(self) -> str:
        """``sha256:…`` of all that was read; to the end first."""
        while self.chunk():
            pass
        assert self._hash is not None
        return f"sha256:{self._hash.hexdigest()}"

    def _unpacked(self) -> bytes:
        while not self._ended:
            if self._decoder.eof:
                self._next_member()
                continue
            hungry = getattr(self._decoder, "needs_input", True)
            waiting = self._rest or (self._file.read(_CHUNK) if hungry else b"")
            if not waiting and hungry:
                raise ImageError("is truncated")
            data = self._decode(waiting)
            if data:
                return data
        return b""

    def _decode(self, waiting: bytes) -> bytes:
        data: bytes = self._decoder.decompress(waiting, _CHUNK)
        self._rest = self._decoder.unconsumed_tail if self._kind == "gzip" else b""
        return data

    def _next_member(self) -> None:
        """A compressed file may be several ones behind each other; zeros behind it are padding."""
        more = self._decoder.unused_data + self._file.read(_CHUNK)
        self._rest = b""
        if not more.strip(b"\0"):
            self._ended = True
        elif compression(more) == self._kind:
            self._decoder = _decoder(self._kind)
            self._rest = more
        else:
            raise ImageError("is damaged: something else follows the compressed data")


def plain_archive(path: str, folder: Callable[[], str], seconds: float) -> str:
    """The path of an archive, unpacked into a folder first when it is compressed: pieces of it are read in any order.

    Raises :class:`~gate.images.source.ImageError`.
    """
    with open_regular(path) as file:
        if not compression(file.read(16)):
            return path
        file.seek(0)
        place = folder()
        free = shutil.disk_usage(place).free - (64 << 20)
        stream = Stream(file, Limits(monotonic() + seconds, bytes=max(free, 1)), hashed=False)
        unpacked = os.path.join(place, "archive.tar")
        with open(unpacked, "wb") as out:
            while chunk := stream.chunk():
                store(out, chunk)
    return unpacked


def store(out: BinaryIO, chunk: bytes) -> None:
    """Write to a temporary file. Raises :class:`~gate.images.source.ImageError`."""
    try:
        out.write(chunk)
        out.flush()
    except OSError as error:
        raise ImageError(f"cannot be unpacked: {error.strerror}; TMPDIR names another place") from None


class _Zstd:
    """The unpacked bytes of a zstd file. What it lacks at its end is told by the layer's digest."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            import zstandard
        except ImportError:
            raise ImageError("is compressed with zstd; to read it: pip install zstandard") from None
        # A window above 128 MiB is nothing that a builder writes.
        decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 27)
        self._reader: Any = decompressor.stream_reader(file, read_across_frames=True, closefd=False)

    def read(self, size: int) -> bytes:
        data: bytes = self._reader.read(size)
        return data


def _decoder(kind: str) -> Any:
    if kind == "gzip":
        return zlib.decompressobj(wbits=31)
    if kind == "bzip2":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=512 << 20)


def _zstd_error() -> type[Exception]:
    import sys

    module = sys.modules.get("zstandard")
    error: type[Exception] = module.ZstdError if module is not None else zlib.error
    return error
