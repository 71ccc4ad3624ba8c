"""What an image has that no instruction names: archives of every kind, whiteouts, the traces of a RUN."""

import gzip
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
import zstandard

from gate.image.sparse import Sparse
from gate.image.tarfile import TooLarge, decompress, members
from gate.model import Unknown
from tests.image.support import build, faults, look, tree
from tests.image.test_files import pack

LONG = "n" * 256


def holding(*names: str) -> bytes:
    """An archive of empty files."""
    return pack(*[(name, "") for name in names], compress=False)


def test_zstd_is_unpacked_however_many_frames_it_has() -> None:
    data = holding("a", "b/c")
    packed = zstandard.compress(data[:700]) + zstandard.compress(data[700:])
    assert tree("FROM scratch\nADD x /\n", {"x": packed}) == ["/a", "/b/", "/b/c"]
    assert decompress(packed[:-3], 1 << 20)[1] is False
    assert faults("FROM scratch\nADD x /\n", {"x": packed[:-3]}) == ["2:5 unexpected EOF"]


@pytest.mark.parametrize(
    "data", [gzip.compress(b"") * 20_000, zstandard.compress(bytes(1 << 27))], ids=["parts", "zeros"]
)
def test_what_unpacks_to_too_much_is_too_large(data: bytes) -> None:
    with pytest.raises(TooLarge):
        decompress(data, 1 << 20)


def test_an_archive_that_is_not_looked_into_is_undecided() -> None:
    image = build("FROM scratch\nADD x /d/\n", {"x": gzip.compress(holding("a")) + gzip.compress(b"") * 20_000}).image()
    assert [file.path for file in image.files] == ["/d"]
    assert [(what, line) for what, line, _ in image.undecided] == [("files", 2)]
    assert isinstance(image.files.lookup("/d/a"), Unknown)


@pytest.mark.parametrize(
    ("members_", "left"),
    [
        ((".wh.a",), ["/b", "/d/", "/d/e"]),
        ((".wh.a", "a"), ["/a", "/b", "/d/", "/d/e"]),
        ((".wh.d", "d/new"), ["/a", "/b", "/d/", "/d/new"]),
        ((".wh..wh..opq", "new"), ["/new"]),
        (("d/.wh..wh..opq",), ["/a", "/b", "/d/"]),
        ((".wh..wh.plnk",), ["/a", "/b", "/d/", "/d/e"]),
    ],
)
def test_whiteouts_take_away_what_lies_below(members_: tuple[str, ...], left: list[str]) -> None:
    files = {"low/a": "", "low/b": "", "low/d/e": "", "x": holding(*members_)}
    assert tree("FROM scratch\nCOPY low /\nADD x /\n", files) == left


def test_for_the_builder_a_whiteout_is_a_file() -> None:
    dockerfile = "FROM scratch AS low\nADD x /\nFROM scratch\nCOPY a /a\nCOPY --from=low /.wh.a /\n"
    assert tree(dockerfile, {"a": "", "x": holding(".wh.a")}) == []
    assert tree(f"{dockerfile}COPY a /a\n", {"a": "", "x": holding(".wh.a")}) == ["/a"]


@pytest.mark.skipif(shutil.which("tar") is None, reason="there is no tar")
@pytest.mark.parametrize("version", ["0.0", "0.1", "1.0"])
def test_files_with_holes(version: str, tmp_path: Path) -> None:
    whole = bytes(200_000) + b"middle" + bytes(100_000) + b"end"
    (tmp_path / "f").write_bytes(whole)
    with (tmp_path / "f").open("r+b") as file:
        file.truncate(0)
        for at, piece in ((200_000, b"middle"), (300_006, b"end")):
            file.seek(at)
            file.write(piece)
    command = ["tar", "-S", f"--sparse-version={version}", "--format=posix", "-cf", "-", "-C", str(tmp_path), "f"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    member = next(members(data, True))
    if member.holes is None:
        pytest.skip("the file system keeps no holes")
    assert (member.name, member.size) == ("f", len(whole))
    assert Sparse(data, member.holes).read(1 << 20) == whole
    assert Sparse(data, member.holes).read(200_003) == whole[:200_003]
    assert look("FROM scratch\nADD x /\n", "/f", {"x": data}).endswith(f" {len(whole)}")


@pytest.mark.parametrize("map_", ["5,1", "0,9,1,1", "1", "a,b", "0," + "9" * 18, "-1,1"])
def test_a_map_of_holes_that_makes_no_sense(map_: str) -> None:
    info = tarfile.TarInfo("f")
    info.size, info.pax_headers = 3, {"GNU.sparse.map": map_, "GNU.sparse.size": "4"}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as packed:
        packed.addfile(info, io.BytesIO(b"abc"))
    found = faults("FROM scratch\nADD x /d/\n", {"x": archive.getvalue()})
    assert found == [] and look("FROM scratch\nADD x /d/\n", "/d/x", {"x": archive.getvalue()}).startswith("file")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("RUN x y", 'process "/bin/sh -c x y" did not complete successfully: exit code: 1'),
        ('RUN ["/bin/x", "y"]', 'process "/bin/x y" did not complete successfully: exit code: 1'),
        ('RUN ["tool"]', 'process "tool" did not complete successfully: exit code: 1'),
        ('COPY plain /bin/sh\nRUN ["/bin/sh"]', 'process "/bin/sh" did not complete successfully: exit code: 1'),
        ("RUN []", "failed to marshal LLB definition: arguments are required"),
        ("COPY tool /bin/sh\nRUN x", ""),
        ('ENV PATH=/opt\nCOPY tool /opt/tool\nRUN ["tool"]', ""),
        ('SHELL ["/tool", "-c"]\nCOPY tool /\nRUN x', ""),
        ('RUN --mount=type=bind,target=/m ["/m/tool"]', ""),
    ],
)
def test_a_run_needs_its_program(lines: str, message: str) -> None:
    found = faults(f"FROM scratch\n{lines}\n", {"tool*": "\x7fELF", "plain": ""})
    assert [fault.partition(" ")[2] for fault in found] == ([message] if message else [])


def test_a_run_leaves_the_mount_points() -> None:
    found = tree('FROM scratch\nCOPY tool /\nRUN ["/tool"]\n', {"tool*": "\x7fELF"})
    assert found == ["/dev/", "/proc/", "/sys/", "/tool"]


@pytest.mark.parametrize("line", [f"WORKDIR /{LONG}", f"COPY a /{LONG}/b", f"COPY a /{LONG}", "WORKDIR " + "/d" * 2100])
def test_names_that_no_file_system_takes(line: str) -> None:
    (fault,) = faults(f"FROM scratch\n{line}\n", {"a": ""})
    assert fault.endswith(": file name too long")


def test_a_name_that_is_no_utf8_cannot_be_sent() -> None:
    image = build("FROM scratch\nCOPY d /d\n", {"d/\udcff": "", "other/\udcfe": ""}).image()
    assert len(list(image.files)) == 2
    assert [fault.message.partition(":")[0] for fault in image.faults] == ["d/\udcff"]
    image = build("FROM scratch\nCOPY d /d\n", {"d/ü": "", "other/\udcfe": ""}).image()
    assert len(list(image.files)) == 2 and image.faults == []


def test_a_refused_owner_does_not_hide_a_missing_source() -> None:
    assert faults("FROM scratch\nCOPY --chown=app a b /\n", {"a": ""}) == [
        '2:20 "/b": not found', "2:1 invalid user index: -1",
    ]  # fmt: skip
