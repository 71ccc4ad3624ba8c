"""What is worked out once per build and kept as long as the build lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gate.build import Build


def memo(build: Build, name: str) -> dict[Any, Any]:
    """The dictionary of that name; each belongs to the module that names it."""
    kept = build.memos.get(name)
    if kept is None:
        kept = build.memos[name] = {}
    return kept
