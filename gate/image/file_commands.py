"""``chmod``, ``cp``, ``ln`` and their like, carried out on the tree."""

from __future__ import annotations

from functools import lru_cache

from gate.context.paths import join
from gate.dockerfile.command import Command, ShellWord
from gate.image.copy import Options, copy
from gate.image.effects import Arguments, Effects
from gate.image.modes import Mode, ModeError, parse_mode
from gate.image.node import Bytes, Node
from gate.image.tree import KEEP, Ids, TreeError, TreeUnknown, base_name, folder_maker

_UMASK = 0o022


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


@lru_cache(maxsize=256)
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
            start = word.prefix.rpartition("/")[0] or (
                "/" if word.prefix.startswith("/") or effects.folder is None else "."
            )
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
    if (
        symbolic
        and words
        and words[0].value is not None
        and len(words) <= 2
        and not arguments.has("t", "target-directory")
    ):
        target = words[0].value
        place = (
            effects.path(words[1].value or "")
            if len(words) == 2 and words[1].value
            else effects.path(base_name(target))
        )
        there = effects.find(place)
        if there is not None and there.type == "directory" and not arguments.has("n", "no-dereference", "T"):
            place = join(place, base_name(target))
        place = effects.tree.resolve_parent(place)
        effects.put(place, Node("symlink", 0o777, *effects.owner, link=target))
        return
    sources, destination, folder = _into(effects, arguments)
    for source in sources:
        place = join(destination, base_name(source)) if folder else destination
        node = effects.find(source)
        if symbolic:
            node = Node("symlink", 0o777, *effects.owner, link=source)
        effects.put(effects.tree.resolve_parent(place), node if node is not None else effects.nothing_known())


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
    sources, destination = list(effects.paths(operands)), effects.path(given)
    if arguments.has("T", "no-target-directory"):
        return sources, destination, False
    there = effects.find(destination)
    if there is not None or not (given.endswith("/") or len(operands) > 1 or arguments.has("t", "target-directory")):
        return sources, destination, there is not None and there.type == "directory"
    return sources, destination, _must_be_folder(effects, sources, destination)


def _must_be_folder(effects: Effects, sources: list[str], destination: str) -> bool:
    """Whether a destination that is not listed but has to be a folder is one. A single folder may itself become it.

    Raises :class:`TreeError` where the command fails, :class:`TreeUnknown`.
    """
    why = effects.tree.missing(effects.tree.resolve(destination))
    first = effects.find(sources[0]) if len(sources) == 1 else None
    single_folder = first is not None and first.type == "directory"
    if why is None and not single_folder:
        raise TreeError(f"{destination}: no such directory")
    if why is not None and single_folder:
        raise TreeUnknown(why)
    return not single_folder


def _cp(effects: Effects, command: Command) -> None:
    arguments = Arguments(command, "tS", ("target-directory",))
    sources, destination, folder = _into(effects, arguments)
    keep = arguments.has("a", "p", "archive", "preserve")
    for source in sources:
        node = effects.find(source)
        if node is None or node.type == "unknown" or not effects.sure:
            place = join(destination, base_name(source)) if folder else destination
            effects.put(effects.tree.resolve(place), effects.nothing_known())
            continue
        if node.type == "directory":
            _refuse_into_itself(effects.tree.resolve(source), effects.tree.resolve(destination))
        contents = any((word.value or "").endswith("/.") for word in arguments.operands)
        options = Options(
            owner=None if keep else effects.owner, mode=None if keep else lambda old, _: old & ~_UMASK, contents=contents,
            follow=not arguments.has("a", "d", "P", "no-dereference"), eager=True, instruction=effects.operation.origin,
            budget=effects.carrier.world.budget,
        )  # fmt: skip
        effects.ensure_parent(destination)
        to = destination + "/" if folder else destination
        make = folder_maker(0o755, effects.owner, effects.operation.origin)
        copy(effects.tree, source, effects.tree, to, options, make)


def _refuse_into_itself(source: str, destination: str) -> None:
    """cp and mv fail where a folder would end up in itself."""
    if f"{destination}/".startswith(f"{source.rstrip('/')}/"):
        raise TreeError(f"{source} cannot be put into itself")


def _mv(effects: Effects, command: Command) -> None:
    arguments = Arguments(command, "tS", ("target-directory",))
    try:
        sources, destination, folder = _into(effects, arguments)
    except TreeUnknown:
        # Wherever they go, what is named may be gone.
        effects.sure = False
        for path in effects.paths(word for word in arguments.operands[:-1] if word.value is not None):
            _remove(effects, effects.tree.resolve_parent(path))
        raise
    for source in sources:
        place = effects.tree.resolve_parent(join(destination, base_name(source)) if folder else destination)
        source = effects.tree.resolve_parent(source)
        node = effects.tree.find(source)
        if node is None:
            effects.put(place, effects.nothing_known())
            continue
        if source == place:
            continue
        if node.type == "directory":
            _refuse_into_itself(source, place)
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
        except (TreeError, TreeUnknown):
            continue  # what it removes is hardly what was brought here: rm -rf /var/lib/apt/lists/*


def _rmdir(effects: Effects, command: Command) -> None:
    for path in effects.paths(Arguments(command).operands):
        place = effects.tree.resolve_parent(path)
        node = effects.tree.find(place)
        if node is None or (node.type == "directory" and not node.children()):
            _remove(effects, place)


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
            effects.tree.make_folders(
                place.rpartition("/")[0] or "/", folder_maker(0o755, ids, effects.operation.origin)
            )
        node = effects.find(source)
        content = node.content if node is not None else None
        new = Node("file", options.octal if options.octal is not None else 0o755, *ids, content=content)
        new.source = node.source if node is not None else None
        effects.put(place, new)


def _update_alternatives(effects: Effects, command: Command) -> None:
    """``--install LINK NAME TARGET PRIORITY`` and ``--set NAME TARGET``: a link to a link in /etc/alternatives."""
    values = command.values
    for action, count in (("--install", 3), ("--set", 2)):
        if action not in values:
            continue
        operands = values[values.index(action) + 1 :][:count]
        if len(operands) < count or None in operands:
            raise TreeUnknown(effects.why)
        *link, name, target = map(str, operands)
        chosen = f"/etc/alternatives/{name}"
        for place, to in (*((each, chosen) for each in link), (chosen, target)):
            effects.put(effects.tree.resolve_parent(place), Node("symlink", 0o777, *effects.owner, link=to))
        return
    raise TreeUnknown(effects.why)


COMMANDS = {
    "chgrp": _chgrp, "chmod": _chmod, "chown": _chown, "cp": _cp, "install": _install, "ln": _ln, "mkdir": _mkdir, "mv": _mv,
    "rm": _rm, "rmdir": _rmdir, "touch": _touch, "unlink": _rm, "update-alternatives": _update_alternatives,
}  # fmt: skip
