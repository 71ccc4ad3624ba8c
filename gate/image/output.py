"""Redirections: the files that a command's output goes to, and what is in them."""

from __future__ import annotations

import re

from gate.dockerfile.command import Command, Node, Redirect
from gate.image.effects import Effects
from gate.image.node import Bytes, Content
from gate.image.tree import TreeUnknown

_WRITING = frozenset({">", ">>", ">|", "&>", "&>>", "<>"})


def is_to_file(redirect: Redirect) -> bool:
    """Whether a redirection writes to a file that stays."""
    if redirect.operator not in _WRITING or redirect.target is None:
        return False
    return not (redirect.target.value or "").startswith("/dev/")


def write_redirects(effects: Effects, node: Node) -> None:
    """The files that a command's output goes to."""
    for redirect in filter(is_to_file, node.redirects):
        target = redirect.target.value if redirect.target is not None else None
        if target is None:
            raise TreeUnknown(effects.why)
        content = _output(node) if redirect.fd in (None, 1) and isinstance(node, Command) else None
        effects.write(effects.path(target), content, append=redirect.operator.endswith(">>"))


def _output(command: Command) -> Content | None:
    """What a simple command prints; None when it cannot be known."""
    if command.name == "echo":
        return _echo(command)
    if command.name == "printf":
        return _printf(command)
    if command.name == "cat" and not command.arguments:
        return next((_heredoc(redirect) for redirect in command.redirects if redirect.heredoc is not None), None)
    if command.name in (":", "true"):
        return Bytes(b"")
    return None


def _echo(command: Command) -> Content | None:
    values = command.values
    end = "\n"
    while values and values[0] is not None and re.fullmatch(r"-[neE]+", values[0]):
        end = "" if "n" in values[0] else end
        if "e" in values[0]:
            return None
        values = values[1:]
    if not command.complete or any(value is None or "\\" in value for value in values):
        return None
    return _text(" ".join(value for value in values if value is not None) + end)


_PRINTF = {"n": "\n", "t": "\t", "\\": "\\", "r": "\r"}


def _printf(command: Command) -> Content | None:
    values = command.values
    if not values or not command.complete or None in values:
        return None
    form, arguments = values[0] or "", [value or "" for value in values[1:]]
    if re.search(r"%(?![s%])|\\(?![nt\\r])", form) or (arguments and "%s" not in form):
        return None
    form = re.sub(r"\\(.)", lambda match: _PRINTF[match[1]], form)
    out = ""
    while True:
        for part in re.split(r"(%[s%])", form):
            out += "%" if part == "%%" else (arguments.pop(0) if arguments else "") if part == "%s" else part
        if not arguments:
            return _text(out)


def _heredoc(redirect: Redirect) -> Content | None:
    body = redirect.heredoc
    if body is None:
        return None
    word = redirect.text.value if redirect.text is not None else ""
    literal = any(mark in word.partition("\n")[0] for mark in "'\"\\")
    if not literal and any(mark in body.value for mark in "$`\\"):
        return None
    return _text(body.value)


def _text(value: str) -> Content:
    return Bytes(value.encode("utf-8", "surrogateescape"))
