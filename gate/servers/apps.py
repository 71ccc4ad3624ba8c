"""Web applications as routes: what Flask, FastAPI and their like would answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gate.lazy import pattern
from gate.model import Place
from gate.record import dataclass, field
from gate.servers.model import Answer, Route, plain

ANY = None
METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"})
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
class App:
    """An application, or a part of one (blueprint, router). ``kind`` is the framework.

    ``open`` says why it may have routes that are not listed. ``parts`` are the prefix, the application mounted there, and whether
    that is certain. ``settings`` is its configuration as far as known.
    """

    kind: str
    place: Place
    prefix: Any = ""
    rules: list[Rule] = field(default_factory=list)
    parts: list[tuple[Any, Any, bool]] = field(default_factory=list)
    open: str = ""
    settings: dict[str, tuple[Any, Place]] = field(default_factory=dict)
    mounted: bool = False

    def routes(self, prefix: str = "", depth: int = 0, certain: bool = True) -> Iterator[Route]:
        """Every route, those of its parts too; what has no known path is left out (see :meth:`doubt`)."""
        for rule in self.rules:
            path = plain(rule.path)
            if isinstance(path, str):
                whole = prefix + path
                yield Route(
                    whole,
                    expression(whole, self.kind),
                    rule.methods,
                    rule.place,
                    certain and rule.certain,
                    rule.handler,
                )
        for at, part, sure in self.parts:
            path = plain(at)
            if isinstance(part, App) and isinstance(path, str) and depth < 8:
                yield from part.routes(prefix + path.rstrip("/"), depth + 1, certain and sure)

    def doubt(self, depth: int = 0) -> str:
        """Why there may be routes that are not listed; empty when there cannot."""
        if self.open:
            return self.open
        if any(not isinstance(plain(rule.path), str) for rule in self.rules):
            return "the path of a route is not known"
        for at, part, _ in self.parts:
            if not isinstance(part, App) or not isinstance(plain(at), str) or depth >= 8:
                return "what is mounted in the application is not known"
            inner = part.doubt(depth + 1)
            if inner:
                return inner
        return ""

    def answer(self, method: str, path: str) -> Answer:
        """Whether a request finds a route here."""
        found = [route for route in self.routes() if _fits(route.pattern, path)]
        taken = [route for route in found if route.methods is None or method in route.methods]
        if taken:
            return Answer("yes", taken)
        why = self.doubt()
        if why:
            return Answer("unknown", found, reason=why)
        if not found:
            other = path.rstrip("/") if path.endswith("/") else path + "/"
            if any(_fits(route.pattern, other) for route in self.routes()):
                return Answer("unknown", reason=f"the route is {other}, and the caller may follow the redirection")
            return Answer("no", place=self.place)
        return Answer("no", found, frozenset().union(*(route.methods or () for route in found)), found[0].place)


def _fits(expression: str, path: str) -> bool:
    try:
        return re.fullmatch(expression, path) is not None
    except re.error:
        return True


def expression(path: str, kind: str) -> str:
    """The regular expression of a framework's route. Of a program's own expressions only plain ones are taken."""
    syntax = _SYNTAX.get(kind, "plain")
    if syntax == "tornado":
        simple = not re.search(r"[*+}]\)?[*+{?]|\([^)]*[*+][^)]*\)[*+{]", path) and len(path) < 200
        return path.rstrip("$").lstrip("^") if simple else ".*"
    parameters = _PARAMETERS.get(syntax)
    if parameters is None:
        return re.escape(path)
    made, at = [], 0
    for match in parameters.finditer(path):
        made.append(re.escape(path[at : match.start()]))
        made.append(".+" if (match["kind"] or "") in ("path", ".*", ".+") else r"[^/]+")
        at = match.end()
    return "".join(made) + re.escape(path[at:])
