"""What the rules about package versions share: which requests to look at, and how firm they must be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gate.model import Severity
from gate.packages.installs import installs
from gate.packages.model import Install, Pin, Request
from gate.packages.requirement import is_floor, normalized
from gate.packages.resolve import Wanted, wanted

if TYPE_CHECKING:
    from gate.build import Build

_TOOLS = frozenset(
    "pip setuptools wheel uv pipx poetry pdm pipenv conda mamba conda-build npm yarn pnpm gem bundler corepack distribute".split()  # noqa: SIM905
)
_LEVELS = ["range", "compatible", "wildcard", "exact", "hash"]
_RANKS = {Pin.NONE: -1, Pin.MOVABLE: -1, Pin.RANGE: 0, Pin.COMPATIBLE: 1, Pin.WILDCARD: 2, Pin.EXACT: 3, Pin.HASH: 4, Pin.LOCAL: 4}
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
    for install in installs(build):
        if install.verb == "uninstall":
            continue
        needs = wanted(install, build)
        for request in (*install.requests, *needs.from_files):
            if request.ecosystem in ecosystems:
                place = request.place
                if place not in seen or request in install.requests:
                    seen.add(place)
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
        what = f"{request.revision!r} may move" if request.revision else "no commit is named"
        return f"{name} is installed from {_address(request)}: {what}." if request.url else f"{name} may change."
    written = f" ({request.specifier.strip()})" if request.specifier else ""
    return f"{name} {_WORDS[pin]}{written}: the next build may get another one."


def _address(request: Request) -> str:
    url = request.url or ""
    return "a repository" if "git" in url.partition("/")[0] or request.revision else "an address without version and hash"
