"""COPY, ADD and WORKDIR without RUN. That all of this is what BuildKit does is in test_oracle."""

import gzip
import io
import tarfile

import pytest

from gate.context.build_context import Link
from gate.model import Unknown
from tests.image.support import build, faults, look, tree

FILES = {
    "a": "12345",
    "b.md": "b",
    "run.sh*": "#!/bin/sh\n",
    "d/x": "x",
    "d/y.md": "y",
    "d/e/z": "z",
    "l": Link("a"),
    "dl": Link("d"),
    "bad": Link("nope"),
}


def one(line: str, path: str) -> str:
    return look(f"FROM scratch\n{line}\n", path, FILES)


@pytest.mark.parametrize(
    ("line", "path", "found"),
    [
        ("COPY a /x", "/x", "file 0644 0:0 5"),
        ("COPY a /x/", "/x/a", "file 0644 0:0 5"),
        ("COPY a .", "/a", "file 0644 0:0 5"),
        ("COPY run.sh /x/y/z", "/x/y/z", "file 0755 0:0 10"),
        ("COPY a b.md /x", "/x", "file 0644 0:0 1"),
        ("COPY d /x", "/x/e/z", "file 0644 0:0 1"),
        ("COPY d/ /x/", "/x/x", "file 0644 0:0 1"),
        ("COPY *.md /x/", "/x/b.md", "file 0644 0:0 1"),
        ("COPY d/* /x/", "/x/z", "file 0644 0:0 1"),
        ("COPY nope* /x/", "/x", "none"),
        ("COPY l /x", "/x", "file 0644 0:0 5"),
        ("COPY dl /x", "/x/x", "file 0644 0:0 1"),
        ("COPY dl/x /y", "/y", "file 0644 0:0 1"),
        ("COPY ../../a /x", "/x", "file 0644 0:0 5"),
        ("COPY --chown=5 a /x/y", "/x", "directory 0755 5:5"),
        ("COPY --chown=:7 a /x", "/x", "file 0644 0:7 5"),
        ("COPY --chown=5: a /x", "/x", "file 0644 5:0 5"),
        ("COPY --chmod=600 a /x/y", "/x", "directory 0600 0:0"),
        ("COPY --chmod=u+x a /x/y", "/x/y", "file 0744 0:0 5"),
        ("COPY --chmod=u+x a /x/y", "/x", "directory 0755 0:0"),
        ("COPY --exclude=*.md d /x", "/x/y.md", "none"),
        ("COPY --exclude=*.md d/*.md /x/", "/x/y.md", "file 0644 0:0 1"),
        ("COPY --parents d/e/z /x/", "/x/d/e/z", "file 0644 0:0 1"),
        ("COPY --parents d/./e/z /x/", "/x/e/z", "file 0644 0:0 1"),
        ("COPY --parents **/z /x/", "/x/d/e/z", "file 0644 0:0 1"),
        ("COPY <<EOF /x\nhi\nEOF", "/x", "file 0644 0:0 3"),
        ("COPY <<a <<b /x/\n1\na\n2\nb", "/x/b", "file 0644 0:0 2"),
        ("ADD a /x", "/x", "file 0644 0:0 5"),
        ("ADD https://example.org/dir/f.bin /x/", "/x/f.bin", "file 0600 0:0 ?"),
        ("ADD https://example.org/r.git /x/", "/x/any", "?"),
        ("COPY --from=busybox:1 /bin/sh /x", "/x", "unknown"),
        ("COPY --from=busybox:1 /bin /x/", "/x/sh", "?"),
        ("WORKDIR /a/b", "/a", "directory 0755 0:0"),
        ("WORKDIR /w\nCOPY a .", "/w/a", "file 0644 0:0 5"),
        ("COPY . /\nCOPY b.md /l", "/a", "file 0644 0:0 1"),
        ("COPY . /x\nCOPY --link d /x/d", "/x/d/x", "file 0644 0:0 1"),
    ],
)
def test_copies(line: str, path: str, found: str) -> None:
    assert one(line, path) == found


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("COPY nope /x", '2:6 "/nope": not found'),
        ("COPY a nope /x/", '2:8 "/nope": not found'),
        ("COPY d/nope* /x", "2:6 lstat /d: no such file or directory"),
        ("COPY bad /x", '2:6 "/bad": not found'),
        ("COPY a /x\nCOPY d /x", "3:6 cannot copy to non-directory: /x"),
        ("COPY d /x\nCOPY . /y\nCOPY a /y/d/../../y", ""),
        ("COPY d /d\nCOPY a /x\nCOPY d/x /x/y", "4:6 mkdir /x: not a directory"),
        ("COPY d /q/a\nCOPY a /q/", "3:6 cannot replace to directory /q/a with file"),
        ("COPY --chown=app a /x", "2:1 invalid user index: -1"),
        ("COPY a /w\nWORKDIR /w", "3:1 mkdir /w: not a directory"),
        ('COPY ["a[", "/x"]', "2:8 invalid includepatterns: [a[]: syntax error in pattern"),
    ],
)
def test_refusals(lines: str, message: str) -> None:
    assert faults(f"FROM scratch\n{lines}\n", FILES) == ([message] if message else [])


def test_names_through_the_images_own_accounts() -> None:
    lines = "FROM scratch\nCOPY passwd /etc/passwd\nCOPY group /etc/group\nCOPY --chown={} a /x\n"
    files = {"a": "", "passwd": "app:x:10:20\n", "group": "staff:x:30:\n"}
    found = {
        owner: look(lines.format(owner), "/x", files) for owner in ("app", "app:staff", "app:none", "nobody", ":staff")
    }
    assert found == {
        "app": "file 0644 10:20 0", "app:staff": "file 0644 10:30 0", "app:none": "file 0644 10:20 0", "nobody": "file 0644 0:0 0",
        ":staff": "file 0644 0:30 0",
    }  # fmt: skip


def test_stages() -> None:
    dockerfile = """
FROM scratch AS one
COPY --chown=3 d /data
FROM one AS two
COPY a /data/x
FROM scratch
COPY --from=two /data /got
COPY --from=0 /data/x /first
"""
    assert tree(dockerfile, FILES) == ["/first", "/got/", "/got/e/", "/got/e/z", "/got/x", "/got/y.md"]
    assert look(dockerfile, "/got/x", FILES) == "file 0644 0:0 5"
    assert look(dockerfile, "/first", FILES) == "file 0644 3:3 1"
    got = build(dockerfile, FILES).image().files.lookup("/got/y.md")
    assert got is not None and not isinstance(got, Unknown) and got.instruction is not None
    assert (got.instruction.line, got.source) == (7, "d/y.md")


def test_a_parent_stage_does_not_see_its_child() -> None:
    found = build("FROM scratch AS a\nCOPY d /d\nFROM a AS b\nCOPY a /d/x\n", FILES)
    assert [file.size for file in found.image(found.stages[0]).files if file.path == "/d/x"] == [1]
    assert [file.size for file in found.image(found.stages[1]).files if file.path == "/d/x"] == [5]


def test_triggers_of_a_parent_stage() -> None:
    dockerfile = "FROM scratch AS a\nONBUILD COPY a /x\nFROM a AS b\nFROM b\n"
    assert tree(dockerfile, FILES) == ["/x"]
    assert tree(dockerfile, FILES, target="a") == []


def test_heredoc_expansion() -> None:
    dockerfile = "FROM scratch\nENV V=1\nCOPY <<x <<'y' /\n$V '${V}' \\$V\nx\n$V\ny\n"
    files = build(dockerfile).image().files
    contents = {file.path: file.read(99) for file in files}
    assert contents == {"/x": b"1 '1' $V\n", "/y": b"$V\n"}


def pack(*members: tuple[str, str], compress: bool = True) -> bytes:
    """``(name, kind)``: ``d`` a folder 0700 of 5:6, ``->x`` a link, ``=x`` a hard link, else a file of that content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind in members:
            info = tarfile.TarInfo(name)
            info.uid, info.gid, info.mode = 5, 6, 0o700
            data = None
            if kind == "d":
                info.type = tarfile.DIRTYPE
            elif kind.startswith("->"):
                info.type, info.linkname = tarfile.SYMTYPE, kind[2:]
            elif kind.startswith("="):
                info.type, info.linkname = tarfile.LNKTYPE, kind[1:]
            else:
                info.size, data = len(kind), io.BytesIO(kind.encode())
            archive.addfile(info, data)
    return gzip.compress(buffer.getvalue()) if compress else buffer.getvalue()


def test_archives_are_unpacked_by_their_content() -> None:
    data = pack(("t/f", "text"), ("d", "d"), ("d/l", "->/etc/x"), ("h", "=t/f"), ("../up", "u"))
    dockerfile = "FROM scratch\nADD whatever.bin /x\nCOPY whatever.bin /copied\n"
    files = {"whatever.bin": data}
    assert tree(dockerfile, files) == ["/copied", "/x/", "/x/d/", "/x/d/l", "/x/h", "/x/t/", "/x/t/f", "/x/up"]
    assert look(dockerfile, "/x/t", files) == "directory 0755 0:0"
    assert look(dockerfile, "/x/t/f", files) == look(dockerfile, "/x/h", files) == "file 0700 5:6 4"
    assert look(dockerfile, "/x/d", files) == "directory 0700 5:6"
    assert look("FROM scratch\nADD --chown=9 whatever.bin /x/\n", "/x/d", files) == "directory 0700 9:9"
    assert look("FROM scratch\nADD --unpack=false whatever.bin /x\n", "/x", files) == f"file 0644 0:0 {len(data)}"


@pytest.mark.parametrize(
    argnames=("data", "message"),
    ids=["cut off", "hard link to nothing", "folder that is gone at the end"],
    argvalues=[
        (pack(("f", "text" * 400), compress=False)[:1000], "2:5 unexpected EOF"),
        (pack(("h", "=nope")), "2:5 link nope /h: no such file or directory"),
        (pack(("d", "d"), ("d", "->x")), "2:5 chtimes /d: no such file or directory"),
    ],
)
def test_damaged_archives(data: bytes, message: str) -> None:
    assert faults("FROM scratch\nADD p /x/\n", {"p": data}) == [message]


@pytest.mark.parametrize(
    argnames="data",
    ids=map(str, range(6)),
    argvalues=[b"", b"plain", gzip.compress(b"no tar"), b"\x1f\x8b\x08 cut", b"BZh9", b"\0" * 2048],
)
def test_no_archives(data: bytes) -> None:
    assert look("FROM scratch\nADD p /x\n", "/x", {"p": data}) == f"file 0644 0:0 {len(data)}"


# An image that is not read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "path", "found"),
    [
        ("COPY a /usr/local/bin", "/usr/local/bin/a", "file 0644 0:0 5"),
        ("COPY run.sh /opt/program/train", "/opt/program/train", "unknown"),
        ("COPY run.sh /opt/program/run.sh", "/opt/program/run.sh", "file 0755 0:0 10"),
        ("COPY a /usr/bin/tool", "/usr/bin/tool", "file 0644 0:0 5"),
        ("COPY a /app.conf", "/app.conf", "file 0644 0:0 5"),
        ("COPY a /app/", "/app", "directory ? ?:?"),
        ("COPY a /app/", "/app/other", "?"),
        ("COPY a /app/", "/elsewhere", "?"),
        ("COPY --chown=app a /x.y", "/x.y", "file 0644 ?:? 5"),
        ("WORKDIR /w\nCOPY a b.md ./", "/w/b.md", "file 0644 0:0 1"),
    ],
)
def test_unread_base(line: str, path: str, found: str) -> None:
    assert look(f"FROM python:3.12\n{line}\n", path, FILES) == found


def test_what_the_base_brings_is_not_listed() -> None:
    assert tree("FROM python:3.12\nCOPY a /usr/local/bin/\nCOPY b.md /etc/b.md\n", FILES) == [
        "/etc/b.md",
        "/usr/local/bin/a",
    ]


def test_no_context() -> None:
    found = build("FROM scratch\nCOPY a /x\nCOPY <<EOF /y\nEOF\n")
    found.context = None
    image = found.image()
    assert isinstance(image.files.lookup("/x"), Unknown) and image.faults == []
    assert [(what, line, why.settle) for what, line, why in image.undecided] == [("files", 2, "--context")]
    assert [file.path for file in image.files] == ["/y"]


def test_lookup_follows_links_like_the_kernel() -> None:
    files = {
        "t/real": "x",
        "t/l": Link("real"),
        "t/up": Link("../../t/real"),
        "t/abs": Link("/t/real"),
        "t/loop": Link("loop"),
        "dir": Link("/t"),
    }
    found = build("FROM scratch\nCOPY . /\n", files).image().files
    for path in ("/t/l", "/t/up", "/t/abs", "/dir/l", "t/../t/./l"):
        file = found.lookup(path)
        assert file is not None and not isinstance(file, Unknown) and file.path == "/t/real", path
    assert found.lookup("/t/loop") is None and found.lookup("/t/real/x") is None
    link = found.lookup("/t/l", follow=False)
    assert link is not None and not isinstance(link, Unknown) and (link.path, link.type) == ("/t/l", "symlink")
