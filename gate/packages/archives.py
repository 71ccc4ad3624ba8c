"""What a wheel or an sdist installs. Nothing of it is run: wheels say it in their metadata, sdists as projects do."""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
import zlib

from gate.image.tarfile import DIRECTORY, REGULAR, ArchiveError, NoDecoder, TooLarge, decompress, is_tar, members
from gate.lazy import pattern
from gate.packages.distribution import MAX_ARCHIVE, MAX_TEXT, WANTED, Distribution, entry_points, read_project

_MAX_LISTING = 1 << 22
_MAX_MEMBERS = 100
_DATA_SCRIPT = pattern(r"[^/]+\.data/scripts/([^/]+)")
_METADATA = pattern(r"[^/]+\.dist-info/METADATA")
_ENTRY_POINTS = pattern(r"[^/]+\.dist-info/entry_points\.txt")


def read_archive(data: bytes, shown: str) -> Distribution:
    """A wheel or an sdist."""
    found = Distribution()
    if len(data) > MAX_ARCHIVE:
        found.doubt(f"{shown} is too large to be read")
    elif shown.endswith(".whl"):
        _wheel(data, shown, found)
    else:
        files = _sdist_files(data)
        if files is None:
            found.doubt(f"{shown} cannot be read")
        else:
            return read_project(files.get, shown)
    return found


_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    RuntimeError,
    NotImplementedError,
    OSError,
)


def _wheel(data: bytes, shown: str, found: Distribution) -> None:
    try:
        with _open_zip(data) as archive:
            read = 0
            for info in archive.infolist():
                script = _DATA_SCRIPT.fullmatch(info.filename)
                if script:
                    found.programs.add(script[1])
                    continue
                if not info.filename.endswith(("/entry_points.txt", "/METADATA")):
                    continue
                read += 1
                if read > _MAX_MEMBERS:
                    raise ValueError("too many members")
                if _ENTRY_POINTS.fullmatch(info.filename):
                    entry_points(_member(archive, info).decode("utf-8", "replace"), found)
                elif _METADATA.fullmatch(info.filename):
                    _requires_dist(_member(archive, info).decode("utf-8", "replace"), found)
    except _BROKEN:
        found.doubt(f"{shown} cannot be read")


def _open_zip(data: bytes) -> zipfile.ZipFile:
    """Raises one of ``_BROKEN``; so for a list of entries without measure."""
    end = data.rfind(b"PK\5\6")
    if end >= 0 and struct.unpack_from("<I", data, end + 12)[0] > _MAX_LISTING:
        raise ValueError("too many entries")
    return zipfile.ZipFile(io.BytesIO(data))


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as file:
        data = file.read(MAX_TEXT + 1)
    if len(data) > MAX_TEXT:
        raise ValueError("too large")
    return data


def _requires_dist(text: str, found: Distribution) -> None:
    for line in text.partition("\n\n")[0].splitlines():
        key, _, value = line.partition(":")
        if key.lower() == "requires-dist" and "extra ==" not in value:
            found.add_requirements([value])


def _sdist_files(data: bytes) -> dict[str, bytes] | None:
    """The files at the top of an sdist that say what it installs."""
    try:
        if data.startswith(b"PK"):
            with _open_zip(data) as archive:
                chosen = {info.filename.partition("/")[2]: info for info in archive.infolist()}
                return {name: _member(archive, chosen[name]) for name in WANTED if name in chosen}
        whole, ends = decompress(data, MAX_ARCHIVE)
        if not ends or not is_tar(whole):
            return None
        return {
            posixpath.normpath(member.name).partition("/")[2]: whole[member.start : member.start + member.size]
            for member in members(whole, True)
            if member.type not in (DIRECTORY,) and posixpath.normpath(member.name).partition("/")[2] in WANTED
            and member.type == REGULAR and member.size <= MAX_TEXT
        }  # fmt: skip
    except (*_BROKEN, ArchiveError, TooLarge, NoDecoder):
        return None
