"""Files as archives, to be unpacked in a container."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO

from gate.policy import PolicyError

_MEMORY = 16 << 20
"""Bytes of an archive that are kept in memory; a larger one goes to a temporary file."""


@contextmanager
def pack(
    files: Mapping[str, bytes],
    folders: Iterable[str] = (),
    source: str | None = None,
    rename: Callable[[str], str] = lambda name: name,
) -> Iterator[IO[bytes]]:
    """An archive of these files and empty folders, and of the files below the folder ``source`` under the names that
    ``rename`` gives them; all of it is root's. Raises OSError."""
    with tempfile.SpooledTemporaryFile(_MEMORY) as out:
        with tarfile.open(fileobj=out, mode="w") as tar:
            for name in folders:
                _add(tar, name, tarfile.DIRTYPE, 0o755, io.BytesIO(), 0)
            for name, data in files.items():
                _add(tar, name, tarfile.REGTYPE, 0o644, io.BytesIO(data), len(data))
            for name in names_below(source) if source is not None else ():
                with open(os.path.join(source or "", name), "rb") as file:
                    _add(tar, rename(name), tarfile.REGTYPE, 0o644, file, os.fstat(file.fileno()).st_size)
        out.seek(0)
        yield out


@contextmanager
def given(path: str, option: str) -> Iterator[IO[bytes]]:
    """What ``--model`` names: a folder, or an archive as it is. Raises :class:`~gate.policy.PolicyError`."""
    try:
        if os.path.isdir(path):
            with pack({}, source=path) as out:
                yield out
        else:
            with open(path, "rb") as file:
                yield file
    except OSError as error:
        raise PolicyError(f"{option} {path}: {error.strerror or error}") from None


def names_below(path: str) -> list[str]:
    """The regular files below a folder, in order. A symbolic link counts as long as it stays inside."""
    top = os.path.realpath(path)
    found = []
    for base, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            full = os.path.join(base, name)
            real = os.path.realpath(full)
            if real.startswith(top + os.sep) and stat.S_ISREG(os.stat(real).st_mode):
                found.append(os.path.relpath(full, path).replace(os.sep, "/"))
    return found


def _add(tar: tarfile.TarFile, name: str, kind: bytes, mode: int, data: IO[bytes], size: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size = kind, mode, size
    tar.addfile(entry, data)
