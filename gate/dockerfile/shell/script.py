"""Shell text → :class:`~gate.dockerfile.command.Script`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import takewhile

from gate.dockerfile.command import Command, Loop, Node, Script, ShellWord
from gate.dockerfile.shell import wrappers
from gate.dockerfile.shell.commands import CommandText, plain_words
from gate.dockerfile.shell.flow import Flow
from gate.dockerfile.shell.lexer import DECLARING, Unclosed
from gate.dockerfile.shell.status import Options, changed, reaches
from gate.dockerfile.shell.structure import Structure
from gate.dockerfile.shell.variables import UNKNOWN, Exhausted, Variables
from gate.dockerfile.shell.words import WordReader
from gate.dockerfile.source import Text
from gate.lazy import pattern
from gate.model import Unknown
from gate.record import replace

MAX_LENGTH = 1 << 17
"""Characters beyond which a text is not read: Linux hands a shell no longer ``-c`` text."""

_MAX_DEPTH = 8
"""Shells within shells and substitutions within substitutions that are followed."""

_MAX_WRAPPERS = 20
"""Wrappers within wrappers that are taken off."""

_SETTING = DECLARING | {"unset", "read", "getopts", "mapfile", "readarray", "printf"}
"""Commands that change variables."""

_LOOP_NAME = pattern(r"for\s+(\w+)")

Environment = Mapping[str, "str | Unknown"]


def parse_script(
    text: Text, *, shell: str = "sh", environment: Environment | None = None, options: Options | None = None
) -> Script:
    """Take shell text apart. ``environment`` and ``options`` are what the shell starts with.

    Never raises. What cannot be understood makes ``parsed`` False; what is certain is there nevertheless.
    """
    script = _new(text, shell)
    script.errexit, script.pipefail = (options.errexit, options.pipefail) if options else (False, False)
    length = script.root.end
    if length > MAX_LENGTH:
        script.parsed = False
        return script
    stretch = _Stretch(script, script.root, (text, 0, length), Variables(environment or {}), shell)
    _finish(script, stretch, stretch.read)
    return script


def parse_program(text: Text, argv: Sequence[Text], *, environment: Environment | None = None) -> Script:
    """The script of an exec form: one command, whose words are ``argv``. No shell reads it (``shell`` is ``""``)."""
    script = _new(text, "")
    if argv:
        command = Command("command", text, 0, len(text), parent=script.root)
        script.root.children.append(command)
        words = [ShellWord(word.value, word, 0, len(word), quoted=True, prefix=word.value) for word in argv]
        stretch = _Stretch(script, script.root, (text, 0, len(text)), Variables(environment or {}), "sh")
        stretch.commands.append(command)
        _finish(script, stretch, partial(stretch.settle, command, words))
    return script


def _new(text: Text, shell: str) -> Script:
    return Script(text, shell, Node("script", text, 0, len(text.value)))


def _finish(script: Script, stretch: _Stretch, read: Callable[[], None]) -> None:
    """Read, list the commands, and take the options from a ``set`` in front of them."""
    commands = stretch.commands
    try:
        read()
    except Exhausted:
        script.parsed = False
        commands = [node for node in script.root.walk() if isinstance(node, Command)]
    script.commands = tuple(commands)
    settings = []
    for command in commands:
        command.script = script
        if command.name == "set":
            settings.append(command)
    script.settings = tuple(settings)
    for command in takewhile(lambda command: command.name == "set", commands):
        if not reaches(command, script.root, set()):
            break
        options = changed(Options(script.errexit, script.pipefail), command.arguments)
        script.errexit, script.pipefail = options.errexit, options.pipefail


class _Stretch(Flow):
    """One stretch of shell text: a script, the inside of ``$( )``, the text of ``sh -c``.

    It becomes a child of ``parent``. ``span``: a text and the place in it. ``outer``: the stretch that it is in, if it is
    in one. ``commands``: those of the whole script, in the order of the text.
    """

    def __init__(
        self,
        script: Script,
        parent: Node,
        span: tuple[Text, int, int],
        variables: Variables,
        shell: str,
        outer: _Stretch | None = None,
    ) -> None:
        self.whole, start, end = span
        super().__init__(self.whole.value, start, end, variables)
        self.script = script
        self.parent = parent
        self.shell = shell
        self.depth: int = outer.depth + 1 if outer is not None else 0
        self.commands: list[Command] = outer.commands if outer is not None else []
        self.structure: Structure | None = None
        self._reader: WordReader | None = None

    @property
    def reader(self) -> WordReader:
        """Made when a word needs it: few do."""
        if self._reader is None:
            self._reader = WordReader(self.whole, self.variables, self.shell)
        return self._reader

    def read(self) -> None:
        self.structure = structure = Structure(self.whole, self.start, self.end)
        if not structure.parsed:
            self.script.parsed = False
        if structure.node is not None:
            structure.node.parent = self.parent
            self.parent.children.append(structure.node)
            self.visit(structure.node)

    def nested(self, parent: Node, span: tuple[Text, int, int], variables: Variables, shell: str) -> None:
        """Read a stretch inside of this one."""
        if self.depth >= _MAX_DEPTH:
            self.script.parsed = False
        else:
            _Stretch(self.script, parent, span, variables, shell, self).read()

    # Compound commands ------------------------------------------------------------------------------------------------

    def on_compound(self, node: Node) -> None:
        """The words of ``for`` and ``case``, and the redirections behind a compound command."""
        structure = self.structure
        if structure is None:
            return
        header = structure.headers.get(id(node))
        if header is not None:
            words = self._header(*header)
            if isinstance(node, Loop) and all(word.value is not None and not word.glob for word in words):
                self._loop(node, words, header[1])
        trailer = structure.trailers.get(id(node))
        if trailer is not None:
            command = Command("command", self.whole, *trailer)
            if self._words_of(command).words:
                self.script.parsed = False
            node.redirects = command.redirects
        node.children[:0] = self._substitutions(node)

    def _header(self, at: int, end: int) -> list[ShellWord]:
        words = []
        try:
            while at < end:
                more, stop, _ = self.reader.word(at, end)
                words += more
                at = max(stop, at + 1)
        except Unclosed:
            self.script.parsed = False
        return words

    def _loop(self, node: Loop, words: list[ShellWord], at: int) -> None:
        """``for NAME in words``; ``at`` is where its body begins. A body that changes the variable is not followed."""
        name = _LOOP_NAME.match(self.text, node.start)
        if name is not None and name[1] not in self._assigned_between(at, node.end):
            node.variable, node.words = name[1], tuple(words)

    # Commands ---------------------------------------------------------------------------------------------------------

    def on_command(self, command: Command) -> None:
        self.commands.append(command)
        if self.structure is not None and id(command) in self.structure.plain:
            self.settle(command, plain_words(self.whole, command.start, command.end))
            if command.name in _SETTING:
                self._assign(command, {})
            return
        text = self._words_of(command)
        if self.reader.substitutions:
            command.children = self._substitutions(command)
        self.settle(command, text.words, text.bodies)
        if not text.words or command.name in _SETTING:
            self._assign(command, text.assigned)

    def _words_of(self, command: Command) -> CommandText:
        text = CommandText(self.reader, self.structure.heredocs if self.structure else {})
        try:
            text.read(command)
        except Unclosed:
            self.script.parsed = False
        return text

    def _substitutions(self, parent: Node) -> list[Node]:
        """The commands in the ``$( )``, backquotes and ``<( )`` that were just read."""
        found, self.reader.substitutions = self.reader.substitutions, []
        nodes = []
        for span in found:
            node = Node("substitution", *span, parent=parent)
            nodes.append(node)
            mark = self.variables.mark()
            self.nested(node, span, self.variables, self.shell)
            self.variables.take_back(mark)
        return nodes

    def settle(self, command: Command, words: Sequence[ShellWord], bodies: Mapping[int, Text] | None = None) -> None:
        """Peel the wrappers off, give the command its words, and follow it into what it runs.

        ``bodies``: by the id of a redirect, its here-document as the command reads it.
        """
        name = words[0].base_name if words else ""
        text = None
        if name in wrappers.WRAPPERS:
            words, text = self._peel(command, words)
            name = words[0].base_name if words else ""
        command.words = tuple(words)
        command.name = name
        if text is not None:
            self._shell_text(command, [text[0]], self.variables.exported(), text[1])
        elif name in wrappers.SHELLS:
            self._shell(command, bodies or {})
        elif name == "eval" and len(words) > 1:
            self._shell_text(command, words[1:], self.variables)
        elif name == "find" and len(command.wrappers) < _MAX_WRAPPERS:
            self._find(command)

    def _peel(
        self, command: Command, words: Sequence[ShellWord]
    ) -> tuple[Sequence[ShellWord], tuple[ShellWord, int] | None]:
        """The words of the program that runs in the end; or a wrapper's own, and its word of shell text."""
        names = list(command.wrappers)
        while len(names) < _MAX_WRAPPERS and (peeled := wrappers.peel(words)) is not None:
            if peeled.text is not None:
                command.wrappers = tuple(names)
                return words, peeled.text
            names.append(words[0].base_name or "")
            for word in peeled.assignments:
                key, _, prefix = word.prefix.partition("=")
                value = None if word.value is None else prefix
                command.assignments[key] = replace(word, value=value, prefix=prefix)
            command.complete = command.complete and not peeled.open
            words = peeled.rest
        command.wrappers = tuple(names)
        return words, None

    def _find(self, find: Command) -> None:
        """The programs of ``find … -exec``."""
        for program in wrappers.find_programs(find.words):
            first, last = program[0], program[-1]
            place = (first.start, last.end) if first.whole is self.whole else (find.start, find.end)
            child = Command("command", self.whole, *place, parent=find, wrappers=(*find.wrappers, "find"))
            find.children.append(child)
            self.commands.append(child)
            self.settle(child, program)

    def _shell(self, command: Command, bodies: Mapping[int, Text]) -> None:
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
                    self._inner(command, bodies.get(id(redirect), redirect.heredoc), variables)
                elif redirect.operator == "<<<" and redirect.target is not None:
                    self._shell_text(command, [redirect.target], variables)

    def _shell_text(self, command: Command, words: Sequence[ShellWord], variables: Variables, offset: int = 0) -> None:
        """Read words as shell text; ``offset`` characters in front of it do not belong to it."""
        try:
            text = self._joined(words)
        except Unclosed:
            self.script.parsed = False
            return
        self._inner(command, text.slice(offset, len(text)) if offset else text, variables)

    def _joined(self, words: Sequence[ShellWord]) -> Text:
        if words[0].whole is not self.whole:
            return words[0].text  # exec form: the JSON string is the text
        kept = len(self.reader.substitutions)
        text = self.reader.mapped(dict.fromkeys((word.start, word.end) for word in words))
        del self.reader.substitutions[kept:]
        return text

    def _inner(self, command: Command, text: Text, variables: Variables) -> None:
        """A shell's text becomes a child of the command that starts the shell."""
        node = Node("shell", text, 0, len(text), parent=command)
        command.children.append(node)
        shell = command.name if command.name in wrappers.SHELLS else None
        self.nested(node, (text, 0, len(text)), variables, shell or self.shell)

    # Variables --------------------------------------------------------------------------------------------------------

    def _assign(self, command: Command, assigned: Mapping[str, str]) -> None:
        """What a command does to the variables of its shell."""
        variables, name = self.variables, command.name
        if not command.words or name in DECLARING:
            for key, value in assigned.items():
                variables.assign(key, value)
        names = [(word.value or word.prefix).partition("=")[0] for word in command.arguments]
        if name == "export" or (name in DECLARING and "-x" in names):
            for key in names:
                variables.export(key)
        elif name == "unset":
            for key in names:
                variables.assign(key, None)
        elif name not in DECLARING and (name != "printf" or names[:1] == ["-v"]):
            variables.forget(names)
