"""What the builder is sent of a context: the part that COPY and ADD ask for, less what the ignore file takes away.

The client follows the links of the paths that are asked for, makes include patterns of them, and walks the folder. A
folder is there when it is included itself or when something below it is; everything here is found out on demand, so a
large folder that nobody copies is never listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gate.context.items import Item, lookup
from gate.context.paths import BadPattern, base, clean, has_wildcards, join, matches, parent, rooted
from gate.context.patterns import Info, Matcher
from gate.record import dataclass


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the patterns say of a path. ``include`` and ``exclude`` are handed down to its entries."""

    included: bool = True
    ignored: bool = False
    include: Info | None = None
    exclude: Info | None = None

    @property
    def kept(self) -> bool:
        return self.included and not self.ignored


class Filter:
    """Include patterns (None: everything) and the ignore file's patterns. ``unsendable``: a path that was come upon, whose
    name is no UTF-8: the transfer ends there."""

    def __init__(self, include: Matcher | None, exclude: Matcher | None) -> None:
        self.include = include
        self.unsendable = ""
        self.exclude = exclude if exclude is not None and exclude.patterns else None

    def judge(self, path: str, item: Item, folder: Judgement) -> Judgement:
        """Judge what stands at a path, given the judgement of its folder."""
        included, include = True, None
        if self.include is not None:
            included, include = self.include.match(path, folder.include)
            if not included and item.type != "directory":
                return Judgement(False)
        ignored, exclude = False, None
        if self.exclude is not None:
            ignored, exclude = self.exclude.match(path, folder.exclude)
        return Judgement(included, ignored, include, exclude)

    def worth_entering(self, path: str, judgement: Judgement) -> bool:
        """False when nothing below a folder that is not kept can be kept."""
        if not judgement.included and self.include is not None and not self.include.may_match_below(path):
            return False
        return not judgement.ignored or self.exclude is None or self.exclude.may_except_below(path)

    def emptied(self, path: str) -> bool:
        """True for a file that is listed but then not opened, so that it arrives without its content.

        The list is made folder by folder, the opening asks about the whole path at once, and with ``!`` patterns the
        two can disagree.
        """
        if self.exclude is not None and self.exclude.exclusions and self.exclude.match_alone(path):
            return True
        return self.include is not None and self.include.exclusions and not self.include.match_alone(path)


class Sent(Item):
    """An item as it arrives at the builder. ``path`` is relative to the context's root, empty for the root itself."""

    __slots__ = ("_children", "_filter", "_item", "_judgement", "path")

    def __init__(self, filter_: Filter, item: Item, path: str, judgement: Judgement) -> None:
        self._filter = filter_
        self._item = item
        self._judgement = judgement
        self._children: dict[str, Sent] | None = None
        self.path = path

    @property
    def type(self) -> str:
        # The transfer knows no sockets: they arrive as empty files.
        return "file" if self._item.type == "socket" else self._item.type

    @property
    def mode(self) -> int:
        return self._item.mode

    @property
    def size(self) -> int:
        return 0 if self._filter.emptied(self.path) else self._item.size

    @property
    def link(self) -> str | None:
        return self._item.link

    @property
    def problem(self) -> str:
        return self._item.problem

    def read(self, limit: int) -> bytes | None:
        if self._item.type == "socket" or self._filter.emptied(self.path):
            return b""
        return self._item.read(limit)

    def children(self) -> Mapping[str, Sent]:
        if self._children is None:
            listed = self._item.children().items()
            self._children = {name: sent for name, item in listed if (sent := self._wrap(name, item)).arrives()}
            for name in self._children:
                if not name.isascii() and not _sendable(name):
                    self._filter.unsendable = f"{self.path}/{name}".lstrip("/")
        return self._children

    @property
    def unsendable(self) -> str:
        """A path of the context, if one was come upon, that cannot be sent."""
        return self._filter.unsendable

    def child(self, name: str) -> Sent | None:
        if self._children is not None:
            return self._children.get(name)
        item = self._item.child(name)
        if item is None:
            return None
        sent = self._wrap(name, item)
        return sent if sent.arrives() else None

    def _wrap(self, name: str, item: Item) -> Sent:
        path = f"{self.path}/{name}" if self.path else name
        return Sent(self._filter, item, path, self._filter.judge(path, item, self._judgement))

    def arrives(self) -> bool:
        """Whether it is kept itself or, for a folder, something below it is."""
        waiting = [self]
        while waiting:
            sent = waiting.pop()
            if sent._judgement.kept:
                return True
            if sent._item.type == "directory" and sent._filter.worth_entering(sent.path, sent._judgement):
                waiting.extend(sent._wrap(name, item) for name, item in sent._item.children().items())
        return False


def _sendable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def send(root: Item, wanted: Iterable[str] | None, ignore: Matcher | None) -> Sent:
    """The root of what arrives. ``wanted``: the paths that the build asks for (None: all of them).

    Raises :class:`~gate.context.paths.BadPattern` when a wanted path is no valid pattern.
    """
    include = None
    _check_header("exclude-patterns", [pattern.text for pattern in ignore.patterns] if ignore is not None else ())
    if wanted is not None:
        wanted = list(wanted)
        _check_header("followpaths", wanted)
        followed = follow_links(root, wanted)
        try:
            include = Matcher(followed) if followed else None
        except BadPattern as error:
            raise BadPattern(f"invalid includepatterns: [{' '.join(followed or ())}]: {error}") from error
    return Sent(Filter(include, ignore), root, "", Judgement())


def list_all(sent: Sent) -> None:
    """Ask the patterns about everything that arrives. Raises :class:`~gate.context.paths.BadPattern`."""
    waiting = [sent]
    while waiting:
        waiting.extend(child for child in waiting.pop().children().values() if child.type == "directory")


def _check_header(key: str, values: Sequence[str]) -> None:
    """The lists travel as headers. Those may hold no control character; only a list that has characters beyond ASCII is
    encoded, and then it may."""
    text = "".join(values)
    if text.isascii() and not text.isprintable():
        raise BadPattern(f'header key "{key}" contains value with non-printable ASCII characters')


def follow_links(root: Item, paths: Iterable[str]) -> list[str] | None:
    """The paths with the targets of every link on their way; None when that is everything.

    The ignore file does not count here: a link that it takes away still leads to its target.
    """
    found: set[str] = set()
    # The order counts: of two paths through one link, only the first is followed.
    waiting = sorted((join(".", path) for path in paths), reverse=True)
    while waiting:
        _follow(root, waiting.pop(), found, waiting)
    kept: list[str] = []
    for path in sorted(found):
        if path == ".":
            return None
        if not (kept and path.startswith(kept[-1] + "/")):
            kept.append(path)
    return kept


def _follow(root: Item, path: str, found: set[str], waiting: list[str]) -> None:
    current, rest = ".", path
    item: Item | None = root
    while True:
        name, _, rest = rest.partition("/")
        current = join(current, name)
        item = item.child(name) if item is not None and name != "." else item
        targets = list(_targets(root, current)) if has_wildcards(name) else _target(item, current)
        if not rest or targets:
            if current in found:
                return
            found.add(current)
        if targets:
            waiting.extend(join(".", target, rest) for target in reversed(targets))
            return
        if not rest:
            return


def _targets(root: Item, pattern: str) -> Iterator[str]:
    """The targets of the links that a wildcard in the last part matches."""
    folder = lookup(root, parent(pattern))
    for name in folder.children() if folder is not None else ():
        try:
            if matches(base(pattern), name):
                path = join(parent(pattern), name)
                yield from _target(lookup(root, path), path)
        except BadPattern:
            return


def _target(item: Item | None, path: str) -> list[str]:
    """Where the item at a path leads; empty where it is no link."""
    if item is None or item.type != "symlink":
        return []
    link = clean(item.link or "")
    return ["." + rooted(link if link.startswith("/") else join(parent(path), link))]
