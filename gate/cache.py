"""Engines' answers, kept between runs in one SQLite file in the user's cache folder.

A key must cover everything that the answer depends on: the engine's version, how it was asked, the content. The cache
may lose everything at any time and is never wrong: an entry carries a digest of its value, and whatever fails (no right
to write, a damaged file, another process in the way) only means "not known". Nothing in it is executed or unpickled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gate.blake import blake2b
from gate.kept import folder

if TYPE_CHECKING:
    import sqlite3

LIMIT = 64 << 20
"""Bytes in use before the older half of the entries is dropped."""

_DIGEST = 16
_BATCH = 500
_PATIENCE = 2.0
"""Seconds to wait for another process that is writing."""


def key(*parts: str | bytes) -> str:
    """The key of an answer that depends on these parts and on nothing else."""
    digest = blake2b(digest_size=20)
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogateescape")
        digest.update(len(data).to_bytes(8, "big"))  # so that ("ab", "c") is not ("a", "bc")
        digest.update(data)
    return digest.hexdigest()


class Cache:
    """Answers by key. ``path`` is the file; None keeps nothing. Threads and processes may share it."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    @classmethod
    def default(cls, *, enabled: bool = True) -> Cache:
        """The user's cache; one that keeps nothing when not ``enabled``."""
        return cls(folder() / "results.sqlite" if enabled else None)

    def get(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The answers that are known, by key."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, bytes] = {}

        def read(database: sqlite3.Connection) -> None:
            for start in range(0, len(wanted), _BATCH):
                batch = wanted[start : start + _BATCH]
                marks = ",".join("?" * len(batch))
                query = f"SELECT key, value FROM entry WHERE key IN ({marks})"  # noqa: S608  marks are question marks
                for name, sealed in database.execute(query, batch):
                    value = _opened(name, sealed)
                    if value is not None:
                        found[name] = value

        if wanted and self.path is not None and self.path.exists():
            self._work(read)
        return found

    def put(self, answers: Mapping[str, bytes]) -> None:
        """Keep answers: all of them or none, whatever happens in between."""

        def write(database: sqlite3.Connection) -> None:
            database.execute("CREATE TABLE IF NOT EXISTS entry (key TEXT UNIQUE, value BLOB)")
            rows = [(name, _digest(name, value) + value) for name, value in answers.items()]
            database.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?)", rows)
            _shrink(database)
            database.commit()

        if answers and self.path is not None:
            with suppress(OSError):
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._work(write)

    def _work(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """One piece of work on the file. Whatever SQLite says against it ends the work and nothing else."""
        try:
            import sqlite3
        except ImportError:  # a Python that was built without it
            return
        assert self.path is not None
        database = None
        try:
            database = sqlite3.connect(self.path, timeout=_PATIENCE)
            database.execute("PRAGMA synchronous = OFF")  # to lose everything with the machine's power is allowed
            work(database)
        except sqlite3.OperationalError:
            pass  # no table yet, in use, not ours to write, disk full
        except sqlite3.Error:
            with suppress(OSError):  # damaged: take it away, so that the next run can keep something again
                self.path.unlink()
        finally:
            if database is not None:
                database.close()


def _opened(name: object, sealed: object) -> bytes | None:
    """The value of an entry, None when it is damaged."""
    if not isinstance(name, str) or not isinstance(sealed, bytes):
        return None
    value = sealed[_DIGEST:]
    return value if sealed[:_DIGEST] == _digest(name, value) else None


def _digest(name: str, value: bytes) -> bytes:
    return blake2b(value, digest_size=_DIGEST, key=name.encode()[:64]).digest()


def _shrink(database: sqlite3.Connection) -> None:
    """Drop the older half of the entries when more than ``LIMIT`` bytes are in use; the file reuses their pages."""
    (size,) = database.execute("PRAGMA page_size").fetchone()
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    (free,) = database.execute("PRAGMA freelist_count").fetchone()
    if (pages - free) * size > LIMIT:
        database.execute(
            "DELETE FROM entry WHERE rowid <= "
            "(SELECT rowid FROM entry ORDER BY rowid LIMIT 1 OFFSET (SELECT count(*) / 2 FROM entry))"
        )
