"""What the builder looks at before it copies: it takes a digest of each source, and refuses what that does not find."""

from __future__ import annotations

from gate.context.paths import has_wildcards, join
from gate.context.patterns import Info, Matcher
from gate.image.node import Node
from gate.image.tree import Tree, TreeError, raise_unknown

_MAX_LINKS = 255


def check_source(
    tree: Tree, operand: str, include: Matcher | None, exclude: Matcher | None, required: str | None
) -> None:
    """Raises :class:`TreeError` for a source (absolute, clean) that the builder does not find."""
    if not has_wildcards(operand) and include is None and exclude is None:
        if _follow(tree.root, operand) is None:
            raise TreeError(f'"{operand}": not found')
        return
    if required is not None and not _is_included(tree, operand, required, include, exclude):
        raise TreeError(f'"{required}": not found')


def _follow(root: Node, path: str) -> Node | None:
    """The node at a path, links resolved part by part (not, as in a copy, pass by pass)."""
    stack = [root]
    waiting = [part for part in reversed(path.split("/")) if part]
    links = 0
    while waiting:
        name = waiting.pop()
        if name in ("", "."):
            continue
        if name == "..":
            del stack[max(1, len(stack) - 1) :]
            continue
        node = stack[-1].child(name) if stack[-1].type == "directory" else None
        if node is None:
            raise_unknown(stack[-1])
            return None
        if node.type != "symlink":
            stack.append(node)
            continue
        links += 1
        if links > _MAX_LINKS:
            raise TreeError("too many links")
        target = node.link or ""
        stack = [root] if target.startswith("/") else stack
        waiting.extend(reversed(target.split("/")))
    return stack[-1]


def _is_included(
    tree: Tree, operand: str, required: str, include: Matcher | None, exclude: Matcher | None
) -> bool:
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

