"""The values that a Python program works with, as far as its text tells, and what its operators do with them.

What cannot be known is :data:`UNKNOWN`, what a variable of the environment decides is a :class:`Variable`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from gate.lazy import pattern
from gate.record import dataclass, field
from gate.servers.model import UNKNOWN, Variable, plain
from gate.servers.source import PythonFile

_WIDTH = pattern(r"%(?![sdi%])")


class Stopped(Exception):
    """The program ends here, or is too long to follow."""


class Raised(Stopped):
    """The program ends with an exception."""


@dataclass(frozen=True, slots=True)
class External:
    """Something of a library, by its dotted name; ``()`` stands for the result of a call."""

    name: str
    parts: tuple[Any, ...] = ()


@dataclass(eq=False, slots=True)
class Method:
    """``owner.name``, not called yet."""

    owner: Any
    name: str


@dataclass(eq=False, slots=True)
class Module:
    name: str
    file: PythonFile
    names: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Function:
    node: Any
    module: Module
    scopes: tuple[dict[str, Any], ...] = ()
    bound: Any = None
    options: list[tuple[str, Any]] = field(default_factory=list)
    """Parameters that a command line fills in, and what they are without one."""

    @property
    def is_static(self) -> bool:
        decorators = getattr(self.node, "decorator_list", ())
        return any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in decorators)


@dataclass(eq=False, slots=True)
class Class:
    node: Any
    module: Module
    names: dict[str, Any]
    bases: tuple[Any, ...] = ()

    def find(self, name: str) -> Any:
        """An attribute, of the class or of a base that is known."""
        if name in self.names:
            return self.names[name]
        for base in self.bases:
            if isinstance(base, Class):
                found = base.find(name)
                if found is not UNKNOWN:
                    return found
        return UNKNOWN

    def library_bases(self) -> list[str]:
        """The dotted names of the library classes that it is made from."""
        found = []
        for base in self.bases:
            if isinstance(base, External):
                found.append(base.name)
            elif isinstance(base, Class):
                found += base.library_bases()
        return found


@dataclass(eq=False, slots=True)
class Instance:
    of: Class
    names: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Namespace:
    """An object that only has attributes."""

    names: dict[str, Any]


def is_known(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool, list, tuple))


def truth(value: Any) -> bool | None:
    """Whether a value counts as true; None where that cannot be known."""
    if isinstance(value, (list, tuple, dict)):
        return bool(value)
    if value is None or isinstance(value, (str, int, float, bytes)):
        return bool(value)
    if isinstance(value, (Function, Class, Instance, Module)):
        return True
    return None


def merged(values: list[Any]) -> Any:
    """A value that is one of these."""
    first = values[0]
    for value in values[1:]:
        same = value is first or (is_known(value) and type(value) is type(first) and value == first)
        if not same:
            return UNKNOWN
    return first


def convert(kind: Callable[[Any], Any], value: Any) -> Any:
    """``int(…)``, ``str(…)`` of a value that a variable may decide."""
    if isinstance(value, Variable):
        return Variable(value.name, convert(kind, value.default))
    if isinstance(value, (str, int, float)):
        try:
            return kind(value)
        except (ValueError, OverflowError, TypeError):
            return UNKNOWN
    return UNKNOWN


def operate(operator: ast.operator, left: Any, right: Any) -> Any:
    """``left + right`` and the like."""
    for value in (left, right):
        if isinstance(value, Variable):
            return Variable(value.name, operate(operator, plain(left), plain(right)))
    try:
        if isinstance(operator, ast.Add) and isinstance(left, (str, int, float)) and type(left) is type(right):
            both: Any = left + right  # type: ignore[operator]
            return both if not isinstance(both, str) or len(both) < 1 << 16 else UNKNOWN
        if isinstance(operator, ast.Add) and isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
            return [*left, *right] if len(left) + len(right) < 1000 else UNKNOWN
        if isinstance(operator, ast.Mod) and isinstance(left, str) and len(left) < 1000:
            return _formatted(left, right)
        if isinstance(operator, (ast.Mult, ast.Sub, ast.FloorDiv)) and all(
            isinstance(value, (int, float)) and abs(value) < 1 << 40 for value in (left, right)
        ):
            if isinstance(operator, ast.Mult):
                return left * right
            return left - right if isinstance(operator, ast.Sub) else left // right
    except (TypeError, ValueError, ZeroDivisionError):
        return UNKNOWN
    return UNKNOWN


def _formatted(template: str, values: Any) -> Any:
    given = values if isinstance(values, tuple) else (values,)
    if _WIDTH.search(template):
        return UNKNOWN  # a width may be of any length
    return template % given if all(isinstance(value, (str, int)) for value in given) else UNKNOWN


def compare(operator: ast.cmpop, left: Any, right: Any) -> Any:
    try:
        if isinstance(operator, (ast.Eq, ast.Is)):
            return left == right
        if isinstance(operator, (ast.NotEq, ast.IsNot)):
            return left != right
        if isinstance(operator, (ast.In, ast.NotIn)):
            if isinstance(right, (list, tuple)) and not all(is_known(each) for each in right):
                return UNKNOWN
            return (left in right) == isinstance(operator, ast.In)
        if isinstance(operator, ast.Gt):
            return left > right
        if isinstance(operator, ast.GtE):
            return left >= right
        if isinstance(operator, ast.Lt):
            return left < right
        if isinstance(operator, ast.LtE):
            return left <= right
    except TypeError:
        return UNKNOWN
    return UNKNOWN
