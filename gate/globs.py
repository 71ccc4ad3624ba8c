"""Path patterns of a policy, where ``*`` stays inside a folder and ``**`` crosses folders; and patterns of names."""

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


def is_like(name: str, pattern: str) -> bool:
    """:func:`fnmatch.fnmatchcase`, without compiling anything for a pattern that has no other wildcard than ``*``."""
    if "?" in pattern or "[" in pattern:
        from fnmatch import fnmatchcase

        return fnmatchcase(name, pattern)
    if "*" not in pattern:
        return name == pattern
    first, *others = pattern.split("*")
    if not name.startswith(first):
        return False
    at, end = len(first), len(name) - len(others[-1])
    for part in others[:-1]:
        found = name.find(part, at, max(end, at))
        if found < 0:
            return False
        at = found + len(part)
    return at <= end and name.endswith(others[-1])
