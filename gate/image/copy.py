"""COPY and ADD of local files: what a builder's copy does to the files of an image.

The order of the steps is the builder's own, because what is refused and whose mode wins depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gate.context.paths import BadPattern, clean, has_wildcards, join, matches, rooted, split_wildcards
from gate.context.patterns import Info, Matcher
from gate.dockerfile.tree import Instruction
from gate.image.modes import Mode
from gate.image.node import Node
from gate.image.tree import Ids, Make, Tree, TreeError, TreeUnknown, base_name, chosen, raise_unknown
from gate.model import Unknown
from gate.record import dataclass, replace


@dataclass(frozen=True, slots=True)
class Options:
    """How one COPY copies. ``owner``: None keeps each file's own. ``octal``: the mode is a number, which the folders
    that have to be made take over."""

    owner: Ids | None = None
    mode: Mode | None = None
    octal: int | None = None
    unknown_mode: bool = False
    include: Matcher | None = None
    exclude: Matcher | None = None
    contents: bool = False  # of a folder, its entries
    follow: bool = False
    eager: bool = False  # copy everything at once: source and target are one tree
    open: Unknown | None = None  # why a copied folder may hold more than is listed
    instruction: Instruction | None = None
    budget: Budget | None = None


class Budget:
    """What a build may cost here: a few lines can copy more files than there are atoms."""

    def __init__(self, steps: int) -> None:
        self._steps = steps

    def spend(self, steps: int) -> None:
        """Raises :class:`~gate.image.tree.TreeUnknown` when nothing is left."""
        self._steps -= steps
        if self._steps < 0:
            raise TreeUnknown(Unknown("the build copies too much to follow"))


def clean_operand(path: str) -> str:
    """An absolute path whose trailing ``/`` or ``/.`` is kept: it says that a folder is meant."""
    cleaned = rooted(path)
    if path.endswith("/."):
        return "/." if cleaned == "/" else cleaned + "/."
    return cleaned + "/" if path.endswith("/") and cleaned != "/" else cleaned


def find_sources(tree: Tree, operand: str) -> list[str]:
    """The paths that a source names: itself, or what its wildcards match. A folder that matches is not entered."""
    fixed, pattern = split_wildcards(operand)
    if not pattern:
        return [fixed]
    try:
        matches(pattern, "")
    except BadPattern as error:
        raise TreeError(str(error)) from error
    folder = tree.resolve(fixed)
    top = tree.find(folder)
    if top is None:
        raise TreeError(f"lstat {folder}: no such file or directory")
    return [join(folder, found) for found in _matching(top, pattern)]


def _matching(top: Node, pattern: str) -> Iterator[str]:
    # Only a bracket can match a slash; without one the parts match level by level.
    parts = pattern.split("/") if "[" not in pattern else None
    waiting = [("", top)]
    while waiting:
        place, node = waiting.pop()
        depth = place.count("/") + 1 if place else 0
        if place and matches(pattern, place):
            yield place
        elif node.type == "directory" and (parts is None or depth < len(parts)):
            found = _entries(node, parts[depth] if parts else None)
            waiting.extend(reversed([(f"{place}/{name}" if place else name, child) for name, child in found]))


def _entries(folder: Node, part: str | None) -> Iterable[tuple[str, Node]]:
    if part is None:
        return folder.children().items()
    if not has_wildcards(part) and "\\" not in part:
        found = folder.child(part)
        return ((part, found),) if found is not None else ()
    return ((name, node) for name, node in folder.children().items() if matches(part, name))


def copy(source: Tree, operand: str, target: Tree, destination: str, options: Options, make: Make) -> None:
    """Copy one source (no wildcards any more) to a destination operand. ``make`` makes missing folders.

    Raises :class:`TreeError` where the builder refuses.
    """
    folder, _, name = destination.rpartition("/")
    ensured = (folder or "/") if name not in ("", ".") else destination
    target.make_folders(target.resolve(ensured), make)
    place = target.resolve(clean(destination))
    followed = source.resolve(operand) if options.follow else source.resolve_parent(operand)
    node = source.find(followed)
    if node is None:
        source.may_be_there(followed)
        raise TreeError(f"lstat {followed}: no such file or directory")
    if source.root.anywhere is not None:
        options = replace(options, open=source.root.anywhere)
    place = _prepare(node, operand, target, place, options, make)
    if node.type != "directory" and target.find(place) is None and _may_be_folder(target, place, operand):
        _put_unknown(node, target, place, options)
    else:
        _Copier(target, options).copy(node, place)


def _prepare(node: Node, operand: str, target: Tree, place: str, options: Options, make: Make) -> str:
    """Where the copy goes, its parent folders made."""
    there = target.find(place, follow=True)
    is_folder = node.type == "directory"
    if there is not None:
        raise_unknown(there)
    if there is not None and ((is_folder and not options.contents) or (not is_folder and there.type == "directory")):
        place = join(place, base_name(operand))
    into = place if options.contents and is_folder and there is None else place.rpartition("/")[0] or "/"
    target.make_folders(into, make)
    return place


def _may_be_folder(target: Tree, place: str, operand: str) -> bool:
    """Whether ``COPY main.py /app`` may mean a folder of the base image. A name with a dot in it, the source's own name and
    a program's place say that a file is meant."""
    folder, name = target.folder_of(place)
    if folder.open is None or "." in name or name == base_name(operand):
        return False
    return not place.rpartition("/")[0].endswith(("/bin", "/sbin"))


def _put_unknown(node: Node, target: Tree, place: str, options: Options) -> None:
    folder, name = target.folder_of(place)
    unknown = Node("unknown", None, None, None, instruction=options.instruction, source=node.source)
    unknown.note = Unknown(f"{place} is a file, unless the base image has a folder there", "--image")
    folder.put(name, unknown)


@dataclass(slots=True)
class _Visit:
    """A source folder on the way down. ``copied``: its copy has been made; otherwise that waits for an entry."""

    node: Node
    path: str
    place: str
    copied: bool
    include: Info | None
    exclude: Info | None
    entries: Iterator[tuple[str, Node]]


class _Copier:
    """One copy on its way. Nothing recurses: a tree may be deeper than Python's stack."""

    def __init__(self, tree: Tree, options: Options) -> None:
        self.tree = tree
        self.options = options
        self.above: list[_Visit] = []

    def copy(self, node: Node, place: str) -> None:
        """Copy a node, and what is in it, to ``place``."""
        self._enter(node, "", place, None, None)
        while self.above:
            visit = self.above[-1]
            step = next(visit.entries, None)
            if step is None:
                self.above.pop()
            else:
                name, child = step
                self._enter(child, join(visit.path, name), join(visit.place, name), visit.include, visit.exclude)

    def _enter(self, node: Node, path: str, place: str, include: Info | None, exclude: Info | None) -> None:
        """Copy one node, whose path below the source is ``path`` (empty: the source itself)."""
        options = self.options
        if options.budget is not None:
            options.budget.spend(1)
        included, excluded = True, False
        if path:
            if options.include is not None:
                included, include = options.include.match(path, include)
            if options.exclude is not None:
                excluded, exclude = options.exclude.match(path, exclude)
            included = included and not excluded
        if included:
            there = self.tree.find(place)
            self._make_parents()
            if node.type != "directory":
                self._put_file(node, place, there)
                return
            if there is None and self._graft(node, path, place, exclude):
                return
            self._put_folder(node, place, overwrite=bool(path))
        elif node.type != "directory" or (excluded and not (options.exclude and options.exclude.exclusions)):
            return
        entries = iter(node.children().items())
        self.above.append(_Visit(node, path, place, included, include, exclude, entries))

    def _put_file(self, node: Node, place: str, there: Node | None) -> None:
        if there is not None and there.type == "directory":
            raise TreeError(f"cannot replace to directory {place} with file")
        folder, name = self.tree.folder_of(place)
        folder.put(name, _copied(node, self.options))

    def _graft(self, node: Node, path: str, place: str, exclude: Info | None) -> bool:
        """Put a whole folder where nothing is, without looking into it. False when it has to be done one by one."""
        options = self.options
        if options.eager or options.include is not None or (options.exclude is not None and options.exclude.exclusions):
            return False
        folder, name = self.tree.folder_of(place)
        folder.put(name, _copied(node, options, _Graft(node, options, path, exclude)))
        return True

    def _make_parents(self) -> None:
        for visit in self.above:
            if not visit.copied:
                visit.copied = True
                there = self.tree.find(visit.place)
                if there is not None and there.type == "directory":
                    there.mode, there.instruction = visit.node.mode, self.options.instruction
                else:
                    self._put_folder(visit.node, visit.place, overwrite=True)

    def _put_folder(self, node: Node, place: str, *, overwrite: bool) -> None:
        """The folder without its entries; with ``overwrite``, one that is there takes over mode and owner."""
        there = self.tree.find(place)
        if there is None:
            folder, name = self.tree.folder_of(place)
            there = _copied(node, self.options)
            folder.put(name, there)
        elif there.type != "directory":
            raise_unknown(there)
            raise TreeError(f"cannot copy to non-directory: {place}")
        elif overwrite:
            new = _copied(node, self.options)
            uid, gid = self.options.owner or (node.uid, node.gid)
            there.mode, there.uid, there.gid = new.mode, chosen(uid, there.uid), chosen(gid, there.gid)
            there.instruction, there.source, there.implied = new.instruction, new.source, False
        there.open = there.open or node.open or self.options.open


class _Graft:
    """The entries of a copied folder."""

    __slots__ = ("_exclude", "_folder", "_options", "_path")

    def __init__(self, folder: Node, options: Options, path: str, exclude: Info | None) -> None:
        self._folder = folder
        self._options = options
        self._path = path
        self._exclude = exclude

    def names(self) -> Iterable[str]:
        return self._folder.children()

    def node(self, name: str) -> Node | None:
        found = self._folder.child(name)
        if found is None:
            return None
        path, exclude = join(self._path, name), self._exclude
        if self._options.exclude is not None:
            excluded, exclude = self._options.exclude.match(path, exclude)
            if excluded:
                return None
        origin = _Graft(found, self._options, path, exclude) if found.type == "directory" else None
        return _copied(found, self._options, origin)

    def gone(self, name: str) -> bool:
        return self._folder.gone(name)


def _copied(node: Node, options: Options, origin: _Graft | None = None) -> Node:
    """The node as it arrives."""
    new = node.like(origin)
    new.instruction = options.instruction or node.instruction
    new.implied, new.anywhere = node.implied and options.instruction is None, None
    new.mode = _mode(node, options)
    if options.owner is not None and options.instruction is not None:  # root makes it, and hands it over
        new.uid, new.gid = chosen(options.owner[0], 0), chosen(options.owner[1], 0)
    else:
        new.uid, new.gid = _owner(node, options)
    if node.type == "directory":
        new.open = new.open or options.open
    return new


def _mode(node: Node, options: Options) -> int | None:
    if node.type == "symlink":
        return node.mode
    if options.unknown_mode:
        return None
    if options.octal is not None:
        return options.octal
    return (
        options.mode(node.mode, node.type == "directory")
        if options.mode is not None and node.mode is not None
        else node.mode
    )


def _owner(node: Node, options: Options) -> Ids:
    owner = options.owner or (node.uid, node.gid)
    return chosen(owner[0], node.uid), chosen(owner[1], node.gid)


def altered(node: Node, options: Options, *, deep: bool) -> Node:
    """The node with another mode or owner; ``deep``: and all that is in it."""
    origin = _Graft(node, options, "", None) if deep and node.type == "directory" else None
    new = node.like(origin)
    new.mode, new.uid, new.gid = _mode(node, options), *_owner(node, options)
    return new


def merge(lower: Node, upper: Node) -> None:
    """Lay one tree over another, as ``--link`` does: folders of both become one with the upper one's mode and owner,
    anything else of the upper tree replaces what is there."""
    waiting = [(lower, upper)]
    while waiting:
        below, above = waiting.pop()
        for name, node in above.children().items():
            there = below.child(name)
            if there is None or there.type != "directory" or node.type != "directory":
                below.put(name, node)
                continue
            there.mode, there.uid, there.gid = node.mode, node.uid, node.gid
            there.instruction, there.source, there.implied = node.instruction, node.source, False
            waiting.append((there, node))
