"""One Python requirement, as pip reads it on a command line or in a requirements file.

The forms, tried in pip's order: an address (``git+https://…``, ``https://…/x.whl``), a path (``.``, ``./pkg[dev]``,
``x.whl``), a named direct reference (``name @ address``), a name with a version specifier. What none of them fits is
left unresolved: pip refuses it, and whether a package is pinned is then not the question.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from gate.lazy import pattern
from gate.packages.model import Pin, Request

if TYPE_CHECKING:
    from gate.rule import HasPlace

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_REQUIREMENT = pattern(
    rf"\s*(?P<name>{_NAME})\s*(?:\[(?P<extras>[^\]]*)\])?\s*"
    r"(?:@\s*(?P<url>\S.*?)|(?P<spec>\([^)]*\)|[=<>!~][^;]*)?)\s*(?:;(?P<marker>.*))?",
    re.DOTALL,
)
_CLAUSE = pattern(r"(===|==|~=|!=|<=|>=|<|>)\s*([^\s,;=<>~]+)")
_SCHEME = pattern(r"(?i)(?:https?|file|ftp|(?:git|hg|svn|bzr)\+[a-z0-9+]+):|(?:git|hg|svn|bzr)\+[^:/@]+@")
_ARCHIVES = (
    ".whl",
    ".zip",
    ".tar.gz",
    ".tgz",
    ".tar",
    ".tar.bz2",
    ".tbz",
    ".tar.xz",
    ".txz",
    ".tlz",
    ".tar.lz",
    ".tar.lzma",
)
_COMMIT = pattern(r"(?i)(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_HASH_FRAGMENT = pattern(r"(?:^|&)(?:sha(?:224|256|384|512|1)|md5)=[0-9A-Fa-f]{32,}")
_VERSION_IN_FILE = pattern(
    r"(?:^|[-_/@])v?(\d+(?:\.\d+)+(?:[-_.+]?[A-Za-z0-9]+)*?)(?=-(?:py|cp)|\.(?:tar|zip|tgz|whl|tbz|txz)|[-_/]|$)"
)


@lru_cache(maxsize=4096)
def normalized(name: str) -> str:
    """The one spelling of a PyPI name: lower case, runs of ``-_.`` become one dash."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement(value: str, at: HasPlace, *, editable: bool = False, hashes: tuple[str, ...] = ()) -> Request:
    """Read a requirement of known text."""
    value = value.strip()
    if (":" in value or "@" in value) and _SCHEME.match(value):
        return _address(value, at, editable, hashes)
    path = value.partition(";")[0].strip() if ";" in value else value
    if editable or _is_path(path):
        wheel, version = _wheel(path)
        return Request(wheel, "pypi", Pin.LOCAL, at, version, url=path, editable=editable)
    match = _REQUIREMENT.fullmatch(value)
    if match is None:
        return Request("", "pypi", Pin.UNRESOLVED, at, specifier=value)
    name, extras, url, spec, marker = match.groups()
    if url:
        request = _address(url.partition(" ;")[0].partition("; ")[0], at, editable, hashes)
        request.name = name
        request.extras = _extras(extras)
        return request
    specifier = spec.strip().strip("()").strip() if spec else ""
    pin, version = pin_of(specifier) if specifier else (Pin.NONE, None)
    if hashes and pin is Pin.EXACT:
        pin = Pin.HASH
    return Request(name, "pypi", pin, at, version, specifier, _extras(extras), (marker or "").strip(), hashes=hashes,
                   editable=editable)  # fmt: skip


def unresolved_requirement(prefix: str, at: HasPlace, *, editable: bool = False) -> Request:
    """What the known beginning of a requirement tells when its end cannot be known."""
    match = re.match(rf"({_NAME})(?=[\[=<>!~ ;])", prefix)
    return Request(match[1] if match else "", "pypi", Pin.UNRESOLVED, at, specifier=prefix, editable=editable)


def pin_of(specifier: str) -> tuple[Pin, str | None]:
    """The strength of a PEP 440 specifier, and the version where it is exact."""
    if not specifier:
        return Pin.NONE, None
    clauses = _CLAUSE.findall(specifier)
    if not clauses or _CLAUSE.sub("", specifier).strip(" ,\t"):
        return Pin.UNRESOLVED, None
    best = Pin.RANGE
    for operator, version in clauses:
        if operator == "===" or (operator == "==" and not version.endswith(".*")):
            return Pin.EXACT, version
        if operator == "==":
            best = Pin.WILDCARD
        elif operator == "~=" and best is Pin.RANGE:
            best = Pin.COMPATIBLE
    lower = {version for operator, version in clauses if operator == ">="}
    both = lower & {version for operator, version in clauses if operator == "<="}
    return (Pin.EXACT, both.pop()) if both else (best, None)


def is_floor(specifier: str) -> bool:
    """True for a lower bound alone (``>=2.31``): often a security floor, and never meant as a pin."""
    return bool(re.fullmatch(r">=?\s*[^,]+", specifier))


def version_in_url(url: str) -> str | None:
    """The version that the file name of an archive, or the tag in its path, spells out."""
    path = unquote(_path(url))
    match = _VERSION_IN_FILE.search(path.rpartition("/")[2]) or _VERSION_IN_FILE.search(path)
    return match[1] if match else None


def _path(url: str) -> str:
    """The path of an address, however broken the rest of it is."""
    rest = url.partition("://")[2] or url
    slash = rest.find("/")
    return re.split("[?#]", rest[slash:], maxsplit=1)[0] if slash >= 0 else ""


def is_short_commit(revision: str) -> bool:
    """True for an abbreviated commit: it names one today, and may be ambiguous later."""
    return bool(re.fullmatch(r"[0-9a-f]{7,39}", revision)) and any(character.isdigit() for character in revision)


def _extras(text: str | None) -> tuple[str, ...]:
    return tuple(extra.strip() for extra in text.split(",") if extra.strip()) if text else ()


def _is_path(value: str) -> bool:
    """pip's own test: a separator, a leading dot, or the name of an archive."""
    if not ("." in value or "/" in value or "~" in value):
        return False
    bare = value.partition("[")[0]
    if bare.startswith((".", "~")) or (bare.lower().endswith(_ARCHIVES) and "@" not in bare):
        return True
    return "/" in bare and "/" in re.split(r"[@=<>!~;\s]", bare, maxsplit=1)[0]


def _wheel(path: str) -> tuple[str, str | None]:
    """Name and version of a wheel, by its file name."""
    name = path.rpartition("/")[2].partition("[")[0]
    parts = name.split("-")
    return (parts[0], parts[1]) if name.endswith(".whl") and len(parts) >= 5 and "*" not in name else ("", None)


def _address(value: str, at: HasPlace, editable: bool, hashes: tuple[str, ...]) -> Request:
    url, _, fragment = value.partition("#")
    fields = dict(part.split("=", 1) for part in fragment.split("&") if "=" in part)
    egg = re.match(rf"{_NAME}", fields.get("egg", ""))
    request = Request(egg[0] if egg else "", "pypi", Pin.MOVABLE, at, url=value, hashes=hashes, editable=editable)
    scheme = url.partition(":")[0].lower()
    if "+" in url.partition("/")[0]:
        _repository(request, url)
    elif scheme == "file":
        request.pin = Pin.LOCAL
    else:
        _archive(request, url, bool(hashes) or bool(_HASH_FRAGMENT.search(fragment)))
    return request


def _repository(request: Request, url: str) -> None:
    """Set the revision: the last ``@`` of the path, never the one behind a user name."""
    if "://" not in url:  # git+git@host:path, which pip reads as git+ssh://
        url = url.replace("+", "+ssh://", 1)
    _, at, revision = _path(url).rpartition("@")
    if at:
        request.revision = unquote(revision)
        if _COMMIT.match(revision):
            request.pin = Pin.HASH
    if "$" in url:
        request.pin = Pin.UNRESOLVED


def _archive(request: Request, url: str, hashed: bool) -> None:
    name = unquote(_path(url)).rpartition("/")[2]
    wheel, version = _wheel(name)
    request.version = version or version_in_url(url)
    request.name = request.name or wheel
    stem = re.sub(r"\.(?:zip|tar\.\w+|tgz)\Z", "", name)
    if hashed or _COMMIT.match(stem):
        request.pin = Pin.HASH
    elif request.version or is_short_commit(stem):
        request.pin = Pin.EXACT
    elif "$" in url:
        request.pin = Pin.UNRESOLVED
