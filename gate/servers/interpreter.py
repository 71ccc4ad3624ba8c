"""What a Python program does at its start, as far as its text tells: an interpreter of abstract values.

It goes through statements in order, follows imports of files of the image and calls of their functions, and knows what the web
frameworks do (:mod:`gate.servers.libraries`). Nothing is executed. What it cannot know is :data:`UNKNOWN`; where a condition
cannot be known, both ways are gone, and what is found there is not ``certain``.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from gate.image.model import File
from gate.model import Unknown
from gate.servers import frameworks, libraries
from gate.servers.model import MANY, UNKNOWN, Variable, plain
from gate.servers.program import Program
from gate.servers.source import PythonFile, of_use
from gate.servers.values import (
    Class,
    External,
    Function,
    Instance,
    Method,
    Module,
    Raised,
    Stopped,
    compare,
    convert,
    is_known,
    merged,
    operate,
    truth,
)

MAX_STEPS = 30_000
MAX_MODULES = 60
MAX_CALLS = 12


class _Return(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


class Interpreter(Program):
    """One run of a program. ``find`` gives the image's file at a path, ``environment`` a variable's value."""

    def __init__(
        self,
        find: Callable[[str], File | Unknown | None],
        open_file: Callable[[File], PythonFile],
        environment: Callable[[str, Any], Any],
        argv: Sequence[Any],
        folders: Sequence[str],
    ) -> None:
        super().__init__(environment, argv, folders)
        self.find = find
        self.open_file = open_file
        self.steps = 0
        self.calls = 0
        self.pending: list[list[Any]] = [[]]
        """For each function that is gone through, what it may already have returned."""

    # Modules ---------------------------------------------------------------------------------------------------------

    def run(self, file: PythonFile, name: str = "__main__") -> Module | None:
        """Go through a file as a program (or as a module). None where it cannot be read."""
        if file.tree is None:
            return None
        module = Module(name, file)
        module.names.update(__name__=name, __file__=file.path)
        self.modules.setdefault(name, module)
        try:
            self.block(file.tree.body, module, (module.names,))
        except Raised:
            self.doubt = self.doubt or "it seems to end with an exception"
        except (_Return, Stopped):
            pass
        except RecursionError:
            self.doubt = "its statements are nested too deeply"
        return module

    def load(self, dotted: str) -> Module | External:
        """A module by its name: a file of the image, else a library."""
        kept = self.modules.get(dotted)
        if kept is not None:
            return kept
        for folder in self.folders:
            base = posixpath.join(folder, *dotted.split("."))
            for path in (base + ".py", base + "/__init__.py"):
                file = self.find(path)
                if isinstance(file, File) and file.type == "file" and len(self.modules) < MAX_MODULES and of_use(file):
                    return self._load(dotted, file)
        external = self.modules[dotted] = External(dotted)
        return external

    def _load(self, dotted: str, file: File) -> Module | External:
        source = self.open_file(file)
        if source.tree is None:
            external = self.modules[dotted] = External(dotted)
            self.doubt = self.doubt or f"{source.shown} cannot be read"
            return external
        module = Module(dotted, source)
        self.modules[dotted] = module
        module.names.update(__name__=dotted, __file__=source.path)
        with suppress(_Return):
            self.block(source.tree.body, module, (module.names,))
        return module

    # Statements ------------------------------------------------------------------------------------------------------

    def block(self, body: Sequence[ast.stmt], module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        for statement in body:
            self.steps += 1
            if self.steps > MAX_STEPS:
                self.doubt = "it is too long to follow"
                raise Stopped
            handler = getattr(self, "_do_" + type(statement).__name__, None)
            if handler is not None:
                handler(statement, module, scopes)

    def _do_Import(self, node: ast.Import, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        for alias in node.names:
            found = self.load(alias.name)
            if alias.asname:
                scopes[0][alias.asname] = found
            else:
                scopes[0][alias.name.partition(".")[0]] = self.load(alias.name.partition(".")[0])

    def _do_ImportFrom(self, node: ast.ImportFrom, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        dotted = node.module or ""
        if node.level:
            package = module.name.split(".")
            strip = node.level - (1 if module.file.path.endswith("/__init__.py") else 0)
            kept = package[: len(package) - strip] if strip else package
            dotted = ".".join([*kept, *([dotted] if dotted else [])])
        found = self.load(dotted) if dotted else External("")
        for alias in node.names:
            if alias.name == "*":
                if isinstance(found, Module):
                    scopes[0].update({k: v for k, v in found.names.items() if not k.startswith("_")})
                continue
            scopes[0][alias.asname or alias.name] = self._member(found, alias.name, dotted)

    def _member(self, found: Module | External, name: str, dotted: str) -> Any:
        if isinstance(found, Module) and name in found.names:
            return found.names[name]
        inner = self.load(f"{dotted}.{name}" if dotted else name)
        if isinstance(inner, Module) or isinstance(found, External):
            return inner
        return UNKNOWN

    def _do_FunctionDef(self, node: Any, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        value: Any = Function(node, module, scopes)
        for decorator in reversed(node.decorator_list):
            wrapped = frameworks.decorate(
                self, self.value(decorator, module, scopes), value, module.file.place(decorator)
            )
            value = wrapped if wrapped is not None else value
        scopes[0][node.name] = value

    _do_AsyncFunctionDef = _do_FunctionDef

    def _do_ClassDef(self, node: ast.ClassDef, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        names: dict[str, Any] = {}
        made = Class(node, module, names, tuple(self.value(base, module, scopes) for base in node.bases))
        with suppress(_Return):
            self.block(node.body, module, (names, *scopes))
        scopes[0][node.name] = made
        for decorator in reversed(node.decorator_list):
            frameworks.decorate(self, self.value(decorator, module, scopes), made, module.file.place(decorator))

    def _do_Return(self, node: ast.Return, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        raise _Return(self.value(node.value, module, scopes) if node.value is not None else None)

    def _do_Expr(self, node: ast.Expr, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        self.value(node.value, module, scopes)

    def _do_Assign(self, node: ast.Assign, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        value = self.value(node.value, module, scopes)
        for target in node.targets:
            self._assign(target, value, module, scopes)

    def _do_AnnAssign(self, node: ast.AnnAssign, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        if node.value is not None:
            self._assign(node.target, self.value(node.value, module, scopes), module, scopes)

    def _do_AugAssign(self, node: ast.AugAssign, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        before = self.value(node.target, module, scopes)
        added = self.value(node.value, module, scopes)
        self._assign(node.target, operate(node.op, before, added), module, scopes)

    def _assign(self, target: Any, value: Any, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        if isinstance(target, ast.Name):
            names = scopes[0]
            if names.get("\0global") and target.id in names["\0global"]:
                names = module.names
            names[target.id] = value
        elif isinstance(target, ast.Attribute):
            owner = self.value(target.value, module, scopes)
            if isinstance(owner, (Instance, Class)):
                before = owner.names.get(target.attr, value)
                owner.names[target.attr] = value if self.certain else merged([before, value])
            else:
                libraries.set_attribute(owner, target.attr, value)
        elif isinstance(target, ast.Subscript):
            owner = self.value(target.value, module, scopes)
            key = self.value(target.slice, module, scopes)
            if isinstance(owner, dict) and isinstance(key, (str, int)):
                owner[key] = value if self.certain else merged([owner.get(key, value), value])
            else:
                libraries.set_item(owner, key, value, target, module)
        elif isinstance(target, (ast.Tuple, ast.List)):
            known = isinstance(value, (list, tuple)) and len(value) == len(target.elts)
            for at, inner in enumerate(target.elts):
                self._assign(inner, value[at] if known else UNKNOWN, module, scopes)

    def _do_Global(self, node: ast.Global, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        scopes[0].setdefault("\0global", set()).update(node.names)

    def _do_If(self, node: ast.If, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        condition = truth(self.value(node.test, module, scopes))
        if condition is not None:
            self.block(node.body if condition else node.orelse, module, scopes)
        else:
            self.either([node.body, node.orelse], module, scopes)

    def either(self, bodies: list[list[ast.stmt]], module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        """One of these is gone through, nobody knows which."""
        saved, self.certain = self.certain, False
        before, ends, values, stopped = dict(scopes[0]), [], [], 0
        for body in bodies:
            scopes[0].clear()
            scopes[0].update(before)
            try:
                self.block(body, module, scopes)
                ends.append(dict(scopes[0]))
            except _Return as returned:
                values.append(returned.value)
            except Stopped:
                stopped += 1
                if self.steps > MAX_STEPS:
                    raise
        self.certain = saved
        if not ends:
            if values:
                raise _Return(merged(values))
            raise Raised
        self.pending[-1] += values
        scopes[0].clear()
        names = {name for end in ends for name in end}
        scopes[0].update({name: merged([end.get(name, before.get(name, UNKNOWN)) for end in ends]) for name in names})

    def _do_For(self, node: ast.For, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        over = self.value(node.iter, module, scopes)
        if isinstance(over, (list, tuple)) and len(over) <= 50:
            for item in list(over):
                self._assign(node.target, item, module, scopes)
                self.block(node.body, module, scopes)
            return
        self._assign(node.target, UNKNOWN, module, scopes)
        self.either([node.body, []], module, scopes)

    _do_AsyncFor = _do_For

    def _do_While(self, node: ast.While, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        condition = truth(self.value(node.test, module, scopes))
        if condition is True:
            self.block(node.body, module, scopes)
        elif condition is None:
            self.either([node.body, []], module, scopes)

    def _do_Try(self, node: Any, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        try:
            self.block([*node.body, *node.orelse], module, scopes)
        except Stopped:
            if not node.handlers or self.steps > MAX_STEPS:
                raise
        finally:
            if self.steps <= MAX_STEPS:
                for handler in node.handlers:
                    self._aside(handler.body, module, scopes)
        self.block(node.finalbody, module, scopes)

    _do_TryStar = _do_Try

    def _aside(self, body: list[ast.stmt], module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        """What is done only when something goes wrong: its names do not count, its servers are not certain."""
        saved, self.certain = self.certain, False
        before = dict(scopes[0])
        with suppress(_Return, Stopped):
            self.block(body, module, scopes)
        for name, value in before.items():
            scopes[0][name] = value
        self.certain = saved

    def _do_With(self, node: Any, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        for item in node.items:
            value = self.value(item.context_expr, module, scopes)
            if item.optional_vars is not None:
                self._assign(item.optional_vars, value, module, scopes)
        self.block(node.body, module, scopes)

    _do_AsyncWith = _do_With

    def _do_Match(self, node: Any, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        subject = self.value(node.subject, module, scopes)
        for case in node.cases:
            pattern = case.pattern
            if isinstance(pattern, ast.MatchValue) and isinstance(subject, str) and case.guard is None:
                if self.value(pattern.value, module, scopes) == subject:
                    self.block(case.body, module, scopes)
                    return
            elif isinstance(pattern, ast.MatchAs) and pattern.pattern is None and isinstance(subject, str):
                self.block(case.body, module, scopes)
                return
            else:
                self.either([each.body for each in node.cases] + [[]], module, scopes)
                return

    def _do_Raise(self, node: ast.Raise, module: Module, scopes: tuple[dict[str, Any], ...]) -> None:
        raise Raised

    # Expressions -----------------------------------------------------------------------------------------------------

    def value(self, node: Any, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        self.steps += 1
        if self.steps > MAX_STEPS:
            self.doubt = "it is too long to follow"
            raise Stopped
        reader = getattr(self, "_of_" + type(node).__name__, None)
        return reader(node, module, scopes) if reader is not None else UNKNOWN

    def _of_Constant(self, node: ast.Constant, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        return node.value

    def _of_Name(self, node: ast.Name, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        for names in scopes:
            if node.id in names:
                return names[node.id]
        if node.id in module.names:
            return module.names[node.id]
        return External("builtins." + node.id)

    def _of_Attribute(self, node: ast.Attribute, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        return self.attribute(self.value(node.value, module, scopes), node.attr)

    def attribute(self, owner: Any, name: str) -> Any:
        if isinstance(owner, Module):
            if name in owner.names:
                return owner.names[name]
            inner = self.load(f"{owner.name}.{name}")
            return inner if isinstance(inner, Module) else UNKNOWN
        if isinstance(owner, External):
            if owner.name == "sys" and name == "argv":
                return self.argv
            if owner.name == "builtins.super()":
                return External("super." + name)
            inner_module = self.modules.get(f"{owner.name}.{name}")
            return inner_module if isinstance(inner_module, Module) else External(f"{owner.name}.{name}", owner.parts)
        if isinstance(owner, Instance):
            found = owner.names[name] if name in owner.names else owner.of.find(name)
            if isinstance(found, Function) and name not in owner.names and not found.is_static:
                return Function(found.node, found.module, found.scopes, owner)
            return found if found is not UNKNOWN else Method(owner, name)
        if isinstance(owner, Class):
            found = owner.find(name)
            return found if found is not UNKNOWN else Method(owner, name)
        return libraries.attribute(owner, name)

    def _of_Subscript(self, node: ast.Subscript, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        owner = self.value(node.value, module, scopes)
        if isinstance(owner, External) and owner.name == "os.environ":
            key = self.value(node.slice, module, scopes)
            return self.environment(key, UNKNOWN) if isinstance(key, str) else UNKNOWN
        if isinstance(node.slice, ast.Slice):
            return self._slice(owner, node.slice, module, scopes)
        key = self.value(node.slice, module, scopes)
        try:
            if isinstance(owner, (list, tuple, dict, str)) and isinstance(key, (int, str)):
                return owner[key]  # type: ignore[index]
        except (IndexError, KeyError, TypeError):
            return UNKNOWN
        return UNKNOWN

    def _slice(self, owner: Any, node: ast.Slice, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        ends = [self.value(end, module, scopes) if end is not None else None for end in (node.lower, node.upper)]
        if isinstance(owner, (list, tuple, str)) and all(end is None or isinstance(end, int) for end in ends):
            return owner[ends[0] : ends[1]]
        return UNKNOWN

    def _of_List(self, node: Any, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        found: list[Any] = []
        for element in node.elts:
            if isinstance(element, ast.Starred):
                inner = self.value(element.value, module, scopes)
                found.extend(inner if isinstance(inner, (list, tuple)) else [MANY])
            else:
                found.append(self.value(element, module, scopes))
        return found

    def _of_Tuple(self, node: ast.Tuple, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        return tuple(self._of_List(node, module, scopes))

    def _of_Dict(self, node: ast.Dict, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            inner = self.value(value, module, scopes)
            name = self.value(key, module, scopes) if key is not None else None
            if key is None and isinstance(inner, dict):
                found.update(inner)
            elif isinstance(name, (str, int)):
                found[name] = inner
        return found

    def _of_JoinedStr(self, node: ast.JoinedStr, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        joined: Any = ""
        for part in node.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            value = self.value(inner, module, scopes)
            joined = operate(ast.Add(), joined, convert(str, value))
        return joined

    def _of_BinOp(self, node: ast.BinOp, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        return operate(node.op, self.value(node.left, module, scopes), self.value(node.right, module, scopes))

    def _of_BoolOp(self, node: ast.BoolOp, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        value: Any = UNKNOWN
        wanted = isinstance(node.op, ast.Or)
        for each in node.values:
            value = self.value(each, module, scopes)
            if isinstance(value, Variable) and wanted and each is not node.values[-1]:
                if truth(value.default):
                    return value
                rest = self.value(node.values[-1], module, scopes)
                return Variable(value.name, plain(rest))
            known = truth(value)
            if known is None:
                return UNKNOWN
            if known is wanted:
                return value
        return value

    def _of_UnaryOp(self, node: ast.UnaryOp, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        value = self.value(node.operand, module, scopes)
        if isinstance(node.op, ast.Not):
            known = truth(value)
            return UNKNOWN if known is None else not known
        if isinstance(node.op, ast.USub) and isinstance(value, (int, float)):
            return -value
        return UNKNOWN

    def _of_Compare(self, node: ast.Compare, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        left = self.value(node.left, module, scopes)
        right = self.value(node.comparators[0], module, scopes)
        if len(node.ops) != 1 or not (is_known(left) and is_known(right)):
            return UNKNOWN
        return compare(node.ops[0], left, right)

    def _of_IfExp(self, node: ast.IfExp, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        condition = truth(self.value(node.test, module, scopes))
        if condition is not None:
            return self.value(node.body if condition else node.orelse, module, scopes)
        return merged([self.value(node.body, module, scopes), self.value(node.orelse, module, scopes)])

    def _of_NamedExpr(self, node: ast.NamedExpr, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        value = self.value(node.value, module, scopes)
        self._assign(node.target, value, module, scopes)
        return value

    def _of_Await(self, node: ast.Await, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        return self.value(node.value, module, scopes)

    def _of_Lambda(self, node: ast.Lambda, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        return Function(node, module, scopes)

    # Calls -----------------------------------------------------------------------------------------------------------

    def _of_Call(self, node: ast.Call, module: Module, scopes: tuple[dict[str, Any], ...]) -> Any:
        called = self.value(node.func, module, scopes)
        args = self._of_List(_Elements(node.args), module, scopes)
        kwargs: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value, module, scopes)
            if keyword.arg is not None:
                kwargs[keyword.arg] = value
            elif isinstance(value, dict):
                kwargs.update({key: inner for key, inner in value.items() if isinstance(key, str)})
            else:
                kwargs["**"] = value
        return self.call(called, args, kwargs, node, module)

    def call(self, called: Any, args: list[Any], kwargs: dict[str, Any], node: Any, module: Module) -> Any:
        """What calling a value gives."""
        if isinstance(called, Function):
            return self.enter(called, args, kwargs)
        if isinstance(called, Class):
            special = frameworks.construct(self, called, args, kwargs, module.file.place(node))
            if special is not None:
                return special
            made = Instance(called)
            start = called.find("__init__")
            if isinstance(start, Function):
                self.enter(Function(start.node, start.module, start.scopes, made), args, kwargs)
            return made
        return libraries.call(self, called, args, kwargs, node, module)

    def enter(self, function: Function, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Go through a function of the program."""
        node = function.node
        if isinstance(node, ast.Lambda) or self.calls >= MAX_CALLS:
            return UNKNOWN
        names: dict[str, Any] = {}
        kwargs = {**dict(function.options), **kwargs}
        self._bind(node.args, [function.bound, *args] if function.bound is not None else args, kwargs, names, function)
        self.calls += 1
        self.pending.append([])
        value: Any = None
        try:
            self.block(node.body, function.module, (names, *function.scopes))
        except _Return as returned:
            value = returned.value
        except Raised:
            if not self.pending[-1]:
                raise
            return merged(self.pending[-1])
        finally:
            self.calls -= 1
            pending = self.pending.pop()
        return merged([*pending, value])

    def _bind(
        self, spec: ast.arguments, args: list[Any], kwargs: dict[str, Any], names: dict[str, Any], function: Function
    ) -> None:
        parameters = [*spec.posonlyargs, *spec.args]
        defaults: list[Any] = [None] * (len(parameters) - len(spec.defaults)) + list(spec.defaults)
        pairs = [*zip(parameters, defaults, strict=True), *zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]
        for at, (parameter, default) in enumerate(pairs):
            if at < len(args) and at < len(parameters):
                names[parameter.arg] = args[at]
            elif parameter.arg in kwargs:
                names[parameter.arg] = kwargs[parameter.arg]
            elif default is not None:
                names[parameter.arg] = self.value(default, function.module, function.scopes or (function.module.names,))
            else:
                names[parameter.arg] = UNKNOWN
        if spec.vararg is not None:
            names[spec.vararg.arg] = list(args[len(parameters) :])
        if spec.kwarg is not None:
            taken = {parameter.arg for parameter, _ in pairs}
            names[spec.kwarg.arg] = {key: value for key, value in kwargs.items() if key not in taken}


class _Elements:
    """A call's arguments, to be read like a list's."""

    def __init__(self, elts: list[ast.expr]) -> None:
        self.elts = elts
