"""Web applications as routes: what Flask, FastAPI and their like would answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gate.lazy import pattern
from gate.model import Place
from gate.record import dataclass, field
from gate.servers.model import Answer, Route, plain

_MAX_DEPTH = 8
_PARAMETERS = {
    "flask": pattern(r"<(?:(?P<kind>\w+)(?:\([^)]*\))?:)?\w+>"),
    "starlette": pattern(r"\{\w+(?::(?P<kind>\w+))?\}"),
    "aiohttp": pattern(r"\{\w+(?::(?P<kind>[^{}]*))?\}"),
    "bottle": pattern(r"<\w+(?::(?P<kind>\w+))?(?::[^>]*)?>"),
}
_SYNTAX = {
    "flask": "flask", "quart": "flask", "sanic": "flask", "fastapi": "starlette", "starlette": "starlette", "falcon": "starlette",
    "aiohttp": "aiohttp", "bottle": "bottle", "tornado": "tornado", "http.server": "plain",
}  # fmt: skip


@dataclass(eq=False, slots=True)
class Rule:
    """A route as it is registered. ``path`` is a string, or what cannot be known."""

    path: Any
    methods: frozenset[str] | None
    place: Place
    certain: bool
    handler: Any = None


@dataclass(eq=False, slots=True)
class Part:
    """An application inside of another one. ``mounted``: it takes every path below its prefix, whether it knows it or not."""

    prefix: Any
    app: Any
    certain: bool
    mounted: bool = False


@dataclass(eq=False, slots=True)
class App:
    """An application, or a part of one (blueprint, router). ``kind`` is the framework.

    ``open`` says why it may have routes that are not listed. ``settings`` is its configuration as far as known.
    """

    kind: str
    place: Place
    prefix: Any = ""
    entries: list[Rule | Part] = field(default_factory=list)
    open: str = ""
    settings: dict[str, tuple[Any, Place]] = field(default_factory=dict)

    def add(self, rule: Rule) -> None:
        self.entries.append(rule)

    def include(self, prefix: Any, app: Any, certain: bool) -> None:
        self.entries.append(Part(prefix, app, certain))

    def mount(self, prefix: Any, app: Any, certain: bool) -> None:
        self.entries.append(Part(prefix, app, certain, mounted=True))

    def routes(self) -> Iterator[Route]:
        """Every route that is known, those of its parts too."""
        for entry in self._flat("", 0, True):
            if isinstance(entry, Route):
                yield entry
            elif isinstance(entry, Part) and isinstance(entry.app, App):
                yield from entry.app._below(entry.prefix)

    def _below(self, prefix: str) -> Iterator[Route]:
        return (entry for entry in self._flat(prefix, 1, True) if isinstance(entry, Route))

    def _flat(self, prefix: str, depth: int, certain: bool) -> Iterator[Route | Part | str]:
        """Routes and mounted applications in their order, with the whole prefix; a text says why there may be more."""
        if self.open:
            yield self.open
        for entry in self.entries:
            at = plain(entry.path if isinstance(entry, Rule) else entry.prefix)
            if not isinstance(at, str) or depth > _MAX_DEPTH:
                yield "the path of a route is not known"
            elif isinstance(entry, Rule):
                whole = prefix + at
                yield Route(
                    whole, expression(whole, self.kind), entry.methods, entry.place, certain and entry.certain, entry.handler
                )  # fmt: skip
            elif entry.mounted:
                yield Part(prefix + at.rstrip("/"), entry.app, certain and entry.certain, mounted=True)
            elif isinstance(entry.app, App):
                yield from entry.app._flat(prefix + at.rstrip("/"), depth + 1, certain and entry.certain)
            else:
                yield "what is included in the application is not known"

    def answer(self, method: str, path: str, prefix: str = "", depth: int = 0) -> Answer:
        """Whether a request finds a route here."""
        found: list[Route] = []
        reason, other = "", path[:-1] if path.endswith("/") else path + "/"
        for entry in self._flat(prefix, depth, True):
            if isinstance(entry, str):
                reason = reason or entry
            elif isinstance(entry, Part):
                if path == entry.prefix or path.startswith(entry.prefix + "/"):
                    return _inside(entry, method, path, depth)
            elif _fits(entry, path):
                found.append(entry)
                if entry.methods is None or method in entry.methods:
                    return Answer("yes", [entry])
                if self.kind == "tornado":
                    break  # the first that fits is the one
            elif _fits(entry, other):
                reason = reason or f"the route is {other}, and the caller may follow the redirection"
        if reason:
            return Answer("unknown", found, reason=reason)
        if not found:
            return Answer("no", place=self.place)
        return Answer("no", found, frozenset().union(*(route.methods or () for route in found)), found[0].place)


def _inside(part: Part, method: str, path: str, depth: int) -> Answer:
    """A mounted application takes all that is below its prefix."""
    if not isinstance(part.app, App) or not part.certain or depth > _MAX_DEPTH:
        return Answer("unknown", reason="what is mounted there is not read")
    return part.app.answer(method, path, part.prefix, depth + 1)


def _fits(route: Route, path: str) -> bool:
    if not route.pattern:
        return route.path == path
    try:
        return re.fullmatch(route.pattern, path) is not None
    except re.error:
        return True


def expression(path: str, kind: str) -> str:
    """The regular expression of a framework's route; empty for one that is plain text. Of a program's own expressions only simple
    ones are taken."""
    syntax = _SYNTAX.get(kind, "plain")
    if syntax == "tornado":
        simple = not re.search(r"[*+}]\)?[*+{?]|\([^)]*[*+][^)]*\)[*+{]", path) and len(path) < 200
        return path.rstrip("$").lstrip("^") if simple else ".*"
    parameters = _PARAMETERS.get(syntax)
    if parameters is None or not ("{" in path or "<" in path):
        return ""
    made, at = [], 0
    for match in parameters.finditer(path):
        made.append(re.escape(path[at : match.start()]))
        kind_of_value = match["kind"] or ""
        anything = ".+" if syntax in ("flask", "bottle") or kind_of_value == ".+" else ".*"
        made.append(anything if kind_of_value in ("path", ".*", ".+") else r"[^/]+")
        at = match.end()
    return "".join(made) + re.escape(path[at:])
