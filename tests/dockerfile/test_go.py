"""Go's ways with durations, numbers and quotes."""

from __future__ import annotations

import pytest

from gate.dockerfile import go

SECOND = 10**9


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("5s", 5 * SECOND),
        ("1h2m3.5s", 3723.5 * SECOND),
        ("+1.5m", 90 * SECOND),
        ("-3s", -3 * SECOND),
        (".5s", SECOND // 2),
        ("1.s", SECOND),
        ("1us1µs1μs1ns", 3001),
        ("00000000000000000000000000001s", SECOND),
        ("2562047h47m16.854775807s", (1 << 63) - 1),
    ],
)
def test_durations(text: str, value: float) -> None:
    assert go.duration(text) == value


@pytest.mark.parametrize(
    "text", ["", "-", ".", "s", "5", "5 s", "5x", "1e3s", "2562047h47m16.854775808s", "9" * 5000 + "s", "."]
)
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="time: "):
        go.duration(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), ("-5", -5), ("+5", 5), ("007", 7), ("", None), ("5 ", None), ("1_0", None), ("9" * 30, None)],
)
def test_atoi(text: str, value: int | None) -> None:
    assert go.atoi(text) == value


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a", '"a"'),
        ('a"\\', '"a\\"\\\\"'),
        ("\t\n\r\x00\x7f", '"\\t\\n\\r\\x00\\x7f"'),
        ("é漢", '"é漢"'),
        ("\u00a0\u2003", '"\\u00a0\\u2003"'),
        ("\udcff", '"\\xff"'),
        ("\U0001f600", '"😀"'),
    ],
)
def test_quote(text: str, quoted: str) -> None:
    assert go.quote(text) == quoted
