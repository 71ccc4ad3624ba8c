"""Files with holes in a tar archive: what ``tar -S`` writes in extended headers, in its versions 0.0, 0.1 and 1.0."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from gate.record import dataclass

_BLOCK = 512

Piece = tuple[int, int, int]
"""Where in the file, where in the archive, how many bytes."""


@dataclass(frozen=True, slots=True)
class Holes:
    """A file of ``size`` bytes, all zero but for the pieces."""

    size: int
    pieces: tuple[Piece, ...]


class HolesError(ValueError):
    """The map of the pieces makes no sense."""


def holes(extra: Mapping[str, str], data: bytes, start: int, stored: int) -> Holes | None:
    """The map of a file whose ``stored`` bytes begin at ``start``; None for a file like any other.

    Raises :class:`HolesError`.
    """
    version = extra.get("GNU.sparse.major", ""), extra.get("GNU.sparse.minor", "")
    text = extra.get("GNU.sparse.map", "")
    if version == ("1", "0"):
        numbers, at = _leading_numbers(data, start, start + stored)
    elif version in (("0", "0"), ("0", "1")) or (version == ("", "") and text):
        numbers, at = [_number(part) for part in text.split(",")] if text else [], start
    else:
        return None
    size = _number(extra.get("GNU.sparse.size") or extra.get("GNU.sparse.realsize") or str(stored))
    pieces = []
    end = 0
    if len(numbers) % 2:
        raise HolesError
    for offset, length in itertools.zip_longest(numbers[::2], numbers[1::2], fillvalue=0):
        if offset < end or offset + length > size or at + length > start + stored:
            raise HolesError
        pieces.append((offset, at, length))
        end, at = offset + length, at + length
    return Holes(size, tuple(pieces))


def _leading_numbers(data: bytes, start: int, end: int) -> tuple[list[int], int]:
    """The numbers at the beginning of the content, a line each, the first of which tells how many pairs follow."""
    numbers: list[int] = []
    at = start
    wanted = 1
    while len(numbers) < wanted:
        line, newline, _ = data[at : min(at + 20, end)].partition(b"\n")
        if not newline:
            raise HolesError
        numbers.append(_number(line.decode("latin-1")))
        wanted = 1 + 2 * numbers[0]
        at += len(line) + 1
    return numbers[1:], start + -(-(at - start) // _BLOCK) * _BLOCK


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise HolesError
    return int(text)


class Sparse:
    """Content with holes; see :class:`gate.image.node.Content`."""

    __slots__ = ("_data", "_holes")

    def __init__(self, data: bytes, found: Holes) -> None:
        self._data = data
        self._holes = found

    @property
    def size(self) -> int:
        return self._holes.size

    def read(self, limit: int) -> bytes:
        out = bytearray(min(limit, self.size))
        for offset, at, length in self._holes.pieces:
            if offset < len(out):
                piece = self._data[at : at + min(length, len(out) - offset)]
                out[offset : offset + len(piece)] = piece
        return bytes(out)
