"""What an image will be: configuration and files, each with the instruction that decides it.

Produced by :mod:`gate.image`. A value that the Dockerfile and its context do not decide is :class:`gate.model.Unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from gate.dockerfile.tree import Instruction, Stage
from gate.model import Unknown


@dataclass(slots=True, eq=False)
class Config:
    """The OCI image configuration. None means "not set"; Unknown "not decidable here" (inherited from an unread base).

    ``set_by`` names the instruction behind a field: keys ``Entrypoint``, ``Cmd``, ``WorkingDir``, ``User``, ``StopSignal``,
    ``Shell``, ``Healthcheck``, ``Env.NAME``, ``Labels.KEY``, ``ExposedPorts.8080/tcp``, ``Volumes./data``.
    """

    env: dict[str, str | Unknown] = field(default_factory=dict)
    entrypoint: list[str] | None | Unknown = None
    cmd: list[str] | None | Unknown = None
    working_dir: str | Unknown = "/"
    user: str | Unknown = ""
    labels: dict[str, str | Unknown] = field(default_factory=dict)
    exposed_ports: dict[str, None] | Unknown = field(default_factory=dict)
    volumes: dict[str, None] | Unknown = field(default_factory=dict)
    stop_signal: str | None | Unknown = None
    shell: list[str] | None | Unknown = None
    healthcheck: dict[str, Any] | None | Unknown = None
    on_build: list[str] = field(default_factory=list)
    set_by: dict[str, Instruction] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class File:
    """One path of the image. ``type``: ``file``, ``directory``, ``symlink``, ``unknown`` (something may be here).

    ``mode`` (permission bits, 0o755), ``uid``, ``gid``, ``size`` are None where not knowable. ``read(limit)`` gives the
    first bytes, or None where the content is not knowable (made by a RUN, from another image).
    """

    path: str
    type: str
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    size: int | None = None
    link: str | None = None
    instruction: Instruction | None = None
    source: str | None = None  # path in the build context, as users see it
    read: Callable[[int], bytes | None] = field(default=lambda limit: None, repr=False)


class Files(Protocol):
    """The files of one stage, as far as Dockerfile and context tell; what the base image brings is not listed.

    ``lookup`` answers three ways: a :class:`File`; None, when nothing can be there (base is scratch and everything known);
    :class:`Unknown`, when the base image or a RUN may have put something there.
    """

    def lookup(self, path: str, *, follow: bool = True) -> File | Unknown | None:
        ...

    def __iter__(self) -> Iterator[File]: ...


@dataclass(slots=True, eq=False)
class Image:
    stage: Stage
    config: Config
    files: Files
    undecided: list[tuple[str, int, Unknown]] = field(default_factory=list)  # (what, line, why)
