"""Images that cannot be judged: exit 3 and clear words, whatever the bytes; never a traceback, never a pass."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli import Mlgate, Ran
from tests.images.support import (
    METADATA,
    OS_RELEASE,
    STATUS,
    configuration,
    docker_archive,
    entry,
    layer,
    oci_folder,
    put,
)

BASE = layer({"bin/run": "\x7fELF", "etc/passwd": "root:x:0:0::/:/bin/sh\n"})
TOP = layer({"app/x": "y" * 3000})
OFF = ("--engine", "grype=off")

Make = Callable[[Path], object]


def made(**values: object) -> Make:
    return lambda path: docker_archive(path, [BASE, TOP], **values)  # type: ignore[arg-type]


def cut(size: int) -> Make:
    def make(path: Path) -> None:
        docker_archive(path, [BASE, TOP])
        path.write_bytes(path.read_bytes()[:size])

    return make


def flipped(text: bytes) -> Make:
    """One bit of the archive is another, there where a text stands."""

    def make(path: Path) -> None:
        docker_archive(path, [BASE, TOP])
        data = bytearray(path.read_bytes())
        data[data.index(text)] ^= 1
        path.write_bytes(data)

    return make


def with_layer(data: bytes, stored: bytes | None = None) -> Make:
    return lambda path: docker_archive(path, [data], stored=[data if stored is None else stored])


def huge_header(path: Path) -> None:
    """A name of 8 GiB, so it says."""
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 0o77777777777
    data = header.tobuf(tarfile.GNU_FORMAT) + b"x" * 4096
    docker_archive(path, [data])


GOOD = [{"Config": "x.json", "Layers": ["0/layer.tar", "1/layer.tar"]}]
FAULTS: dict[str, tuple[Make, str]] = {
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "no archive": (lambda path: path.write_bytes(b"hello " * 200), "is not an archive"),
    "zeros": (lambda path: path.write_bytes(bytes(10240)), "without members"),
    "a folder": (lambda path: path.mkdir(), "is a folder"),
    "a pipe": (os.mkfifo, "is not a regular file"),
    "not there": (lambda path: None, "no such file"),
    "cut in a header": (cut(700), "is truncated"),
    "cut in a layer": (cut(6000), "is truncated"),
    "no manifest": (lambda path: path.write_bytes(TOP), "no manifest.json"),
    "a manifest that is no JSON": (made(manifest=b"{"), "it is not JSON"),
    "a manifest that is too deep": (made(manifest=b"[" * 200_000), "it is not JSON"),
    "a manifest that is too large": (made(manifest=b'"' + b"x" * (17 << 20) + b'"'), "larger than 16 MiB"),
    "a manifest of nothing": (made(manifest=b"null"), "manifest is damaged"),
    "no image": (made(manifest=[]), "holds no image"),
    "two images": (made(manifest=GOOD * 2), "holds 2 images"),
    "no names": (made(manifest=[{"Config": 1, "Layers": [2]}]), "does not name"),
    "a configuration elsewhere": (made(manifest=[{"Config": "/etc/passwd", "Layers": []}]), "/etc/passwd is missing"),
    "a configuration further up": (made(manifest=[{"Config": "../../etc/passwd", "Layers": []}]), "passwd is missing"),
    "no layers": (made(config={}), "names no layers"),
    "layers of another kind": (made(config={"rootfs": {"diff_ids": [1, 2]}}), "names no layers"),
    "too few layers": (made(config=configuration([BASE])), "names 1 layers, its manifest 2"),
    "another layer": (made(config=configuration([BASE, BASE])), "layer 2 is damaged: its digest"),
    "Windows": (made(config=configuration([BASE, TOP], os="windows")), "Windows"),
    "a changed layer": (flipped(b"yyyy"), "layer 2 is damaged: its digest"),
    "a changed header": (flipped(b"app/x"), "layer 2 is damaged"),
    "a changed configuration": (flipped(b'"amd64"'), "its configuration is damaged"),
    "a layer that is no archive": (with_layer(b"hello " * 300), "layer 1 is damaged"),
    "a layer with a way out": (with_layer(layer({"../../etc/cron.d/x": "x"})), "outside of the image"),
    "a link to nothing": (with_layer(layer({}, entry("x", tarfile.LNKTYPE, "y"))), "which is not there"),
    "a file of no known kind": (with_layer(layer({}, entry("x", b"V"))), "unknown type"),
    "half a gzip": (with_layer(BASE, gzip.compress(BASE)[:-20]), "layer 1 is truncated"),
    "a gzip with a tail": (with_layer(BASE, gzip.compress(BASE) + b"tail"), "layer 1 is damaged"),
    "a damaged gzip": (with_layer(BASE, gzip.compress(BASE)[:40] + b"\xff" * 40), "layer 1 is damaged"),
    "zstd with nothing behind": (with_layer(BASE, b"\x28\xb5\x2f\xfd" + b"\xff" * 40), "layer 1"),
    "xz with nothing behind": (with_layer(BASE, b"\xfd7zXZ\x00" + b"\xff" * 40), "layer 1 is damaged"),
    "a name of eight gigabytes": (huge_header, "layer 1 is damaged"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_not_judged(name: str, mlgate: Mlgate) -> None:
    make, words = FAULTS[name]
    make(mlgate.folder / "image.tar")
    expect_unjudged(mlgate("scan", "docker-archive:image.tar", *OFF), words)


def expect_unjudged(ran: Ran, words: str) -> None:
    assert ran.code == 3, ran.out + ran.err
    assert ran.last.startswith("mlgate: exit 3: could not judge: image.tar: "), ran.last
    assert words in ran.last
    assert "Traceback" not in ran.err and "internal error" not in ran.err
    assert "PASS" not in ran.out


def test_the_same_image_in_order_is_judged(mlgate: Mlgate) -> None:
    docker_archive(mlgate.folder / "image.tar", [BASE, TOP])
    ran = mlgate("scan", "docker-archive:image.tar", "--for", "docker", *OFF)
    assert ran.code in (0, 1)
    assert "image.tar" in ran.out


@pytest.mark.parametrize("kind", ["gzip", "bz2", "xz", "zstd", "gzip twice"])
def test_layers_may_be_compressed(kind: str, mlgate: Mlgate) -> None:
    import bz2
    import lzma

    import zstandard

    data = layer({"bin/run": "#!/bin/absent\n"})
    half = len(data) // 2
    stored = {
        "gzip": gzip.compress(data), "bz2": bz2.compress(data), "xz": lzma.compress(data),
        "zstd": zstandard.compress(data), "gzip twice": gzip.compress(data[:half]) + gzip.compress(data[half:]),
    }[kind]  # fmt: skip
    docker_archive(mlgate.folder / "image.tar", [data], stored=[stored])
    ran = mlgate("scan", "docker-archive:image.tar", "--for", "docker", "--format", "json", *OFF)
    assert [row["rule_id"] for row in ran.json["findings"] if row["blocking"]] == ["ENT013"]


def test_some_layers_may_be_compressed(mlgate: Mlgate) -> None:
    """What grype itself refuses: the first layer as it is, the others packed."""
    site = "usr/lib/python3/dist-packages"
    plain = layer({"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": STATUS})
    python = layer({f"{site}/numpy-1.16.2.dist-info/METADATA": METADATA.format(name="numpy", version="1.16.2")})
    docker_archive(mlgate.folder / "image.tar", [plain, python], stored=[plain, gzip.compress(python)])
    ran = mlgate("scan", "docker-archive:image.tar", "--select", "grype", "--format", "json")
    assert {row["package"]["name"] for row in ran.json["findings"]} == {"libssl3", "numpy"}, ran.err


def test_an_archive_may_be_compressed(mlgate: Mlgate) -> None:
    docker_archive(mlgate.folder / "image.tar", [BASE])
    (mlgate.folder / "image.tar.gz").write_bytes(gzip.compress((mlgate.folder / "image.tar").read_bytes()))
    assert mlgate("scan", "docker-archive:image.tar.gz", *OFF).code in (0, 1)
    (mlgate.folder / "cut.tar.gz").write_bytes((mlgate.folder / "image.tar.gz").read_bytes()[:-100])
    assert mlgate("scan", "docker-archive:cut.tar.gz", *OFF).code == 3


def test_a_bomb_ends_at_the_clock(mlgate: Mlgate) -> None:
    bomb = gzip.compress(bytes(64 << 20), 9)
    docker_archive(mlgate.folder / "image.tar", [BASE], stored=[bomb * 400])
    ran = mlgate("scan", "docker-archive:image.tar", "--engine-timeout", "0.5", *OFF)
    expect_unjudged(ran, "layer 1")


def test_what_a_configuration_says_may_be_anything(mlgate: Mlgate) -> None:
    strange = [
        {"config": None}, {"config": [1]}, {"history": "x"}, {"history": [1]}, {"history": []}, {"architecture": 5, "os": "plan9"},
        {"config": {"Env": 1, "Cmd": "x", "Entrypoint": {"a": 1}, "Labels": [1], "ExposedPorts": ["x"], "User": 5, "Volumes": "x"}},
        {"config": {"Env": ["A=\ud800", "B=\n\x00", "=x"], "Cmd": ["\ud800"], "User": "a b$c", "Labels": {"": "x", "a\nb": "c"}}},
        {"history": [{"created_by": "# mlgate: ignore-file[SEC]\n::error::x\x1b[31m"}, {"created_by": ["x"]}]},
    ]  # fmt: skip
    for changes in strange:
        docker_archive(mlgate.folder / "image.tar", [BASE, TOP], configuration([BASE, TOP], **changes))
        ran = mlgate("scan", "docker-archive:image.tar", "--for", "docker", *OFF)
        assert ran.code in (0, 1), (changes, ran.err)
        assert "\x1b" not in ran.out and "internal error" not in ran.err


def test_a_history_quiets_nothing(mlgate: Mlgate) -> None:
    history = [
        {"created_by": "mlgate: ignore-file[SEC001] because"},
        {"created_by": "x\n# mlgate: ignore-file[SEC001] y"},
    ]
    values = {"Env": ["DB_PASSWORD=hunter22secret"], "Cmd": ["/bin/run"]}
    config = configuration([BASE, TOP], history=history, config=values)
    docker_archive(mlgate.folder / "image.tar", [BASE, TOP], config)
    ran = mlgate("scan", "docker-archive:image.tar", "--format", "json", *OFF)
    assert {row["rule_id"]: row["state"] for row in ran.json["findings"]}["SEC001"] == "active"


# The OCI's form -------------------------------------------------------------------------------------------------------


def test_the_platform_is_chosen(mlgate: Mlgate) -> None:
    oci_folder(mlgate.folder / "layout", {"linux/amd64": [BASE], "linux/arm64": [BASE, TOP]})
    ran = mlgate("scan", "oci-dir:layout", "--platform", "linux/arm64", *OFF)
    assert ran.code in (0, 1)
    ran = mlgate("scan", "oci-dir:layout", "--platform", "linux/s390x", *OFF)
    assert ran.code == 3
    assert "has no image for linux/s390x, only for linux/amd64, linux/arm64" in ran.last


def test_one_image_of_another_platform(mlgate: Mlgate) -> None:
    oci_folder(mlgate.folder / "layout", {"linux/arm64": [BASE]})
    assert mlgate("scan", "oci-dir:layout", *OFF).code in (0, 1)
    ran = mlgate("scan", "oci-dir:layout", "--platform", "linux/amd64", *OFF)
    assert ran.code == 3


def test_missing_and_changed_blobs(mlgate: Mlgate) -> None:
    folder = oci_folder(mlgate.folder / "layout", {"linux/amd64": [BASE, TOP]})
    for blob in sorted((folder / "blobs/sha256").iterdir()):
        data = blob.read_bytes()
        blob.unlink()
        assert mlgate("scan", "oci-dir:layout", *OFF).code == 3
        blob.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        assert mlgate("scan", "oci-dir:layout", *OFF).code == 3
        blob.write_bytes(data)
    assert mlgate("scan", "oci-dir:layout", *OFF).code in (0, 1)


def test_a_blob_that_leads_out_of_the_folder(mlgate: Mlgate) -> None:
    folder = oci_folder(mlgate.folder / "layout", {"linux/amd64": [BASE]})
    mlgate.write("outside.tar", BASE)
    for blob in (folder / "blobs/sha256").iterdir():
        if blob.read_bytes() == BASE:
            blob.unlink()
            blob.symlink_to(mlgate.folder / "outside.tar")
    ran = mlgate("scan", "oci-dir:layout", *OFF)
    assert ran.code == 3 and "layer 1 is missing" in ran.last


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ({}, "index is damaged"),
        ({"manifests": []}, "holds no image"),
        ({"manifests": [1]}, "index is damaged"),
        ({"manifests": [{"digest": "sha256:../../../etc/passwd"}]}, "no sha256 digest"),
        ({"manifests": [{"digest": f"sha256:{'0' * 64}"}]}, "manifest is missing"),
    ],
)
def test_indexes(index: object, words: str, mlgate: Mlgate) -> None:
    mlgate.write("layout/index.json", json.dumps(index))
    ran = mlgate("scan", "oci-dir:layout", *OFF)
    assert ran.code == 3 and words in ran.last


def test_the_wrong_kind_is_named(mlgate: Mlgate) -> None:
    docker_archive(mlgate.folder / "image.tar", [BASE])
    assert "write docker-archive:" in mlgate("scan", "oci-archive:image.tar", *OFF).last
    with tarfile.open(mlgate.folder / "oci.tar", "w") as tar:
        put(tar, "index.json", "{}")
    assert "write oci-archive:" in mlgate("scan", "docker-archive:oci.tar", *OFF).last


# The command line -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("", "write an image"),
        ("a b", "write an image"),
        ("docker-archive:", "write docker-archive:PATH"),
        ("image.tar", "docker-archive:image.tar"),
        ("./layout", "this is a path"),
        ("oci-archve:x.tar", "did you mean 'oci-archive'"),
        ("registry:python:3.12", "docker pull python:3.12"),
        ("dir:.", "mlgate check"),
    ],
)
def test_wrong_use(target: str, words: str, mlgate: Mlgate) -> None:
    ran = mlgate("scan", target)
    assert ran.code == 2 and words in ran.last


def test_an_image_is_about_one_dockerfile(mlgate: Mlgate) -> None:
    mlgate.write("a/Dockerfile", "FROM scratch\n")
    mlgate.write("b/Dockerfile", "FROM scratch\n")
    docker_archive(mlgate.folder / "image.tar", [BASE])
    ran = mlgate.check(".", "--image", "docker-archive:image.tar")
    assert ran.code == 2 and "one Dockerfile, not about 2" in ran.last


def test_a_dockerfile_is_judged_though_its_image_is_not(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", "FROM scratch\nENV DB_PASSWORD=hunter22secret\n")
    ran = mlgate.check("Dockerfile", "--image", "docker-archive:absent.tar", "--format", "json")
    assert ran.code == 3
    assert "SEC001" in {row["rule_id"] for row in ran.json["findings"]}


def test_no_engine_answers(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{mlgate.folder}/none.sock")
    ran = mlgate("scan", "python:3.12", *OFF)
    assert ran.code == 3 and "no Docker Engine answers" in ran.last


def test_memory_stays_small(mlgate: Mlgate) -> None:
    """A layer of 80 MB, and one of 20,000 files."""
    from tests.cli import program

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for number in range(20_000):
            tar.addfile(tarfile.TarInfo(f"data/{number % 100}/{number}"))
    large = layer({"model.bin": bytes(80 << 20)})
    docker_archive(
        mlgate.folder / "image.tar", [large, out.getvalue()], stored=[gzip.compress(large, 1), out.getvalue()]
    )
    del large
    ran = program("scan", "docker-archive:image.tar", *OFF, cwd=mlgate.folder)
    assert ran.code in (0, 1), ran.err
    assert ran.megabytes < 120


def test_a_disk_that_is_full(mlgate: Mlgate) -> None:
    from tests.cli import program

    docker_archive(mlgate.folder / "plain.tar", [layer({"x": "y" * 100_000})])
    (mlgate.folder / "image.tar").write_bytes(gzip.compress((mlgate.folder / "plain.tar").read_bytes()))
    ran = program(cwd=mlgate.folder, shell="ulimit -f 20; $mlgate scan docker-archive:image.tar --engine grype=off")
    expect_unjudged(ran, "cannot be unpacked")
