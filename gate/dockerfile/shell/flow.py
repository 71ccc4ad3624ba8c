"""The order in which a shell runs the parts of a script, and what that means for its variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from gate.dockerfile.command import Command, Node
from gate.dockerfile.shell.variables import Variables
from gate.lazy import pattern

_ASSIGNED = pattern(
    r"(?<![\w$])([A-Za-z_]\w*)(?:\[[^\]]*\])?\+?=|\b(?:for|read|unset|local|export|getopts \S+) +([^;&|\n]*)", re.ASCII
)
_NAMES = pattern(r"[A-Za-z_]\w*", re.ASCII)

Step = tuple[Callable[[Any], None], Any]


class _Region:
    """A part of a script whose assignments do not last, or may not have happened."""

    __slots__ = ("mark", "names")

    def __init__(self) -> None:
        self.mark = 0
        self.names: set[str] = set()


class Flow:
    """Visits the nodes of one stretch of shell text (``text[start:end]``) from top to bottom, without recursion.

    At each command the variables have the values that they certainly have there. What a subshell, a pipeline or a
    background job assigns is taken back behind it; what a branch or a loop assigns is unknown behind it.
    """

    def __init__(self, text: str, start: int, end: int, variables: Variables) -> None:
        self.text = text
        self.start = start
        self.end = end
        self.variables = variables
        self._todo: list[Step] = []

    # What a stretch does with the nodes.

    def on_command(self, command: Command) -> None:
        raise NotImplementedError

    def on_compound(self, node: Node) -> None:
        """Called in front of the parts of every compound command."""
        raise NotImplementedError

    def visit(self, root: Node) -> None:
        self._todo.append((self._visit, root))
        while self._todo:
            step, argument = self._todo.pop()
            step(argument)

    def _visit(self, node: Node) -> None:
        if node.background:
            self._apart([node], self._visit_foreground)
        elif isinstance(node, Command):
            self.on_command(node)
        else:
            self._visit_foreground(node)

    def _visit_foreground(self, node: Node) -> None:
        kind = node.kind
        if isinstance(node, Command):
            self.on_command(node)
            return
        children = list(node.children)
        self.on_compound(node)
        if kind in ("and", "or"):
            self._visit_chain(node)
        elif kind in ("pipeline", "subshell"):
            self._apart(children, self._visit)
        elif kind in ("if", "case"):
            self._visit_branches(node, children)
        elif kind in ("while", "until", "for"):
            self._visit_loop(node, children)
        elif kind == "function":
            self._visit_function(node, children)
        else:
            self._todo.extend((self._visit, child) for child in reversed(children))

    def _apart(self, nodes: Sequence[Node], visit: Callable[[Any], None]) -> None:
        """Each of these runs in a process of its own."""
        for node in reversed(nodes):
            region = _Region()
            self._todo += [(self._take_back, region), (visit, node), (self._begin, region)]

    def _visit_chain(self, node: Node) -> None:
        """``a && b || c``: what stands in front of ``&&`` is certain behind it, but not behind ``||`` and the chain."""
        region = _Region()
        steps: list[Step] = [(self._forget, region)]
        while node.kind in ("and", "or"):
            kind, (node, right) = node.kind, node.children
            if kind == "or":
                steps += [(self._forget, region), (self._visit, right), (self._forget, region)]
            else:
                steps.append((self._visit, right))
        self._todo += [*steps, (self._begin, region), (self._visit, node)]

    def _visit_branches(self, node: Node, branches: list[Node]) -> None:
        region = _Region()
        steps: list[Step] = []
        if node.kind == "if":
            steps.append((self._visit, branches.pop(0)))
        steps.append((self._begin, region))
        for branch in branches:
            steps += [(self._visit, branch), (self._end_branch, region)]
        steps.append((self._forget_names, region))
        self._todo.extend(reversed(steps))

    def _visit_loop(self, node: Node, parts: list[Node]) -> None:
        region = _Region()
        region.names = self._assigned_in(node)
        self._forget_names(region)
        self._todo.append((self._forget_names, region))
        self._todo.extend((self._visit, part) for part in reversed(parts))

    def _visit_function(self, node: Node, parts: list[Node]) -> None:
        region = _Region()
        region.names = self._assigned_in(node)
        self._begin(region)
        self.variables.forget(self._assigned_anywhere)
        self._todo += [(self._forget_names, region), (self._take_back, region)]
        self._todo.extend((self._visit, part) for part in reversed(parts))

    def _begin(self, region: _Region) -> None:
        region.mark = self.variables.mark()

    def _take_back(self, region: _Region) -> None:
        self.variables.take_back(region.mark)

    def _forget(self, region: _Region) -> None:
        """What was assigned since the region began may have been assigned, or not."""
        self.variables.forget(self.variables.changed_since(region.mark))
        region.mark = self.variables.mark()

    def _end_branch(self, region: _Region) -> None:
        region.names |= self.variables.changed_since(region.mark)
        self.variables.take_back(region.mark)

    def _forget_names(self, region: _Region) -> None:
        self.variables.forget(region.names)

    def _assigned_in(self, node: Node) -> set[str]:
        return self._assigned_between(node.start, node.end)

    def _assigned_between(self, start: int, end: int) -> set[str]:
        self.variables.budget.spend(end - start)
        return _assigned(self.text, start, end)

    @cached_property
    def _assigned_anywhere(self) -> set[str]:
        """When a function is called, whatever the script assigns may have been assigned."""
        return _assigned(self.text, self.start, self.end)


def _assigned(text: str, start: int, end: int) -> set[str]:
    """The names that a piece of script may assign; rather too many than too few."""
    names: set[str] = set()
    for match in _ASSIGNED.finditer(text, start, end):
        if match[1]:
            names.add(match[1])
        else:
            names.update(_NAMES.findall(match[2]))
    return names
