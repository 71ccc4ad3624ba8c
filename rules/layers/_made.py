"""Something that an instruction leaves in its layer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Made:
    """Something in a layer. ``kind``: ``cache`` (its files have names that nobody knows), ``file``, ``tree`` (a folder and
    what is in it), ``copy`` and ``copy tree`` (of the build context). ``what`` are words for a message, ``source`` is the
    folder of the context that a copy tree comes from, ``size`` the bytes of a copied file (0: not known)."""

    path: str
    kind: str
    what: str
    line: int = 0
    source: str | None = None
    size: int = 0

    @property
    def is_tree(self) -> bool:
        return self.kind.endswith("tree")
