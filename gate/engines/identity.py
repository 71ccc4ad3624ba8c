"""Which file a program is, so that what it once said of itself can be remembered."""

from __future__ import annotations

import os

from gate.cache import key

_MACHINE_CODE = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"MZ")


def identity(path: str) -> str:
    """A key that changes with the file; empty for a script, which may say something else each time."""
    try:
        with open(path, "rb") as file:
            magic = file.read(4)
            state = os.fstat(file.fileno())
    except OSError:
        return ""
    if not magic.startswith(_MACHINE_CODE):
        return ""
    return key("version of", path, str((state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)))
