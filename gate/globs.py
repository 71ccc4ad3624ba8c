"""Path patterns of a policy: ``*`` stays inside a folder, ``**`` crosses folders."""

from __future__ import annotations

import re
from functools import lru_cache


def matches(pattern: str, path: str) -> bool:
    """Whether a path (relative, forward slashes) matches. A pattern without a slash is held against the file name, and
    one that matches a folder takes everything below it."""
    if "/" not in pattern.rstrip("/"):
        pattern = f"**/{pattern}"
    return _compiled(pattern).fullmatch(path.removeprefix("./")) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    pattern = pattern.removeprefix("./").strip("/")
    parts = []
    for token in re.findall(r"\*\*/?|\*|\?|[^*?]+", pattern):
        if token == "**/":  # noqa: S105
            parts.append(r"(?:.*/)?")
        elif token.startswith("**"):
            parts.append(".*")
        elif token == "*":  # noqa: S105
            parts.append("[^/]*")
        else:
            parts.append("[^/]" if token == "?" else re.escape(token))  # noqa: S105
    return re.compile("".join(parts) + r"(?:/.*)?", re.S)
