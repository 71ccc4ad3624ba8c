"""The files of an image, for those who ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from gate.context.paths import rooted
from gate.image.model import File
from gate.image.node import Node
from gate.image.whiteouts import PREFIX, laid_over
from gate.model import Unknown

_MAX_LINKS = 40
_MAX_LISTED = 120_000  # files; copies of copies may be more than there is memory
_USUAL_COPIES = 8  # from the context to where a file ends up
_MAX_COPIES = 100_000  # beyond the usual, over all files


class ImageFiles:
    """See :class:`gate.image.model.Files`."""

    def __init__(self, root: Node, layers: Callable[[], Mapping[int, int]] = dict) -> None:
        """``layers`` tells the number of each instruction's layer, by the instruction's ``id``."""
        self.root = root
        self.more = False  # whether there are more files than were listed
        self._layers = layers

    def lookup(self, path: str, *, follow: bool = True) -> File | Unknown | None:
        """What a program in the container would find at a path."""
        stack: list[tuple[str, Node]] = [("", self.root)]
        waiting = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        links = 0
        while waiting:
            name = waiting.pop()
            if name == "..":
                del stack[max(1, len(stack) - 1) :]
                continue
            place, folder = stack[-1]
            if folder.type == "unknown":
                return folder.note or Unknown(f"{place} is not known")
            if folder.type != "directory":
                return None
            node = folder.child(name)
            if node is None:
                return None if folder.gone(name) else folder.open or self.root.anywhere
            if node.type == "symlink" and (waiting or follow):
                links += 1
                if links > _MAX_LINKS:
                    return None
                target = node.link or ""
                stack = stack[:1] if target.startswith("/") else stack
                waiting.extend(part for part in reversed(target.split("/")) if part not in ("", "."))
            else:
                stack.append((f"{place}/{name}", node))
        place, node = stack[-1]
        return as_file(place or "/", node)

    def __iter__(self) -> Iterator[File]:
        """Every path that an instruction of the file put there, sorted; ``more`` tells whether that was too many."""
        found: list[tuple[str, Node]] = []
        whiteouts = False
        copies = 0
        waiting: list[tuple[str, Node]] = [("", self.root)]
        while waiting:
            place, folder = waiting.pop()
            if len(found) > _MAX_LISTED or copies > _MAX_COPIES:
                self.more = True
                break
            for name, node in folder.children().items():
                path = f"{place}/{name}"
                copies += max(node.depth - _USUAL_COPIES, 0)
                whiteouts = whiteouts or name.startswith(PREFIX)
                if not node.implied:
                    found.append((path, node))
                if node.type == "directory":
                    waiting.append((path, node))
        found.sort(key=lambda item: item[0])
        if whiteouts:
            found = laid_over(found, self._layers())
        return (as_file(path, node) for path, node in found)


def as_file(path: str, node: Node) -> File:
    return File(
        rooted(path), node.type, node.mode, node.uid, node.gid, node.size, node.link, node.instruction, node.source,
        node.read, node.note,
    )  # fmt: skip
