"""``setup.py``, read as a syntax tree and never run: the words that it gives to ``setup``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from gate.python import called, parsed

MAX_BYTES = 1 << 18
_MAX_DEPTH = 20
_MAX_EXPRESSIONS = 20_000
_MAX_TEXT = 1 << 16
_CHANGES = frozenset({"append", "extend", "insert", "update", "remove", "pop", "clear", "setdefault"})


class Unreadable(Exception):
    """What an expression is worth cannot be told without running it."""


class Partial(str):
    """A text of which only the beginning is known."""


def setup_arguments(data: bytes) -> dict[str, Any]:
    """The keywords of the one call of ``setup``; one that cannot be told has an :class:`Unreadable` for its value.

    Raises :class:`Unreadable` where there is no such call, or more than one.
    """
    tree = _tree(data)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) == "setup"]
    if len(calls) != 1:
        raise Unreadable("it does not call setup() once")
    names = _Names(tree)
    found: dict[str, Any] = {}
    for keyword in calls[0].keywords:
        if keyword.arg is not None:
            found[keyword.arg] = _try(keyword.value, names)
            continue
        more = _try(keyword.value, names)
        if not isinstance(more, dict):
            raise Unreadable("setup() is given more than can be read")
        found.update({str(key): value for key, value in more.items()})
    return found


def _tree(data: bytes) -> ast.Module:
    if len(data) > MAX_BYTES:
        raise Unreadable("it is too large")
    tree = parsed(data)
    if tree is None:
        raise Unreadable("it is no Python of today")
    return tree


class _Names:
    """The names of a module that are set once, and never changed. ``left``: expressions that may still be worked out."""

    def __init__(self, tree: ast.Module) -> None:
        self.left = _MAX_EXPRESSIONS
        self.values: dict[str, ast.expr] = {}
        changed: set[str] = set()
        for node in ast.walk(tree):
            for name, value in _bound(node):
                if name in self.values or value is None:
                    changed.add(name)
                else:
                    self.values[name] = value
        for name in changed:
            self.values.pop(name, None)


def _bound(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """The names that a node sets, with the expression where it is a plain assignment; None for a change."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _target(target, node.value)
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield from _target(node.target, node.value)
    elif isinstance(node, (ast.AugAssign, ast.For, ast.NamedExpr)):
        yield from _target(node.target, None)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
        yield _root(node.func.value), None


def _target(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from _target(element, None)
    else:
        yield _root(target), None


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _try(node: ast.expr, names: _Names) -> Any:
    try:
        return _value(node, names, 0)
    except Unreadable as error:
        return error


def _value(node: ast.expr, names: _Names, depth: int) -> Any:
    """What an expression of literals is worth. Raises :class:`Unreadable`."""
    names.left -= 1
    if depth > _MAX_DEPTH or names.left < 0:
        raise Unreadable("it is too large, or nested too deeply")
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [item for element in node.elts for item in _items(element, names, depth + 1)]
    if isinstance(node, ast.Dict):
        return _dictionary(node, names, depth + 1)
    if isinstance(node, ast.Name) and node.id in names.values:
        return _value(names.values[node.id], names, depth + 1)
    if isinstance(node, ast.JoinedStr):
        return _joined(node, names, depth + 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _value(node.left, names, depth + 1), _value(node.right, names, depth + 1)
        if isinstance(left, Partial) or type(left) is not type(right) or not isinstance(left, (str, list)):
            raise Unreadable("a sum that cannot be told")
        if len(left) + len(right) > _MAX_TEXT:
            raise Unreadable("it is too large")
        return left + right
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _beginning(_value(node.left, names, depth + 1), "%")
    if isinstance(node, ast.Call):
        return _call(node, names, depth + 1)
    raise Unreadable("an expression that is not made of literals")


def _items(node: ast.expr, names: _Names, depth: int) -> list[Any]:
    if isinstance(node, ast.Starred):
        value = _value(node.value, names, depth)
        if not isinstance(value, list):
            raise Unreadable("what is spread out cannot be told")
        return value
    return [_value(node, names, depth)]


def _dictionary(node: ast.Dict, names: _Names, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            found[str(_value(key, names, depth))] = _value(value, names, depth)
            continue
        more = _value(value, names, depth)
        if not isinstance(more, dict):
            raise Unreadable("what is spread out cannot be told")
        found.update(more)
    return found


def _joined(node: ast.JoinedStr, names: _Names, depth: int) -> str:
    text = ""
    for part in node.values:
        try:
            value = _value(part.value if isinstance(part, ast.FormattedValue) else part, names, depth)
        except Unreadable:
            return Partial(text)
        if isinstance(value, Partial):
            return Partial(text + value)
        text += str(value)
        if len(text) > _MAX_TEXT:
            raise Unreadable("it is too large")
    return text


def _beginning(text: Any, mark: str) -> str:
    if not isinstance(text, str):
        raise Unreadable("no text")
    return Partial(text.partition(mark)[0])


def _call(node: ast.Call, names: _Names, depth: int) -> Any:
    """``dict(a=…)``, ``"…".format(…)``."""
    if called(node) == "dict" and not node.args:
        keywords = [(keyword.arg, keyword.value) for keyword in node.keywords]
        return {str(name): _value(value, names, depth) for name, value in keywords if name is not None}
    if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _beginning(_value(node.func.value, names, depth), "{")
    raise Unreadable("a call")
