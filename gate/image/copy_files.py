"""One COPY or ADD carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from gate.context.paths import BadPattern, clean, has_wildcards, join
from gate.context.patterns import Matcher
from gate.image.archive import unpack
from gate.image.copy import Options, clean_operand, copy, find_sources, merge
from gate.image.digest import check_source
from gate.image.modes import ModeError, parse_mode
from gate.image.node import Bytes, Node, directory
from gate.image.plan import CopyFiles, InlineFile, SourceWord
from gate.image.sources import file_name, kind
from gate.image.tree import Ids, Tree, TreeError, TreeUnknown, folder_maker
from gate.model import Unknown
from gate.record import replace

if TYPE_CHECKING:
    from gate.image.carry_out import Carrier


_Word = TypeVar("_Word", bound="SourceWord | InlineFile")


class CopyJob:
    """``target``: where the files go; a linked copy is made on nothing and then laid over what is there."""

    def __init__(self, carrier: Carrier, operation: CopyFiles) -> None:
        self.carrier = carrier
        self.operation = operation
        self.target = Tree(directory()) if operation.link else carrier.tree

    def run(self) -> None:
        operation = self.operation
        if isinstance(operation.destination, Unknown):
            self.carrier.unknown("files", operation.instruction, operation.destination)
            return
        self.destination = clean_operand(operation.destination)
        try:
            self.options = self._options()
        except TreeError as error:
            self._each(operation.sources, self._check)  # the builder looks for the sources first
            self.carrier.refuse(error, operation.instruction.place)
            return
        mode = 0o755 if self.options.octal is None else self.options.octal & 0o777
        self.make = folder_maker(mode, self.options.owner, operation.instruction)
        words: list[SourceWord | InlineFile] = [*operation.sources, *operation.inline]
        self._each(words, self._word)
        if operation.link:
            merge(self.carrier.tree.root, self.target.root)

    def _each(self, words: Iterable[_Word], do: Callable[[_Word], None]) -> None:
        for word in words:
            try:
                do(word)
            except (TreeError, BadPattern) as error:
                self.carrier.refuse(error, word.at.place)
            except TreeUnknown as error:
                self.carrier.unknown("files", self.operation.instruction, error.unknown)

    def _options(self) -> Options:
        """Raises :class:`TreeError`."""
        operation, budget = self.operation, self.carrier.world.budget
        owner: Ids | None = None
        if operation.owner != "":
            owner = self.carrier.accounts.ids(operation.owner, based=operation.based and not operation.link)
        if isinstance(operation.mode, Unknown):
            return Options(owner, unknown_mode=True, instruction=operation.instruction, budget=budget)
        mode, octal = None, None
        if operation.mode:
            try:
                mode = parse_mode(operation.mode)
            except ModeError as error:
                raise TreeError("invalid syntax") from error
            octal = int(operation.mode, 8) if operation.mode.isdecimal() else None
        return Options(owner, mode, octal, instruction=operation.instruction, budget=budget)

    def _word(self, word: SourceWord | InlineFile) -> None:
        if isinstance(word, InlineFile):
            self._inline(word)
        elif isinstance(word.value, Unknown):
            raise TreeUnknown(word.value)
        elif (what := kind(word.value)) != "local":
            self._remote(word.value, what)
        else:
            tree = self._source()
            if tree is None:
                self._from_image()
            else:
                self._local(tree, word.value)

    def _check(self, word: SourceWord) -> None:
        """Look for a source and do no more."""
        if isinstance(word.value, str) and kind(word.value) == "local":
            tree = self._source()
            if tree is not None:
                select(self.operation, tree, word.value, digest=self._takes_digest())

    def _source(self) -> Tree | None:
        """What the sources are looked up in; None for an image that is not read. Raises :class:`TreeUnknown`."""
        operation = self.operation
        if operation.stage is not None:
            return Tree(self.carrier.world.trees[operation.stage])
        if operation.image is not None:
            return Tree(directory()) if operation.image == "scratch" else None
        root = self.carrier.world.context
        if root is None:
            raise TreeUnknown(Unknown("there is no build context", "--context"))
        return Tree(root)

    def _local(self, tree: Tree, text: str) -> None:
        """A path of the context or of another stage."""
        operation = self.operation
        operand, include, exclude = select(operation, tree, text, digest=self._takes_digest())
        options = replace(self.options, include=include, exclude=exclude, contents=True, follow=True)
        # Folders that an archive needs never take over the mode.
        make = folder_maker(0o755, options.owner, operation.instruction)
        for found in find_sources(tree, operand):
            unpacked = operation.unpack and unpack(tree, found, self.target, self.destination, options, make)
            if isinstance(unpacked, Unknown):
                self.carrier.undecided.append(("files", operation.instruction.line, unpacked))
            elif not unpacked:
                copy(tree, found, self.target, self.destination, options, self.make)

    def _takes_digest(self) -> bool:
        """Not of a stage without files, nor of the very files that the copy is added to."""
        operation, carrier = self.operation, self.carrier
        if operation.stage is None:
            return True
        source = carrier.world.plans[operation.stage]
        return source.based and (operation.link or source.last is not carrier.last)

    def _inline(self, word: InlineFile) -> None:
        place = clean(join("/", word.name))
        if place == "/":
            raise TreeError("open : is a directory")
        if "/" in place[1:]:
            raise TreeError(f"open {place}: no such file or directory")
        if isinstance(word.data, Unknown):
            node = Node("file", 0o644)
            node.note = word.data
        else:
            node = Node("file", 0o644, content=Bytes(word.data))
        self._put(place, node)

    def _put(self, place: str, node: Node) -> None:
        """Copy one file that is in no context."""
        root = directory()
        root.put(place[1:], node)
        copy(Tree(root), place, self.target, self.destination, self.options, self.make)

    def _remote(self, source: str, what: str) -> None:
        """A download is a file of unknown content (0600), a repository and a download to unpack fill a folder."""
        why = Unknown(f"{source} is not fetched")
        if what == "http" and not self.operation.unpack_urls:
            node = Node("file", 0o600)
            node.note = why
            self._put("/" + file_name(source), node)
        else:
            self._open_folder(why)

    def _from_image(self) -> None:
        """From an image that is not read: it may be a file or a folder."""
        operation = self.operation
        why = Unknown(f"{operation.image} is not read")
        if self.destination.endswith(("/", "/.")) or len(operation.sources) > 1:
            self._open_folder(why)
            return
        place = self.target.resolve(self.destination)
        self.target.make_folders(place.rpartition("/")[0] or "/", self.make)
        folder, name = self.target.folder_of(place)
        node = Node("unknown", None, None, None, instruction=operation.instruction)
        node.note = why
        folder.put(name, node)

    def _open_folder(self, why: Unknown) -> None:
        """What arrives cannot be listed."""
        self.carrier.undecided.append(("files", self.operation.instruction.line, why))
        place = self.target.resolve(self.destination)
        self.target.make_folders(place, self.make)
        node = self.target.find(place, follow=True)
        if node is not None:
            node.open = node.open or why


def select(operation: CopyFiles, tree: Tree, text: str, *, digest: bool) -> tuple[str, Matcher | None, Matcher | None]:
    """Where the path of a source leads, and what counts there and what does not. Raises :class:`TreeError` where the
    builder finds nothing, if it takes a ``digest``."""
    operand, include, required = join("/", text), None, None
    if operation.parents:
        pivot, dot, pattern = text.partition("/./")
        operand, pattern = (join("/", pivot), pattern) if dot else ("/", text)
        pattern = pattern if pattern.startswith("/") else join("/", pattern)
        include = _matcher((pattern.removeprefix("/"),), "includepatterns")
        if not has_wildcards(operand) and not has_wildcards(pattern):
            required = join(operand, pattern)
    exclude = _matcher(operation.exclude, "excludepatterns")
    if digest:
        check_source(tree, operand, include, exclude, required)
    return operand, include, exclude


def _matcher(patterns: tuple[str, ...], what: str) -> Matcher | None:
    if not patterns:
        return None
    try:
        return Matcher(patterns)
    except BadPattern as error:
        raise TreeError(f"invalid {what}: [{' '.join(patterns)}]: {error}") from error
