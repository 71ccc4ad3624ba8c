"""``http.server``: which paths and methods a handler class answers."""

from __future__ import annotations

import ast
from typing import Any

from gate.model import Place
from gate.servers.apps import App, Rule
from gate.servers.values import Class, External, Function

_BASES = ("http.server.BaseHTTPRequestHandler", "BaseHTTPServer.BaseHTTPRequestHandler")


def handler_app(value: Any, place: Place) -> App | None:
    """The routes of a handler class; None where it is another kind of handler."""
    if not isinstance(value, Class) or not any(base in _BASES for base in value.library_bases()):
        return None
    app = App("http.server", value.module.file.place(value.node))
    for verb in ("GET", "POST", "PUT", "HEAD"):
        method = value.find(f"do_{verb}")
        if isinstance(method, Function):
            _add(app, verb, method)
        elif isinstance(method, External):
            app.open = "a method of its handler is not read"
    return app


def _add(app: App, verb: str, method: Function) -> None:
    node = method.node
    place = method.module.file.place(node)
    paths, plain, looks = _paths(node)
    if not looks:
        app.include("", _everything(verb, place), True)
        return
    for path in paths:
        app.add(Rule(path, frozenset({verb}), place, True, method))
    if not plain:
        app.open = app.open or "its handler looks at the path in a way that is not read"


def _everything(verb: str, place: Place) -> App:
    return App("aiohttp", place, entries=[Rule("{any:.*}", frozenset({verb}), place, True)])


def _paths(node: ast.AST) -> tuple[list[str], bool, bool]:
    """The paths that a method compares ``self.path`` with; whether that is all it does with it, and refuses the rest; whether it
    looks at it at all."""
    paths: list[str] = []
    uses = compared = 0
    refuses = False
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and inner.attr == "path":
            uses += 1
        elif isinstance(inner, ast.Compare) and isinstance(inner.left, ast.Attribute) and inner.left.attr == "path":
            found = _constants(inner.comparators[0])
            paths += found
            compared += bool(found) and isinstance(inner.ops[0], (ast.Eq, ast.In))
        elif isinstance(inner, ast.Constant) and inner.value in (404, 405):
            refuses = True
    return paths, uses == compared and refuses, uses > 0


def _constants(node: ast.AST) -> list[str]:
    elements = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    return [each.value for each in elements if isinstance(each, ast.Constant) and isinstance(each.value, str)]
