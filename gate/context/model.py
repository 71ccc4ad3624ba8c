"""The shapes that rules see of a build context. Produced by :mod:`gate.context`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from gate.record import dataclass

if TYPE_CHECKING:
    from gate.context.transfer import Sent
    from gate.context.witness import Witness


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of the context. ``path`` is relative to its root, with slashes; ``type``: ``file``, ``directory``,
    ``symlink``, ``other`` (FIFO, socket, device)."""

    path: str
    type: str
    mode: int
    size: int
    link: str | None = None


class Context(Protocol):
    """A build context. Paths never leave it: links and ``..`` are clamped to its root, as BuildKit does."""

    witness: Witness | None
    """Knows what was looked at on disk; None for a context in memory."""

    def entries(self) -> Iterator[Entry]:
        """Everything that BuildKit would send (after .dockerignore), sorted by path."""
        ...

    def get(self, path: str) -> Entry | None:
        """The entry of that path after .dockerignore, links not followed."""
        ...

    def ignored(self, path: str) -> bool:
        """True when the path exists on disk and .dockerignore takes it away."""
        ...

    def lacks(self, path: str) -> bool:
        """Whether a clean absolute path leads nowhere, whatever is ignored; False where that is not clear at once."""
        ...

    def read(self, path: str, limit: int = 1 << 20) -> bytes | None:
        """The first ``limit`` bytes of a regular file (links followed inside the context), None when there is none."""
        ...

    def shown(self, path: str) -> str:
        """The path as users see it in reports: relative to the working directory."""
        ...

    @property
    def ignore_file(self) -> str | None:
        """The ignore file in force (shown path), None without one."""
        ...

    @property
    def ignore_fault(self) -> str:
        """What the builder says against the ignore file; empty when it takes it."""
        ...

    def sent(self, wanted: Iterable[str] | None) -> Sent:
        """What arrives at the builder when the build asks for these absolute paths (None: for everything).

        Raises :class:`gate.context.paths.BadPattern`.
        """
        ...
