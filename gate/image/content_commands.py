"""Commands that edit files, fetch them, or unpack them: their names, modes and owners, seldom their content."""

from __future__ import annotations

import itertools

from gate.context.paths import join, matches
from gate.dockerfile.command import Command, ShellWord
from gate.image.effects import MAX_CONTENT, Arguments, Effects
from gate.image.node import Bytes
from gate.image.sources import file_name
from gate.image.tree import TreeUnknown, base_name
from gate.lazy import pattern


def _find(effects: Effects, command: Command) -> None:
    """``find … -exec`` and ``-delete``: what may match is no longer certain."""
    values = command.values
    action = next((at for at, value in enumerate(values) if value in _FIND_ACTIONS), None)
    if action is None:
        return
    verb = (
        "rm"
        if values[action] == "-delete"
        else base_name(values[action + 1] or "?")
        if action + 1 < len(values)
        else "?"
    )
    if verb in ("chmod", "chown", "chgrp", "rm", "sed", "dos2unix"):
        starts = list(
            itertools.takewhile(lambda word: not (word.value or "").startswith(("-", "(", "!")), command.arguments)
        )
        patterns = [after for before, after in itertools.pairwise(values) if before == "-name"]
        sole = patterns[0] if len(patterns) == 1 and not {"-o", "!", "-not"}.intersection(values) else None
        for path in effects.paths(starts) if starts else [effects.path(".")]:
            _blur(effects, path, verb, sole)
    elif verb not in ("grep", "ls", "cat", "echo"):
        raise TreeUnknown(effects.why)


_FIND_ACTIONS = ("-exec", "-execdir", "-ok", "-delete")


def _blur(effects: Effects, path: str, verb: str, pattern: str | None) -> None:
    """What a command did to some of the files below a path cannot be known; ``pattern``: only to those of such a name."""
    top = effects.find(path)
    waiting = [(base_name(path), top)] if top is not None else []
    while waiting:
        name, node = waiting.pop()
        waiting.extend(node.children().items() if node.type == "directory" else ())
        if pattern is not None and not matches(pattern, name):
            continue
        if verb == "chmod":
            node.mode = None
        elif verb in ("chown", "chgrp"):
            node.uid = node.gid = None
        elif verb == "rm" and node.type != "directory":
            node.type = "unknown"
        elif node.type == "file" and verb != "rm":
            node.content = None
        node.note = node.note or effects.why


_STRIP_CR = pattern(r"s(\W)(?:\r|\\r|\\x0[dD])\$?\1\1[g]?")


def _sed(effects: Effects, command: Command) -> None:
    arguments = Arguments(command, "efl", ("expression", "file"))
    if not arguments.has("i", "in-place"):
        return
    operands = arguments.operands
    script = arguments.value("e", "expression")
    if not arguments.has("e", "f", "expression", "file"):
        script, operands = (operands[0].value, operands[1:]) if operands else (None, [])
    strip = script is not None and _STRIP_CR.fullmatch(script) is not None
    _edit(effects, operands, strip=strip)


def _dos2unix(effects: Effects, command: Command) -> None:
    _edit(effects, Arguments(command).operands, strip=True)


def _unix2dos(effects: Effects, command: Command) -> None:
    _edit(effects, Arguments(command).operands, strip=False)


def _edit(effects: Effects, words: list[ShellWord], *, strip: bool) -> None:
    """Files that keep everything but their content: without carriage returns, or unknown."""
    for path in effects.paths(words):
        node = effects.find(path)
        if node is None or node.type != "file":
            continue
        data = node.read(MAX_CONTENT + 1) if strip and effects.sure else None
        known = data is not None and len(data) <= MAX_CONTENT
        node.content = Bytes(data.replace(b"\r\n", b"\n")) if known and data is not None else None
        node.note = None if known else effects.why


def _tee(effects: Effects, command: Command) -> None:
    arguments = Arguments(command)
    for path in effects.paths(arguments.operands):
        effects.write(path, None, append=arguments.has("a", "append"))


def _curl(effects: Effects, command: Command) -> None:
    arguments = Arguments(command, "oHdXuAebFkTmwxrCEKYyzcDPQt".replace("k", ""), ("output", "output-dir"))
    folder = arguments.value("output-dir") or "."
    name = arguments.value("o", "output")
    if name:
        effects.download(effects.path(name if name.startswith("/") else join(folder, name)))
    elif arguments.has("O", "remote-name", "remote-name-all"):
        _downloads(effects, arguments, folder)


def _wget(effects: Effects, command: Command) -> None:
    arguments = Arguments(command, "OPoatTQUBiDeIXAR", ("output-document", "directory-prefix"))
    name = arguments.value("O", "output-document")
    if name == "-":
        return
    if name:
        effects.download(effects.path(name))
    else:
        _downloads(effects, arguments, arguments.value("P", "directory-prefix") or ".")


def _downloads(effects: Effects, arguments: Arguments, folder: str) -> None:
    for word in arguments.operands:
        if word.value is None:
            effects.open_folder(effects.path(folder))
        else:
            effects.download(effects.path(join(folder, file_name(word.value))))


def _unzip(effects: Effects, command: Command) -> None:
    arguments = Arguments(command, "dx")
    effects.open_folder(effects.path(arguments.value("d") or "."))


def _tar(effects: Effects, command: Command) -> None:
    values = command.values
    first = values[0] if values else None
    if first is None:
        raise TreeUnknown(effects.why)
    letters = first if not first.startswith("--") else ""
    folder = "."
    for option, value in zip(values, [*values[1:], ""], strict=True):
        if option in ("-C", "--directory") and value:
            folder = value
        elif option is not None and option.startswith("--directory="):
            folder = option.partition("=")[2]
    if "x" in letters or "--extract" in values or "--get" in values or "-x" in values:
        effects.open_folder(effects.path(folder))
    elif "c" in letters or "--create" in values:
        raise TreeUnknown(effects.why)


_GIT_LETTERS, _GIT_LONG = "CbcjouS", (
    "branch", "bundle-uri", "config", "depth", "git-dir", "jobs", "origin", "reference", "reference-if-able", "separate-git-dir",
    "server-option", "shallow-exclude", "shallow-since", "template", "upload-pack", "work-tree",
)  # fmt: skip
_GIT_READS = frozenset(
    {
        "branch",
        "config",
        "describe",
        "diff",
        "log",
        "ls-files",
        "ls-remote",
        "remote",
        "rev-parse",
        "show",
        "status",
        "tag",
    }
)


def _git(effects: Effects, command: Command) -> None:
    """``clone`` makes a folder; whatever changes the working tree brings files into the folder that it works in."""
    arguments = Arguments(command, _GIT_LETTERS, _GIT_LONG)
    verb, *operands = [word.value for word in arguments.operands] or [None]
    if verb in _GIT_READS or (verb is None and not arguments.operands):
        return
    if None in (verb, *operands) or (verb == "clone" and not operands):
        raise TreeUnknown(effects.why)
    folder = "."
    if verb == "clone":
        source = str(operands[0]).rstrip("/")
        folder = operands[1] if len(operands) > 1 else source.rpartition("/")[2].rpartition(":")[2].removesuffix(".git")  # type: ignore[assignment]
    elsewhere = arguments.value("C")
    if elsewhere:
        folder = join(elsewhere, folder) if not folder.startswith("/") else folder
    effects.open_folder(effects.path(folder))


def _accounts(effects: Effects, command: Command) -> None:
    for path in ("/etc/passwd", "/etc/group"):
        effects.write(path, None)


COMMANDS = {
    "addgroup": _accounts, "adduser": _accounts, "curl": _curl, "dos2unix": _dos2unix, "find": _find, "git": _git,
    "groupadd": _accounts, "sed": _sed, "tar": _tar, "tee": _tee, "unix2dos": _unix2dos, "unzip": _unzip, "useradd": _accounts,
    "usermod": _accounts, "wget": _wget,
}  # fmt: skip
