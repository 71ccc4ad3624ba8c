"""What a RUN (or a shell-form CMD, ENTRYPOINT, an entry script) executes: simple commands and how they hang together.

Produced by :mod:`gate.dockerfile.shell`. A :class:`Command` has its wrappers (sudo, env, timeout …) already peeled off.
"""

from __future__ import annotations

from collections.abc import Iterator

from gate.dockerfile.source import Text
from gate.lazy import pattern
from gate.model import Place
from gate.record import dataclass, field

_FUNCTION = pattern(r"(?:function\s+)?([^\s(){}]+)")


def _end(whole: Text, start: int, end: int) -> int:
    """Where ``whole.value[start:end]`` ends in the source: the end belongs to the piece of the last character."""
    return whole.offset(end - 1) + 1 if end > start else whole.offset(start)


@dataclass(slots=True, eq=False)
class ShellWord:
    """One word after quote removal. ``value`` is None where it cannot be known (a variable of unknown value, ``$(…)``).

    ``whole.value[start:end]`` is the word as written; several words that come from one unquoted variable share it. A
    leading ``~`` stays as it is written.
    """

    value: str | None
    whole: Text
    start: int
    end: int
    quoted: bool = False  # some part of it is quoted
    glob: bool = False  # an unquoted * ? [ is in it
    prefix: str = ""  # the known literal text in front of the first unknown part (the whole value when known)
    suffix: str = ""  # the known text behind the last unknown part; empty when the value is known

    @property
    def text(self) -> Text:
        """As written, with its place."""
        return self.whole.slice(self.start, self.end)

    @property
    def place(self) -> Place:
        return self.whole.place_of(self.start, self.end)

    @property
    def base_name(self) -> str | None:
        """What stands behind the last slash; also known for ``$DIR/bin/pip``. None where it cannot be known."""
        value = self.value
        if value is not None:
            return value.rsplit("/", 1)[-1] if "/" in value else value
        return self.suffix.rsplit("/", 1)[-1] if "/" in self.suffix else None


@dataclass(slots=True, eq=False)
class Redirect:
    operator: str  # > >> < <> >& <& &> &>> >| << <<- <<<
    fd: int | None  # the number written in front
    target: ShellWord | None  # file, descriptor or here-string; None for a heredoc
    heredoc: Text | None = None
    text: Text | None = None


@dataclass(slots=True, eq=False)
class Node:
    """A part of a script. ``kind`` is one of

    ``script`` the whole · ``list`` commands one after the other (``;``, ``&``, newline) · ``and`` ``or`` two children ·
    ``pipeline`` · ``not`` · ``subshell`` · ``group`` · ``if`` ``while`` ``until`` ``for`` ``case`` ``function`` ·
    ``substitution`` (``$( )``, backticks, ``<( )``: attached to the command that contains it) · ``shell`` (the text of
    ``sh -c '…'`` or ``bash <<EOF``: attached to the command that starts the shell) · ``command``.

    Parts of a compound command are one child each: ``if`` condition, body, condition, body, …, the else body last ·
    ``while`` and ``until`` condition, body · ``for`` body · ``case`` one body per pattern · ``function`` body. The
    substitutions in the words of a ``for`` or ``case``, and in redirections behind a compound command, come first.
    """

    kind: str
    whole: Text  # the text that it is a part of
    start: int  # whole.value[start:end] is this part as written
    end: int
    children: list[Node] = field(default_factory=list)
    parent: Node | None = None
    background: bool = False  # followed by &
    redirects: tuple[Redirect, ...] = ()

    @property
    def text(self) -> Text:
        """As written, with its place."""
        return self.whole.slice(self.start, self.end)

    @property
    def place(self) -> Place:
        return self.whole.place_of(self.start, self.end)

    def walk(self) -> Iterator[Node]:
        """This node and everything below it, in the order of the text."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            if node.children:
                stack.extend(reversed(node.children))

    def ancestors(self) -> Iterator[Node]:
        node = self.parent
        while node is not None:
            yield node
            node = node.parent


@dataclass(slots=True, eq=False)
class Loop(Node):
    """A ``for`` with its variable and the words that it goes through: none where one of them cannot be known."""

    variable: str = ""
    words: tuple[ShellWord, ...] = ()


@dataclass(slots=True, eq=False)
class Command(Node):
    """A simple command. ``words[0]`` is the program that really runs; unquoted known variables are split into words.

    ``name`` is the basename of the program (``/opt/venv/bin/pip`` and ``$VENV/bin/pip`` → ``pip``), "" for bare
    assignments, ``[[`` and ``((`` for these two, None where it cannot be known. ``wrappers`` are the names peeled off,
    outermost first (``("sudo", "timeout")``). ``complete`` is False when some argument may be any number of words: one
    that is nothing but an unquoted unknown variable or ``$(…)``, ``"$@"``, xargs input.
    """

    name: str | None = None
    words: tuple[ShellWord, ...] = ()
    assignments: dict[str, ShellWord] = field(default_factory=dict)
    wrappers: tuple[str, ...] = ()
    complete: bool = True
    script: Script | None = None
    _values: list[str | None] | None = field(default=None, init=False, repr=False)

    @property
    def arguments(self) -> tuple[ShellWord, ...]:
        return self.words[1:]

    @property
    def values(self) -> list[str | None]:
        """The arguments' values, without the program: one list for all who ask."""
        if self._values is None:
            self._values = [word.value for word in self.words[1:]]
        return self._values

    @property
    def place(self) -> Place:
        """From the program's word to the end of its last argument: what a finding about this command underlines."""
        if not self.words:
            return self.whole.place_of(self.start, self.end)
        first, last = self.words[0], self.words[-1]
        if first.whole is last.whole and first.start <= last.start:
            return first.whole.place_of(first.start, last.end)
        end = max(_end(word.whole, word.start, word.end) for word in (first, last))
        return first.whole.source.place(first.whole.offset(first.start), end)


@dataclass(slots=True, eq=False)
class Script:
    """Shell text taken apart.

    ``shell`` is the program that reads it: ``sh``, ``bash``, ``dash``, ``ash``, ``zsh``, or another basename
    (``python3``, ``pwsh``), for which ``commands`` is empty. It is ``""`` for an exec form, which no shell reads.
    ``parsed`` is False where some of the text could not be understood as shell; what is certain is there nevertheless.
    """

    text: Text
    shell: str
    root: Node
    commands: tuple[
        Command, ...
    ] = ()  # every simple command, also inside peeled shells and substitutions, in text order
    errexit: bool = False  # sh -e, or ``set -e`` as its first command
    pipefail: bool = False
    parsed: bool = True
    settings: tuple[Command, ...] = ()  # those of the commands that are called ``set``

    def close(self) -> None:
        """Take the tree apart where it refers back to what stands above."""
        waiting = [self.root]
        self.commands = self.settings = ()
        del self.root
        while waiting:
            children = waiting.pop().children
            if children:
                waiting += children
                children.clear()

    def functions(self) -> dict[str, Node]:
        """The bodies of the functions that it defines, by their names."""
        found: dict[str, Node] = {}
        for node in self.root.walk():
            if node.kind == "function":
                match = _FUNCTION.match(node.text.value)
                if match and node.children:
                    found[match[1]] = node.children[-1]
        return found
