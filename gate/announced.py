"""Rules that are known by what they say of themselves, and imported when one of their checks is called.

Importing every rule takes longer than judging a file, and a file needs few of them: what the others are called, on which
programs, instructions and platforms they wait, is enough to pass them by. :func:`described` is that much of a rule, as
plain data that can be kept; :func:`announced` makes a rule of it again.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gate.model import Severity
from gate.record import names
from gate.rule import Results, Rule

if TYPE_CHECKING:
    from gate.rule import Example

_EXAMPLES = ("bad", "good")
_NAMED = ("command_checks", "wrapper_checks", "run_checks", "instruction_checks")
_PLAIN = ("stage_checks", "build_checks", "suppression_checks")
_SAID = tuple(name for name in names(Rule) if name not in (*_EXAMPLES, *_NAMED, *_PLAIN))


def described(module: str, rule: Rule) -> dict[str, Any]:
    """What a rule says of itself: all but its examples and the code of its checks."""
    said = {name: getattr(rule, name) for name in _SAID}
    calls: dict[str, Any] = {kind: [names for names, _ in getattr(rule, kind)] for kind in _NAMED}
    calls.update({kind: len(getattr(rule, kind)) for kind in _PLAIN})
    return {"module": module, "said": said, "calls": calls}


def announced(description: dict[str, Any]) -> Rule:
    """The rule of a description; lists in it stand for tuples."""
    said = {name: tuple(value) if isinstance(value, list) else value for name, value in description["said"].items()}
    return _Announced(description["module"], said, description["calls"])


class _Announced(Rule):
    """A rule without its examples and its checks; they come from its module."""

    def __init__(self, module: str, said: dict[str, Any], calls: dict[str, Any]) -> None:
        self.__dict__.update(said)
        self.severity = Severity(said["severity"])
        self.module = module
        for kind in _NAMED:
            setattr(self, kind, [(tuple(names), Announced(module, kind, at)) for at, names in enumerate(calls[kind])])
        for kind in _PLAIN:
            setattr(self, kind, [Announced(module, kind, at) for at in range(calls[kind])])

    def __getattr__(self, name: str) -> tuple[str | Example, ...]:
        if name not in _EXAMPLES:
            raise AttributeError(name)
        return tuple(getattr(import_module(self.module).rule, name))


class Announced:
    """A check of a module's rule: the one that stands at a place of one of its lists."""

    __slots__ = ("_at", "_kind", "_module")

    def __init__(self, module: str, kind: str, at: int) -> None:
        self._module = module
        self._kind = kind
        self._at = at

    def check(self) -> Callable[..., Results]:
        """The check itself, imported."""
        entry = getattr(import_module(self._module).rule, self._kind)[self._at]
        found: Callable[..., Results] = entry[1] if self._kind in _NAMED else entry
        return found

    def __call__(self, *arguments: Any) -> Results:
        return self.check()(*arguments)
