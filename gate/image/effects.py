"""What the commands of a RUN do to the tree: the operations that they share, and their operands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from gate.context.paths import has_wildcards, join
from gate.dockerfile.command import Command, ShellWord
from gate.image.copy import Options, altered, find_sources
from gate.image.node import Bytes, Content, Node, directory
from gate.image.tree import Ids, TreeError, TreeUnknown, folder_maker
from gate.model import Unknown

if TYPE_CHECKING:
    from gate.image.carry_out import Carrier
    from gate.image.plan import RunCommands

MAX_CONTENT = 1 << 24  # bytes that are edited here


class Certainty(Protocol):
    """``runs``: nothing goes by the command; ``noticed``: when it fails, the build does."""

    @property
    def runs(self) -> bool: ...

    @property
    def noticed(self) -> bool: ...


class Effects:
    """What one command needs to know. ``folder``: its working folder, None where that is unknown."""

    def __init__(
        self,
        carrier: Carrier,
        operation: RunCommands,
        folder: str | None,
        certainty: Certainty,
        umask_known: bool,
    ) -> None:
        self.carrier = carrier
        self.tree = carrier.tree
        self.operation = operation
        self.folder = folder
        self.umask_known = umask_known
        self._certainty = certainty

    @property
    def why(self) -> Unknown:
        return self.operation.why

    @cached_property
    def sure(self) -> bool:
        """Whether the command runs, and does what it is meant to."""
        # Root may do everything; what another user may not do would have to fail the build to be ruled out.
        return self._certainty.runs and (self.operation.user in ("", "root", "0") or self._certainty.noticed)

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

    def find(self, path: str) -> Node | None:
        """What a command finds there, links followed."""
        return self.tree.find(self.tree.resolve(path))

    def put(self, path: str, node: Node) -> None:
        """Put a new node at a path; what may not happen leaves something unknown there."""
        self.ensure_parent(path)
        folder, name = self.tree.folder_of(path)
        node.instruction = self.operation.origin
        if not self.umask_known and node.type != "symlink":
            node.mode = None
        if not self.sure:
            node = Node("unknown", None, None, None, instruction=self.operation.origin)
            node.note = Unknown(f"the command on line {self.operation.origin.line} that makes it may not run")
        folder.put(name, node)

    def ensure_parent(self, path: str) -> None:
        """A folder that is not listed but may be there counts as being there."""
        parent = self.tree.resolve(path.rpartition("/")[0] or "/")
        if self.tree.find(parent, follow=True) is None:
            why = self.tree.missing(parent)
            if why is None:
                raise TreeError(f"{parent}: no such file or directory")
            self.sure = self.sure and self._certainty.noticed
            self.tree.make_folders(parent, lambda above: _implied(above.open or why))

    def make_folder(self, path: str, owner: Ids, options: Options | None) -> None:
        """``mkdir -p``."""
        place = self.tree.resolve(path)
        if not self.sure:
            if self.tree.find(place, follow=True) is None:
                self.tree.make_folders(place.rpartition("/")[0] or "/", lambda _: _implied(self.why))
                self.put(place, directory())
            return
        mode = 0o755 if self.umask_known else None
        self.tree.make_folders(place, folder_maker(mode, owner, self.operation.origin))
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

    def _new_file(self, content: Content | None, mode: int | None) -> Node:
        node = Node("file", mode, *self.owner, content=content)
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

    def nothing_known(self) -> Node:
        """Something of which only the name is known."""
        node = Node("unknown", None, None, None)
        node.note = self.why
        return node

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


def _implied(why: Unknown) -> Node:
    node = directory(None, None, None)
    node.implied, node.open = True, why
    return node


def _joined(first: Content | None, second: Content | None) -> Content | None:
    if first is None or second is None or first.size > MAX_CONTENT:
        return None
    head, tail = first.read(MAX_CONTENT), second.read(MAX_CONTENT)
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
