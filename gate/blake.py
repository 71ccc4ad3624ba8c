"""BLAKE2, without loading OpenSSL: that is what importing :mod:`hashlib` does, and it takes longer than judging a file."""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # an interpreter that has it in another place
    from hashlib import blake2b

__all__ = ["blake2b"]
