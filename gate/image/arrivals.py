"""What each COPY and ADD brings of the build context into the image, wherever it puts it.

The virtual file map (:mod:`gate.image.files`) answers by destination, and has no answer where that cannot be known. Rules
about what should not travel at all ask here. Files are listed, never opened; sizes are looked up when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gate.context.paths import BadPattern, clean, join, rooted
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Copy
from gate.image.copy import find_sources
from gate.image.node import Node
from gate.image.tree import Tree, TreeError
from gate.memo import memo
from gate.packages.where import BASE, resolve, workdir
from gate.record import dataclass

if TYPE_CHECKING:
    from gate.build import Build

MAX_ENTRIES = 50_000
"""Paths of one build that are looked at; more than that is no build context but a disk."""
_MAX_MAPPED = 5_000
"""Of those, by way of another stage: what was copied many times over is far from the context."""
CLOSED = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".aws", ".ssh"})
"""Folders whose own name says what they are: they arrive as one path and are not listed."""


@dataclass(frozen=True, slots=True, eq=False)
class Arrival:
    """A path of the context that a COPY brings: ``path`` relative to the context, ``word`` the source that names it.
    ``whole``: the word names it by itself, not a folder around it."""

    copy: Copy
    word: Text
    path: str
    node: Node
    whole: bool

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def size(self) -> int:
        """Bytes of a file; 0 for anything else."""
        return self.node.size or 0


def arrivals(build: Build) -> list[Arrival]:
    """The files and closed folders that the shipped stages copy, in the order of the file. Empty without a context."""
    kept = memo(build, "arrivals")
    found: list[Arrival] | None = kept.get("all")
    if found is None:
        found = kept["all"] = _bounded(build)
    return found


def copies(build: Build) -> Iterator[Copy]:
    """The COPY and ADD instructions whose files reach the image: of the target and its ancestors."""
    for stage in build.target.lineage() if build.target is not None else ():
        for instruction in stage.instructions:
            if isinstance(instruction, Copy):
                yield instruction


def own_sources(copy: Copy, build: Build) -> Iterator[tuple[Text, str]]:
    """The source words of a COPY that name something of the context, with their values."""
    if copy.from_ is not None:
        return
    for word in copy.sources:
        value = build.expand(word, copy)
        if isinstance(value, str) and "://" not in value and not value.startswith("git@"):
            yield word, value


def sources_at(value: str, build: Build) -> list[tuple[str, Node]]:
    """The paths of the context that a source names, as the builder resolves it; empty when there is none."""
    if build.context is None or build.context.lacks(rooted(value)):
        return []
    root = _root(build)
    if root is None:
        return []
    tree = Tree(root)
    try:
        places = find_sources(tree, rooted(value))
        found = [(place, tree.find(place, follow=True)) for place in places]
    except (TreeError, BadPattern):
        return []
    return [(clean(place).lstrip("/"), node) for place, node in found if node is not None]


def _root(build: Build) -> Node | None:
    from gate.image.node import from_context

    kept = memo(build, "arrivals")
    if "root" not in kept:
        try:
            kept["root"] = from_context(build.context.sent(None)) if build.context is not None else None
        except BadPattern:
            kept["root"] = None
    root: Node | None = kept["root"]
    return root


def _bounded(build: Build) -> list[Arrival]:
    found: list[Arrival] = []
    left, mapped = MAX_ENTRIES, _MAX_MAPPED
    for copy in copies(build):
        if copy.from_ is not None or copy.flag("exclude") is not None:
            mapped = _gather_mapped(copy, build, found, mapped)
            continue
        for word, value in own_sources(copy, build):
            for place, node in sources_at(value, build):
                left = _gather(Arrival(copy, word, place, node, whole=True), found, left)
                if left <= 0:
                    return found
    return found


def _gather_mapped(copy: Copy, build: Build, found: list[Arrival], left: int) -> int:
    """Add what the file map knows to come from the context by way of another stage, or past ``--exclude``."""
    from gate.platforms.image import launch_image

    destination, at = build.expand(copy.destination, copy), workdir(copy, build)
    if not isinstance(destination, str) or (
        not destination.startswith("/") and (not isinstance(at, str) or at == BASE)
    ):
        return left
    image = launch_image(build)
    if not image.has_context:
        return left
    node: Node | None = image.root
    for name in resolve(destination, at if isinstance(at, str) else "/").strip("/").split("/"):
        node = node.child(name) if node is not None and name else node
    waiting = [node] if node is not None else []
    while waiting and left > 0:
        each = waiting.pop()
        left -= 1
        if each.type == "directory":
            waiting.extend(reversed(each.children().values()))
        elif each.instruction is copy and each.source is not None:
            found.append(Arrival(copy, _word_for(copy, each.source), each.source, each, whole=False))
    return left


def _word_for(copy: Copy, source: str) -> Text:
    """The source word that a file most likely came by: the one that ends like it."""
    name = source.rpartition("/")[2]
    return next((word for word in copy.sources if word.value.rpartition("/")[2] == name), copy.sources[0])


def _gather(top: Arrival, found: list[Arrival], left: int) -> int:
    """Add what a source word brings; how many more paths may be looked at then."""
    waiting = [top]
    while waiting and left > 0:
        arrival = waiting.pop()
        left -= 1
        if arrival.node.type != "directory" or arrival.name in CLOSED:
            found.append(arrival)
        else:
            for name, child in reversed(arrival.node.children().items()):
                waiting.append(Arrival(top.copy, top.word, join(arrival.path, name), child, whole=False))
    return left
