"""What was looked at on disk while a Dockerfile was judged: with it, a later run can tell whether anything is different.

A look is a question and its answer: how was looked, at which absolute path, and a digest of what was seen. Only what may
have been used counts: of a file its type, mode, size and the bytes that were read, never its times.
"""

from __future__ import annotations

import os

from gate.blake import blake2b

Question = tuple[str, str, int]
"""``stat``, ``link``, ``list``, ``read`` or ``real``; the path; the most bytes of a ``read``, else 0."""


class Witness:
    """``looks``: question → answer, as it was given first."""

    def __init__(self) -> None:
        self.looks: dict[Question, str] = {}

    def saw(self, how: str, path: str, answer: str | bytes, limit: int = 0) -> None:
        question = (how, path, limit)
        if question not in self.looks:
            self.looks[question] = answer if isinstance(answer, str) else _digest(answer)


def real(path: str, witness: Witness | None) -> str:
    """The path with all links followed."""
    found = os.path.realpath(path)
    if witness is not None:
        witness.saw("real", os.path.abspath(path), found)
    return found


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()
