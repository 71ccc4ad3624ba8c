"""What is worked out once per build and kept as long as the build lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from gate.build import Build

_kept: WeakKeyDictionary[Build, dict[str, dict[Any, Any]]] = WeakKeyDictionary()


def memo(build: Build, name: str) -> dict[Any, Any]:
    """The dictionary of that name; each belongs to the module that names it."""
    shelves = _kept.get(build)
    if shelves is None:
        shelves = _kept[build] = {}
    return shelves.setdefault(name, {})
