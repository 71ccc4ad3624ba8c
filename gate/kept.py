"""What is dear to work out and follows from files alone, kept as JSON between runs in the user's cache folder.

A document is kept with a stamp of all that it was made from, and made anew when the stamp is another one. It may be lost
at any time; where nothing can be written, it is made each time. ``MLGATE_CACHE_DIR`` names another folder.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from gate import __version__
from gate.blake import blake2b

_DATE = "@date"
_CODE = ("gate", "gate.rules", "gate.policies")
_SUFFIXES = (".py", ".yaml")


def folder() -> Path:
    """Where mlgate keeps things between runs."""
    home = Path(os.path.expanduser("~"))  # Path.home() raises where there is none
    if own := os.environ.get("MLGATE_CACHE_DIR"):
        return Path(own)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local", "mlgate")
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "mlgate"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache", "mlgate")


def kept(name: str, stamp: str, make: Callable[[], Any]) -> Any:
    """The value that ``make`` gave under this name and stamp, in this run or an earlier one: what JSON has, and dates;
    not None. Tuples come back as lists, always."""
    found = recalled(name, stamp)
    return keep(name, stamp, make()) if found is None else found


def recalled(name: str, stamp: str) -> Any:
    """The value that was kept under this name and stamp; None when there is none."""
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        with open(_path(name), encoding="utf-8") as file:
            document = _opened(file.read())
        if document["of"] == stamp:
            return document["value"]
    return None


def keep(name: str, stamp: str, value: Any) -> Any:
    """Keep a value under this name and stamp, in place of any other of that name; and give it as :func:`recalled` will."""
    text = json.dumps({"of": stamp, "value": value}, default=lambda day: {_DATE: day.isoformat()})
    _write(_path(name), text)
    return _opened(text)["value"]


def _path(name: str) -> str:
    return os.path.join(folder(), f"{name}-{_installation()}.json")


def _opened(text: str) -> Any:
    return json.loads(text, object_hook=_dated if f'"{_DATE}"' in text else None)  # a hook takes longer than all else


def _dated(values: dict[str, Any]) -> dict[str, Any] | date:
    return date.fromisoformat(values[_DATE]) if _DATE in values else values


def _write(path: str, text: str) -> None:
    temporary = f"{path}.{os.getpid()}"
    with suppress(OSError):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)


def _installation() -> str:
    """Tells this installation from others of the same user."""
    return blake2b(f"{__file__} {sys.version}".encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()


@lru_cache(maxsize=1)
def code_stamp() -> str:
    """Stands for this very program: its version, place and interpreter, and the time and size of each of its files."""
    lines = [__version__, sys.version]
    roots = [root for package in _CODE for root in import_module(package).__path__]
    for root in roots:
        if os.path.dirname(root) not in roots:  # where all are installed, the others are in the first
            lines.append(root)
            lines += sorted(_files(root))
    return blake2b("\n".join(lines).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _files(root: str) -> Iterator[str]:
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.name.endswith(_SUFFIXES):
                status = entry.stat()
                yield f"{entry.path} {status.st_mtime_ns} {status.st_size}"
            elif entry.name.isidentifier() and entry.name != "__pycache__" and entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
