"""Reading and writing files that somebody else may have prepared: never blocking, never half written."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

# Opening a pipe or a device must not wait for its other end.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_STEP = 1 << 16

MAX_BYTES = 32 << 20
"""The largest Dockerfile that is read. BuildKit refuses lines above 64 KiB, so a sound file is far below."""

_KINDS = (
    (stat.S_ISDIR, "is a folder"),
    (stat.S_ISFIFO, "is a pipe, not a file"),
    (stat.S_ISSOCK, "is a socket, not a file"),
    (stat.S_ISCHR, "is a device, not a file"),
    (stat.S_ISBLK, "is a device, not a file"),
)


class Unreadable(Exception):
    """A file that cannot be read; ``str()`` says why, without its name."""


def read(path: str, limit: int = MAX_BYTES) -> bytes:
    """The content of a regular file. Raises :class:`Unreadable`, also for whatever is no regular file or too large."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise Unreadable(_words(error)) from None
    except ValueError:
        raise Unreadable("no such file") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable(next((words for test, words in _KINDS if test(status.st_mode)), "is not a regular file"))
        data = os.read(descriptor, min(status.st_size, limit) + 1)
        while len(data) <= limit and (
            more := os.read(descriptor, max(len(data), _STEP))
        ):  # it may grow, and a read may bring less
            data += more
    except OSError as error:
        raise Unreadable(_words(error)) from None
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise Unreadable(f"is larger than {limit >> 20} MiB")
    return data


def write(path: str, data: bytes, like: os.stat_result | None = None) -> None:
    """Write a file so that nobody ever sees half of it. A device or a pipe is written to as it is. ``like``: the owner, if
    he may be set, and the permissions that it gets instead of those of a new file. Raises OSError."""
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        with open(target, "wb") as file:
            file.write(data)
        return
    temporary = f"{target}.{os.getpid()}.tmp"
    with suppress(FileNotFoundError):
        os.unlink(temporary)
    try:
        # What somebody else puts there in the meantime is not written through.
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(data)
        if like is not None:
            _resemble(temporary, like)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _resemble(path: str, like: os.stat_result) -> None:
    """Give a file the owner and the permissions of another one. Only root may give files away."""
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(path, like.st_uid, like.st_gid)
    os.chmod(path, stat.S_IMODE(like.st_mode))


def why_unwritable(path: str) -> str | None:
    """Why a file cannot be written, as far as can be told before it is tried; None when nothing speaks against it."""
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path):
        return "is a folder"
    if not os.path.isdir(folder):
        return f"there is no folder {folder}"
    place = path if os.path.exists(path) and not os.path.isfile(path) else folder
    return None if os.access(place, os.W_OK) else f"{place} is not writable"


def _words(error: OSError) -> str:
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]
