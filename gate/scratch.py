"""Folders of our own for the time of one call of an engine.

As :mod:`tempfile` and :mod:`shutil` make and remove them; these take longer to load than an engine to start.
"""

from __future__ import annotations

import os
from contextlib import suppress


def folder() -> str:
    """A new folder that nobody else can look into. Raises :class:`OSError` where there is no place for one."""
    parent = os.environ.get("TMPDIR") or "/tmp"  # noqa: S108  the folder is a new one, or mkdir fails
    path = os.path.join(os.path.abspath(parent), f"mlgate-{os.urandom(8).hex()}")
    try:
        os.mkdir(path, 0o700)
    except OSError:
        import tempfile

        return tempfile.mkdtemp(prefix="mlgate-")
    return path


def remove(path: str) -> None:
    """Remove a folder with all that is in it, as far as that can be done."""
    for inner, folders, files in os.walk(path, topdown=False):
        for name in (*files, *folders):
            entry = os.path.join(inner, name)
            with suppress(OSError):
                os.unlink(entry) if name in files or os.path.islink(entry) else os.rmdir(entry)
    with suppress(OSError):
        os.rmdir(path)
