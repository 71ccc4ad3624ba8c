"""Shell text in, installations out."""

from __future__ import annotations

from collections.abc import Mapping

from gate.build import Build
from gate.packages.installs import installs
from gate.packages.model import Install, Request
from tests.rules.support import make_build


def build_of(dockerfile: str, files: Mapping[str, str | bytes] | None = None) -> Build:
    return make_build(dockerfile, files or {}, (), {}, {})


def installs_in(script: str) -> list[Install]:
    """What the commands of one RUN install."""
    return installs(build_of(f"FROM debian:12.5\nRUN {script}\n"))


def requests_in(script: str) -> list[Request]:
    return [request for install in installs_in(script) for request in install.requests]


def told(script: str) -> list[str]:
    """``name pin version`` of each request, for tables."""
    return [shown(request) for request in requests_in(script)]


def shown(request: Request) -> str:
    parts = [request.name or "-", request.pin.value]
    return " ".join(parts + ([request.version] if request.version else []))
