"""What a platform is: the page to read before adding one. A platform is one module of data in this folder."""

from __future__ import annotations

from gate.record import dataclass, field


@dataclass(frozen=True, slots=True)
class Evidence:
    """What in a Dockerfile and its context says that an image is meant for a platform, the best kind first.

    ``labels``: beginnings of label keys. ``bases``: patterns (fnmatch) of the base image's reference without its tag.
    ``packages``: PyPI names that are installed. ``variables``: names that ENV sets. ``programs``: names of programs on PATH.
    ``texts``: what stands in the sources that COPY brings, or in the Dockerfile's own arguments.
    """

    labels: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP route that the platform calls. ``variable`` names the environment variable that may change the path."""

    method: str
    path: str
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Platform:
    """What a platform does with an image. Every fact has its page in ``sources``.

    ``word`` is put behind ENTRYPOINT in place of CMD (``docker run IMAGE train``); None: ENTRYPOINT and CMD run as they are.
    ``overridable``: the caller may replace ENTRYPOINT and CMD (``container-entrypoint`` and ``container-arguments`` in the
    policy, or ``command`` and ``args``). ``port`` and ``routes`` are what a server must answer; ``port_variables`` are
    environment variables that tell it the port. ``mounts``: the directories that the platform puts in place of what the
    image has there. ``stop_seconds``: from SIGTERM to SIGKILL. ``user``: ``root`` when only root works, ``number`` when a
    name is refused, else empty.
    """

    name: str
    title: str
    sources: tuple[str, ...]
    word: str | None = None
    overridable: bool = False
    port: int | None = None
    port_variables: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    mounts: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    stop_seconds: int | None = None
    user: str = ""
    architectures: tuple[str, ...] = ()
    size_limit: int | None = None
    evidence: Evidence = field(default_factory=Evidence)
