"""How a shell script ends: the commands that may be the last ones to run, and whether the shell waits for them."""

from __future__ import annotations

from collections.abc import Sequence

from gate.dockerfile.command import Command, Node, Script
from gate.dockerfile.shell.wrappers import SHELLS
from gate.packages.options import listed
from gate.record import dataclass

_MAX_CALLS = 8

QUICK = listed(
    """: [ [[ (( alias apt-get awk aws az basename break cat cd chmod chown clear continue cp curl cut date declare
    deactivate df dirname du echo env exit export expr false find free gcloud getent git gpg grep groupadd gsutil
    gzip head help hostname id install ip jq kill killall kubectl ldconfig let ln local ls mkdir mktemp mv nproc
    nvidia-smi pip pip3 popd printenv printf ps pushd pwd pkill read readlink readonly realpath return rm rmdir
    rsync sed service set shift shopt sort ssh-keygen stat stty sync sysctl tar tee test touch tr trap true type
    typeset ulimit umask uname uniq unset unzip useradd usermod wc wget which whoami xargs zip conda mamba
    micromamba source ."""
)
"""Commands that are over at once, or that are no workload: a script that ends with one has done its work itself."""

_SUPERVISORS = listed(
    """supervisord s6-svscan s6-overlay-suexec runsvdir runit monit pm2-runtime circusd honcho foreman overmind
    goreman init my_init runsvdir-start multirun chaperone systemd"""
)


@dataclass(frozen=True, slots=True)
class Ending:
    """One way for a script to end. ``child``: inside ``( )`` or a pipeline, where ``exec`` replaces only a copy of the shell."""

    command: Command
    child: bool

    @property
    def replaces_shell(self) -> bool:
        return "exec" in self.command.wrappers and not self.child

    @property
    def is_workload(self) -> bool:
        """False for commands that are over at once, for process supervisors, and for an interactive shell."""
        command = self.command
        name = command.name
        if name in _SUPERVISORS or name == "":
            return False
        if name in ("tail", "sleep"):
            return any(value in ("-f", "-F", "infinity", "inf", "--follow") for value in command.values)
        if name in ("python", "python3") and "-c" in command.values[:2]:
            return False
        if name in SHELLS:
            return not all(value is not None and value.startswith("-") and "c" not in value for value in command.values)
        return name not in QUICK


def endings(root: Node, script: Script) -> list[Ending]:
    """The commands with which a script may end, in the order of the text; those in the background are not waited for."""
    return _Endings(script).of(root)


class _Endings:
    def __init__(self, script: Script) -> None:
        self.functions = script.functions()
        self.found: list[Ending] = []
        self.todo: list[tuple[Node, bool, bool, int]] = []  # node, is it the last thing, in a subshell, calls deep

    def of(self, root: Node) -> list[Ending]:
        self.todo = [(root, True, False, 0)]
        while self.todo:
            node, last, child, calls = self.todo.pop()
            if isinstance(node, Command):
                if last and not node.background:
                    self._command(node, child, calls)
            elif node.kind not in ("function", "substitution", "shell"):
                self.todo.extend(reversed([(*part, calls) for part in _parts(node, last, child)]))
        return list(dict.fromkeys(self.found))

    def _command(self, command: Command, child: bool, calls: int) -> None:
        body = self.functions.get(command.name or "")
        if body is not None and calls < _MAX_CALLS and not command.wrappers:
            self.todo.append((body, True, child, calls + 1))
        else:
            self.found.append(Ending(command, child))


def _parts(node: Node, last: bool, child: bool) -> list[tuple[Node, bool, bool]]:
    """The parts of a compound node, and for each whether the script may end with it."""
    kind, children = node.kind, node.children
    last = last and not node.background
    if kind in ("script", "list", "group", "subshell"):
        return _sequence(children, last, child or kind == "subshell")
    if kind == "and":
        left, right = children[0], children[-1]
        if _is_exit(right):
            return [(left, _is_exit(right, good=True), child)]
        if _replaces(left, child):
            return [(left, True, child)]
        return [(left, False, child), (right, last, child)]
    if kind == "or":
        behind = [] if _is_exit(children[-1]) else [(children[-1], last, child)]
        return [(children[0], last, child), *behind]
    if kind == "pipeline":
        return [(children[0], last, True)]
    if kind == "if":
        bodies = [part for at, part in enumerate(children) if at % 2 or at == len(children) - 1]
        return [(part, last, child) for part in bodies]
    if kind == "case":
        return [(part, last and part.kind != "substitution", child) for part in children]
    if kind == "not":
        return [(part, last, child) for part in children]
    return [(part, False, child) for part in children]  # loops


def _sequence(children: Sequence[Node], last: bool, child: bool) -> list[tuple[Node, bool, bool]]:
    parts: list[tuple[Node, bool, bool]] = []
    for at, part in enumerate(children):
        if _is_exit(part):
            break
        behind = children[at + 1] if at + 1 < len(children) else None
        ends = last if behind is None else _is_exit(behind, good=True)
        replaced = _replaces(part, child)
        parts.append((part, ends or replaced, child))
        if replaced:
            break
    return parts


def _replaces(node: Node, child: bool) -> bool:
    """``exec program``: nothing behind it ever runs."""
    return isinstance(node, Command) and "exec" in node.wrappers and bool(node.words) and not child


def _is_exit(node: Node, *, good: bool = False) -> bool:
    """``exit``; with ``good``, one that does not tell of a failure."""
    if not isinstance(node, Command) or node.name != "exit":
        return False
    return not good or not node.values or node.values[0] in (None, "0")


def forwards_signals(script: Script) -> bool:
    """Whether a trap catches SIGTERM, so that ``wait`` is left when it arrives. bash runs its EXIT trap then, too."""
    for command in script.commands:
        if command.name == "trap" and len(command.words) > 2 and command.words[1].value != "":
            for word in command.words[2:]:
                value = (word.value or "TERM").upper().removeprefix("SIG")
                if value in ("TERM", "15") or (value in ("EXIT", "0") and script.shell == "bash"):
                    return True
    return False
