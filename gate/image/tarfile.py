"""Reading tar archives header by header, compressed or not, as the builder does when ADD unpacks one.

Everything in an archive is hostile: sizes are bounded, nothing is written anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gate.image.sparse import Holes, HolesError, holes
from gate.record import dataclass

_BLOCK = 512
_MAX_EXTRA = 1 << 20  # bytes of a long name or of extended headers
_PIECE = 1 << 11  # bytes for a decoder at once: of zstd they unpack to 64 MiB at most
_MAX_PARTS = 10_000  # compressed files behind each other in one

REGULAR, HARDLINK, SYMLINK, CHARACTER, BLOCK, DIRECTORY, FIFO, GLOBAL = "0", "1", "2", "3", "4", "5", "6", "g"


class ArchiveError(ValueError):
    """The archive is damaged, or of a kind that the builder does not unpack."""


class TooLarge(Exception):
    """More than is unpacked here."""


class NoDecoder(Exception):
    """Compressed in a way that cannot be read here."""


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive. ``start``: where its content begins in the decompressed archive; ``stored``: the bytes that
    it takes there."""

    name: str
    type: str
    mode: int
    uid: int
    gid: int
    size: int
    link: str
    start: int
    stored: int
    holes: Holes | None = None


def compression(head: bytes) -> str:
    """The compression that the first bytes of a file tell; empty for none."""
    for name, magic in (
        ("bzip2", b"BZh"),
        ("gzip", b"\x1f\x8b\x08"),
        ("xz", b"\xfd7zXZ\x00"),
        ("zstd", b"\x28\xb5\x2f\xfd"),
    ):
        if head.startswith(magic):
            return name
    skippable = len(head) >= 8 and int.from_bytes(head[:4], "little") & 0xFFFFFFF0 == 0x184D2A50
    return "zstd" if skippable else ""


def decompress(data: bytes, limit: int) -> tuple[bytes, bool]:
    """The content of a possibly compressed file as far as it can be read, and whether it ends as it should.

    Raises :class:`TooLarge` above ``limit`` bytes, :class:`NoDecoder`.
    """
    kind = compression(data)
    if not kind:
        return data, True
    out = bytearray()
    decoder = _decoder(kind)
    at = parts = 0
    while at < len(data):
        if decoder.eof:  # a compressed file may be several ones behind each other
            parts += 1
            if parts > _MAX_PARTS:
                raise TooLarge
            if compression(data[at : at + 8]) != kind:
                return bytes(out), False
            decoder = _decoder(kind)
        piece = data[at : at + _PIECE]
        try:
            out += decoder.decompress(piece, limit + 1 - len(out))
        except _damages():
            return bytes(out), False
        if len(out) > limit:
            raise TooLarge
        at += len(piece) - len(decoder.unused_data)
    return bytes(out), decoder.eof


class _Zstd:
    """One frame of a zstd file, with the methods that Python's own decoders have."""

    def __init__(self) -> None:
        try:
            import zstandard
        except ImportError as error:
            raise NoDecoder("zstd") from error
        self._error = zstandard.ZstdError
        self._frame = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()

    @property
    def eof(self) -> bool:
        return self._frame.eof

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data

    def decompress(self, data: bytes, limit: int) -> bytes:
        """Raises ValueError for damaged data. There may be more than ``limit`` bytes: a piece gives what it gives."""
        try:
            return self._frame.decompress(data)
        except self._error as error:
            raise ValueError(str(error)) from error


def _damages() -> tuple[type[Exception], ...]:
    """What decoders raise for damaged data."""
    import lzma
    import zlib

    return zlib.error, lzma.LZMAError, OSError, EOFError, ValueError


def _decoder(kind: str) -> Any:
    """A decoder; each is loaded when there is something for it."""
    if kind == "gzip":
        import zlib

        return zlib.decompressobj(wbits=31)
    if kind == "bzip2":
        import bz2

        return bz2.BZ2Decompressor()
    if kind == "xz":
        import lzma

        return lzma.LZMADecompressor(format=lzma.FORMAT_XZ)
    return _Zstd()


def is_tar(data: bytes) -> bool:
    """Whether the decompressed bytes begin with an entry."""
    try:
        return next(members(data, True), None) is not None
    except ArchiveError:
        return False


def members(data: bytes, whole: bool) -> Iterator[Member]:
    """The entries in order. ``whole``: the data ends where the file ends; otherwise running out of it is an error, too.

    Raises :class:`ArchiveError`, possibly after some entries.
    """
    at = 0
    pax: dict[str, str] = {}
    long: dict[str, str] = {}
    while header := _header(data, at, whole):
        member = _parse(header, at + _BLOCK)
        at += _BLOCK
        if member.type not in "xgLK":
            member = _extended(member, {**pax, **long}, data)
            pax, long = {}, {}
            yield member
            if member.start + member.stored > len(data):
                raise ArchiveError("unexpected EOF")
            at += _padded(member.stored)
            continue
        if member.size > _MAX_EXTRA or at + member.size > len(data):
            raise ArchiveError("unexpected EOF")
        body = data[at : at + member.size]
        at += _padded(member.size)
        if member.type == "g":
            _pax(body)
            pax, long = {}, {}
            yield member
        elif member.type == "x":
            pax = _pax(body)
        else:
            long["path" if member.type == "L" else "linkpath"] = _text(body.split(b"\0")[0])


def _header(data: bytes, at: int, whole: bool) -> bytes:
    """The next header; empty at the end of the archive."""
    header = data[at : at + _BLOCK]
    if not header and whole:
        return b""
    if len(header) < _BLOCK:
        raise ArchiveError("unexpected EOF")
    if header.strip(b"\0"):
        return header
    following = data[at + _BLOCK : at + 2 * _BLOCK]
    if following.strip(b"\0") or 0 < len(following) < _BLOCK:
        raise _invalid()
    return b""


def _invalid() -> ArchiveError:
    return ArchiveError("archive/tar: invalid tar header")


def _has_content(type_: str) -> bool:
    return type_ not in (HARDLINK, SYMLINK, CHARACTER, BLOCK, DIRECTORY, FIFO)


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _parse(header: bytes, start: int) -> Member:
    checksum = _number(header[148:156])
    bare = header[:148] + b" " * 8 + header[156:]
    # Old programs added signed bytes; that sum is slow, and almost never asked for.
    if checksum != sum(bare) and checksum != sum(byte - 256 if byte > 127 else byte for byte in bare):
        raise _invalid()
    name = _string(header[:100])
    magic = header[257:263]
    if magic in (b"ustar\0", b"ustar "):
        _number(header[329:337]), _number(header[337:345])
    _number(header[136:148])
    if magic == b"ustar\0":
        prefix = _string(header[345:476] if header[508:] == b"tar\0" else header[345:500])
        name = f"{prefix}/{name}" if prefix else name
    type_ = header[156:157].decode("latin-1")
    size = _number(header[124:136])
    stored = size if _has_content(type_) else 0
    if stored < 0:
        raise _invalid()
    ids = _number(header[108:116]), _number(header[116:124])
    return Member(name, type_, _number(header[100:108]), *ids, stored, _string(header[157:257]), start, stored)


def _extended(member: Member, extra: dict[str, str], data: bytes) -> Member:
    """The member with what long-name entries and extended headers say about it."""
    name = extra.get("path") or member.name
    if not extra and member.type != "\0":
        return member
    type_ = member.type
    if type_ == "\0":
        type_ = DIRECTORY if name.endswith("/") else REGULAR
    stored = _decimal(extra, "size", member.size) if _has_content(type_) else 0
    if stored < 0:
        raise _invalid()
    ids = _decimal(extra, "uid", member.uid), _decimal(extra, "gid", member.gid)
    link = extra.get("linkpath") or member.link
    try:
        found = holes(extra, data, member.start, stored) if type_ == REGULAR and extra else None
    except HolesError as error:
        raise _invalid() from error
    if found is not None:
        name = extra.get("GNU.sparse.name") or name
    return Member(name, type_, member.mode, *ids, found.size if found else stored, link, member.start, stored, found)


def _decimal(extra: dict[str, str], key: str, default: int) -> int:
    text = extra.get(key, "")
    if not text:
        return default
    if not text.lstrip("+-").isdecimal() or len(text) > 19:
        raise _invalid()
    return int(text)


def _number(field: bytes) -> int:
    """An octal or base-256 number."""
    if field[:1] and field[0] & 0x80:
        value = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
        return value - (1 << (8 * len(field) - 1)) if field[0] & 0x40 else value
    text = field.strip(b" \0").split(b"\0")[0].strip()
    if not text:
        return 0
    try:
        return int(text, 8)
    except ValueError as error:
        raise _invalid() from error


def _pax(body: bytes) -> dict[str, str]:
    """The records ``length key=value`` of an extended header."""
    found: dict[str, str] = {}
    while body:
        length, blank, _ = body.partition(b" ")
        if not blank or not length.isdigit() or len(length) > 9:
            raise _invalid()
        end = int(length)
        record, body = body[len(length) + 1 : end], body[end:]
        key, equals, value = record.partition(b"=")
        if not equals or not value.endswith(b"\n") or end > end + len(body) or end <= len(length):
            raise _invalid()
        name, text = _text(key), _text(value[:-1])
        if name in ("GNU.sparse.offset", "GNU.sparse.numbytes"):  # one of each for every piece
            name, text = "GNU.sparse.map", ",".join(filter(None, (found.get("GNU.sparse.map"), text)))
        found[name] = text
    return found


def _string(field: bytes) -> str:
    return _text(field.split(b"\0")[0])


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
