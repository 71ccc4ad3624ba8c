"""Carrying out a stage's file operations on its tree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.context.paths import BadPattern, clean, has_wildcards, join
from gate.context.patterns import Matcher
from gate.dockerfile.tree import Instruction
from gate.image.accounts import Owner, chosen, find_group, find_user, parse_owner
from gate.image.archive import unpack
from gate.image.copy import Options, clean_operand, copy, find_sources, merge
from gate.image.digest import check_source
from gate.image.model import Fault
from gate.image.modes import ModeError, parse_mode
from gate.image.node import Bytes, Content, Node, directory
from gate.image.plan import CopyFiles, InlineFile, MakeFolder, Plan, RunCommands, SourceWord
from gate.image.run import run_commands
from gate.image.sources import file_name, kind
from gate.image.tree import Make, Tree, TreeError, TreeUnknown
from gate.model import Place, Unknown

if TYPE_CHECKING:
    from gate.image.evaluate import World

_MAX_ACCOUNTS = 10 << 20  # bytes; the builder reads no longer passwd file

Ids = tuple["int | None", "int | None"]


class Carrier:
    """One stage's operations, one after the other. A refused one is a fault, and the next is tried nevertheless."""

    def __init__(self, world: World, plan: Plan, root: Node) -> None:
        self.world = world
        self.plan = plan
        self.tree = Tree(root)
        self.faults: list[Fault] = []
        self.undecided: list[tuple[str, int, Unknown]] = []
        self._last = plan.parent.last if plan.parent is not None else None

    def run(self) -> None:
        for operation in self.plan.operations:
            if isinstance(operation, MakeFolder):
                self._make_folder(operation)
            elif isinstance(operation, CopyFiles):
                self._copy(operation)
            else:
                self._run(operation)
            self._last = operation

    def _refuse(self, error: Exception, place: Place) -> None:
        self.faults.append(Fault(str(error), place))

    def _unknown(self, what: str, instruction: Instruction, why: Unknown) -> None:
        self.undecided.append((what, instruction.line, why))
        # What an unknown operation leaves behind may be anywhere.
        self.tree.root.open = self.tree.root.open or why

    # WORKDIR ---------------------------------------------------------------------------------------------------------

    def _make_folder(self, operation: MakeFolder) -> None:
        instruction = operation.instruction
        if isinstance(operation.path, Unknown):
            self._unknown("files", instruction, operation.path)
            return
        try:
            owner = self._ids(operation.owner, self.tree, operation.based) if operation.owner != "" else None
            place = self.tree.resolve(operation.path)
            self.tree.make_folders(place, self._maker(0o755, owner, instruction))
        except TreeError as error:
            self._refuse(error, instruction.place)
        except TreeUnknown as error:
            self._unknown(operation.path, instruction, error.unknown)

    def _maker(self, mode: int, owner: Ids | None, instruction: Instruction) -> Make:
        """Makes the folders that are missing on the way, as ``mkdir -p`` does."""

        def make(parent: Node) -> Node:
            if parent.open is not None:
                # The base image may have this folder, with another mode and more in it.
                node = directory(None, None, None, instruction)
                node.open = node.note = parent.open
                return node
            sticky_group = (parent.mode or 0) & 0o2000
            gid = parent.gid if sticky_group else 0
            if owner is None:
                return directory(mode | sticky_group, 0, gid, instruction)
            return directory(mode | sticky_group, chosen(owner[0], 0), chosen(owner[1], gid), instruction)

        return make

    # Owners ----------------------------------------------------------------------------------------------------------

    def _ids(self, owner: str | Unknown, accounts: Tree, based: bool) -> Ids:
        """The ids of ``user[:group]``. Raises :class:`TreeError`."""
        if isinstance(owner, Unknown):
            return None, None
        parsed = parse_owner(owner)
        if parsed.named and not based:
            raise TreeError("invalid user index: -1")
        return self._user_ids(parsed, accounts)

    def _user_ids(self, owner: Owner, accounts: Tree) -> Ids:
        uid: int | None
        gid: int | None
        uid = gid = owner.user.id
        if owner.user.name:
            found = self._account_file(accounts, "/etc/passwd")
            uid, gid = (None, None) if found is None else (find_user(found, owner.user.name) or (0, 0))
        if owner.group is not None and not owner.group.name:
            gid = owner.group.id
        elif owner.group is not None:
            found = self._account_file(accounts, "/etc/group")
            group = find_group(found, owner.group.name) if found is not None else None
            gid = group if found is None or group is not None else gid
        return uid, gid

    def _account_file(self, accounts: Tree, path: str) -> bytes | None:
        """The content; empty without the file, None when it cannot be known."""
        try:
            node = accounts.find(accounts.resolve(path))
        except (TreeError, TreeUnknown):
            return b""
        if node is None:
            folder = accounts.find("/etc")
            return b"" if folder is None and self.plan.closed else (None if not self.plan.closed else b"")
        if node.type not in ("file", "unknown"):
            raise TreeError(f"{path} is not a regular file")
        return node.read(_MAX_ACCOUNTS)

    # COPY and ADD ----------------------------------------------------------------------------------------------------

    def _copy(self, operation: CopyFiles) -> None:
        instruction = operation.instruction
        if isinstance(operation.destination, Unknown):
            self._unknown("files", instruction, operation.destination)
            return
        # A linked copy is made on nothing and then laid over what is there.
        target = Tree(directory()) if operation.link else self.tree
        try:
            options = self._options(operation)
        except TreeError as error:
            self._refuse(error, operation.place)
            return
        maker = self._maker(options.octal & 0o777 if options.octal is not None else 0o755, options.owner, instruction)
        for source in operation.sources:
            self._attempt(operation, source, lambda source=source: self._copy_source(operation, source, target, options, maker))  # type: ignore[misc]
        for inline in operation.inline:
            self._attempt(operation, inline, lambda inline=inline: self._copy_inline(operation, inline, target, options, maker))  # type: ignore[misc]
        if operation.link:
            merge(self.tree.root, target.root)

    def _attempt(self, operation: CopyFiles, word: SourceWord | InlineFile, action) -> None:  # type: ignore[no-untyped-def]
        try:
            action()
        except (TreeError, BadPattern) as error:
            self._refuse(error, word.place)
        except TreeUnknown as error:
            self._unknown("files", operation.instruction, error.unknown)

    def _options(self, operation: CopyFiles) -> Options:
        """Raises :class:`TreeError`."""
        owner: Ids | None = None
        if operation.owner != "":
            owner = self._ids(operation.owner, self.tree, operation.based and not operation.link)
        mode, octal = None, None
        if isinstance(operation.mode, str) and operation.mode:
            try:
                mode = parse_mode(operation.mode)
            except ModeError as error:
                raise TreeError("invalid syntax") from error
            octal = int(operation.mode, 8) if operation.mode.isdecimal() else None
        unknown = isinstance(operation.mode, Unknown)
        return Options(owner, mode, octal, unknown, instruction=operation.instruction)

    def _copy_source(self, operation: CopyFiles, source: SourceWord, target: Tree, options: Options, maker: Make) -> None:
        if isinstance(source.value, Unknown):
            raise TreeUnknown(source.value)
        assert isinstance(operation.destination, str)
        what = kind(source.value)
        if what != "local":
            self._remote(source.value, what, operation, target, options, maker)
            return
        tree = self._source_tree(operation)
        if tree is None:
            self._from_image(operation, source.value, target, options, maker)
            return
        self._copy_local(tree, source.value, operation, target, options, maker)

    def _copy_local(self, tree: Tree, text: str, operation: CopyFiles, target: Tree, options: Options, maker: Make) -> None:
        destination = operation.destination
        assert isinstance(destination, str)
        exclude = _matcher(operation.exclude, "excludepatterns")
        include, required = None, None
        operand = text
        if operation.parents:
            pivot, dot, pattern = text.partition("/./")
            operand, pattern = (pivot, pattern) if dot else ("/", text)
            pattern = pattern if pattern.startswith("/") else join("/", pattern) or "/"
            include = _matcher((pattern.removeprefix("/"),), "includepatterns")
            if not has_wildcards(operand) and not has_wildcards(pattern):
                required = join("/", operand, pattern)
        operand = clean(join("/", operand))
        options = replace(options, include=include, exclude=exclude, contents=True, follow=True)
        if self._takes_digest(operation):
            check_source(tree, operand, include, exclude, required)
        to = clean_operand(destination)
        for found in find_sources(tree, operand):
            if not (operation.unpack and unpack(tree, found, target, to, options, self._maker(0o755, options.owner, operation.instruction))):
                copy(tree, found, target, to, options, maker)

    def _takes_digest(self, operation: CopyFiles) -> bool:
        """Not of a stage without files, nor of the very files that the copy is added to."""
        if operation.stage is None:
            return True
        source = self.world.plans[operation.stage]
        return source.based and (operation.link or source.last is not self._last)

    def _source_tree(self, operation: CopyFiles) -> Tree | None:
        """What the sources are looked up in; None for an image that is not read."""
        if operation.stage is not None:
            return Tree(self.world.trees[operation.stage])
        if operation.image is not None:
            return Tree(directory()) if operation.image == "scratch" else None
        root = self.world.context
        if root is None:
            raise TreeUnknown(Unknown("the build context is not known", "--context"))
        return Tree(root)

    def _copy_inline(self, operation: CopyFiles, inline: InlineFile, target: Tree, options: Options, maker: Make) -> None:
        place = clean(join("/", inline.name))
        if "/" in place[1:] or place == "/":
            raise TreeError(f"open {place}: no such file or directory")
        content: Content | None = Bytes(inline.data) if isinstance(inline.data, bytes) else None
        node = Node("file", 0o644, content=content)
        node.note = inline.data if isinstance(inline.data, Unknown) else None
        self._put(place, node, operation, target, options, maker)

    def _put(self, place: str, node: Node, operation: CopyFiles, target: Tree, options: Options, maker: Make) -> None:
        """Copy one file that is in no context."""
        assert isinstance(operation.destination, str)
        root = directory()
        root.put(place[1:], node)
        copy(Tree(root), place, target, clean_operand(operation.destination), options, maker)

    def _remote(self, source: str, what: str, operation: CopyFiles, target: Tree, options: Options, maker: Make) -> None:
        """A download is a file of unknown content (0600), a repository a folder of unknown content."""
        assert isinstance(operation.destination, str)
        why = Unknown(f"{source} is not fetched")
        if what == "http" and not operation.unpack_urls:
            node = Node("file", 0o600)
            node.note = why
            self._put("/" + file_name(source), node, operation, target, options, maker)
            return
        self._open_folder(operation.destination, target, maker, why)

    def _from_image(self, operation: CopyFiles, source: str, target: Tree, options: Options, maker: Make) -> None:
        """From an image that is not read: it may be a file or a folder."""
        assert isinstance(operation.destination, str)
        why = Unknown(f"{operation.image} is not read")
        to = clean_operand(operation.destination)
        into_folder = to.endswith(("/", "/.")) or len(operation.sources) > 1
        if not into_folder:
            folder, name = target.folder_of(self._resolved_parent(to, target, maker))
            node = Node("unknown", None, None, None, instruction=operation.instruction)
            node.note = why
            folder.put(name, node)
            return
        self._open_folder(to, target, maker, why)

    def _resolved_parent(self, to: str, target: Tree, maker: Make) -> str:
        place = target.resolve(to)
        target.make_folders(place.rpartition("/")[0] or "/", maker)
        return place

    def _open_folder(self, destination: str, target: Tree, maker: Make, why: Unknown) -> None:
        place = target.resolve(clean_operand(destination))
        target.make_folders(place, maker)
        node = target.find(place, follow=True)
        if node is not None:
            node.open = node.open or why

    # RUN -------------------------------------------------------------------------------------------------------------

    def _run(self, operation: RunCommands) -> None:
        run_commands(self, operation)


def _matcher(patterns: tuple[str, ...], what: str) -> Matcher | None:
    if not patterns:
        return None
    try:
        return Matcher(patterns)
    except BadPattern as error:
        raise TreeError(f"invalid {what}: [{' '.join(patterns)}]: {error}") from error
