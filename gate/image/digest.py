"""What the builder looks at before it copies: it takes a digest of each source, and refuses what that does not find."""

from __future__ import annotations

from gate.context.paths import has_wildcards, join, rooted, split_wildcards
from gate.context.patterns import Info, Matcher
from gate.image.copy import find_sources
from gate.image.node import Node
from gate.image.tree import Tree, TreeError, raise_unknown

_MAX_LINKS = 255


def check_source(
    tree: Tree, operand: str, include: Matcher | None, exclude: Matcher | None, required: str | None
) -> None:
    """Raises :class:`TreeError` for a source (absolute, clean) that the builder does not find."""
    if not has_wildcards(operand) and include is None and exclude is None:
        if _follow(tree.root, operand) is None:
            tree.may_be_there(operand)
            raise TreeError(f'"{operand}": not found')
        return
    if has_wildcards(operand):
        _check_matches(tree, operand, include, exclude)
    elif operand == "/":
        _check_links(tree.root, include, exclude)
    if required is not None and not _is_included(tree, operand, required, include, exclude):
        tree.may_be_there(required)
        raise TreeError(f'"{required}": not found')


def _check_matches(tree: Tree, operand: str, include: Matcher | None, exclude: Matcher | None) -> None:
    """A link that a wildcard matches is followed, unless the patterns leave out the empty path."""
    _follow(tree.root, split_wildcards(operand)[0])
    if (include is not None and not include.match("", None)[0]) or (exclude is not None and exclude.match("", None)[0]):
        return
    for path in find_sources(tree, operand):
        node = tree.find(path)
        if node is not None and node.type == "symlink" and _follow(tree.root, path) is None:
            raise TreeError(f'"{path}": not found')


def _check_links(root: Node, include: Matcher | None, exclude: Matcher | None) -> None:
    """With patterns, the links at the top of a source that is a root are followed, though only the links are copied."""
    for name, node in root.children().items():
        if node.type == "symlink" and (include is None or include.match(name, None)[0]):
            left_out = exclude is not None and exclude.match(name, None)[0]
            if not left_out and _follow(root, "/" + name) is None:
                raise TreeError(f'"/{name}": not found')


def _follow(root: Node, path: str) -> Node | None:
    """The node at a clean path, its links resolved."""
    node: Node | None = root
    for name in path.split("/"):
        if name and node is not None:
            raise_unknown(node)
            node = node.child(name) if node.type == "directory" else None
            if node is not None and node.type == "symlink":
                return _follow_links(root, path)
    return node


def _follow_links(root: Node, path: str) -> Node | None:
    """Links are resolved part by part (not, as in a copy, pass by pass); parts that are missing may be left again with
    ``..``."""
    node: Node | None = root
    current = "/"
    waiting = path.split("/")[::-1]
    links = 0
    while waiting:
        place = rooted(join(current, waiting.pop()))
        node = _at(root, place)
        if node is None or node.type != "symlink":
            current = place
            continue
        links += 1
        if links > _MAX_LINKS:
            raise TreeError("too many links")
        target = node.link or ""
        current = "/" if target.startswith("/") else current
        waiting.extend(target.split("/")[::-1])
    return node


def _at(root: Node, path: str) -> Node | None:
    node: Node | None = root
    for name in path.split("/"):
        if name and node is not None:
            raise_unknown(node)
            node = node.child(name) if node.type == "directory" else None
    return node


def _is_included(tree: Tree, operand: str, required: str, include: Matcher | None, exclude: Matcher | None) -> bool:
    """Whether the path that ``--parents`` names is among what is copied. Links below the source are not followed."""
    node = tree.find(tree.resolve_parent(operand))
    below = required.removeprefix(operand.rstrip("/")).strip("/")
    chosen: Info | None = None
    left_out: Info | None = None
    included = include is None
    excluded = False
    path = ""
    for name in below.split("/") if below else ():
        node = node.child(name) if node is not None and node.type == "directory" else None
        if node is None:
            return False
        path = join(path, name)
        if include is not None:
            included, chosen = include.match(path, chosen)
        if exclude is not None:
            excluded, left_out = exclude.match(path, left_out)
    return node is not None and included and not excluded
