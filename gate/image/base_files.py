"""The root of a stage that begins with an image which is not read."""

from __future__ import annotations

from collections.abc import Iterable

from gate.image.node import Node, directory
from gate.image.plan import Plan
from gate.model import Unknown

# The folders that every distribution's image has.
_SYSTEM = (
    "bin", "boot", "dev", "etc", "lib", "lib64", "proc", "root", "run", "sbin", "sys", "usr", "usr/bin", "usr/lib",
    "usr/local", "usr/local/bin", "usr/local/lib", "usr/local/sbin", "usr/local/share", "usr/sbin", "usr/share", "usr/src",
    "var", "var/cache", "var/lib", "var/log", "var/run", "var/spool", "var/tmp", "usr/include", "usr/local/etc",
    "usr/local/include", "usr/local/src",
)  # fmt: skip
_EMPTY = ("home", "media", "mnt", "opt", "srv", "tmp")


Names = dict[str, "Names"]
"""The folders in a folder, each with those that are in it."""


def _nested(paths: Iterable[str]) -> Names:
    found: Names = {}
    for path in paths:
        at = found
        for name in path.split("/"):
            at = at.setdefault(name, {})
    return found


_TREE = _nested((*_SYSTEM, *_EMPTY))


def base_root(plan: Plan) -> Node:
    """A root that may hold anything. In a distribution's own image only the system's folders may."""
    stage = plan.stage
    why = Unknown(f"{stage.base or stage.from_.image} is not read", "--image")
    root = directory(origin=_Base(_TREE, why, _EMPTY if plan.plain else ()))
    root.implied = True
    root.open = None if plan.plain else why
    return root


class _Base:
    """The folders in a folder of the base image. ``closed``: the names of those that hold nothing."""

    __slots__ = ("_closed", "_names", "_why")

    def __init__(self, names: Names, why: Unknown, closed: tuple[str, ...] = ()) -> None:
        self._names = names
        self._why = why
        self._closed = closed

    def names(self) -> Iterable[str]:
        return self._names

    def node(self, name: str) -> Node | None:
        inner = self._names.get(name)
        if inner is None:
            return None
        node = directory(None, None, None, origin=_Base(inner, self._why) if inner else None)
        node.implied = True
        node.open = None if name in self._closed else self._why
        return node

    def gone(self, name: str) -> bool:
        return False
