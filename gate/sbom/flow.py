"""Which commands of a RUN are certain to run, which may, and which never do."""

from __future__ import annotations

from gate.dockerfile.command import Command, Node

_TESTS = ("[", "test", "[[")
_MAYBE = ("while", "until", "for", "case", "function")


def fate(command: Command) -> bool | None:
    """Whether a command runs: True, False, or None where a condition decides that nobody knows here."""
    answer: bool | None = True
    child: Node = command
    for node in command.ancestors():
        one = _in(node, child)
        if one is False:
            return False
        answer = None if one is None else answer
        child = node
    return answer


def _in(node: Node, child: Node) -> bool | None:
    """Whether a part of a compound command runs."""
    if node.kind == "if":
        return _branch(node, child)
    if node.kind == "or" and node.children and child is not node.children[0]:
        first = holds(node.children[0])
        return None if first is None else not first
    if node.kind == "and" and node.children and child is not node.children[0]:
        first = holds(node.children[0])
        return None if first is None and _asks(node.children[0]) else first is not False
    if node.kind == "for":
        return True  # over words that are written there: at least once
    return None if node.kind in _MAYBE else True


def _branch(node: Node, child: Node) -> bool | None:
    """Of condition, body, condition, body, …, else: whether this one is reached."""
    parts = [part for part in node.children if part.kind != "substitution"]
    at = next((index for index, part in enumerate(parts) if part is child), 0)
    certain: bool | None = True
    for index in range(0, len(parts) - 1, 2):
        if at == index:
            return certain
        answer = holds(parts[index])
        if at == index + 1:
            return answer if certain else (False if answer is False else None)
        if answer is True:
            return False
        certain = None if answer is None else certain
    return certain


def _asks(node: Node) -> bool:
    """Whether a command is there for its outcome; any other is taken to succeed, because a build ends where one fails."""
    while node.kind in ("and", "or", "not", "group", "subshell") and node.children:
        node = node.children[-1]
    return isinstance(node, Command) and node.name in _TESTS


def holds(condition: Node) -> bool | None:
    """The outcome of a test of known words: ``[ "$GPU" = 1 ]`` with ``ARG GPU=1``; None for everything else."""
    if condition.kind == "and" and len(condition.children) == 2:
        both = [holds(child) for child in condition.children]
        return False if False in both else None if None in both else True
    if not isinstance(condition, Command):
        if condition.kind in ("not", "list", "group") and len(condition.children) == 1:
            inner = holds(condition.children[0])
            return inner if condition.kind != "not" or inner is None else not inner
        return None
    if condition.name in ("true", ":"):
        return True
    if condition.name == "false":
        return False
    if condition.name not in _TESTS:
        return None
    words = [word.value for word in condition.arguments]
    if words[-1:] in (["]"], ["]]"]):
        words.pop()
    if None in words or any(word.glob for word in condition.arguments):
        return None
    return _test([word for word in words if word is not None])


def _test(words: list[str]) -> bool | None:
    if words[:1] == ["!"]:
        inner = _test(words[1:])
        return None if inner is None else not inner
    if len(words) == 2 and words[0] in ("-z", "-n"):
        return (words[1] == "") is (words[0] == "-z")
    if len(words) == 3 and words[1] in ("=", "==", "!="):
        return (words[0] == words[2]) is (words[1] != "!=")
    return bool(words[0]) if len(words) == 1 else None
