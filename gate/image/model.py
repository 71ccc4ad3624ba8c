"""What an image will be: configuration and files, each with the instruction that decides it.

Produced by :mod:`gate.image`. A value that the Dockerfile and its context do not decide is :class:`gate.model.Unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from gate.dockerfile.tree import Instruction, Stage
from gate.model import Place, Unknown
from gate.record import dataclass, field


@dataclass(slots=True, eq=False)
class Config:
    """The OCI image configuration. None means "not set"; Unknown "not decidable here" (inherited from an unread base).

    ``set_by`` names the instruction behind a field: keys ``Entrypoint``, ``Cmd``, ``WorkingDir``, ``User``,
    ``StopSignal``, ``Shell``, ``Healthcheck``, ``Env.NAME``, ``Labels.KEY``, ``ExposedPorts.8080/tcp``,
    ``Volumes./data``. ``inherited`` says why there may be more variables, labels, ports and volumes than these.
    """

    env: dict[str, str | Unknown] = field(default_factory=dict)
    entrypoint: list[str] | Unknown | None = None
    cmd: list[str] | Unknown | None = None
    working_dir: str | Unknown = "/"
    user: str | Unknown = ""
    labels: dict[str, str | Unknown] = field(default_factory=dict)
    exposed_ports: dict[str, None] = field(default_factory=dict)
    volumes: dict[str, None] = field(default_factory=dict)
    stop_signal: str | Unknown | None = None
    shell: list[str] | Unknown | None = None
    healthcheck: dict[str, Any] | Unknown | None = None
    on_build: list[str] = field(default_factory=list)
    set_by: dict[str, Instruction] = field(default_factory=dict)
    inherited: Unknown | None = None

    def child(self) -> Config:
        """What a stage made FROM this one starts with."""
        return Config(
            dict(self.env), self.entrypoint, self.cmd, self.working_dir, self.user, dict(self.labels),
            dict(self.exposed_ports), dict(self.volumes), self.stop_signal, self.shell, self.healthcheck,
            [], dict(self.set_by), self.inherited,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Inherited:
    """What is known of an external base image. A field that is not is Unknown.

    ``env`` is its variables as far as known, ``complete`` says that there are no others, nor labels, ports or volumes.
    ``plain``: a distribution's own image, in which nobody has put anything outside of the system's folders.
    """

    env: Mapping[str, str | Unknown] = field(default_factory=dict)
    entrypoint: list[str] | Unknown | None = None
    cmd: list[str] | Unknown | None = None
    working_dir: str | Unknown = ""
    user: str | Unknown = ""
    complete: bool = False
    plain: bool = False


@dataclass(slots=True, eq=False)
class File:
    """One path of the image. ``type``: ``file``, ``directory``, ``symlink``, ``fifo``, ``device``, ``unknown`` (something
    may be here; ``note`` says why that cannot be known).

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
    note: Unknown | None = None


class Files(Protocol):
    """The files of one stage, as far as Dockerfile and context tell; what the base image brings is not listed.

    ``lookup`` answers three ways: a :class:`File`; None, when nothing can be there; :class:`Unknown`, when the base image
    or a RUN may have put something there.
    """

    def lookup(self, path: str, *, follow: bool = True) -> File | Unknown | None: ...

    def __iter__(self) -> Iterator[File]: ...


@dataclass(frozen=True, slots=True)
class Fault:
    """What the builder refuses: its message, and the word that it is about."""

    message: str
    place: Place


class Image(Protocol):
    """A stage as an image. ``files``, ``faults`` and ``undecided`` are worked out when first asked for."""

    @property
    def stage(self) -> Stage: ...

    @property
    def config(self) -> Config: ...

    @property
    def files(self) -> Files: ...

    @property
    def faults(self) -> list[Fault]:
        """Where the build of this stage would stop, and of the stages that it needs."""
        ...

    @property
    def undecided(self) -> list[tuple[str, int, Unknown]]:
        """What cannot be known: ``(what, line, why)``."""
        ...
