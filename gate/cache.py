"""What an engine said about a file, kept between runs.

One small JSON file per key below the user's cache folder (``MLGATE_CACHE_DIR`` overrides it). A key must cover everything
that the answer depends on: the engine's version, its configuration, the content. The cache is a convenience: whatever is
wrong with it, an answer is computed anew, and nothing in it is ever executed or unpickled.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

SHARD_LIMIT = 2000


class Cache:
    """Answers of one kind (``kind`` names the folder: ``hadolint``). ``enabled`` False reads and writes nothing."""

    def __init__(self, kind: str, *, enabled: bool = True) -> None:
        self._folder = folder() / kind if enabled else None

    def get(self, *key: bytes | str) -> Any | None:
        """The kept answer, or None."""
        if self._folder is None:
            return None
        try:
            return json.loads(self._path(key).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None

    def put(self, answer: Any, *key: bytes | str) -> None:
        """Keep an answer (anything JSON). A reader never sees half of it."""
        if self._folder is None:
            return
        path = self._path(key)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(answer, separators=(",", ":")), encoding="utf-8")
            temporary.replace(path)
            _prune(path.parent)

    def _path(self, key: tuple[bytes | str, ...]) -> Path:
        digest = blake2b(digest_size=20)
        for part in key:
            data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogateescape")
            digest.update(len(data).to_bytes(8, "big"))  # so that ("ab", "c") is not ("a", "bc")
            digest.update(data)
        name = digest.hexdigest()
        assert self._folder is not None
        return self._folder / name[:2] / f"{name[2:]}.json"


def folder() -> Path:
    """Where mlgate keeps things between runs."""
    own = os.environ.get("MLGATE_CACHE_DIR")
    if own:
        return Path(own)
    from platformdirs import user_cache_path

    return user_cache_path("mlgate", appauthor=False)


def _prune(shard: Path) -> None:
    """Forget the older half of a shard that has grown too large."""
    names = os.listdir(shard)  # noqa: PTH208  the names are all that is needed
    if len(names) <= SHARD_LIMIT:
        return
    by_age = sorted((shard / name for name in names), key=lambda path: path.stat().st_mtime)
    for path in by_age[: len(by_age) // 2]:
        path.unlink(missing_ok=True)
