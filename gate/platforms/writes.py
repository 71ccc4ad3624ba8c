"""Where a Python program writes to, as far as its text says: calls that write, and the beginning of the path they are given."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from gate.lazy import pattern

_MAKERS = {"makedirs": 0, "mkdir": 0, "copy": 1, "copy2": 1, "copyfile": 1, "copytree": 1, "move": 1, "urlretrieve": 1}
"""Functions of modules that write, and which argument says where."""
_MODULES = frozenset({"os", "shutil", "urllib", "request"})
_SAVERS = {
    "save": (0, 1), "dump": (1,), "save_pretrained": (0,), "to_csv": (0,), "to_parquet": (0,), "extractall": (0,),
}  # fmt: skip
"""Methods that write, and which arguments may say where."""
_PATH_METHODS = frozenset({"write_text", "write_bytes", "mkdir", "touch", "open"})
_KEYWORDS = frozenset({"cache_dir", "download_root", "local_dir"})


_HINT = pattern(
    rb"open\(|makedirs|mkdir|cache_dir|download_root|local_dir|extractall|save|dump|copy|\.move\(|write_|urlretrieve|to_csv|to_parquet|touch\("
)


def may_write(data: bytes) -> bool:
    """Whether a look at the tree of a program is worth it."""
    return _HINT.search(data) is not None


def writes(tree: ast.Module, *, inside_main: bool = True) -> Iterator[tuple[str, ast.Call]]:
    """``(beginning of the path, the call)`` for each write whose path has a known beginning."""
    names = _constants(tree)
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if not inside_main and isinstance(node, ast.If) and _is_main(node.test):
            continue
        if isinstance(node, ast.Call):
            for argument in _targets(node):
                path = beginning(argument, names)
                if path:
                    yield path, node
        waiting.extend(ast.iter_child_nodes(node))


def _is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """Names that are assigned once at the top of the module."""
    found: dict[str, ast.expr] = {}
    twice: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    twice.update({target.id} & found.keys())
                    found[target.id] = node.value
    return {name: value for name, value in found.items() if name not in twice}


def _targets(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call that name what it writes."""
    for keyword in call.keywords:
        if keyword.arg in _KEYWORDS:
            yield keyword.value
    function = call.func
    if isinstance(function, ast.Name):
        if function.id == "open" and call.args and _writes(call, 1):
            yield call.args[0]
        return
    if not isinstance(function, ast.Attribute):
        return
    name, owner = function.attr, function.value
    if name in _MAKERS and isinstance(owner, (ast.Name, ast.Attribute)) and _last(owner) in _MODULES:
        if len(call.args) > _MAKERS[name]:
            yield call.args[_MAKERS[name]]
    elif name in _PATH_METHODS and isinstance(owner, ast.Call) and _last(owner.func) == "Path" and owner.args:
        if name != "open" or _writes(call, 0):
            yield owner.args[0]
    elif name in _SAVERS:
        yield from (call.args[at] for at in _SAVERS[name] if at < len(call.args))
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "path")


def _last(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _writes(call: ast.Call, at: int) -> bool:
    """Whether the mode of an ``open`` says that it writes."""
    given = call.args[at] if len(call.args) > at else next((k.value for k in call.keywords if k.arg == "mode"), None)
    return (
        isinstance(given, ast.Constant) and isinstance(given.value, str) and any(sign in given.value for sign in "wax+")
    )


def beginning(node: ast.expr, names: dict[str, ast.expr], depth: int = 0) -> str:
    """The known beginning of a path: of a literal, an f-string, a sum, ``os.path.join``, ``Path``, a name assigned once, the
    default of an environment variable. Empty where even the first part is not known."""
    if depth > 20:
        return ""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.Name):
        return beginning(names[node.id], names, depth + 1) if node.id in names else ""
    if isinstance(node, ast.JoinedStr) and node.values:
        first = node.values[0]
        return beginning(first.value if isinstance(first, ast.FormattedValue) else first, names, depth + 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Div, ast.Mod)):
        left = beginning(node.left, names, depth + 1)
        right = beginning(node.right, names, depth + 1) if left and not isinstance(node.op, ast.Mod) else ""
        return posixpath.join(left, right) if isinstance(node.op, ast.Div) else left + right
    if isinstance(node, ast.Call):
        return _called(node, names, depth)
    return ""


def _is_environ(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and _last(function.value) == "environ"


def _called(node: ast.Call, names: dict[str, ast.expr], depth: int) -> str:
    name = _last(node.func)
    if name in ("join", "Path", "PurePosixPath", "str", "abspath", "expanduser") and node.args:
        parts = []
        for argument in node.args:
            part = beginning(argument, names, depth + 1)
            if not part:
                break
            parts.append(part)
        return posixpath.join(*parts) if parts else ""
    if len(node.args) == 2 and (name == "getenv" or (name == "get" and _is_environ(node.func))):
        return beginning(node.args[1], names, depth + 1)
    return ""
