"""The nouns of serving: addresses, routes, servers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gate.model import Place, Unknown
from gate.record import dataclass, field

if TYPE_CHECKING:
    from gate.image.model import File

EVERYWHERE = "0.0.0.0"  # noqa: S104  (read in configurations, never bound to)
UNKNOWN = Unknown("not known")
"""A value of a program or a command line that cannot be worked out."""
MANY = Unknown("any number of words")
"""Stands in a command line for words that cannot be counted."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that an environment variable decides when the container is started; ``default`` is what it is without."""

    name: str
    default: Any


def plain(value: Any) -> Any:
    """The value as it is when nobody sets the variable that may decide it."""
    return value.default if isinstance(value, Variable) else value


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens. ``port`` is None for a Unix ``socket``; what cannot be known is Unknown.

    ``host`` is empty for every address of the machine. ``variable`` names the environment variable that may change it.
    ``certain`` is False where the program listens there only in some cases.
    """

    host: str | Unknown
    port: int | Unknown | None
    place: Place
    socket: str = ""
    variable: str = ""
    certain: bool = True

    @property
    def loopback(self) -> bool:
        return isinstance(self.host, str) and (
            self.host in ("localhost", "::1", "ip6-localhost") or self.host.startswith("127.")
        )


@dataclass(eq=False, slots=True)
class Route:
    """One route of an application. ``pattern`` is the regular expression of its path, empty for plain text; ``methods`` None: any.
    ``handler`` is the function."""

    path: str
    pattern: str
    methods: frozenset[str] | None
    place: Place
    certain: bool = True
    handler: Any = None


@dataclass(eq=False, slots=True)
class Answer:
    """Whether a request finds a route: ``yes`` with the routes, ``no`` (``allowed`` are the methods that the path takes,
    empty when there is no such path), or ``unknown`` with the reason."""

    verdict: str
    routes: list[Route] = field(default_factory=list)
    allowed: frozenset[str] = frozenset()
    place: Place | None = None
    reason: str = ""


@dataclass(eq=False, slots=True)
class Directive:
    """Of nginx: ``name words… ;`` or ``name words… { children }``."""

    name: str
    words: list[str]
    place: Place
    children: list[Directive] | None = None


@dataclass(eq=False, slots=True)
class Location:
    """A ``location`` of nginx. ``kind``: ``=``, ``^~``, ``~``, ``~*``, or empty for a prefix. ``to`` is the address that a request is
    passed on to, with the URI that takes the place of the matched part (None: the request's own). ``status``: what ``return``
    answers."""

    kind: str
    path: str
    place: Place
    to: str = ""
    uri: str | None = None
    status: int | None = None
    unread: str = ""
    directives: list[Directive] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Host:
    """One ``server`` block of nginx."""

    place: Place
    addresses: list[Address]
    locations: list[Location]
    directives: list[Directive]


@dataclass(eq=False, slots=True)
class Site:
    """A whole configuration of nginx. ``unread`` says what of it could not be read. ``upstreams``: name → addresses."""

    hosts: list[Host] = field(default_factory=list)
    upstreams: dict[str, list[str]] = field(default_factory=dict)
    main: list[Directive] = field(default_factory=list)
    http: list[Directive] = field(default_factory=list)
    unread: str = ""

    @property
    def in_foreground(self) -> bool | None:
        """What ``daemon`` says; None where it is not there."""
        for directive in self.main:
            if directive.name == "daemon" and directive.words:
                return directive.words[0] == "off"
        return None


@dataclass(eq=False, slots=True)
class Server:
    """One server that the launch starts.

    ``kind`` is its name (``gunicorn``). ``app`` is the application that it runs (:class:`gate.servers.apps.App`), ``site``
    the nginx configuration, ``routes`` what a ready-made server answers: ``(method, path)``; with none of the three its routes are
    unread, for the reason in ``unread``. ``last``: the container lives as long as it; ``waited``: a program starts it and waits
    for whichever of its children ends first. ``development``: where a framework's own server for development is started.
    ``settings`` has its time-outs and limits by the server's own names.
    """

    kind: str
    addresses: list[Address]
    place: Place
    app: Any = None
    site: Site | None = None
    routes: tuple[tuple[str, str], ...] | None = None
    unread: str = ""
    certain: bool = True
    background: bool = False
    last: bool = True
    waited: bool = False
    development: Place | None = None
    settings: dict[str, tuple[Any, Place]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Script:
    """A program in Python or R: a file of the image. ``first``: it is process 1 itself. ``unbuffered``: what it prints is not kept
    back."""

    file: File
    first: bool
    unbuffered: bool


@dataclass(eq=False, slots=True)
class Serving:
    """All that a launch starts. ``unread`` are programs that may be servers, with the reason why that is not known.

    ``undecided``: why the launch itself is. ``platform_serves``: the base image or a toolkit of the platform answers it. ``sources``
    are the Python files that were read, ``idle`` commands that keep the container alive and do nothing else. ``scripts`` are the
    programs in Python and R that it comes to in the foreground.
    """

    servers: list[Server] = field(default_factory=list)
    unread: list[tuple[str, Place]] = field(default_factory=list)
    undecided: Unknown | None = None
    platform_serves: bool = False
    place: Place | None = None
    sources: list[Any] = field(default_factory=list)
    idle: list[Place] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    silent: bool = False
    followed: bool = False

    @property
    def starts_nothing(self) -> bool:
        """Whether the launch was followed to its end, and nothing that could serve was started."""
        return self.followed and not self.servers and not self.platform_serves

    def outside(self) -> Iterator[tuple[Server, Address]]:
        """What may be reached from outside of the container: every address that is a port."""
        for server in self.servers:
            for address in server.addresses:
                if not address.socket:
                    yield server, address
