"""Something that an instruction leaves in its layer."""

from __future__ import annotations

from gate.lazy import pattern
from gate.record import dataclass

BIG = 1 << 20
"""Bytes from which a single file is worth a word."""

_BIG_KINDS = pattern(
    r"\.(?:tar(?:\.\w+)?|tgz|tbz2?|txz|zip|gz|xz|bz2|zst|7z|whl|deb|rpm|run|jar|war|bin|pt|pth|h5|onnx|pkl|joblib|safetensors|gguf|pb|npz|npy"
    r"|parquet|iso|img|so|exe|msi)$"
)


@dataclass(slots=True)
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

    @property
    def is_heavy(self) -> bool:
        """False for what is surely, or by its name, a small file of the context."""
        return self.kind != "copy" or self.size >= BIG or (not self.size and bool(_BIG_KINDS.search(self.path)))
