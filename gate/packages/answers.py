"""What answers a question besides the command's own words: the environment, configuration files, standard input."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gate.dockerfile.command import Command, Node, ShellWord
from gate.dockerfile.mounts import mounts
from gate.dockerfile.tree import Run
from gate.lazy import pattern
from gate.model import Unknown
from gate.packages.configuration import setting
from gate.packages.prompts import Prompt
from gate.packages.where import variable

if TYPE_CHECKING:
    from gate.build import Build

_TRUE = {"1", "true", "yes", "y", "on", "t"}
_SETTINGS = {
    "apt": pattern(r"(?i)assume-yes\s*[ =\"]*(?:true|yes|1|on|with|enable)\b"),
    "dnf": pattern(r"(?im)\bassumeyes\s*=\s*(?:1|true|yes|on)\b"),
    "conda": pattern(r"(?im)\balways_yes[\"']?\s*:\s*(?:true|yes|on|1)\b"),
    "pip": pattern(r"(?im)^\s*yes\s*=\s*(?:1|true|yes|on)\b"),
    "npm": pattern(r"(?im)^\s*yes\s*=\s*true\b"),
}
_AFFIRMATIVE = pattern(r"(?i)(?:y(?:es)?|\\n|\n|\s)*\Z")


def answered(prompt: Prompt, command: Command, run: Run, build: Build) -> bool | Unknown:
    """Whether something outside the command's words answers its question; Unknown says why that cannot be told."""
    for name in prompt.variables:
        value = variable(name, command, run, build)
        if isinstance(value, Unknown):
            return value
        if value is not None and value.lower() in _TRUE:
            return True
    for name in prompt.tokens:
        if variable(name, command, run, build) or any(
            mount.env == name for mount in mounts(run, lambda text: build.expand(text, run))
        ):
            return True
    if prompt.piped:
        given = _input(command)
        if given is not False:
            return given
    if prompt.configuration:
        found = _configured(prompt, command, run, build)
        if found is not False:
            return found
    if prompt.maybe:
        return Unknown("a word of the command is not known; it may carry the answer", "write the option out")
    return False


# Standard input -------------------------------------------------------------------------------------------------------


def _input(command: Command) -> bool | Unknown:
    """What a pipe, a here-string or a here-document sends in."""
    if "xargs" in command.wrappers:
        return False  # what is sent in becomes words, and the command reads nothing
    for redirect in reversed(command.redirects):
        if redirect.operator == "<<<" and redirect.target is not None:
            return _says_yes(redirect.target)
        if redirect.operator in {"<<", "<<-"}:
            return redirect.heredoc is None or bool(_AFFIRMATIVE.match(redirect.heredoc.value))
        if redirect.operator == "<" and redirect.target is not None:
            return False if redirect.target.value == "/dev/null" else Unknown("standard input comes from a file")
    node: Node = command
    for ancestor in command.ancestors():
        if ancestor.kind == "pipeline":
            at = next((i for i, child in enumerate(ancestor.children) if child is node), 0)
            if at > 0:
                return _sends_yes(ancestor.children[at - 1])
        node = ancestor
    return False


def _says_yes(word: ShellWord) -> bool | Unknown:
    if word.value is None:
        return Unknown("what the here-string says is not known")
    return bool(_AFFIRMATIVE.match(word.value))


def _sends_yes(node: Node) -> bool | Unknown:
    """What the left side of a pipe writes."""
    if not isinstance(node, Command) or node.name is None:
        return Unknown("what is piped in is not known")
    words = [word.value for word in node.arguments if word.value is None or not re.fullmatch(r"-[neE]+", word.value)]
    if node.name == "yes":
        return not words or bool(_AFFIRMATIVE.match(words[0] or ""))
    if node.name in {"echo", "printf"}:
        if None in words:
            return Unknown("what is piped in is not known")
        text = " ".join(word for word in words if word is not None)
        return bool(_AFFIRMATIVE.match(text.replace("%s", "").replace("\\n", "\n")))
    return Unknown(f"what {node.name} pipes in is not known")


# Configuration --------------------------------------------------------------------------------------------------------


def _configured(prompt: Prompt, command: Command, run: Run, build: Build) -> bool | Unknown:
    """A file or a ``config`` command in front of this one, in the same stage or in a local ancestor."""
    kind = prompt.configuration
    path = prompt.file
    if kind == "apt" and path is None:
        given = variable("APT_CONFIG", command, run, build)
        if isinstance(given, Unknown):
            return given
        path = given
    found = setting(kind, _SETTINGS[kind], command, run, build, path)
    if path and found is False and path != "/dev/null":
        return Unknown(f"the content of {path} is not known")
    return found
