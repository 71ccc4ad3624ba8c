"""nginx's configuration: directives and blocks, where it listens, and where it sends a request."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase

from gate.image.model import File
from gate.lazy import pattern
from gate.model import Place, Unknown
from gate.packages.options import listed
from gate.servers.model import EVERYWHERE, Address, Directive, Host, Location, Site

LIMIT = 1 << 18
_MAX_DEPTH = 20
_MAX_FILES = 40
_TOKEN = pattern(
    r"""\s+|\#[^\n]*|[{};]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\\.|\$\{|[^\s;{}"'\\])(?:\\.|\$\{\w*\}|[^\s;{\\])*""",
    re.S,
)
_SIZE = pattern(r"(\d+)([kKmMgG]?)")
_TIME = pattern(r"(\d+)(ms|s|m|h|d)?")


class Unreadable(Exception):
    """This is no configuration that nginx would take."""


def tokens(text: str) -> Iterator[tuple[str, int]]:
    """Words, ``{``, ``}`` and ``;`` with their offsets. Raises :class:`Unreadable`."""
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.end() == at:
            raise Unreadable
        if not match[0][0].isspace() and not match[0].startswith("#"):
            yield match[0], at
        at = match.end()


def parse(text: str, place: Callable[[int, int], Place]) -> list[Directive]:
    """The directives of a file. Raises :class:`Unreadable`."""
    root: list[Directive] = []
    stack = [root]
    words: list[str] = []
    start = 0
    for part, at in tokens(text):
        if part == ";" or part == "{":
            if not words:
                raise Unreadable
            end = at
            directive = Directive(words[0], words[1:], place(start, end), [] if part == "{" else None)
            stack[-1].append(directive)
            if directive.children is not None:
                stack.append(directive.children)
            words = []
            if len(stack) > _MAX_DEPTH:
                raise Unreadable
        elif part == "}":
            if words or len(stack) == 1:
                raise Unreadable
            stack.pop()
        else:
            if not words:
                start = at
            quoted = part[0] in "\"'" and part[-1] == part[0] and len(part) > 1
            words.append(part[1:-1] if quoted else part)
    if words or len(stack) > 1:
        raise Unreadable
    return root


class Reader:
    """Reads a configuration and what it includes. ``files`` gives the image's files below a folder or at a path."""

    def __init__(
        self,
        find: Callable[[str], File | Unknown | None],
        listed: Callable[[str], list[File] | Unknown],
        place: Callable[[File, str], Callable[[int, int], Place]],
    ) -> None:
        self._find = find
        self._listed = listed
        self._place = place
        self._count = 0
        self.site = Site()

    def read(self, path: str) -> Site:
        """The site of a main configuration file."""
        site = self.site
        for directive in self._directives(path, path):
            if directive.name == "http":
                self._http(directive.children or [], path)
            elif directive.name == "stream":
                site.unread = site.unread or "its stream block is not read"
            else:
                site.main.append(directive)
        return site

    def parts(self, paths: list[str]) -> Site:
        """The site of files that a main configuration which is not known includes in its ``http`` block."""
        for path in paths:
            self._http(self._directives(path, path), "/etc/nginx/nginx.conf")
        return self.site

    def _directives(self, path: str, main: str) -> list[Directive]:
        """The directives of a file, with the included ones in their place."""
        file = self._find(path)
        self._count += 1
        data = file.read(LIMIT + 1) if isinstance(file, File) and self._count <= _MAX_FILES else None
        if data is None or len(data) > LIMIT or not isinstance(file, File):
            self.site.unread = self.site.unread or f"{path} is not known"
            return []
        text = data.decode("utf-8", "replace").removeprefix("\ufeff")
        try:
            return list(self._included(parse(text, self._place(file, text)), main))
        except Unreadable:
            self.site.unread = self.site.unread or f"{file.source or path} cannot be read as a configuration of nginx"
            return []

    def _included(self, directives: list[Directive], main: str) -> Iterator[Directive]:
        for directive in directives:
            if directive.children is not None:
                directive.children = list(self._included(directive.children, main))
            if directive.name != "include" or not directive.words:
                yield directive
                continue
            name = directive.words[0]
            if name.rpartition("/")[2] in (
                "mime.types",
                "uwsgi_params",
                "fastcgi_params",
                "proxy_params",
                "scgi_params",
            ):
                continue
            yield from self._include(posixpath.normpath(posixpath.join(posixpath.dirname(main), name)), main)

    def _include(self, path: str, main: str) -> Iterator[Directive]:
        if not re.search(r"[*?\[]", path):
            yield from self._directives(path, main)
            return
        folder, _, name = path.rpartition("/")
        if folder == "/etc/nginx/modules-enabled":
            return
        listed = self._listed(folder)
        if isinstance(listed, Unknown):
            if folder not in ("/etc/nginx/conf.d", "/etc/nginx/sites-enabled"):
                self.site.unread = self.site.unread or f"{folder} is not known"
            return
        for file in listed:
            if fnmatchcase(file.path.rpartition("/")[2], name):
                yield from self._directives(file.path, main)

    def _http(self, directives: list[Directive], main: str) -> None:
        for directive in directives:
            if directive.name == "server":
                self.site.hosts.append(_host(directive))
            elif directive.name == "upstream" and directive.words:
                servers = [each.words[0] for each in directive.children or () if each.name == "server" and each.words]
                self.site.upstreams[directive.words[0]] = servers
            else:
                self.site.http.append(directive)


def _host(block: Directive) -> Host:
    children = block.children or []
    addresses = [address for each in children if each.name == "listen" for address in listens(each)]
    if not any(each.name == "listen" for each in children):
        addresses = [Address("", 80, block.place)]
    locations = [location for each in children if each.name == "location" for location in _locations(each)]
    return Host(block.place, addresses, locations, children)


def listens(directive: Directive) -> Iterator[Address]:
    """``listen 8080 deferred;``, ``listen [::]:80``, ``listen unix:/tmp/x.sock``, ``listen 127.0.0.1``."""
    word = directive.words[0] if directive.words else ""
    if word.startswith("unix:"):
        yield Address("", None, directive.place, socket=word[5:])
        return
    host, colon, port = word.rpartition(":")
    if word.endswith("]") or not colon:
        host, port = ("", word) if word.isdigit() else (word, "80")
    host = host.strip("[]")
    if re.search(r"[^\d]", port) or not port or re.search(r"[${}%<]", word):
        yield Address(Unknown("templated"), Unknown(f"listen {word}"), directive.place)
        return
    everywhere = host in ("", "*", EVERYWHERE, "::")
    yield Address("" if everywhere else host, int(port[:6]), directive.place)


def _locations(block: Directive, depth: int = 0) -> Iterator[Location]:
    words = block.words
    kind = words[0] if len(words) > 1 and words[0] in ("=", "^~", "~", "~*") else ""
    path = words[1] if kind else (words[0] if words else "")
    for prefix in ("~*", "~", "=", "^~"):
        if not kind and path.startswith(prefix):
            kind, path = prefix, path[len(prefix) :]
    location = Location(kind, path, block.place, directives=block.children or [])
    for directive in block.children or ():
        _passes(location, directive)
        if directive.name == "location" and depth < 5:
            yield from _locations(directive, depth + 1)
    yield location


_UNREAD = listed(
    """rewrite if js_content content_by_lua_block content_by_lua_file fastcgi_pass scgi_pass perl try_files alias proxy_method
    auth_request js_body_filter access_by_lua_file rewrite_by_lua_file content_by_lua internal grpc_pass"""
)


def _passes(location: Location, directive: Directive) -> None:
    """What one directive of a location does with its requests."""
    words = directive.words
    if directive.name in ("proxy_pass", "uwsgi_pass") and words:
        location.to = directive.name + " " + words[0]
        match = re.match(r"https?://(unix:[^:]*:?|[^/]*)(/.*)?$", words[0])
        if directive.name == "proxy_pass" and match:
            location.to, location.uri = match[1].rstrip(":"), match[2]
        elif directive.name == "uwsgi_pass":
            location.to = words[0]
    elif directive.name == "return" and words and words[0].isdigit():
        location.status = int(words[0][:4])
    elif directive.name in _UNREAD and not (directive.name == "try_files" and location.to):
        location.unread = location.unread or directive.name


def choose(host: Host, path: str) -> Location | None:
    """The location that nginx takes for a path: ``=``, then the longest prefix if it is ``^~``, then the first regular
    expression, then the longest prefix. Raises :class:`Unreadable` for an expression that Python does not read."""
    exact = next((each for each in host.locations if each.kind == "=" and each.path == path), None)
    if exact is not None:
        return exact
    prefixes = [
        each
        for each in host.locations
        if each.kind in ("", "^~") and path.startswith(each.path) and each.path[:1] != "@"
    ]
    longest = max(prefixes, key=lambda each: len(each.path), default=None)
    if longest is not None and longest.kind == "^~":
        return longest
    for each in host.locations:
        if each.kind in ("~", "~*") and matches(each.path, path, ignore_case=each.kind == "~*"):
            return each
    return longest


def matches(expression: str, path: str, *, ignore_case: bool) -> bool:
    """Whether a location's expression is in a path. Raises :class:`Unreadable`."""
    if len(expression) > 200 or re.search(r"[*+}]\)?[*+{]|\([^)]*[*+][^)]*\)[*+{]", expression):
        raise Unreadable
    try:
        return re.search(expression.strip("\"'"), path, re.I if ignore_case else 0) is not None
    except re.error:
        raise Unreadable from None


def passed_on(location: Location, path: str) -> str:
    """The path that the server behind a location is asked for."""
    if location.uri is None or location.kind in ("~", "~*"):
        return path
    return location.uri + path[len(location.path) :] if location.kind != "=" else location.uri


def size(text: str) -> int | None:
    """``5m`` in bytes."""
    match = _SIZE.fullmatch(text)
    if match is None or len(match[1]) > 15:
        return None
    return int(match[1]) << {"": 0, "k": 10, "m": 20, "g": 30}[match[2].lower()]


def seconds(text: str) -> float | None:
    """``60s``, ``1m`` in seconds."""
    match = _TIME.fullmatch(text)
    if match is None or len(match[1]) > 12:
        return None
    return int(match[1]) * {"ms": 0.001, "": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2] or ""]


def setting(site: Site, host: Host, location: Location | None, name: str) -> Directive | None:
    """The directive in force: the location's, else the server's, else that of ``http``."""
    for level in (location.directives if location is not None else [], host.directives, site.http):
        for directive in level:
            if directive.name == name:
                return directive
    return None
