"""Reading ignore files."""

import pytest

from gate.context.ignorefile import IgnoreFileError, parse_ignore_file


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"a\nb\n", ["a", "b"]),
        (b"# c\n # d\na # e\n", ["# d", "a # e"]),
        (b"\xef\xbb\xbfa\r\nb\r\n", ["a", "b"]),
        (b"  a  \n\n\t\n", ["a"]),
        (b"/a\n./b\nc/\nd//e\n", ["a", "b", "c", "d/e"]),
        (b"!a\n! b\n!/c\n!\n", ["!a", "!b", "!c", "!"]),
        (b".\n/\n", [".", "/"]),
        (b"\xffx", ["\udcffx"]),
        (b"a\n#\n\xef\xbb\xbfb", ["a", "\ufeffb"]),
    ],
)
def test_lines(data: bytes, expected: list[str]) -> None:
    assert parse_ignore_file(data) == expected


def test_too_long_a_line() -> None:
    assert parse_ignore_file(b"x" * 65535) == ["x" * 65535]
    with pytest.raises(IgnoreFileError, match="token too long"):
        parse_ignore_file(b"a\n" + b"x" * 65536)
