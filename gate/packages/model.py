"""The nouns of an installation: a request for a package, how firmly it is pinned, the command that makes it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from gate.model import Place
from gate.record import dataclass, field

if TYPE_CHECKING:
    from gate.dockerfile.command import Command
    from gate.dockerfile.tree import Run, Stage
    from gate.packages.options import Arguments
    from gate.rule import HasPlace


class Pin(Enum):
    """How firmly a request names what will be installed, from worst to best, and the cases outside that scale."""

    NONE = "none"  # any version
    RANGE = "range"  # >=1, <2, !=1.5
    COMPATIBLE = "compatible"  # ~=1.2, ^1.2, conda =1.2
    WILDCARD = "wildcard"  # ==1.*
    EXACT = "exact"
    HASH = "hash"  # exact and proven: a hash, a build string, a full commit
    LOCAL = "local"  # a file or folder of the image: nothing to pin
    MOVABLE = "movable"  # an address whose content may change: a branch, a tag, an archive without version or hash
    UNRESOLVED = "unresolved"  # not decidable from the text: a variable of unknown value, a file that cannot be read

    __hash__ = object.__hash__  # each is there once; Enum's own asks for the hash of the name, in Python

    @property
    def fixed(self) -> bool:
        """True when the next build gets the same thing."""
        return self in _FIXED

    @property
    def loose(self) -> bool:
        """True when the next build may get another thing. An unresolved request is neither fixed nor loose."""
        return self in _LOOSE


_FIXED = frozenset({Pin.EXACT, Pin.HASH, Pin.LOCAL})
_LOOSE = frozenset({Pin.NONE, Pin.RANGE, Pin.COMPATIBLE, Pin.WILDCARD, Pin.MOVABLE})


@dataclass(slots=True, eq=False)
class Request:
    """One package that a command or a file asks for.

    ``name`` is as written, "" where not knowable. ``version`` is set for an exact pin only. ``specifier`` is the
    version part as written (``>=1,<2``). ``url`` is set for archives and repositories, ``revision`` for the latter.
    ``redirected`` marks a word whose version part the shell took for a redirection. ``at`` is where it stands: a word
    of the Dockerfile, or a text of a file of the context.
    """

    name: str
    ecosystem: str  # the type of a package URL: pypi conda deb apk rpm npm gem golang cargo cran
    pin: Pin
    at: HasPlace
    version: str | None = None
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    url: str | None = None
    revision: str | None = None
    hashes: tuple[str, ...] = ()
    editable: bool = False
    redirected: bool = False

    @property
    def place(self) -> Place:
        return self.at.place


@dataclass(slots=True, eq=False)
class FileRef:
    """A file that a command takes its requests from.

    ``kind``: ``requirements``, ``constraints``, ``environment`` (conda YAML), ``specs`` (conda list). ``path`` is as
    the command sees it, None where not knowable.
    """

    kind: str
    path: str | None
    at: HasPlace

    @property
    def place(self) -> Place:
        return self.at.place


@dataclass(slots=True, eq=False)
class Install:
    """What one command installs.

    ``verb`` is what becomes of the packages: ``install``, ``download`` (fetched, not installed), ``uninstall``.
    ``locks`` are the names of the lock files of which one must be there for the versions to be fixed (empty: not
    lock-based); ``frozen`` tells that the command refuses to run, or to re-resolve, without it. ``complete`` is False
    when there may be requests that the text does not show.
    """

    manager: str
    ecosystem: str
    verb: str
    command: Command
    arguments: Arguments
    requests: tuple[Request, ...] = ()
    files: tuple[FileRef, ...] = ()
    locks: tuple[str, ...] = ()
    frozen: bool = False
    complete: bool = True
    directory: str | None = None  # where a lock-based command looks, when an option says so
    run: Run | None = field(default=None, repr=False)

    @property
    def stage(self) -> Stage | None:
        return self.run.stage if self.run is not None else None

    @property
    def place(self) -> Place:
        return self.command.place
