"""Shell text → :class:`~gate.dockerfile.command.Script`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import takewhile
from typing import Any

from gate.dockerfile.command import Command, Node, Script, ShellWord
from gate.dockerfile.shell import wrappers
from gate.dockerfile.shell.commands import CommandText
from gate.dockerfile.shell.lexer import Unclosed
from gate.dockerfile.shell.status import Options, changed, reaches
from gate.dockerfile.shell.structure import HeredocBody, Structure
from gate.dockerfile.shell.variables import UNKNOWN, Exhausted, Variables
from gate.dockerfile.shell.words import WordReader
from gate.dockerfile.source import Text
from gate.model import Unknown

MAX_LENGTH = 1 << 17
"""Characters beyond which a text is not read: Linux hands a shell no longer ``-c`` text."""

_MAX_DEPTH = 8
"""Shells within shells and substitutions within substitutions that are followed."""

_MAX_WRAPPERS = 20

_ASSIGNED = re.compile(
    r"(?<![\w$])([A-Za-z_]\w*)(?:\[[^\]]*\])?\+?=|\b(?:for|read|unset|local|export|getopts \S+) +([^;&|\n]*)", re.ASCII
)
_NAMES = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_DECLARE = frozenset({"export", "readonly", "declare", "typeset", "local"})


def parse_script(text: Text, *, shell: str = "sh", environment: Mapping[str, str | Unknown] | None = None) -> Script:
    """Take shell text apart. Never raises; what cannot be understood makes ``parsed`` False, and what is certain is kept.

    ``environment`` are the variables that the shell starts with.
    """
    script = Script(text, shell, Node("script", text, 0, len(text)))
    if len(text) > MAX_LENGTH:
        script.parsed = False
        return script
    reader = _ScriptReader(script)
    try:
        reader.nested(script.root, text, 0, len(text), Variables.of(environment or {}), 0, shell)
    except Exhausted:
        script.parsed = False
    reader.finish()
    return script


def parse_program(
    text: Text, argv: Sequence[Text], *, environment: Mapping[str, str | Unknown] | None = None
) -> Script:
    """The script of an exec form: one command, whose words are ``argv``; no shell reads it (``shell`` is ``""``)."""
    script = Script(text, "", Node("script", text, 0, len(text)))
    reader = _ScriptReader(script)
    if argv:
        command = Command("command", text, 0, len(text), parent=script.root)
        script.root.children.append(command)
        words = [ShellWord(word.value, word, 0, len(word), quoted=True, prefix=word.value) for word in argv]
        stretch = _Stretch(reader, script.root, text, 0, len(text), Variables.of(environment or {}), 0, "sh")
        try:
            stretch.settle(command, words)
        except Exhausted:
            script.parsed = False
    reader.finish()
    return script


class _ScriptReader:
    """What the stretches of one script share."""

    def __init__(self, script: Script) -> None:
        self.script = script

    def nested(
        self, parent: Node, whole: Text, start: int, end: int, variables: Variables, depth: int, shell: str
    ) -> None:
        """Read ``whole.value[start:end]`` into a child of ``parent``."""
        if depth > _MAX_DEPTH:
            self.script.parsed = False
        else:
            _Stretch(self, parent, whole, start, end, variables, depth, shell).read()

    def finish(self) -> None:
        script = self.script
        script.commands = tuple(node for node in script.root.walk() if isinstance(node, Command))
        settings = []
        for command in script.commands:
            command.script = script
            if command.name == "set":
                settings.append(command)
        script.settings = tuple(settings)
        for command in takewhile(lambda command: command.name == "set", script.commands):
            if not reaches(command, script.root, set()):
                break
            options = changed(Options(script.errexit, script.pipefail), command)
            script.errexit, script.pipefail = options.errexit, options.pipefail


class _Region:
    """A part of the script that may not run, or that runs in another process: assignments in it are taken back."""

    __slots__ = ("mark", "names")

    def __init__(self) -> None:
        self.mark = 0
        self.names: set[str] = set()


class _Stretch:
    """One stretch of shell text: a script, the inside of ``$( )``, the text of ``sh -c``."""

    def __init__(
        self,
        owner: _ScriptReader,
        parent: Node,
        whole: Text,
        start: int,
        end: int,
        variables: Variables,
        depth: int,
        shell: str,
    ) -> None:
        self.owner = owner
        self.parent = parent
        self.whole = whole
        self.text = whole.value
        self.start = start
        self.end = end
        self.variables = variables
        self.depth = depth
        self.shell = shell
        self.heredocs: dict[int, HeredocBody] = {}
        self.headers: dict[int, tuple[int, int]] = {}
        self.trailers: dict[int, tuple[int, int]] = {}
        self.words = WordReader(whole, variables, shell)
        self.bodies: dict[int, Text] = {}
        self.todo: list[tuple[Callable[[Any], None], Any]] = []

    @cached_property
    def assigned_anywhere(self) -> set[str]:
        """The names that the stretch may assign: at the time when a function is called, they may have any value."""
        return _assigned_in(self.text[self.start : self.end])

    # -- structure -----------------------------------------------------------------------------------------------------

    def read(self) -> None:
        structure = Structure(self.whole, self.start, self.end)
        self.heredocs = structure.heredocs
        self.trailers = structure.trailers
        if not structure.parsed:
            self.owner.script.parsed = False
        self.headers = structure.headers
        if structure.node is not None:
            structure.node.parent = self.parent
            self.parent.children.append(structure.node)
            self.todo.append((self._visit, structure.node))
        while self.todo:
            step, argument = self.todo.pop()
            step(argument)

    def _visit(self, node: Node) -> None:
        """Read a node's commands in the order in which a shell would run them, keeping track of the variables."""
        if node.background:
            self._apart([node], self._visit_foreground)
        else:
            self._visit_foreground(node)

    def _visit_foreground(self, node: Node) -> None:
        kind = node.kind
        if id(node) in self.trailers:
            self._trailer(node)
        if isinstance(node, Command):
            self._command(node)
        elif kind in ("and", "or"):
            self._visit_chain(node)
        elif kind == "pipeline" or kind == "subshell":
            self._apart(node.children, self._visit)
        elif kind in ("if", "case"):
            self._visit_branches(node)
        elif kind in ("while", "until", "for"):
            self._visit_loop(node)
        elif kind == "function":
            self._visit_function(node)
        else:
            self.todo.extend((self._visit, child) for child in reversed(node.children))

    def _apart(self, nodes: Sequence[Node], visit: Callable[[Any], None]) -> None:
        """Each of these runs in a process of its own."""
        for node in reversed(nodes):
            region = _Region()
            self.todo += [(self._take_back, region), (visit, node), (self._begin, region)]

    def _visit_chain(self, node: Node) -> None:
        """``a && b || c``: behind ``&&`` what stands in front of it is certain; behind ``||`` and after the chain it is not."""
        region = _Region()
        steps: list[tuple[Callable[[Any], None], Any]] = [(self._forget, region)]
        while node.kind in ("and", "or"):
            node, right = node.children
            if right.parent is not None and right.parent.kind == "or":
                steps += [(self._forget, region), (self._visit, right), (self._forget, region)]
            else:
                steps.append((self._visit, right))
        self.todo += [*steps, (self._begin, region), (self._visit, node)]

    def _visit_branches(self, node: Node) -> None:
        region = _Region()
        branches = list(node.children)
        self._header(node)
        steps: list[tuple[Callable[[Any], None], Any]] = []
        if node.kind == "if" and branches:
            steps.append((self._visit, branches.pop(0)))
        steps.append((self._begin, region))
        for branch in branches:
            steps += [(self._visit, branch), (self._end_branch, region)]
        steps.append((self._forget_names, region))
        self.todo.extend(reversed(steps))

    def _visit_loop(self, node: Node) -> None:
        region = _Region()
        region.names = self._assigned(node)
        parts = list(node.children)
        self._header(node)
        self.variables.forget(region.names)
        self.todo.append((self._forget_names, region))
        self.todo.extend((self._visit, part) for part in reversed(parts))

    def _visit_function(self, node: Node) -> None:
        region = _Region()
        region.names = self._assigned(node)
        self._begin(region)
        self.variables.forget(self.assigned_anywhere)
        self.todo += [(self._forget_names, region), (self._take_back, region)]
        self.todo.extend((self._visit, part) for part in reversed(node.children))

    def _trailer(self, node: Node) -> None:
        """The redirections behind a compound command."""
        start, end = self.trailers[id(node)]
        text = CommandText(self.text, self.whole, self.words, self.heredocs)
        command = Command("command", self.whole, start, end)
        self._words_of(command, text)
        node.redirects = command.redirects
        if text.words:
            self.owner.script.parsed = False
        self._substitutions(node, first=True)

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

    def _assigned(self, node: Node) -> set[str]:
        self.variables.budget.spend(node.end - node.start)
        return _assigned_in(self.text[node.start : node.end])

    def _header(self, node: Node) -> None:
        """The words of a ``for`` or ``case``: only their substitutions matter."""
        if id(node) not in self.headers:
            return
        at, end = self.headers[id(node)]
        try:
            while at < end:
                at = max(self.words.word(at, end)[1], at + 1)
        except Unclosed:
            self.owner.script.parsed = False
        self._substitutions(node, first=True)

    # -- commands ------------------------------------------------------------------------------------------------------

    def _command(self, command: Command) -> None:
        text = CommandText(self.text, self.whole, self.words, self.heredocs)
        self._words_of(command, text)
        if self.words.substitutions:
            self._substitutions(command)
        self.bodies = text.bodies
        self.settle(command, text.words)
        self._assign(command, text)

    def _words_of(self, command: Command, text: CommandText) -> None:
        try:
            text.read(command)
        except Unclosed:
            self.owner.script.parsed = False

    def _substitutions(self, parent: Node, *, first: bool = False) -> None:
        """The commands in ``$( )``, backquotes and ``<( )``."""
        found, self.words.substitutions = self.words.substitutions, []
        nodes = []
        for whole, start, end in found:
            node = Node("substitution", whole, start, end, parent=parent)
            nodes.append(node)
            mark = self.variables.mark()
            self.owner.nested(node, whole, start, end, self.variables, self.depth + 1, self.shell)
            self.variables.take_back(mark)
        parent.children[:] = nodes + parent.children if first else parent.children + nodes

    def settle(self, command: Command, words: Sequence[ShellWord], depth: int = 0) -> None:
        """Peel the wrappers off and give the command its words. ``depth``: how many ``find -exec`` it stands in."""
        names: list[str] = []
        peeled = None
        while words and len(names) < _MAX_WRAPPERS:
            name = words[0].base_name
            peeled = wrappers.peel(words) if name in wrappers.WRAPPERS else None
            if peeled is None or peeled.text is not None:
                break
            names.append(name or "")
            for word in peeled.assignments:
                key, _, prefix = word.prefix.partition("=")
                value = None if word.value is None else prefix
                command.assignments[key] = replace(word, value=value, prefix=prefix)
            command.complete = command.complete and not peeled.open
            words = peeled.rest
        command.words = tuple(words)
        command.wrappers = tuple(names)
        command.name = words[0].base_name if words else ""
        if peeled is not None and peeled.text is not None:
            self._shell_text(command, [peeled.text], self.variables.exported(), peeled.text_offset)
        elif command.name in wrappers.SHELLS:
            self._shell(command)
        elif command.name == "eval" and len(words) > 1:
            self._shell_text(command, words[1:], self.variables)
        elif command.name == "find" and depth < _MAX_DEPTH:
            for program in wrappers.find_programs(words):
                child = Command("command", self.whole, program[0].start, program[-1].end, parent=command)
                command.children.append(child)
                self.settle(child, program, depth + 1)
                child.wrappers = ("find", *child.wrappers)

    def _shell(self, command: Command) -> None:
        """``sh -c '…'``, ``bash <<EOF``, ``bash <<< '…'``."""
        word, stdin = wrappers.shell_script(command.words)
        variables = self.variables.exported()
        for name, value in command.assignments.items():
            variables.assign(name, value.value if value.value is not None else UNKNOWN)
        if word is not None:
            self._shell_text(command, [word], variables)
        elif stdin:
            for redirect in command.redirects:
                if redirect.heredoc is not None:
                    self._inner(command, self.bodies.get(id(redirect), redirect.heredoc), variables)
                elif redirect.operator == "<<<" and redirect.target is not None:
                    self._shell_text(command, [redirect.target], variables)

    def _shell_text(self, command: Command, words: Sequence[ShellWord], variables: Variables, offset: int = 0) -> None:
        """Read words as shell text: a child of the command with the kind ``shell``."""
        try:
            text = self._mapped(words)
        except Unclosed:
            self.owner.script.parsed = False
            return
        self._inner(command, text.slice(offset, len(text)) if offset else text, variables)

    def _mapped(self, words: Sequence[ShellWord]) -> Text:
        if any(word.whole is not self.whole for word in words):
            return words[0].text  # exec form: the JSON strings are the text
        kept = len(self.words.substitutions)
        text = self.words.mapped(dict.fromkeys((word.start, word.end) for word in words))
        del self.words.substitutions[kept:]
        return text

    def _inner(self, command: Command, text: Text, variables: Variables) -> None:
        shell = command.name if command.name in wrappers.SHELLS else self.shell
        node = Node("shell", text, 0, len(text), parent=command)
        command.children.append(node)
        self.owner.nested(node, text, 0, len(text), variables, self.depth + 1, shell or "sh")

    # -- variables -----------------------------------------------------------------------------------------------------

    def _assign(self, command: Command, text: CommandText) -> None:
        """What the command does to the variables of this shell."""
        variables = self.variables
        if not command.words:
            for name, value in text.assigned.items():
                variables.assign(name, value)
        elif command.name in _DECLARE:
            for name, value in text.assigned.items():
                variables.assign(name, value)
            if command.name == "export":
                for word in command.arguments:
                    variables.export((word.value or word.prefix).partition("=")[0])
        elif command.name == "unset":
            for word in command.arguments:
                if word.value:
                    variables.assign(word.value, None)
        elif command.name in ("read", "getopts", "mapfile", "readarray", "printf"):
            for word in command.arguments:
                if command.name != "printf" and word.value and _NAMES.fullmatch(word.value):
                    variables.assign(word.value, UNKNOWN)
            if command.name == "printf" and len(command.words) > 2 and command.words[1].value == "-v":
                variables.assign(command.words[2].value or "", UNKNOWN)


def _assigned_in(text: str) -> set[str]:
    """The names that a piece of script may assign; rather too many than too few."""
    names: set[str] = set()
    for match in _ASSIGNED.finditer(text):
        if match[1]:
            names.add(match[1])
        else:
            names.update(_NAMES.findall(match[2]))
    return names
