"""Whose exit status a shell script looks at, and whose it does not."""

from __future__ import annotations

from collections.abc import Iterator

from gate.dockerfile.command import Command, Node, Script
from gate.packages.options import listed
from gate.rules.build._effects import Effect, effect


def commands_in(node: Node) -> Iterator[Command]:
    """The commands whose failure a part of a script stands for: not those inside ``$( )``, not conditions."""
    stack = [node]
    while stack:
        part = stack.pop()
        if part.background:
            continue  # nobody waits for it
        if isinstance(part, Command):
            yield part
            stack.extend(child for child in reversed(part.children) if child.kind == "shell")
        elif part.kind == "if":
            stack.extend(
                reversed([child for at, child in enumerate(part.children) if at % 2 or at == len(part.children) - 1])
            )
        elif part.kind in ("while", "until"):
            stack.extend(part.children[1:])
        elif part.kind not in ("substitution", "function"):
            stack.extend(reversed(part.children))


def always_succeeds(node: Node) -> bool:
    """``true``, ``:``, ``exit 0``, ``echo …``, ``{ echo x; true; }``: its status is 0 whatever happened before."""
    for _ in range(50):
        if isinstance(node, Command):
            if node.name in ("exit", "return"):
                return node.values == ["0"]
            return node.name in ("true", ":", "echo", "printf")
        if not node.children or node.background:
            return False
        if node.kind == "list" and any(_leaves(child) for child in node.children):
            return False
        if node.kind == "and" and not always_succeeds(node.children[0]):
            return False
        if node.kind not in ("list", "and", "group", "subshell", "script"):
            return False
        node = node.children[-1]
    return False


def _leaves(node: Node) -> bool:
    return isinstance(node, Command) and node.name in ("exit", "return") and node.values != ["0"]


def sets_errexit(command: Node) -> bool | None:
    """True for ``set -e``, False for ``set +e``, None for anything else."""
    if not isinstance(command, Command) or command.name != "set":
        return None
    found: bool | None = None
    values = command.values
    for at, value in enumerate(values):
        if value and value[0] in "-+" and value[1:2] != "-":
            if "e" in value[1:].split("o")[0]:
                found = value[0] == "-"
            if value[1:].endswith("o") and values[at + 1 : at + 2] == ["errexit"]:
                found = value[0] == "-"
    return found


def shell_of(node: Node, script: Script) -> tuple[str, Node | None]:
    """The shell that reads a node: its name, and the ``shell`` node it is in (None: the script's own)."""
    for ancestor in node.ancestors():
        if ancestor.kind == "shell" and isinstance(ancestor.parent, Command):
            return ancestor.parent.name or "", ancestor
    return script.shell, None


_ALWAYS_THERE = listed(
    "/ /root /tmp /opt /home /usr /usr/src /usr/local /usr/local/src /usr/local/bin /etc /var /var/tmp /mnt /srv ~ - .."
)
"""Folders of every image: going there does not fail."""


def can_fail(node: Node) -> bool:
    """Whether it matters that a part of a script may fail. Removing what may not be there, asking and printing do not."""
    for command in commands_in(node):
        kind = effect(command)
        if kind <= Effect.CLEANUP or command.name == "." or _guarded(command, node):
            continue
        if command.name not in ("cd", "pushd") or not set(command.values) <= _ALWAYS_THERE:
            return True
    return False


def _guarded(command: Command, root: Node) -> bool:
    """``command || true``: somebody says that it may fail."""
    part: Node = command
    while part is not root and part.parent is not None:
        above = part.parent
        if above.kind == "or" and part is above.children[0]:
            return True
        part = above
    return False
