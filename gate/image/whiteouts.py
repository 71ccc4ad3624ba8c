"""What a name that begins with ``.wh.`` does to an image.

For the builder it is a name like any other, so that a later COPY still finds such a file. In the layer it says that what
lies below is gone: ``.wh.x`` takes away ``x``, and ``.wh..wh..opq`` everything in its folder, of the layers underneath.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gate.image.node import Node

PREFIX = ".wh."
_OPAQUE = ".wh..wh..opq"


def laid_over(found: list[tuple[str, Node]], layers: Mapping[int, int]) -> list[tuple[str, Node]]:
    """The paths that an image still has. ``layers``: the number of the layer of each instruction, by its ``id``."""
    removed: dict[str, int] = {}
    emptied: dict[str, int] = {}
    for path, node in found:
        folder, _, name = path.rpartition("/")
        if name == _OPAQUE:
            emptied[folder] = _layer(node, layers)
        elif name.startswith(PREFIX):
            removed[f"{folder}/{name.removeprefix(PREFIX)}".rstrip("/")] = _layer(node, layers)
    kept: set[str] = set()
    for path, node in found:
        layer = _layer(node, layers)
        gone = any(removed.get(above, -1) > layer for above in (path, *_parents(path)))
        if not gone and not any(emptied.get(above, -1) > layer for above in _parents(path)):
            kept.update((path, *_parents(path)))  # with what is in it, a folder comes back
    return [(path, node) for path, node in found if path in kept and not path.rpartition("/")[2].startswith(PREFIX)]


def _layer(node: Node, layers: Mapping[int, int]) -> int:
    return layers.get(id(node.instruction), -1)


def _parents(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path
