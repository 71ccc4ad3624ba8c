"""The commands of a RUN whose effect on files is known: each carried out on the tree."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from gate.context.paths import has_wildcards, join, matches
from gate.dockerfile.command import Command, Node, Redirect, ShellWord
from gate.image.copy import Options, altered, copy, find_sources
from gate.image.modes import Mode, ModeError, parse_mode
from gate.image.node import Bytes, Content, directory
from gate.image.node import Node as File
from gate.image.sources import file_name
from gate.image.tree import KEEP, Ids, TreeError, TreeUnknown, base_name, folder_maker
from gate.model import Unknown

if TYPE_CHECKING:
    from gate.image.carry_out import Carrier
    from gate.image.plan import RunCommands

_UMASK = 0o022
_MAX_CONTENT = 1 << 24  # bytes that are edited here


class Certainty(NamedTuple):
    """``runs``: nothing goes by the command; ``noticed``: when it fails, the build does."""

    runs: bool
    noticed: bool


class Effects:
    """What one command needs to know. ``folder``: its working folder, None where that is unknown; ``sure``: it runs, and
    does what it is meant to."""

    def __init__(
        self, carrier: Carrier, operation: RunCommands, folder: str | None, why: Unknown, certainty: Certainty
    ) -> None:
        self.carrier = carrier
        self.tree = carrier.tree
        self.operation = operation
        self.folder = folder
        self.why = why
        self.noticed = certainty.noticed
        # Root may do everything; what another user may not do would have to fail the build to be ruled out.
        self.sure = certainty.runs and (certainty.noticed or operation.user in ("", "root", "0"))

    @property
    def owner(self) -> Ids:
        """The user that the RUN runs as."""
        user = self.operation.user
        if user == "":
            return 0, 0
        try:
            return self.carrier.accounts.ids(user)
        except TreeError:
            return None, None

    def path(self, text: str) -> str:
        """The absolute path of an operand, not resolved. Raises :class:`TreeUnknown`."""
        if text.startswith("/"):
            return join("/", text)
        if self.folder is None or text.startswith("~"):
            raise TreeUnknown(self.why)
        return join(self.folder, text)

    def paths(self, words: Iterable[ShellWord]) -> Iterator[str]:
        """The paths that operands name, wildcards expanded. Raises :class:`TreeUnknown` for an unknown word."""
        for word in words:
            if word.value is None:
                raise TreeUnknown(self.why)
            path = self.path(word.value)
            if word.glob and has_wildcards(path):
                yield from sorted(find_sources(self.tree, path)) or ()
            else:
                yield path

    def find(self, path: str) -> File | None:
        """What a command finds there, links followed."""
        return self.tree.find(self.tree.resolve(path))

    def put(self, path: str, node: File) -> None:
        """Put a new node at a path; what may not happen leaves something unknown there."""
        self.ensure_parent(path)
        folder, name = self.tree.folder_of(path)
        node.instruction = self.operation.origin
        if not self.sure:
            node = File("unknown", None, None, None, instruction=self.operation.origin)
            node.note = Unknown(f"the command on line {self.operation.origin.line} that makes it may not run")
        folder.put(name, node)

    def ensure_parent(self, path: str) -> None:
        """A folder that is not listed but may be there counts as being there."""
        parent = self.tree.resolve(path.rpartition("/")[0] or "/")
        if self.tree.find(parent, follow=True) is None:
            why = self.tree.missing(parent)
            if why is None:
                raise TreeError(f"{parent}: no such file or directory")
            self.sure = self.sure and self.noticed
            self.tree.make_folders(parent, lambda above: _implied(above.open or why))

    def make_folder(self, path: str, owner: Ids, options: Options | None) -> None:
        """``mkdir -p``."""
        place = self.tree.resolve(path)
        if not self.sure:
            if self.tree.find(place, follow=True) is None:
                self.tree.make_folders(place.rpartition("/")[0] or "/", lambda _: _implied(self.why))
                self.put(place, directory())
            return
        self.tree.make_folders(place, folder_maker(0o755, owner, self.operation.origin))
        if options is not None:
            self.alter(place, options, recursive=False)

    def write(self, path: str, content: Content | None, mode: int | None = 0o644, *, append: bool = False) -> None:
        """Write a file, through a link; one that is there keeps its mode and owner."""
        path = self.tree.resolve(path)
        there = self.tree.find(path)
        if there is not None and there.type == "directory":
            path = join(path, "")
            return
        if there is None:
            known = None if append and self.tree.missing(path) is not None else content
            self.put(path, self._new_file(known, mode))
            return
        if append:
            content = _joined(there.content, content)
        there.type = "file" if self.sure else there.type
        there.content = content if self.sure else None
        there.note = None if there.content is not None else self.why

    def _new_file(self, content: Content | None, mode: int | None) -> File:
        node = File("file", mode, *self.owner, content=content)
        node.note = self.why if content is None else None
        return node

    def download(self, path: str) -> None:
        """A file of unknown content."""
        self.write(path, None)

    def open_folder(self, path: str) -> None:
        """Files of unknown names come into a folder, at any depth."""
        place = self.tree.resolve(path)
        if self.tree.find(place, follow=True) is None:
            self.ensure_parent(place)
            self.tree.make_folders(place, folder_maker(0o755, self.owner, self.operation.origin))
        waiting = [self.tree.find(place, follow=True)]
        while waiting:
            node = waiting.pop()
            if node is not None and node.type == "directory":
                node.open = node.open or self.why
                waiting.extend(node.children().values())

    def alter(self, path: str, options: Options, *, recursive: bool) -> None:
        """Change mode or owner, by the rules of a copy."""
        path = self.tree.resolve(path)
        node = self.tree.find(path)
        if node is None:
            return
        if not recursive or node.type != "directory":
            new = altered(node, options, deep=False)
            node.mode, node.uid, node.gid = new.mode, new.uid, new.gid
        elif path == "/":
            for name, child in node.children().items():
                node.put(name, altered(child, options, deep=True))
        else:
            folder, name = self.tree.folder_of(path)
            folder.put(name, altered(node, options, deep=True))


def _implied(why: Unknown) -> File:
    node = directory(None, None, None)
    node.implied, node.open = True, why
    return node


def _joined(first: Content | None, second: Content | None) -> Content | None:
    if first is None or second is None or first.size > _MAX_CONTENT:
        return None
    head, tail = first.read(_MAX_CONTENT), second.read(_MAX_CONTENT)
    return Bytes(head + tail) if head is not None and tail is not None else None


# Operands ------------------------------------------------------------------------------------------------------------


class Arguments:
    """A command's options and operands. ``valued``: the letters and long names that take a value."""

    def __init__(self, command: Command, valued: str = "", long: tuple[str, ...] = ()) -> None:
        self.options: dict[str, str | None] = {}
        self.operands: list[ShellWord] = []
        words = iter(command.arguments)
        for word in words:
            value = word.value
            if value == "--":
                self.operands.extend(words)
            elif value is None or not value.startswith("-") or value == "-":
                self.operands.append(word)
            elif value.startswith("--"):
                name, equals, given = value[2:].partition("=")
                self.options[name] = given if equals else _next(words) if name in long else ""
            else:
                self._letters(value[1:], valued, words)

    def _letters(self, letters: str, valued: str, words: Iterator[ShellWord]) -> None:
        for at, letter in enumerate(letters):
            if letter in valued:
                self.options[letter] = letters[at + 1 :] or _next(words)
                return
            self.options[letter] = ""

    def has(self, *names: str) -> bool:
        return any(name in self.options for name in names)

    def value(self, *names: str) -> str | None:
        return next((self.options[name] for name in names if name in self.options), None)


def _next(words: Iterator[ShellWord]) -> str | None:
    word = next(words, None)
    return word.value if word is not None else ""


def _into(effects: Effects, arguments: Arguments) -> tuple[list[str], str, bool]:
    """Sources, destination, and whether that is a folder which takes them. Raises :class:`TreeError`."""
    operands = list(arguments.operands)
    given = arguments.value("t", "target-directory")
    if given is None:
        if len(operands) < 2:
            raise TreeError("missing operand")
        last = operands.pop()
        if last.value is None:
            raise TreeUnknown(effects.why)
        given = last.value
    destination = effects.path(given)
    there = effects.find(destination)
    folder = given.endswith(("/", "/.")) or len(operands) > 1 or arguments.has("t", "target-directory")
    folder = folder or (there is not None and there.type == "directory")
    return list(effects.paths(operands)), destination, folder and not arguments.has("T", "no-target-directory")


# Commands ------------------------------------------------------------------------------------------------------------


def _chmod(effects: Effects, command: Command) -> None:
    words = [word for word in command.arguments if not _is_option(word, "Rvcf")]
    recursive = any(_is_option(word, "Rvcf") and _recursive(word) for word in command.arguments)
    if not words:
        return
    text = words[0].value
    options = Options(unknown_mode=True)
    if text is not None and effects.sure:
        try:
            options = _mode_options(text)
        except ModeError:
            return
    _alter_all(effects, words[1:], options, recursive=recursive)


def _is_option(word: ShellWord, letters: str) -> bool:
    value = word.value or ""
    return value.startswith("--") or (len(value) > 1 and value[0] == "-" and not value[1:].strip(letters))


def _recursive(word: ShellWord) -> bool:
    value = word.value or ""
    return value == "--recursive" or ("R" in value and not value.startswith("--"))


def _mode_options(text: str) -> Options:
    mode: Mode = parse_mode(text, _UMASK)
    return Options(mode=mode, octal=int(text, 8) if text.isdecimal() else None)


def _alter_all(effects: Effects, words: list[ShellWord], options: Options, *, recursive: bool) -> None:
    for word in words:
        try:
            for path in effects.paths([word]):
                effects.alter(path, options, recursive=recursive)
        except TreeUnknown:
            # Any file below the known beginning of the word may be meant.
            blurred = Options(owner=(None, None)) if options.owner is not None else Options(unknown_mode=True)
            start = word.prefix.rpartition("/")[0] or ("/" if word.prefix.startswith("/") or effects.folder is None else ".")
            effects.alter(effects.path(start), blurred, recursive=True)


def _chown(effects: Effects, command: Command) -> None:
    arguments = Arguments(command)
    if not arguments.operands:
        return
    owner = arguments.operands[0].value
    ids: Ids = (None, None)
    if owner is not None and effects.sure:
        user, colon, group = owner.partition(":")
        given = effects.carrier.accounts.ids(f"{user}:{group}" if group else user)
        # Without a group only the user changes; "user:" takes the user's own group.
        ids = (given[0] if user else KEEP, given[1] if colon else KEEP)
    _alter_all(effects, arguments.operands[1:], Options(owner=ids), recursive=arguments.has("R", "recursive"))


def _chgrp(effects: Effects, command: Command) -> None:
    arguments = Arguments(command)
    if arguments.operands:
        group = arguments.operands[0].value
        gid = effects.carrier.accounts.ids(f":{group}")[1] if group is not None and effects.sure else None
        options = Options(owner=(KEEP, gid))
        _alter_all(effects, arguments.operands[1:], options, recursive=arguments.has("R", "recursive"))


def _mkdir(effects: Effects, command: Command) -> None:
    arguments = Arguments(command, "mZ", ("mode",))
    mode = arguments.value("m", "mode")
    for path in effects.paths(arguments.operands):
        place = effects.tree.resolve(path)
        if effects.tree.find(place, follow=True) is None:
            if not arguments.has("p", "parents"):
                effects.ensure_parent(place)
            effects.make_folder(place, effects.owner, _mode_options(mode) if mode else None)


def _touch(effects: Effects, command: Command) -> None:
    for path in effects.paths(Arguments(command, "drt").operands):
        place = effects.tree.resolve(path)
        if effects.tree.find(place) is None:
            effects.write(place, None if effects.tree.missing(place) is not None else Bytes(b""))


def _ln(effects: Effects, command: Command) -> None:
    arguments = Arguments(command, "tS", ("target-directory",))
    symbolic = arguments.has("s", "symbolic")
    words = arguments.operands
    if symbolic and words and words[0].value is not None and len(words) <= 2 and not arguments.has("t", "target-directory"):
        target = words[0].value
        place = effects.path(words[1].value or "") if len(words) == 2 and words[1].value else effects.path(base_name(target))
        there = effects.find(place)
        if there is not None and there.type == "directory" and not arguments.has("n", "no-dereference", "T"):
            place = join(place, base_name(target))
        place = effects.tree.resolve_parent(place)
        effects.put(place, File("symlink", 0o777, *effects.owner, link=target))
        return
    sources, destination, folder = _into(effects, arguments)
    for source in sources:
        place = join(destination, base_name(source)) if folder else destination
        node = effects.find(source)
        if symbolic:
            node = File("symlink", 0o777, *effects.owner, link=source)
        effects.put(effects.tree.resolve_parent(place), node if node is not None else _unknown(effects))


def _unknown(effects: Effects) -> File:
    node = File("unknown", None, None, None)
    node.note = effects.why
    return node


def _cp(effects: Effects, command: Command) -> None:
    arguments = Arguments(command, "tS", ("target-directory",))
    sources, destination, folder = _into(effects, arguments)
    keep = arguments.has("a", "p", "archive", "preserve")
    for source in sources:
        node = effects.find(source)
        if node is None or node.type == "unknown" or not effects.sure:
            place = join(destination, base_name(source)) if folder else destination
            effects.put(effects.tree.resolve(place), _unknown(effects))
            continue
        contents = any((word.value or "").endswith("/.") for word in arguments.operands)
        options = Options(
            owner=None if keep else effects.owner, mode=None if keep else lambda old, _: old & ~_UMASK, contents=contents,
            follow=not arguments.has("a", "d", "P", "no-dereference"), eager=True, instruction=effects.operation.origin,
        )  # fmt: skip
        effects.ensure_parent(destination)
        to = destination + "/" if folder else destination
        make = folder_maker(0o755, effects.owner, effects.operation.origin)
        copy(effects.tree, source, effects.tree, to, options, make)


def _mv(effects: Effects, command: Command) -> None:
    arguments = Arguments(command, "tS", ("target-directory",))
    sources, destination, folder = _into(effects, arguments)
    for source in sources:
        place = effects.tree.resolve_parent(join(destination, base_name(source)) if folder else destination)
        source = effects.tree.resolve_parent(source)
        node = effects.tree.find(source)
        if node is None:
            effects.put(place, _unknown(effects))
            continue
        if source == place:
            continue
        instruction = node.instruction
        effects.put(place, node)
        _remove(effects, source)
        node.instruction = effects.operation.origin if effects.sure else instruction


def _rm(effects: Effects, command: Command) -> None:
    arguments = Arguments(command)
    whole = arguments.has("r", "R", "recursive")
    for word in arguments.operands:
        try:
            for path in effects.paths([word]):
                place = effects.tree.resolve_parent(path)
                node = effects.tree.find(place)
                if whole or node is None or node.type != "directory":
                    _remove(effects, place)
        except TreeUnknown:
            continue  # what it removes is hardly what was brought here


def _rmdir(effects: Effects, command: Command) -> None:
    for path in effects.paths(Arguments(command).operands):
        place = effects.tree.resolve_parent(path)
        node = effects.tree.find(place)
        if node is None or (node.type == "directory" and not node.children()):
            _remove(effects, place)


def _find(effects: Effects, command: Command) -> None:
    """``find … -exec`` and ``-delete``: what may match is no longer certain."""
    values = command.values
    action = next((at for at, value in enumerate(values) if value in _FIND_ACTIONS), None)
    if action is None:
        return
    verb = "rm" if values[action] == "-delete" else base_name(values[action + 1] or "?") if action + 1 < len(values) else "?"
    if verb in ("chmod", "chown", "chgrp", "rm", "sed", "dos2unix"):
        starts = list(itertools.takewhile(lambda word: not (word.value or "").startswith(("-", "(", "!")), command.arguments))
        patterns = [after for before, after in zip(values, values[1:], strict=False) if before == "-name"]
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


def _remove(effects: Effects, path: str) -> None:
    node = effects.tree.find(path)
    if path == "/" or (node is None and effects.tree.missing(path) is None):
        return
    if not effects.sure:
        if node is not None:
            effects.put(path, node)
        return
    parent = effects.tree.find(path.rpartition("/")[0] or "/", follow=True)
    if parent is not None and parent.type == "directory":
        parent.remove(path.rpartition("/")[2])


def _install(effects: Effects, command: Command) -> None:
    arguments = Arguments(command, "mogtS", ("mode", "owner", "group", "target-directory"))
    options = _mode_options(arguments.value("m", "mode") or "755")
    owner, group = arguments.value("o", "owner"), arguments.value("g", "group")
    ids = effects.owner
    if owner or group:
        ids = effects.carrier.accounts.ids(f"{owner or 0}:{group or 0}")
    if arguments.has("d", "directory"):
        for path in effects.paths(arguments.operands):
            effects.make_folder(path, ids, options)
        return
    sources, destination, folder = _into(effects, arguments)
    for source in sources:
        place = effects.tree.resolve(join(destination, base_name(source)) if folder else destination)
        if arguments.has("D"):
            effects.tree.make_folders(place.rpartition("/")[0] or "/", folder_maker(0o755, ids, effects.operation.origin))
        node = effects.find(source)
        content = node.content if node is not None else None
        new = File("file", options.octal if options.octal is not None else 0o755, *ids, content=content)
        new.source = node.source if node is not None else None
        effects.put(place, new)


_STRIP_CR = re.compile(r"s(\W)(?:\r|\\r|\\x0[dD])\$?\1\1[g]?")


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


def _edit(effects: Effects, words: list[ShellWord], *, strip: bool) -> None:
    """Files that keep everything but their content: without carriage returns, or unknown."""
    for path in effects.paths(words):
        node = effects.find(path)
        if node is None or node.type != "file":
            continue
        data = node.read(_MAX_CONTENT + 1) if strip and effects.sure else None
        known = data is not None and len(data) <= _MAX_CONTENT
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


def _git(effects: Effects, command: Command) -> None:
    values = [value for value in command.values if value is None or not value.startswith("-")]
    if not values or values[0] != "clone":
        return
    if len(values) < 2 or None in values:
        raise TreeUnknown(effects.why)
    source = (values[1] or "").rstrip("/")
    named = values[-1] if len(values) > 2 and values[-1] else source.rpartition("/")[2].rpartition(":")[2].removesuffix(".git")
    effects.open_folder(effects.path(named or "."))


def _accounts(effects: Effects, command: Command) -> None:
    for path in ("/etc/passwd", "/etc/group"):
        effects.write(path, None)


# Redirections --------------------------------------------------------------------------------------------------------


def write_redirects(effects: Effects, node: Node) -> None:
    """The files that a command's output goes to."""
    for redirect in node.redirects:
        if redirect.operator not in (">", ">>", ">|", "&>", "&>>", "<>") or redirect.target is None:
            continue
        target = redirect.target.value
        if target is None:
            raise TreeUnknown(effects.why)
        if target.startswith("/dev/"):
            continue
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


EFFECTS: dict[str | None, Callable[[Effects, Command], None]] = {
    "adduser": _accounts, "addgroup": _accounts, "useradd": _accounts, "groupadd": _accounts, "usermod": _accounts,
    "chgrp": _chgrp, "chmod": _chmod, "chown": _chown, "cp": _cp, "curl": _curl, "dos2unix": _dos2unix, "git": _git,
    "install": _install, "ln": _ln, "mkdir": _mkdir, "mv": _mv, "rm": _rm, "rmdir": _rmdir, "find": _find, "sed": _sed, "tar": _tar, "tee": _tee,
    "touch": _touch, "unlink": _rm, "unzip": _unzip, "wget": _wget,
}  # fmt: skip
