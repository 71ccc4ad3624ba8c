"""Whether the failure of a command fails its script: exit status, ``set -e`` and ``set -o pipefail``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gate.dockerfile.command import Command, Node, Script, ShellWord
from gate.dockerfile.shell.wrappers import SHELLS
from gate.record import dataclass, replace

_CONDITIONAL = frozenset({"if", "while", "until"})
_LOOPS = frozenset({"while", "until", "for"})
_PROCESSES = frozenset({"subshell", "substitution", "shell", "script"})


@dataclass(frozen=True, slots=True)
class Options:
    """The shell options that decide about failures."""

    errexit: bool = False
    pipefail: bool = False


def exit_status_hidden_by(node: Node) -> Node | None:
    """The part of the script because of which a failure of ``node`` goes unnoticed; None where it fails the script.

    That is: an ``or`` (``|| true``); a ``pipeline`` that it is not the last of; a ``not``; an ``if`` or loop whose
    condition it is; a loop whose next round may succeed; a ``list`` that goes on; what is started in the background; a
    command that only uses its output (``echo $(…)``); a ``find`` that runs it with ``-exec … ;``. A function's body
    counts as noticed: its callers are not looked at.
    """
    return None if in_chain(node) else _Failure(node).run()


def in_chain(node: Node) -> bool:
    """Whether nothing but ``&&`` stands above a node, as is usual: then its failure is that of the script."""
    while not node.background:
        if node.parent is None:
            return True
        node = node.parent
        if node.kind not in ("and", "script"):
            return False
    return False


def options_at(node: Node) -> Options:
    """The options in force where a node begins."""
    above = {id(node), *map(id, node.ancestors())}
    root = _shell_of(node)
    options = _initial(root)
    script = _script_of(node)
    for command in script.settings if script else ():
        if command.whole is node.whole and command.start < node.start and reaches(command, root, above):
            options = changed(options, command.arguments)
    return options


class _Failure:
    """A failure on its way up."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.options = options_at(node)
        self.quiet = False  # it happened where ``set -e`` does not look: on the left of && and what that makes fail
        self.guarded = _guards(node)  # by id of a node

    def run(self) -> Node | None:
        while True:
            node, parent = self.node, self.node.parent
            if node.background:
                return node
            if parent is None or parent.kind == "function":
                return None
            if self._exits(node, parent):
                self._end_process()
            elif self._stops(parent):
                return parent

    def _exits(self, node: Node, parent: Node) -> bool:
        """Whether ``set -e`` ends the shell here."""
        if not self.options.errexit or self.quiet or self.guarded[id(node)]:
            return False
        return node.kind not in ("substitution", "shell") and parent.kind != "pipeline"

    def _end_process(self) -> None:
        """Go up to the part that is a process of its own: all of it fails."""
        node = self.node.parent
        while node is not None and node.parent is not None:
            if node.kind in _PROCESSES or node.background or node.parent.kind == "pipeline":
                break
            node = node.parent
        self.node = node or self.node

    def _stops(self, parent: Node) -> bool:
        """Go one step up; True where the failure ends there."""
        child, kind = self.node, parent.kind
        self.node = parent
        if kind == "or" and parent.children[0] is child:
            failure = _failure_of(parent.children[1])
            self.quiet = False
            if failure == "exit":
                self._end_process()
            return failure == ""
        if kind == "and" and parent.children[0] is child:
            self.quiet = True
        elif kind == "pipeline":
            self.quiet = False
            return parent.children[-1] is not child and not self.options.pipefail
        elif kind == "list":
            return parent.children[-1] is not child
        elif isinstance(parent, Command):
            return self._ends_in_command(parent, child)
        elif kind == "subshell":
            self.quiet = False
        return kind == "not" or kind in _LOOPS or _is_condition(parent, child) or child.kind == "substitution"

    def _ends_in_command(self, command: Command, child: Node) -> bool:
        """Whether a command takes no notice of the exit status of what is in it."""
        self.quiet = False
        if child.kind == "substitution":
            self.options = options_at(command)
            return bool(command.words) or command.children[-1] is not child
        if isinstance(child, Command):  # find -exec
            words = command.words
            end = next((at for at, word in enumerate(words) if child.words and word is child.words[-1]), len(words))
            return [word.value for word in words[end + 1 : end + 2]] != ["+"]
        self.options = options_at(command)
        return False


def _guards(node: Node) -> dict[int, bool]:
    """For a node and all above it, whether ``set -e`` is suspended there: it is in front of ``&&`` and ``||``, in
    conditions and behind ``!``, and in bash inside ``$( )``."""
    path = [node, *node.ancestors()]
    guarded = {id(path[-1]): False}
    state = False
    for parent, child in pairwise(reversed(path)):
        if parent.kind == "shell" and not _is_eval(parent):
            state = False
        state = state or _suspends(parent, child)
        guarded[id(child)] = state
    return guarded


def _suspends(parent: Node, child: Node) -> bool:
    if parent.kind in ("and", "or"):
        return parent.children[0] is child
    if child.kind == "substitution":
        return _reader(child) == "bash"
    return parent.kind == "not" or _is_condition(parent, child)


def _is_condition(parent: Node, child: Node) -> bool:
    if parent.kind not in _CONDITIONAL:
        return False
    parts = [part for part in parent.children if part.kind != "substitution"]
    index = next((index for index, part in enumerate(parts) if part is child), -1)
    if parent.kind == "if":
        return index % 2 == 0 and index + 1 < len(parts)
    return index == 0


def _failure_of(node: Node) -> str:
    """What stands behind ``||``: ``exit`` if it ends the shell with a failure, ``fail`` if it fails, else ``""``."""
    subshell = False
    while not isinstance(node, Command):
        if not node.children or node.kind not in ("group", "subshell", "list", "and", "or"):
            return ""
        subshell = subshell or node.kind == "subshell"
        ends = (child for child in node.children if isinstance(child, Command) and child.name in ("exit", "return"))
        node = next(ends, node.children[-1]) if node.kind == "list" else node.children[-1]
    if node.name == "false":
        return "fail"
    if node.name not in ("exit", "return"):
        return ""
    status = node.words[1].value if len(node.words) > 1 else None
    if status is not None and not status.strip("0"):
        return ""
    return "exit" if node.name == "exit" and not subshell else "fail"


# Options --------------------------------------------------------------------------------------------------------------


def _script_of(node: Node) -> Script | None:
    """The script that a node is in. Its commands know it; None where there is none of them near."""
    for part in (node, *node.ancestors()):
        if isinstance(part, Command):
            return part.script
    return next((part.script for part in node.walk() if isinstance(part, Command)), None)


def _reader(node: Node) -> str:
    """The name of the shell that reads a node's text."""
    root = _shell_of(node)
    if isinstance(root.parent, Command) and root.parent.name in SHELLS:
        return root.parent.name or ""
    script = _script_of(node)
    return script.shell if script else ""


def _shell_of(node: Node) -> Node:
    """The node of the shell that runs a node: a ``shell`` or the ``script``."""
    root = node
    for root in node.ancestors():
        if root.kind == "shell" and not _is_eval(root):
            break
    return root


def _is_eval(shell: Node) -> bool:
    return isinstance(shell.parent, Command) and shell.parent.name == "eval"


def _initial(root: Node) -> Options:
    """The options that a shell is started with."""
    if isinstance(root.parent, Command):
        return changed(Options(), root.parent.arguments)
    script = _script_of(root)
    return Options(script.errexit, script.pipefail) if script else Options()


def changed(options: Options, arguments: Sequence[ShellWord]) -> Options:
    """The options after ``set …`` or with ``bash …``."""
    named, sign = False, "-"
    for word in arguments:
        value = word.value or ""
        if named and value in ("errexit", "pipefail"):
            options = replace(options, **{value: sign == "-"})
        if value[:1] not in ("-", "+") or value.startswith("--"):
            named = False
            continue
        sign = value[0]
        if "e" in value:
            options = replace(options, errexit=sign == "-")
        named = value.endswith("o")
    return options


def reaches(setting: Command, root: Node, above: set[int]) -> bool:
    """Whether a ``set`` changes the shell that a node with these ancestors runs in."""
    child: Node = setting
    for parent in setting.ancestors():
        if parent is root:
            return not child.background
        apart = parent.kind in ("subshell", "substitution", "pipeline", "shell", "function") or child.background
        if apart and id(parent) not in above:
            return False
        child = parent
    return False
