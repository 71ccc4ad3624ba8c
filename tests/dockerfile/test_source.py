"""Offsets, lines and columns."""

from __future__ import annotations

import pytest

from gate.dockerfile.source import Source, Text
from gate.model import Span


@pytest.mark.parametrize(
    ("data", "offset", "position"),
    [
        (b"ab\ncd\n", 0, (1, 1)),
        (b"ab\ncd\n", 2, (1, 3)),
        (b"ab\ncd\n", 3, (2, 1)),
        (b"ab\ncd\n", 6, (3, 1)),
        (b"a\r\nb", 3, (2, 1)),
        (b"a\rb\x0bc\xc2\x85d", 6, (1, 7)),
        ("é漢\nx".encode(), 1, (1, 2)),
        ("é漢\nx".encode(), 3, (2, 1)),
        (b"\xff\xfe\nx", 3, (2, 1)),
        (b"\xef\xbb\xbfFROM x", 0, (1, 1)),
        (b"", 0, (1, 1)),
    ],
)
def test_only_a_line_feed_ends_a_line(data: bytes, offset: int, position: tuple[int, int]) -> None:
    assert Source("f", data).position(offset) == position


def test_lines_come_without_their_end() -> None:
    source = Source("f", b"one\r\ntwo\n")
    assert [source.line(number) for number in range(5)] == ["", "one", "two", "", ""]
    assert source.line_count == 3


def pieces() -> Text:
    """``abcdef``: ``abc`` stands at 10, ``def`` at 20 of its source."""
    return Text(Source("f", b"0123456789abc\n_____\ndef\n"), "abcdef", [(0, 10), (3, 20)])


@pytest.mark.parametrize(
    ("start", "end", "value", "offsets"),
    [
        (0, 6, "abcdef", [10, 11, 12, 20, 21, 22]),
        (0, 3, "abc", [10, 11, 12]),
        (3, 6, "def", [20, 21, 22]),
        (2, 4, "cd", [12, 20]),
        (1, 1, "", []),
        (6, 6, "", []),
    ],
)
def test_a_slice_knows_the_place_of_each_character(start: int, end: int, value: str, offsets: list[int]) -> None:
    part = pieces().slice(start, end)
    assert part.value == value
    assert [part.offset(index) for index in range(len(part))] == offsets


def test_the_end_of_a_text_belongs_to_its_last_character() -> None:
    assert pieces().end == 23
    assert pieces().slice(0, 3).end == 13
    assert pieces().slice(1, 5).slice(0, 2).end == 13


def test_the_place_of_a_text_spans_lines() -> None:
    assert pieces().slice(2, 4).place.span == Span(1, 13, 3, 2)


def test_a_text_put_together_keeps_its_places() -> None:
    text = pieces().assemble([(0, 1, None), (2, 4, "X"), (4, 6, None)])
    assert text.value == "aXef"
    assert [text.offset(index) for index in (0, 1, 2, 3)] == [10, 12, 21, 22]


def test_a_text_that_stands_nowhere_can_be_cut() -> None:
    text = Text(Source("Dockerfile", b""), "abc", ())
    assert text.slice(1, 3).value == "bc"
    assert text.place.line == 1
