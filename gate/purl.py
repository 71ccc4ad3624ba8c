"""Package URLs: ``pkg:deb/debian/libssl3@3.0.9-1?distro=debian-12``, and whether one stands for another."""

from __future__ import annotations

import re
from urllib.parse import unquote

from gate.lazy import pattern
from gate.record import dataclass, field

_LONGEST = 4096
_TYPE = pattern(r"[A-Za-z][A-Za-z0-9.+-]*", re.ASCII)
_LOWER = frozenset({"pypi", "deb", "apk", "rpm", "github", "bitbucket", "oci", "composer"})
"""The types whose names are not told apart by case."""


@dataclass(frozen=True, slots=True)
class Purl:
    """A package URL taken apart and brought to the one spelling of its type. ``version`` None: any."""

    type: str
    namespace: str
    name: str
    version: str | None = None
    qualifiers: dict[str, str] = field(default_factory=dict)

    def covers(self, other: Purl) -> bool:
        """Whether the other is one of those that this one stands for: what this one says, the other does not
        contradict."""
        if (self.type, self.namespace, self.name) != (other.type, other.namespace, other.name):
            return False
        if self.version is not None and self.version != other.version:
            return False
        return all(other.qualifiers.get(key, value) == value for key, value in self.qualifiers.items())


def parse(text: str) -> Purl | None:
    """Read a package URL; None for what is none."""
    if not text.startswith("pkg:") or len(text) > _LONGEST:
        return None
    rest, _, query = text[4:].partition("#")[0].partition("?")
    kind, slash, path = rest.lstrip("/").partition("/")
    if not slash or not _TYPE.fullmatch(kind):
        return None
    at = path.rfind("@")
    version = unquote(path[at + 1 :]) if at > path.rfind("/") and at > 0 else None
    path = path[:at] if version is not None else path
    *namespace, name = [unquote(part) for part in path.split("/") if part] or [""]
    if not name or version == "":
        return None
    kind = kind.lower()
    lower = kind in _LOWER
    folder = "/".join(namespace)
    return Purl(kind, folder.lower() if lower else folder, _name(name, kind), version, _qualifiers(query))


def _name(name: str, kind: str) -> str:
    if kind == "pypi":
        name = re.sub(r"[-_.]+", "-", name)
    return name.lower() if kind in _LOWER else name


def _qualifiers(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in query.split("&"))
    return {key.lower(): unquote(value) for key, _, value in pairs if key and value}
