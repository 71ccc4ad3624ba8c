"""How the commands of a script hang together: tree-sitter's syntax tree → our nodes.

Only the places of commands and the compound constructs are taken from the grammar. ``&&``, ``|``, ``;`` and redirections
are put together here, because the grammar binds them differently from a shell (there, a redirection behind a list belongs
to the whole list).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any

from gate.dockerfile.command import Command, Node

if TYPE_CHECKING:
    import tree_sitter

    from gate.dockerfile.source import Text

# What to do with each kind of syntax node.
_SKIP, _COMMAND, _LOOSE, _OPERATOR, _FLATTEN, _OPEN, _REDIRECT, _KEYWORD, _CLOSE_PATTERN, _CASE_ITEM, _ERROR = range(11)

_NAMED = {
    _COMMAND: "command test_command declaration_command unset_command variable_assignment variable_assignments",
    _OPEN: "subshell compound_statement if_statement while_statement for_statement c_style_for_statement case_statement "
    "function_definition",
    _FLATTEN: "program list pipeline redirected_statement negated_command elif_clause else_clause do_group",
    _CASE_ITEM: "case_item",
    _REDIRECT: "file_redirect herestring_redirect",
    _SKIP: "comment",
}
_ANONYMOUS = {
    _OPERATOR: "; & && || | |& !",
    _KEYWORD: "then elif else do",
    _CLOSE_PATTERN: ")",
}
_KINDS = {
    "subshell": "subshell",
    "compound_statement": "group",
    "if_statement": "if",
    "while_statement": "while",
    "for_statement": "for",
    "c_style_for_statement": "for",
    "case_statement": "case",
    "function_definition": "function",
}
_PARTED = frozenset({"if", "while", "until", "for", "case", "function"})


class _Grammar:
    """The parser, and for each kind of syntax node what to do with it."""

    def __init__(self) -> None:
        from tree_sitter import Language, Parser

        language = Language(_binding().language())
        self.parse: Callable[[bytes], tree_sitter.Tree] = Parser(language).parse
        self.actions: dict[int, int] = {}
        self.names: dict[int, str] = {}
        named = {name: action for action, names in _NAMED.items() for name in names.split()}
        anonymous = {name: action for action, names in _ANONYMOUS.items() for name in names.split()}
        for kind in range(language.node_kind_count):
            name = self.names[kind] = language.node_kind_for_id(kind) or ""
            is_named = language.node_kind_is_named(kind)
            self.actions[kind] = named.get(name, _LOOSE) if is_named else anonymous.get(name, _SKIP)


def _binding() -> Any:
    """The grammar's extension module. Its package would import importlib.resources, half of the time that all this takes."""
    package = find_spec("tree_sitter_bash")
    spec = PathFinder.find_spec("_binding", package.submodule_search_locations if package else None)
    if spec is None or spec.loader is None:
        raise ImportError("tree_sitter_bash is not installed")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _grammar() -> _Grammar:
    return _Grammar()


class Structure:
    """The nodes of one stretch of shell text. Commands in it have a place and nothing else yet.

    ``node`` is None for an empty stretch. ``headers`` holds, by the id of a ``for`` or ``case`` node, where its words
    stand. ``parsed`` is False when the grammar met an error.
    """

    def __init__(self, whole: Text, skeleton: bytes, base: int) -> None:
        self.headers: dict[int, tuple[int, int]] = {}
        self._whole = whole
        self._base = base
        self._grammar = _grammar()
        root = self._grammar.parse(skeleton).root_node
        self.parsed = not root.has_error
        self._frame = _Frame("script", base, base + len(skeleton))
        self._frames: list[_Frame] = []
        self._walk(root)
        self.node = self._sequence(self._frame.items)

    def _walk(self, root: tree_sitter.Node) -> None:
        todo: list[tree_sitter.Node | None] = [root]
        actions, base, whole = self._grammar.actions, self._base, self._whole
        while todo:
            syntax = todo.pop()
            if syntax is None:
                self._close()
                continue
            kind = syntax.kind_id
            action = actions.get(kind, _ERROR)
            frame = self._frame
            if action == _COMMAND:
                if not frame.skipping:
                    first, last = syntax.byte_range
                    frame.items.append(Command("command", whole, base + first, base + last))
            elif action == _FLATTEN or action == _ERROR:
                todo.extend(reversed(syntax.children))
            elif action == _OPERATOR:
                if not frame.skipping:
                    frame.items.append(self._grammar.names[kind])
            elif action == _OPEN:
                self._open(syntax, todo)
            elif action == _CASE_ITEM:
                self._part(frame)
                frame.skipping = True
                todo.extend(reversed(syntax.children))
            elif action != _SKIP:
                self._other(action, syntax, frame)

    def _other(self, action: int, syntax: tree_sitter.Node, frame: _Frame) -> None:
        """Redirections, keywords inside compound commands, and words that the grammar left over."""
        if action == _KEYWORD:
            self._part(frame)
        elif action == _CLOSE_PATTERN:
            if frame.kind == "case":
                frame.skipping = False
        elif not frame.skipping:
            first, last = syntax.byte_range
            first, last = first + self._base, last + self._base
            before = frame.items[-1] if frame.items else ""
            if isinstance(before, str):
                frame.items.append(Command("command", self._whole, first, last))
            elif action == _REDIRECT or "\n" not in self._whole.value[before.end : first]:
                before.end = max(before.end, last)
            else:
                frame.items.append(Command("command", self._whole, first, last))

    def _open(self, syntax: tree_sitter.Node, todo: list[tree_sitter.Node | None]) -> None:
        first, last = syntax.byte_range
        first, last = first + self._base, last + self._base
        text = self._whole.value
        kind = _KINDS[self._grammar.names[syntax.kind_id]]
        if kind == "group" and text.startswith("((", first):
            self._frame.items.append(Command("command", self._whole, first, last))
            return
        if kind == "while" and text.startswith("until", first):
            kind = "until"
        children = syntax.children
        frame = _Frame(kind, first, last)
        frame.skipping = kind in ("for", "case", "function")
        if kind in ("for", "case"):
            frame.header = self._header(children)
        if self._frame.kind == "function":
            self._frame.skipping = False
        self._frames.append(self._frame)
        self._frame = frame
        todo.append(None)
        todo.extend(reversed(children))

    def _header(self, children: list[tree_sitter.Node]) -> tuple[int, int] | None:
        """The words between ``in`` and ``do``, or between ``case`` and ``in``."""
        names = [self._grammar.names.get(child.kind_id) for child in children]
        if "in" not in names:
            return None
        at = names.index("in")
        if names[0] == "case":
            first, last = children[0].end_byte, children[at].start_byte
        else:
            values = [
                child for child, name in zip(children[at + 1 :], names[at + 1 :]) if name not in ("do_group", ";")
            ]
            if not values:
                return None
            first, last = values[0].start_byte, values[-1].end_byte
        return self._base + first, self._base + last

    def _part(self, frame: _Frame) -> None:
        """One part of a compound command ends; outside of one (in text with errors) a command does."""
        if frame.kind not in _PARTED:
            frame.items.append(";")
            return
        if not frame.skipping or frame.parts:
            self._end_part(frame)
        frame.skipping = False

    def _end_part(self, frame: _Frame) -> None:
        node = self._sequence(frame.items)
        if node is None:
            at = frame.start
            node = Node("list", self._whole, at, at)
        frame.parts.append(node)
        frame.items = []

    def _close(self) -> None:
        frame = self._frame
        self._frame = self._frames.pop()
        if frame.kind in _PARTED:
            if frame.items or frame.kind != "case":
                self._end_part(frame)
            children = frame.parts
        else:
            body = self._sequence(frame.items)
            children = [] if body is None else [body]
        node = self._join(frame.kind, children, frame.start, frame.end)
        if frame.header is not None:
            self.headers[id(node)] = frame.header
        self._frame.items.append(node)

    def _join(self, kind: str, children: list[Node], start: int, end: int) -> Node:
        node = Node(kind, self._whole, start, end, children)
        for child in children:
            child.parent = node
        return node

    def _sequence(self, items: list[Node | str]) -> Node | None:
        """Commands and the operators between them, put together by the shell's precedence."""
        statements: list[Node] = []
        operands: list[Node] = []  # of && and ||: at most the left one and the pipeline that is being read
        joint = ""
        pipeline: list[Node] = []
        negated = False
        piped = False

        def end_pipeline() -> None:
            nonlocal negated, joint
            if not pipeline:
                return
            node = pipeline[0]
            if len(pipeline) > 1:
                node = self._join("pipeline", pipeline[:], node.start, pipeline[-1].end)
            if negated:
                node = self._join("not", [node], node.start, node.end)
            if operands and joint:
                left = operands.pop()
                node = self._join("and" if joint == "&&" else "or", [left, node], left.start, node.end)
            operands.append(node)
            pipeline.clear()
            negated, joint = False, ""

        def end_statement(background: bool = False) -> None:
            end_pipeline()
            if operands:
                operands[-1].background = background
                statements.extend(operands)
                operands.clear()

        for item in items:
            if not isinstance(item, str):
                if (pipeline and not piped) or (operands and not joint and not pipeline):
                    end_statement()
                pipeline.append(item)
                piped = False
            elif item == "!":
                negated = not negated
            elif item.startswith("|") and item != "||":
                piped = True
            elif item in ("&&", "||"):
                end_pipeline()
                joint = item
            else:
                end_statement(item == "&")
        end_statement()
        if len(statements) < 2:
            return statements[0] if statements else None
        return self._join("list", statements, statements[0].start, statements[-1].end)


class _Frame:
    """A compound command that is being read."""

    __slots__ = ("end", "header", "items", "kind", "parts", "skipping", "start")

    def __init__(self, kind: str, start: int, end: int) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.items: list[Node | str] = []
        self.parts: list[Node] = []
        self.header: tuple[int, int] | None = None
        self.skipping = False  # in front of the first body: names, patterns and words are no commands
