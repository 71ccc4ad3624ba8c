"""A build context for rules and for the image: a folder on disk, or files in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from gate.context.ignorefile import IgnoreFileError, parse_ignore_file
from gate.context.items import DiskItem, Item, MemoryItem, lookup, on_disk
from gate.context.model import Entry
from gate.context.paths import BadPattern, clean, has_wildcards, join, rooted
from gate.context.patterns import Matcher
from gate.context.transfer import Sent, list_all, send
from gate.context.witness import Witness
from gate.record import dataclass

_IGNORE_FILE = ".dockerignore"
_MAX_IGNORE_BYTES = 16 << 20
_MAX_LINKS = 255


@dataclass(frozen=True, slots=True)
class IgnoreFile:
    """The ignore file in force: where it stands, its text, its patterns, and what the builder would say against it."""

    shown: str
    data: bytes
    matcher: Matcher | None
    fault: str = ""


class BuildContext:
    """A :class:`gate.context.model.Context`. Nothing is read or listed before somebody asks for it."""

    def __init__(
        self,
        root: Item,
        shown_root: str = "",
        own_ignore: tuple[str, bytes] | None = None,
        witness: Witness | None = None,
    ) -> None:
        """``own_ignore``: shown path and content of ``<Dockerfile>.dockerignore``, which replaces ``.dockerignore``;
        ``witness`` knows what was looked at."""
        self.root = root
        self.witness = witness
        self._shown_root = shown_root
        self._own_ignore = own_ignore
        self._sent: dict[frozenset[str] | None, Sent] = {}

    def entries(self) -> Iterator[Entry]:
        """Everything that the builder would be sent when a COPY asks for the whole context, sorted by path."""
        found = []
        waiting = [self.sent(None)]
        while waiting:
            for sent in waiting.pop().children().values():
                found.append(sent)
                if sent.type == "directory":
                    waiting.append(sent)
        found.sort(key=lambda sent: sent.path)
        return map(_entry, found)

    def get(self, path: str) -> Entry | None:
        path = clean(path)
        if self.lacks(path):  # which costs less than to work out what the builder would be sent
            return None
        item = lookup(self.sent(None), path)
        return _entry(item) if isinstance(item, Sent) and item.path else None

    def ignored(self, path: str) -> bool:
        path = clean(path)
        return lookup(self.root, path) is not None and lookup(self.sent(None), path) is None

    def lacks(self, path: str) -> bool:
        item: Item | None = self.root
        for name in path.split("/") if not has_wildcards(path) else ():
            if item is None or item.type == "symlink" or item.problem:
                break
            item = item.child(name) if name else item
        return item is None

    def read(self, path: str, limit: int = 1 << 20) -> bytes | None:
        item = follow(self.sent(None), path)
        return item.read(limit) if item is not None else None

    def shown(self, path: str) -> str:
        return join(self._shown_root, path)

    @property
    def ignore_file(self) -> str | None:
        return self.ignore.shown if self.ignore is not None else None

    @property
    def ignore_fault(self) -> str:
        """What the builder says against the ignore file; empty when it takes it."""
        return self.ignore.fault if self.ignore is not None else ""

    @cached_property
    def ignore(self) -> IgnoreFile | None:
        if self._own_ignore is not None:
            shown, data = self._own_ignore
        else:
            item = follow(self.root, _IGNORE_FILE)
            found = item.read(_MAX_IGNORE_BYTES) if item is not None else None
            if found is None:
                return None
            shown, data = self.shown(_IGNORE_FILE), found
        try:
            return IgnoreFile(shown, data, Matcher(parse_ignore_file(data)))
        except (IgnoreFileError, BadPattern) as error:
            return IgnoreFile(shown, data, None, str(error))

    def sent(self, wanted: Iterable[str] | None) -> Sent:
        """What arrives at the builder when the build asks for these absolute paths (None: for everything).

        Raises :class:`~gate.context.paths.BadPattern`.
        """
        key = None if wanted is None else frozenset(wanted)
        if key is not None and "/" in key:
            key = None
        matcher = self.ignore.matcher if self.ignore is not None else None
        broken = matcher is not None and matcher.broken
        if broken and wanted is None:
            return self._readable
        if key not in self._sent:
            sent = send(self.root, key, matcher)
            if broken:
                list_all(sent)  # the builder stops at the first path that it asks the broken pattern about
            self._sent[key] = sent
        return self._sent[key]

    @cached_property
    def _readable(self) -> Sent:
        """What arrives when the patterns that nobody can read are left out."""
        patterns = self.ignore.matcher.patterns if self.ignore is not None and self.ignore.matcher is not None else []
        sound = [f"{'!' if pattern.exclusion else ''}{pattern.text}" for pattern in patterns if not pattern.broken]
        return send(self.root, None, Matcher(sound))


def open_context(
    root: str, *, shown_root: str = "", dockerfile: str = "", shown_dockerfile: str = "", witnessed: bool = True
) -> BuildContext:
    """The context in a folder. ``dockerfile`` is the file to build, which may have an ignore file of its own beside it;
    the ``shown_`` paths are what users should see of the two. ``witnessed``: what is looked at is to be known."""
    own, witness = None, Witness() if witnessed else None
    if dockerfile:
        ignore = on_disk(dockerfile + _IGNORE_FILE, witness)
        data = ignore.read(_MAX_IGNORE_BYTES) if ignore is not None else None
        own = (f"{shown_dockerfile or dockerfile}{_IGNORE_FILE}", data) if data is not None else None
    return BuildContext(on_disk(root, witness) or DiskItem(root, None, witness), shown_root, own, witness)


def memory_context(
    files: Mapping[str, str | bytes | Link | Folder],
    *,
    modes: Mapping[str, int] | None = None,
    own_ignore: str | bytes | None = None,
) -> BuildContext:
    """A context that exists only here: path → content, :class:`Link` or :class:`Folder`; ``modes`` where not 0644."""
    root = MemoryItem("directory", 0o755)
    given = modes or {}
    for path, content in files.items():
        place = clean(path).strip("/")
        if isinstance(content, Link):
            item = MemoryItem("symlink", 0o777, link=content.target)
        elif isinstance(content, Folder):
            item = MemoryItem("directory", given.get(path, 0o755))
        else:
            data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
            item = MemoryItem("file", given.get(path, 0o644), data)
        root.add(place, item)
    if isinstance(own_ignore, str):
        own_ignore = own_ignore.encode()
    return BuildContext(root, own_ignore=("Dockerfile.dockerignore", own_ignore) if own_ignore is not None else None)


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link of a context in memory."""

    target: str


@dataclass(frozen=True, slots=True)
class Folder:
    """An empty folder of a context in memory."""


def follow(root: Item, path: str) -> Item | None:
    """The item at a path, every link followed, absolute ones and ``..`` kept inside the root; None without one."""
    waiting = [part for part in reversed(rooted(path).split("/")) if part]
    at: list[Item] = [root]
    links = 0
    while waiting:
        name = waiting.pop()
        if name == "..":
            if len(at) > 1:
                at.pop()
            continue
        item = at[-1].child(name)
        if item is None:
            return None
        if item.type == "symlink":
            links += 1
            target = item.link or ""
            if links > _MAX_LINKS:
                return None
            at = [root] if target.startswith("/") else at
            waiting.extend(part for part in reversed(target.split("/")) if part not in ("", "."))
        else:
            at.append(item)
    return at[-1]


def _entry(sent: Sent) -> Entry:
    type_ = sent.type if sent.type in {"file", "directory", "symlink"} else "other"
    return Entry(sent.path, type_, sent.mode, sent.size, sent.link)
