"""What the rules about package versions share: which requests to look at, and how firm they must be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gate.model import Severity
from gate.packages.installs import installs
from gate.packages.model import Install, Pin, Request
from gate.packages.options import listed
from gate.packages.requirement import is_floor, is_short_commit, normalized
from gate.packages.resolve import Wanted, wanted

if TYPE_CHECKING:
    from gate.build import Build

_TOOLS = listed(
    "pip setuptools wheel uv pipx poetry pdm pipenv conda mamba conda-build npm yarn pnpm gem bundler corepack distribute"
)
_LEVELS = ["range", "compatible", "wildcard", "exact", "hash"]
_RANKS = {
    Pin.NONE: -1,
    Pin.MOVABLE: -1,
    Pin.RANGE: 0,
    Pin.COMPATIBLE: 1,
    Pin.WILDCARD: 2,
    Pin.EXACT: 3,
    Pin.HASH: 4,
    Pin.LOCAL: 4,
}
_WORDS = {
    Pin.NONE: "has no version",
    Pin.RANGE: "has only a range for a version",
    Pin.COMPATIBLE: "has only a compatible release for a version",
    Pin.WILDCARD: "has a wildcard in its version",
    Pin.EXACT: "has a version but no hash",
}


def requests(build: Build, *ecosystems: str) -> Iterator[tuple[Install, Wanted, Request]]:
    """Every request of some ecosystems, those of files included; a line of a file only once."""
    seen = set()
    for install in installs(build, triggers=True):
        if install.ecosystem not in ecosystems and install.ecosystem != "conda":
            continue  # only the files of conda name packages of another ecosystem
        if install.verb == "uninstall" or install.arguments.has("--no-index"):
            continue  # without an index, the files that lie there decide
        needs = wanted(install, build)
        for request in install.requests:
            if request.ecosystem in ecosystems:
                yield install, needs, request
        for request in needs.from_files:
            if request.ecosystem in ecosystems and request.place not in seen:
                seen.add(request.place)
                yield install, needs, request


def weak(pin: Pin, build: Build) -> bool:
    """True when a pin is below what the policy asks for (``pinning: packages``); the default is an exact version."""
    if pin is Pin.UNRESOLVED:
        return False
    asked = build.settings.get("pinning", {}).get("packages", "exact")
    return _RANKS[pin] < _LEVELS.index(asked)


def severity(request: Request, pin: Pin) -> Severity | None:
    """Lower than the rule's own (None) for a tool's own upgrade, for a lower bound alone, and for a tag with a version."""
    if normalized(request.name) in _TOOLS and not request.url:
        return Severity.LOW
    if pin is Pin.EXACT or (pin is Pin.RANGE and is_floor(request.specifier)):
        return Severity.LOW
    if pin is Pin.MOVABLE and request.revision and any(character.isdigit() for character in request.revision):
        return Severity.LOW
    return None


def message(request: Request, pin: Pin) -> str:
    """What is wrong with a request."""
    name = request.name or request.url or "The package"
    if pin is Pin.MOVABLE:
        return f"{name} is installed from {_address(request)}."
    written = f" ({request.specifier.strip()})" if request.specifier else ""
    return f"{name} {_WORDS[pin]}{written}: the next build may get another one."


def _address(request: Request) -> str:
    revision = request.revision
    if revision is None:
        where = request.url or ""
        repository = "+" in where.partition("/")[0] or ".git" in where or "://" not in where
        return (
            "a repository, at whatever commit is the newest"
            if repository
            else "an address that names neither version nor hash"
        )
    if is_short_commit(revision):
        return f"the abbreviated commit {revision}: write all of it"
    return f"{revision}, which may be moved to another commit"
