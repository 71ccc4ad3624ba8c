"""Requirements files, held against pip's own parser on the same bytes."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.packages.model import Pin
from gate.packages.requirements_file import decode, read_requirements

HASH = "--hash=sha256:" + "0" * 64


def ours(data: bytes) -> list[tuple[int, str]]:
    """``(line, requirement)`` of a file, editable ones with ``-e`` in front."""
    file = read_requirements("r.txt", data)
    found = []
    for request in file.requests:
        text = request.at.value  # type: ignore[union-attr]
        found.append((request.place.line, text))
    return found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("foo==1\nbar\n", [(1, "foo==1"), (2, "bar")]),
        ("foo==1 # comment\n#bar\n  # baz\nqux", [(1, "foo==1"), (4, "qux")]),
        ("foo#bar\n", [(1, "foo#bar")]),
        ("foo==1 \\\n    --hash=sha256:00\nbar\n", [(1, "foo==1"), (3, "bar")]),
        ("foo\\\n==1\n", [(1, "foo==1")]),
        ("foo \\\n# comment\nbar\n", [(1, "foo"), (3, "bar")]),
        ("foo\\\n\nbar\n", [(1, "foo"), (3, "bar")]),
        ("\r\nfoo==1\r\nbar\r\n", [(2, "foo==1"), (3, "bar")]),
        ("--index-url https://x\n-r other.txt\nfoo\n", [(3, "foo")]),
        ("foo ; python_version < '3'\n", [(1, "foo ; python_version < '3'")]),
        ("git+https://h/a#egg=b\n", [(1, "git+https://h/a#egg=b")]),
        ("foo --global-option='x y'\n", [(1, "foo")]),
        ("", []),
        ("\n\n#\n", []),
        ("foo \\", [(1, "foo")]),
    ],
)
def test_lines(text: str, wanted: list[tuple[int, str]]) -> None:
    assert ours(text.encode()) == wanted


def test_columns_and_continued_places() -> None:
    file = read_requirements("r.txt", b"\n  foo==1\\\n  .2\n")
    (request,) = file.requests
    assert (request.place.span.line, request.place.span.column, request.place.span.end_line) == (2, 3, 3)
    assert request.specifier == "==1  .2"


def test_options() -> None:
    file = read_requirements(
        "r.txt",
        b"-r a.txt\n--requirement=b.txt\n-c c.txt\n-i https://x\n--extra-index-url https://y\n-e ./pkg\n-e git+https://h/a#egg=b\n--require-hashes\n",
    )
    assert [(ref.kind, ref.path) for ref in file.files] == [
        ("requirements", "a.txt"),
        ("requirements", "b.txt"),
        ("constraints", "c.txt"),
    ]
    assert file.options["--extra-index-url"] == ["https://y"]
    assert [(request.name, request.pin, request.editable) for request in file.requests] == [
        ("", Pin.LOCAL, True),
        ("b", Pin.MOVABLE, True),
    ]
    assert file.hashed


def test_hashes() -> None:
    file = read_requirements("r.txt", f"foo==1 {HASH} {HASH}\nbar==2\n".encode())
    assert [len(request.hashes) for request in file.requests] == [2, 0]
    assert [request.pin for request in file.requests] == [Pin.HASH, Pin.EXACT]
    assert file.hashed
    assert not read_requirements("r.txt", b"bar==2\n").hashed


def test_variables() -> None:
    values = {"V": "1.2", "EMPTY": ""}
    file = read_requirements("r.txt", b"a==${V}\nb==${UNSET}\nc==$V\nd==${v}\ne==${EMPTY}\n", values.get)
    assert [(request.name, request.pin) for request in file.requests][:2] == [("a", Pin.EXACT), ("b", Pin.UNRESOLVED)]
    assert file.requests[0].version == "1.2"
    assert [request.pin for request in file.requests[2:]] == [Pin.EXACT, Pin.EXACT, Pin.UNRESOLVED]


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbffoo==1\n",
        "foo==1\n".encode("utf-16"),
        b"\xff\xfe" + "foo==1\n".encode("utf-16-le"),
        b"\xfe\xff" + "foo==1\n".encode("utf-16-be"),
        "foo==1\n".encode("utf-32"),
        "# -*- coding: latin-1 -*-\nfoo==1 # é\n".encode("latin-1"),
        b"# coding: no-such-codec\nfoo==1\n",
        b"foo==1\n\xff\xfe\x80\n",
    ],
)
def test_encodings(data: bytes) -> None:
    assert any(text == "foo==1" for _, text in ours(data))
    assert decode(data).count("foo==1") == 1


PIECES = [
    "foo",
    "foo==1",
    " foo",
    "foo ",
    "bar>=1,<2",
    "#c",
    " # c",
    "foo #c",
    "foo#c",
    "\\",
    " \\",
    "\\\\",
    "",
    "-r x",
    "--hash=sha256:00",
    f"foo==1 {HASH}",
    "--index-url u",
    "foo ; python_version<'3'",
    "${A}",
    "-e .",
    "a\tb",
    "--pre",
    "foo --hash sha256:00",
    "\x0c",
]


def theirs(data: bytes, folder: Path) -> list[tuple[int, str]]:
    """What pip reads; raises what pip raises."""
    req_file = pytest.importorskip("pip._internal.req.req_file")
    path = folder / "r.txt"
    path.write_bytes(data)
    parser = req_file.RequirementsFileParser(None, req_file.get_line_parser(None))
    lines = parser._parse_file(str(path), False)
    return [(line.lineno, line.args) for line in lines if line.args]


@pytest.mark.parametrize("parts", list(itertools.product(PIECES, repeat=2)))
def test_like_pip_pairs(parts: tuple[str, str], tmp_path: Path) -> None:
    _compare("\n".join(parts).encode(), tmp_path)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=7), st.sampled_from(["\n", "\r\n", "\r"]))
def test_like_pip(tmp_path_factory: pytest.TempPathFactory, parts: list[str], end: str) -> None:
    _compare(end.join(parts).encode(), tmp_path_factory.mktemp("r"))


def _compare(data: bytes, folder: Path) -> None:
    req_file = pytest.importorskip("pip._internal.req.req_file")
    try:
        wanted = theirs(data, folder)
    except req_file.RequirementsFileParseError:
        read_requirements("r.txt", data)  # pip refuses it: only do not break
        return
    file = read_requirements("r.txt", data)
    # pip counts form feeds and bare carriage returns as line ends; a place counts only what an editor does.
    assert [request.at.value for request in file.requests if not request.editable] == [
        text.strip() for _, text in wanted
    ]  # type: ignore[union-attr]
    if b"\r" not in data.replace(b"\r\n", b"") and b"\x0c" not in data:
        # A joined line has pip's number where it begins, and ours where the requirement stands.
        pairs = zip([request.place.line for request in file.requests if not request.editable], wanted, strict=True)
        assert all(ours == line or (ours > line and b"\\" in data) for ours, (line, _) in pairs)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    for request in read_requirements("r.txt", data).requests:
        assert request.place.line >= 1


def test_a_huge_file_is_cut() -> None:
    assert len(read_requirements("r.txt", b"a\n" * 50_000).requests) == 20_000
