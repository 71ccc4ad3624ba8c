"""What a shell text starts, in the background too: every command that is reached, with the words it gets."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from gate.dockerfile.command import Command, Node, ShellWord
from gate.dockerfile.shell import parse_script
from gate.dockerfile.source import Source, Text
from gate.lazy import pattern
from gate.model import Place, Unknown
from gate.packages.options import listed
from gate.servers.launch import Launched, Start
from gate.servers.model import MANY, UNKNOWN, Variable

_DEFAULTED = pattern(r"\$\{(\w+):?[-=]")
_ALL = pattern(r'"?\$(?:[@*]|\{[@*]\})"?')
_CASE = pattern(r"case\s+(\S+)\s+in\b")
_ARM = pattern(r"(?:^|;;&?|;&|\n)\s*\(?\s*([^();&]+?)\)\s*\Z", re.S)
_BUILTINS = listed(
    """set shift trap wait return : . source eval unset local declare typeset readonly read umask jobs fg bg type"""
)


class _Ended(Exception):
    """The shell is replaced, or has ended."""


class ShellReader:
    """Goes through one text. ``args`` are ``$0`` and the words behind it."""

    def __init__(
        self, launched: Launched, source: Source, text: str, shell: str, args: list[Any], start: Start, depth: int
    ) -> None:
        self.launched = launched
        self.source = source
        self.start = start
        self.depth = depth
        self.args = args
        self.cwd = start.cwd
        self.environment: dict[str, Any] = dict(start.environment)
        self.certain = start.certain
        whole = Text(source, text, 0)
        environment = self._environment()
        self.script = parse_script(whole, shell=shell, environment=environment)
        soft = {name for name in _DEFAULTED.findall(text) if name not in environment}
        self.soft: dict[tuple[int, int], None] = {}
        if soft:
            doubtful = parse_script(whole, shell=shell, environment={**environment, **dict.fromkeys(soft, UNKNOWN)})
            self.soft = {
                (word.start, word.end): None
                for command in doubtful.commands
                for word in command.words
                if word.value is None
            }
        self.functions = self.script.functions()
        self.calls = 0

    def _environment(self) -> dict[str, str | Unknown]:
        """What the shell starts with, its parameters among it."""
        found: dict[str, str | Unknown] = dict(self.launched.image.config.env)
        platform = self.launched.platform
        found.update({name: str(platform.port) for name in platform.port_variables})
        for name, value in self.environment.items():
            found[name] = value if isinstance(value, str) else Unknown("not known")
        for at in range(10):
            value = self.args[at] if at < len(self.args) else ""
            found[str(at)] = value if isinstance(value, str) else Unknown("not known")
        found["#"] = str(len(self.args) - 1)
        return found

    def run(self) -> None:
        if not self.script.parsed:
            self.launched.unread("a shell text cannot be taken apart", self.start.place)
            return
        try:
            self._node(self.script.root, last=self.start.last)
        except _Ended:
            return

    # Structure -------------------------------------------------------------------------------------------------------

    def _node(self, node: Node, *, last: bool) -> None:
        kind = node.kind
        if isinstance(node, Command):
            self._command(node, last=last)
        elif kind in ("script", "list", "group", "subshell", "pipeline", "shell"):
            self._children(node, last)
        elif kind == "and":
            self._and(node, last)
        elif kind == "or":
            condition = self._test(node.children[0])
            if condition is not True:
                if condition is None:
                    self._node(node.children[0], last=last)
                self._perhaps([node.children[-1]], last)
        elif kind == "if":
            self._if(node, last)
        elif kind == "case":
            self._case(node, last)
        elif kind in ("while", "until", "for"):
            self._perhaps([child for child in node.children if child.kind != "substitution"], last)

    def _children(self, node: Node, last: bool) -> None:
        children = node.children
        for at, child in enumerate(children):
            behind = children[at + 1 :]
            ends = last and (not behind or all(_only_waits(each) for each in behind))
            try:
                self._node(child, last=ends and not node.background)
            except _Ended:
                if node.kind in ("subshell", "pipeline") or node.background:
                    return
                raise

    def _and(self, node: Node, last: bool) -> None:
        condition = self._test(node.children[0])
        if condition is False:
            return
        if condition is None and _is_test(node.children[0]):
            self._perhaps([node.children[-1]], last)
            return
        self._node(node.children[0], last=False)
        self._node(node.children[-1], last=last)

    def _perhaps(self, nodes: Sequence[Node], last: bool) -> None:
        """Parts that may be reached."""
        saved, cwd = self.certain, self.cwd
        self.certain = False
        for node in nodes:
            with suppress(_Ended):
                self._node(node, last=last)
            self.cwd = cwd
        self.certain = saved

    def _if(self, node: Node, last: bool) -> None:
        children = [child for child in node.children if child.kind != "substitution"]
        at = 0
        while at + 1 < len(children):
            condition = self._test(children[at])
            if condition is None:
                self._perhaps(
                    children[at + 1 :: 2] if len(children) % 2 == 0 else [*children[at + 1 : -1 : 2], children[-1]],
                    last,
                )
                return
            if condition:
                self._node(children[at + 1], last=last)
                return
            at += 2
        if at < len(children):
            self._node(children[at], last=last)

    def _case(self, node: Node, last: bool) -> None:
        bodies = [child for child in node.children if child.kind != "substitution"]
        match = _CASE.match(node.text.value)
        value = self._parameter(match[1]) if match else None
        start = node.start + (match.end() if match else 0)
        arms: list[tuple[list[str], Node]] = []
        for body in bodies:
            head = node.whole.value[start : body.start]
            found = _ARM.search(head.lstrip("; \t\n"))
            words = [word.strip().strip("\"'") for word in found[1].split("|")] if found else ["?"]
            arms.append((words, body))
            start = body.end
        plain = all(
            not re.search(r"[$`?\[]", word) and ("*" not in word or word == "*") for words, _ in arms for word in words
        )
        if value is None or not plain:
            self._perhaps(bodies, last)
            return
        for words, body in arms:
            if value in words or "*" in words:
                self._node(body, last=last)
                return

    def _parameter(self, raw: str) -> str | None:
        """The value of ``"$1"``, ``${MODE:-serve}`` …"""
        match = re.fullmatch(r'"?\$(?:(\w+|#)|\{(\w+|#)(?::?-([^}$`"]*))?\})"?', raw)
        if match is None:
            return raw.strip("\"'") if not re.search(r"[$`]", raw) else None
        name = match[1] or match[2]
        known = self._environment().get(name)
        if isinstance(known, Unknown):
            return None
        if match[3] is not None and not known:
            return match[3]
        return known if known is not None else None

    def _test(self, node: Node) -> bool | None:
        """``[ "$1" = train ]``: true, false, or not to be told."""
        if not isinstance(node, Command) or node.name not in ("[", "[[", "test"):
            return None
        words = [word.value for word in node.words[1:]]
        if node.name != "test" and words and words[-1] == "]" * len(node.name):
            words.pop()
        if any(word is None for word in words) or any((word.start, word.end) in self.soft for word in node.words):
            return None
        if len(words) == 3 and words[1] in ("=", "==", "!="):
            if node.name == "[[" and re.search(r"[*?\[]", str(words[2])):
                return None
            return (words[0] == words[2]) == (words[1] != "!=")
        if len(words) == 2 and words[0] in ("-n", "-z"):
            return bool(words[1]) == (words[0] == "-n")
        if len(words) == 3 and str(words[0]).isdigit() and str(words[2]).isdigit():
            left, right = int(str(words[0])[:9]), int(str(words[2])[:9])
            return {"-eq": left == right, "-ne": left != right, "-gt": left > right, "-lt": left < right,
                    "-ge": left >= right, "-le": left <= right}.get(str(words[1]))  # fmt: skip
        return None

    # Commands --------------------------------------------------------------------------------------------------------

    def _command(self, command: Command, *, last: bool) -> None:
        self._note_writes(command)
        if not command.words:
            for name, word in command.assignments.items():
                if name in self.environment:
                    self.environment[name] = self._value(word)
            return
        name = command.name or ""
        body = self.functions.get(command.words[0].value or "")
        if body is not None and not command.wrappers and self.calls < 8:
            self.calls += 1
            try:
                self._node(body, last=last)
            finally:
                self.calls -= 1
        elif name in ("exit", "return"):
            raise _Ended
        elif name in ("cd", "pushd", "chdir"):
            self._cd(command)
        elif name == "export":
            self._export(command)
        elif name in (".", "source") and len(command.words) > 1:
            self._source(command)
        elif name not in _BUILTINS:
            self._start(command, last)

    def _start(self, command: Command, last: bool) -> None:
        replaced = "exec" in command.wrappers
        argv = self._words(command.words)
        if not argv:
            return
        environment = {**self.environment, **{name: self._value(word) for name, word in command.assignments.items()}}
        background = command.background or self._in_background(command)
        inner = Start(
            "",
            [],
            self._place(command),
            self.cwd,
            environment,
            self.certain,
            background or self.start.background,
            last or replaced,
            replaced=replaced and self.start.replaced,
        )
        self.launched.program(argv, inner, self.depth + 1)
        if replaced and self.certain:
            raise _Ended

    def _in_background(self, command: Command) -> bool:
        return any(node.background for node in command.ancestors())

    def _place(self, command: Command) -> Place:
        return command.place if self.source.path else self.start.place

    def _words(self, words: Sequence[ShellWord]) -> list[Any]:
        found: list[Any] = []
        for word in words:
            raw = word.text.value
            if word.value is None and _ALL.fullmatch(raw):
                found += self.args[1:]
            elif word.value is None and (not word.quoted or "@]" in raw or "$@" in raw):
                found.append(MANY)
            else:
                found.append(self._value(word))
        return found

    def _value(self, word: ShellWord) -> Any:
        if word.value is None:
            return UNKNOWN
        if (word.start, word.end) in self.soft:
            names = re.findall(r"\$\{?(\w+)", word.text.value)
            return Variable(names[0] if names else "a variable", word.value)
        return word.value

    def _cd(self, command: Command) -> None:
        target = command.words[1].value if len(command.words) > 1 else None
        if target is not None:
            self.cwd = posixpath.normpath(posixpath.join(self.cwd, target))

    def _export(self, command: Command) -> None:
        for word in command.words[1:]:
            name, equals, value = (word.value or word.text.value).partition("=")
            if equals:
                soft = (word.start, word.end) in self.soft
                known: Any = value if word.value is not None else UNKNOWN
                self.environment[name] = Variable(name, value) if soft and word.value is not None else known

    def _source(self, command: Command) -> None:
        path = command.words[1].value
        if path is not None:
            inner = Start(
                "", [], self._place(command), self.cwd, self.environment, self.certain, self.start.background, False
            )
            self.launched.shell_file(path, self.args, "sh", inner, self.depth + 1)

    def _note_writes(self, command: Command) -> None:
        """Configuration files that the script writes: what they hold then is not what is in the image."""
        edits = command.name in (
            "sed",
            "envsubst",
            "cp",
            "mv",
            "tee",
            "perl",
            "ln",
            "j2",
            "jinja2",
            "gomplate",
            "python",
            "python3",
        )
        for word in command.words[1:] if edits else ():
            self._rewrite(word)
        for redirect in command.redirects:
            if redirect.target is not None and redirect.operator.startswith((">", "&>")):
                self._rewrite(redirect.target)

    def _rewrite(self, word: ShellWord) -> None:
        value = word.value if word.value is not None else word.suffix
        if value and value.endswith((".conf", ".properties", ".ini", "default")):
            self.launched.rewritten.add(posixpath.normpath(posixpath.join(self.cwd, value)))
            if word.value is None:
                self.launched.rewritten_names.add(value.rpartition("/")[2])


def _is_test(node: Node) -> bool:
    return isinstance(node, Command) and node.name in ("[", "[[", "test")


def _only_waits(node: Node) -> bool:
    """Whether a part starts nothing of its own."""
    return isinstance(node, Command) and (node.name in ("wait", "exit", "trap", "fg") or not node.words)
