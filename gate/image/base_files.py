"""The root of a stage that begins with an image which is not read."""

from __future__ import annotations

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


def base_root(plan: Plan) -> Node:
    """A root that may hold anything. In a distribution's own image only the system's folders may."""
    stage = plan.stage
    why = Unknown(f"{stage.base or stage.from_.image} is not read", "--image")
    root = directory()
    root.implied = True
    root.open = None if plan.plain else why
    for path in _SYSTEM:
        _add(root, path, why)
    for path in _EMPTY:
        _add(root, path, None if plan.plain else why)
    return root


def _add(root: Node, path: str, why: Unknown | None) -> None:
    at = root
    *folders, name = path.split("/")
    for folder in folders:
        found = at.child(folder)
        if found is None:
            return
        at = found
    node = directory(None, None, None)
    node.implied = True
    node.open = why
    at.put(name, node)
