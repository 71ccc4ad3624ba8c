"""The file that a launch starts: where it is in the image, and what it does with its arguments."""

from __future__ import annotations

import posixpath
import re

from gate.build import Build
from gate.dockerfile.command import Command, Script, ShellWord
from gate.dockerfile.shell import file_script, parse_script
from gate.dockerfile.shell.wrappers import SHELLS
from gate.dockerfile.source import Source
from gate.dockerfile.tree import Copy, Pairs
from gate.image.model import File
from gate.lazy import pattern
from gate.model import Unknown
from gate.platforms.bases import MORE_PATH
from gate.platforms.image import launch_image
from gate.rules.launch._handover import INTERPRETERS, Fate, Handover, may_wrap, plain_name

LIMIT = 1 << 18
"""Bytes of an entry script that are read; a longer file is no script that somebody wrote by hand."""

_ARGUMENTS = pattern(r'"?\$(?:[@*1-9]|\{[@*1-9][^}]*\})"?')
_DELEGATES = pattern(
    r"\bsubprocess\b|\bos\.(?:exec|spawn|system|popen)|\bPopen\b|\bpexpect\b|\bsh\.\w+\(|\bctypes\b|child_process"
)
_RUN_IN_TEXT = pattern(
    r"""(?:^|[;&|({]|\b(?:exec|then|else|do|gosu\s+\S+|su-exec\s+\S+|tini\s+--|eval|env))\s*["']?\$(?:[@*1]|\{[@*1])"""
)
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def find_entry(program: str, build: Build) -> File | None:
    """The file behind a program's word: a path as it stands in the final WORKDIR, or the first hit on PATH.

    None where there is none that can be read, as far as this file and the context tell.
    """
    if build.target is None:
        return None
    image = launch_image(build)
    directory = "/" if program.startswith("/") else image.config.working_dir
    if not image.may_read(posixpath.basename(program)) or ("/" in program and isinstance(directory, Unknown)):
        return None
    if "/" in program:
        found = image.files.lookup(posixpath.normpath(posixpath.join(str(directory), program)))
        return found if isinstance(found, File) else None
    for folder in _search_path(build):
        found = image.files.lookup(posixpath.join(folder, program))
        if isinstance(found, File) and found.type in ("file", "unknown"):
            return found
    return None


def _search_path(build: Build) -> list[str]:
    """The folders of PATH that this file names, the latest first, then the usual ones; the base image may have more."""
    path = launch_image(build).config.env.get("PATH")
    if isinstance(path, str):
        folders = path.split(":")
        usual = _DEFAULT_PATH.split(":") if MORE_PATH in folders else ()
        return [*(folder for folder in folders if folder.startswith("/")), *usual]
    values = [
        build.expand(part, instruction)
        for stage in (build.target.lineage() if build.target is not None else ())
        for instruction in stage.instructions
        if isinstance(instruction, Pairs) and instruction.keyword == "ENV"
        for pair in reversed(instruction.pairs)
        if pair.key.value == "PATH" and pair.value is not None
        for part in pair.value.value.strip("\"'").split(":")
    ]
    own = [value for value in values if isinstance(value, str) and value.startswith("/")]
    return [*own, *_DEFAULT_PATH.split(":")]


def script_operand(program: str, build: Build) -> File | None:
    """The file that ``bash NAME`` or ``. NAME`` reads: in the WORKDIR, else on PATH."""
    if "/" not in program:
        found = find_entry("./" + program, build)
        if found is not None:
            return found
    return find_entry(program, build)


def entry_script(file: File, build: Build) -> Script | None:
    """The file's text as a shell script with its places; None when it is none, or cannot be read."""
    data = file.read(LIMIT + 1) if file.type in ("file", "unknown") else None
    if data is None or len(data) > LIMIT or b"\0" in data[:4096] or data[:4] == b"\x7fELF":
        return None
    body = _heredoc_body(file, data)
    if body is not None:
        return body
    shown = build.context.shown(file.source) if file.source and build.context else file.path
    script = file_script(Source(shown, data))
    return script if script.shell in SHELLS else None


def _heredoc_body(file: File, data: bytes) -> Script | None:
    """A file that a COPY heredoc writes: its places are in the Dockerfile, as long as nothing in it was expanded."""
    instruction = file.instruction
    if file.source is not None or not isinstance(instruction, Copy):
        return None
    for heredoc in instruction.heredocs:
        if heredoc.body.value.encode("utf-8", "surrogateescape") == data:
            shell = file_script(Source("", data)).shell
            return parse_script(heredoc.body, shell=shell) if shell in SHELLS else None
    return None


def runs_arguments(use: Handover, build: Build) -> bool | None:
    """Whether an ENTRYPOINT runs the words behind it as a command. None: it may, in a file that is not seen."""
    if use.fate is Fate.COMMAND:
        return True
    if use.fate is Fate.PARAMETERS:
        return bool(_RUN_IN_TEXT.search(use.text))
    if use.fate is not Fate.FILE:
        return False
    found = find_file(use, build)
    if found is not None:
        script = entry_script(found, build) if plain_name(use.words[0]) not in INTERPRETERS else None
        if script is not None:
            return script_runs_arguments(script, build)
        data = found.read(LIMIT)
        if data is not None:
            return None if _DELEGATES.search(data.decode("utf-8", "replace")) else False
    return None if may_wrap(use) else False


def reads_arguments_again(use: Handover, build: Build) -> bool:
    """Whether the entry script hands its arguments to a shell: ``eval "$@"``, ``sh -c "$*"``."""
    script = entry_script_of(use, build)
    return script is not None and any(
        _hands_on(command) for command in script.commands if command.name == "eval" or command.name in SHELLS
    )


def entry_script_of(use: Handover, build: Build) -> Script | None:
    """The shell script that an ENTRYPOINT starts, where it can be read."""
    found = find_file(use, build) if use.fate is Fate.FILE else None
    return entry_script(found, build) if found is not None else None


def find_file(use: Handover, build: Build) -> File | None:
    return find_entry(use.file, build) if use.file == use.words[0] else script_operand(use.file, build)


def script_runs_arguments(script: Script, build: Build) -> bool | None:
    """Whether a script runs its own arguments as a command, as ``exec "$@"`` does. None: it may, in a file not seen."""
    unseen = not script.parsed
    for command in script.commands:
        if is_arguments(command.words[0] if command.words else None):
            return True
        if command.name == "eval" or command.name in SHELLS:
            if _hands_on(command):
                return True
        elif command.name in (".", "source") and command.words[1:]:
            inner = sourced_script(command, build)
            unseen = unseen or inner is None
            if inner is not None and any(
                is_arguments(each.words[0] if each.words else None) for each in inner.commands
            ):
                return True
    return None if unseen else False


def sourced_script(command: Command, build: Build) -> Script | None:
    """The file that ``. NAME`` reads, where it can be read."""
    name = command.words[1].value if command.words[1:] else None
    found = script_operand(name, build) if name else None
    return entry_script(found, build) if found is not None else None


def _hands_on(command: Command) -> bool:
    return any(re.search(r"\$(?:[@*1]|\{[@*1])", word.text.value) for word in command.arguments)


def is_arguments(word: ShellWord | None) -> bool:
    """True for ``"$@"``, ``$*``, ``"$1"`` …: what the script was called with."""
    return word is not None and word.value is None and bool(_ARGUMENTS.fullmatch(word.text.value))
