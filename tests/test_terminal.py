"""What reaches a terminal: excerpts with carets under the right columns, and nothing that is obeyed."""

from __future__ import annotations

import pytest

from gate.dockerfile.source import Source
from gate.excerpt import excerpt
from gate.model import Place, Span
from gate.sources import Sources
from gate.terminal import Paint, clean, columns, wants_color, width


def shown(text: str, span: Span, room: int = 80) -> list[str]:
    sources = Sources()
    sources.add(Source("f", text.encode("utf-8", "surrogateescape")))
    return excerpt(sources, Place("f", span), Paint(False), "red", room)


def test_the_span_is_underlined() -> None:
    assert shown("FROM a\nRUN apt-get install curl && true\n", Span(2, 5, 2, 25)) == [
        "  |",
        "1 | FROM a",
        "2 | RUN apt-get install curl && true",
        "  |     ^^^^^^^^^^^^^^^^^^^^",
    ]


def test_tabs_and_wide_characters() -> None:
    lines = shown("RUN\techo 漢字e\u0301 && rm x\n", Span(1, 18, 1, 22))
    assert lines[1:] == ["1 | RUN echo 漢字e\u0301 && rm x", "  | " + " " * 18 + "^^^^"]
    assert columns("a\tb漢c\td") == ("a   b漢c d".replace("c d", "c" + " " * 4 + "d"), [0, 1, 4, 5, 7, 8, 12, 13])


def test_several_lines() -> None:
    text = "RUN pip install \\\n    numpy \\\n  # why\n    scipy\n"
    assert shown(text, Span(1, 5, 4, 10)) == [
        "  |",
        "1 | RUN pip install \\",
        "  |     ^^^^^^^^^^^^^",
        "2 |     numpy \\",
        "  |     ^^^^^^^",
        "3 |   # why",
        "  |   ^^^^^",
        "4 |     scipy",
        "  |     ^^^^^",
    ]


def test_many_lines_are_shortened() -> None:
    text = "".join(f"line{n}\n" for n in range(1, 21))
    lines = shown(text, Span(9, 1, 20, 3))
    assert [line for line in lines if "^" not in line] == [
        "   |", " 8 | line8", " 9 | line9", "10 | line10", ".. |", "20 | line20",
    ]  # fmt: skip


@pytest.mark.parametrize("column", [1, 5, 500, 1999, 2000, 2001])
def test_a_long_line_is_cut_around_the_span(column: int) -> None:
    lines = shown("x" * (column - 1) + "HERE" + "y" * 3000 + "\n", Span(1, column, 1, column + 4), room=60)
    assert all(width(line) <= 60 for line in lines)
    at = lines[-1].index("^")
    assert (lines[1][at : at + 4], lines[-1][at:]) == ("HERE", "^^^^")


def test_nothing_to_underline_still_gets_a_caret() -> None:
    assert shown("\n", Span(1, 1, 1, 1)) == ["  |", "1 |", "  | ^"]
    assert shown("FROM a\n", Span(1, 7, 1, 7))[-1] == "  |       ^"


def test_a_place_that_is_not_there_has_no_excerpt() -> None:
    assert shown("FROM a\n", Span(9, 1, 9, 2)) == []
    assert excerpt(Sources(), Place("no/such/file", Span(1, 1, 1, 2)), Paint(False), "red", 80) == []


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("a\x1b[31mb", "a␛[31mb"),
        ("a\rb\nc\td", "a␍b c d"),
        ("\x7f\x9b", "␡<U+009B>"),
        ("a\u202eb\u2066c\u200bd\ufeff", "a<U+202E>b<U+2066>c<U+200B>d<U+FEFF>"),
        ("##[error]x ##[", "##\\[error]x ##\\["),
        ("\udcff", "<FF>"),
        ("\u2028", "<U+2028>"),
        ("héllo 漢", "héllo 漢"),
    ],
)
def test_clean(text: str, harmless: str) -> None:
    assert clean(text) == harmless


def test_excerpts_are_clean_too() -> None:
    line = shown("RUN \x1b]0;x\x07 ##[error] \u202e rm\n", Span(1, 24, 1, 26))
    assert line[1] == "1 | RUN ␛]0;x␇ ##\\[error] <U+202E> rm"
    assert line[1][line[2].index("^") :] == "rm" and line[2].endswith(" ^^")


class Terminal:
    def __init__(self, tty: bool) -> None:
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


@pytest.mark.parametrize(
    ("choice", "tty", "environment", "color"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", False, {"CLICOLOR_FORCE": "1"}, True),
        ("auto", False, {"CLICOLOR_FORCE": "0"}, False),
        ("auto", False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours(choice: str, tty: bool, environment: dict[str, str], color: bool) -> None:
    assert wants_color(choice, Terminal(tty), environment) is color  # type: ignore[arg-type]
