"""What answers a question besides the command's own words: the environment, configuration files, standard input."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gate.dockerfile.command import Command, Node, ShellWord
from gate.dockerfile.mounts import mounts
from gate.dockerfile.tree import Copy, Run
from gate.model import Unknown
from gate.packages.prompts import Prompt
from gate.packages.where import earlier_commands, earlier_instructions, variable

if TYPE_CHECKING:
    from gate.build import Build

_TRUE = {"1", "true", "yes", "y", "on", "t"}
_FILES = {
    "apt": re.compile(r"(?:^|/)apt\.conf(?:\.d(?:/|$)|$)"),
    "dnf": re.compile(r"(?:^|/)(?:dnf|yum)\.conf$"),
    "conda": re.compile(r"(?:^|/)\.?(?:conda|mamba)rc$|/condarc\.d(?:/|$)"),
    "pip": re.compile(r"(?:^|/)\.?pip\.conf$"),
    "npm": re.compile(r"(?:^|/)\.?npmrc$"),
}
_SETTINGS = {
    "apt": re.compile(r"(?i)assume-yes\s*[ =\"]*(?:true|yes|1|on|with|enable)\b"),
    "dnf": re.compile(r"(?im)\bassumeyes\s*=\s*(?:1|true|yes|on)\b"),
    "conda": re.compile(r"(?im)\balways_yes[\"']?\s*:\s*(?:true|yes|on|1)\b"),
    "pip": re.compile(r"(?im)^\s*yes\s*=\s*(?:1|true|yes|on)\b"),
    "npm": re.compile(r"(?im)^\s*yes\s*=\s*true\b"),
}
_AFFIRMATIVE = re.compile(r"(?i)(?:y(?:es)?|\\n|\n|\s)*\Z")


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
    for redirect in reversed(command.redirects):
        if redirect.operator == "<<<" and redirect.target is not None:
            return _says_yes(redirect.target)
        if redirect.operator in {"<<", "<<-"}:
            return redirect.heredoc is None or bool(_AFFIRMATIVE.match(redirect.heredoc.value))
        if redirect.operator == "<" and redirect.target is not None:
            return False if redirect.target.value == "/dev/null" else Unknown("standard input comes from a file")
    if "xargs" in command.wrappers:
        return False
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
    wanted = re.compile(re.escape(path.rpartition("/")[2]) + r"\Z") if path else _FILES[kind]
    doubt: Unknown | None = None
    for text in configuration(wanted, kind, command, run, build):
        if isinstance(text, Unknown):
            doubt = doubt or text
        elif _SETTINGS[kind].search(text):
            return True
    if path and doubt is None and path != "/dev/null":
        return Unknown(f"the content of {path} is not known")
    return doubt or False


def configuration(
    wanted: re.Pattern[str], kind: str, command: Command, run: Run, build: Build
) -> Iterator[str | Unknown]:
    """The texts of the configuration files that exist when a command starts, as far as this file writes them."""
    for _, other in earlier_commands(command, run, build):
        if other.name is not None and other.words:
            yield from _by_command(other, kind, wanted)
    for instruction in earlier_instructions(run):
        if isinstance(instruction, Copy):
            yield from copied(instruction, wanted, build)


def _by_command(command: Command, kind: str, wanted: re.Pattern[str]) -> Iterator[str | Unknown]:
    values = [word.value or word.prefix for word in command.arguments]
    if kind == "conda" and "config" in values[:1] and "always_yes" in values:
        index = values.index("always_yes")
        yield "always_yes: " + (values[index + 1] if index + 1 < len(values) else "")
    elif kind == "npm" and values[:2] == ["config", "set"]:
        yield "=".join(" ".join(values[2:]).split(None, 1))
    elif kind == "pip" and values[:2] == ["config", "set"]:
        yield "=".join(" ".join(values[2:]).rpartition(".")[2].split(None, 1))
    elif (
        kind == "dnf"
        and any("assumeyes" in value for value in values)
        and (command.name == "sed" or "config-manager" in " ".join([command.name or "", *values]))
    ):
        yield re.sub(r".*?(assumeyes\s*=\s*\w+).*", r"\1", " ".join(values), flags=re.DOTALL)
    written = _written_to(command, wanted)
    if written is not None:
        yield written


def _written_to(command: Command, wanted: re.Pattern[str]) -> str | Unknown | None:
    """What a command writes to a wanted file: ``echo … > f``, ``cat <<EOF > f``, ``echo … | tee f``."""
    targets = [
        redirect.target for redirect in command.redirects if redirect.operator in {">", ">>"} and redirect.target
    ]
    if command.name == "tee":
        targets += [word for word in command.arguments if word.value is None or not word.value.startswith("-")]
    if not any(wanted.search(target.value or target.prefix) for target in targets):
        return None
    source = command
    if command.name == "tee" and command.parent is not None and command.parent.kind == "pipeline":
        at = next((i for i, child in enumerate(command.parent.children) if child is command), 0)
        before = command.parent.children[at - 1] if at else None
        source = before if isinstance(before, Command) else command
    return written_text(source)


def written_text(command: Command) -> str | Unknown:
    """What a command prints, as far as its words tell."""
    for redirect in command.redirects:
        if redirect.heredoc is not None:
            return redirect.heredoc.value
        if redirect.operator == "<<<" and redirect.target is not None and redirect.target.value is not None:
            return redirect.target.value
    if command.name in {"echo", "printf"}:
        return " ".join(word.value or word.prefix for word in command.arguments).replace("\\n", "\n")
    return Unknown(f"what {command.name} writes is not known")


def copied(instruction: Copy, wanted: re.Pattern[str], build: Build) -> Iterator[str | Unknown]:
    """The texts of wanted files that a COPY or ADD brings."""
    destination = build.expand(instruction.destination, instruction)
    if isinstance(destination, Unknown):
        return
    for heredoc in instruction.heredocs:
        if wanted.search(destination) or wanted.search(f"{destination.rstrip('/')}/{heredoc.name}"):
            yield heredoc.body.value
    for written in instruction.sources:
        source = build.expand(written, instruction)
        if isinstance(source, Unknown):
            continue
        name = source.rstrip("/").rpartition("/")[2]
        if not (wanted.search(destination) or wanted.search(f"{destination.rstrip('/')}/{name}")):
            continue
        data = (
            build.context.read(source.lstrip("/")) if build.context is not None and instruction.from_ is None else None
        )
        yield data.decode("utf-8", "replace") if data is not None else Unknown(f"the content of {source} is not known")
