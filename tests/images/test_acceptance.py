"""The same vulnerabilities from the built image, each on the line that brought it, those of the base on FROM."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli import Mlgate, Ran
from tests.engines.docker_engine import DockerEngine
from tests.images.conftest import LINES
from tests.images.support import METADATA, OS_RELEASE, SITE, STATUS, configuration, docker_archive, layer, oci_folder

ENGINES = ("--engine", "hadolint=off", "--engine", "grype=required")


def packages(ran: Ran) -> dict[str, dict[str, Any]]:
    """The findings about packages, by the package's name."""
    return {row["package"]["name"].lower(): row for row in ran.json["findings"] if row["package"]}


def expect_attributed(ran: Ran) -> None:
    found = packages(ran)
    assert {name: row["package"]["introduced_by"]["line"] for name, row in found.items()} == LINES
    kinds = {name: row["package"]["introduced_by"]["kind"] for name, row in found.items()}
    assert {name for name, kind in kinds.items() if kind == "base"} == {"libssl3", "jinja2"}
    assert all(row["package"]["layer"].startswith("sha256:") for row in found.values())
    assert (found["libwebp7"]["line"], found["libwebp7"]["column"]) == (7, 24)
    assert (found["numpy"]["line"], found["numpy"]["column"]) == (10, 5)
    assert "not checkable" not in {row["name"]: row["reason"] for row in ran.json["engines"]}["grype"]
    assert not [row for row in ran.json["undecided"] if row["rule_id"] == "GAT006"]
    account = ran.json["vulnerabilities"]
    assert (account["inherited"], account["unattributed"], account["rebuild"]) == (
        2,
        0,
        1,
    )  # Jinja2 is no package of Debian's
    assert "is without 1 of those inherited" in {row["name"]: row["reason"] for row in ran.json["engines"]}["grype"]


def test_without_a_dockerfile_nobody_knows_where_the_base_ends(mlgate: Mlgate) -> None:
    layers = [layer({"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": STATUS})]
    labels = {"Labels": {"org.opencontainers.image.base.name": "docker.io/library/debian:12"}}
    docker_archive(mlgate.folder / "image.tar", layers, configuration(layers, config=labels))
    ran = mlgate("scan", "docker-archive:image.tar", "--format", "json", *ENGINES)
    (row,) = packages(ran).values()
    assert (row["line"], row["package"]["introduced_by"], row["package"]["layer"][:7]) == (3, None, "sha256:")
    account = ran.json["vulnerabilities"]
    assert (account["inherited"], account["introduced"], account["unattributed"]) == (0, 0, 1)
    assert "built on docker.io/library/debian:12" in mlgate("scan", "docker-archive:image.tar", *ENGINES).out


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive", "oci-dir"])
def test_an_archive_of_buildkit(kind: str, by_buildkit: Path, oci_folder: Path, mlgate: Mlgate) -> None:
    path = oci_folder if kind == "oci-dir" else by_buildkit
    dockerfile = by_buildkit.parent / "buildkit.Dockerfile"
    ran = mlgate("check", str(dockerfile), "--image", f"{kind}:{path}", "--format", "json", *ENGINES)
    assert ran.code == 1, ran.err
    expect_attributed(ran)


def test_an_image_of_the_engine(engine_image: tuple[str, Path], with_engine: DockerEngine, mlgate: Mlgate) -> None:
    name, dockerfile = engine_image
    ran = mlgate("check", str(dockerfile), "--image", name, "--format", "json", *ENGINES)
    assert ran.code == 1, ran.err
    expect_attributed(ran)


def test_an_archive_of_docker_save(
    engine_image: tuple[str, Path], with_engine: DockerEngine, mlgate: Mlgate, tmp_path: Path
) -> None:
    name, dockerfile = engine_image
    with_engine.run("save", "-o", tmp_path / "saved.tar", name, check=True)
    ran = mlgate(
        "check", str(dockerfile), "--image", f"docker-archive:{tmp_path}/saved.tar", "--format", "json", *ENGINES
    )
    expect_attributed(ran)


def test_an_image_that_changes_meanwhile(grype: Path, mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    """grype looks at the file when we have read it already."""
    docker_archive(mlgate.folder / "image.tar", [layer({"x": "1"})])
    docker_archive(
        mlgate.folder / "other.tar",
        [layer({f"{SITE}/scipy-1.0.dist-info/METADATA": METADATA.format(name="scipy", version="1.0")})],
    )
    swap = f'[ "$1" = version ] || cp {mlgate.folder}/other.tar {mlgate.folder}/image.tar'
    program = mlgate.write("grype", f'#!/bin/sh\n{swap}\nexec {grype} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("MLGATE_GRYPE", str(program))
    ran = mlgate("scan", "docker-archive:image.tar", *ENGINES)
    assert ran.code == 3
    assert "changed meanwhile" in ran.last


def test_an_image_without_packages_is_no_clean_image(mlgate: Mlgate) -> None:
    docker_archive(mlgate.folder / "image.tar", [layer({"x": "1"})])
    ran = mlgate("scan", "docker-archive:image.tar", *ENGINES)
    assert ran.code == 3
    assert "found no package at all" in ran.last


def test_packages_of_an_unknown_distribution_are_named(mlgate: Mlgate) -> None:
    docker_archive(mlgate.folder / "image.tar", [layer({"var/lib/dpkg/status": STATUS})])
    ran = mlgate("scan", "docker-archive:image.tar", "--format", "json", *ENGINES)
    assert "not checkable: libssl3, tzdata" in {row["name"]: row["reason"] for row in ran.json["engines"]}["grype"]


def test_the_layer_is_the_first_one_that_has_the_version(mlgate: Mlgate) -> None:
    """dpkg and apk have one list for all, which every installation writes anew."""
    release = {"etc/os-release": OS_RELEASE}
    old = STATUS.replace("3.0.9-1", "3.0.8-1")
    other = STATUS + STATUS.replace("libssl3", "zlib1g").replace("Source: openssl\n", "")
    layers = [
        layer({**release, "var/lib/dpkg/status": old}), layer({"var/lib/dpkg/status": STATUS}), layer({"x": "1"}),
        layer({"var/lib/dpkg/status": other}),
    ]  # fmt: skip
    docker_archive(mlgate.folder / "image.tar", layers)
    ran = mlgate("scan", "docker-archive:image.tar", "--format", "json", *ENGINES)
    (row,) = [row for row in ran.json["findings"] if row["package"] and row["package"]["name"] == "libssl3"]
    assert row["package"]["layer"] == f"sha256:{hashlib.sha256(layers[1]).hexdigest()}"
    assert row["line"] == 4


def test_alpines_packages(mlgate: Mlgate) -> None:
    release = 'ID=alpine\nVERSION_ID=3.18.4\nPRETTY_NAME="Alpine Linux v3.18"\n'
    row = "P:{name}\nV:{version}\nA:x86_64\no:{origin}\nL:x\n\n"
    base = row.format(name="busybox", version="1.36.1-r2", origin="busybox")
    libssl = row.format(name="libssl3", version="3.1.3-r0", origin="openssl")
    later = row.format(name="zlib", version="1.2.13-r1", origin="zlib")
    lists = [base, base + libssl, base + libssl + later]
    layers = [layer({"etc/os-release": release, "lib/apk/db/installed": text}) for text in lists]
    docker_archive(mlgate.folder / "image.tar", layers)
    ran = mlgate("scan", "docker-archive:image.tar", "--format", "json", *ENGINES)
    (found,) = [row for row in ran.json["findings"] if row["package"]]
    assert found["package"]["name"] == "libssl3"
    assert found["package"]["layer"] == f"sha256:{hashlib.sha256(layers[1]).hexdigest()}"


@pytest.mark.parametrize(
    ("form", "platform", "found"),
    [
        ("oci-dir", "linux/arm64", []),
        ("oci-archive", "linux/amd64", ["1.16.2"]),
        ("oci-archive as tar writes it", "linux/amd64", ["1.16.2"]),
    ],
)
def test_grype_looks_at_the_platform_that_was_chosen(
    form: str, platform: str, found: list[str], mlgate: Mlgate
) -> None:
    def numpy(version: str) -> bytes:
        return layer({f"{SITE}/numpy-{version}.dist-info/METADATA": METADATA.format(name="numpy", version=version)})

    folder = oci_folder(mlgate.folder / "layout", {"linux/amd64": [numpy("1.16.2")], "linux/arm64": [numpy("1.26.4")]})
    with tarfile.open(mlgate.folder / "layout.tar", "w") as tar:
        for path in [folder] if "tar writes" in form else sorted(folder.iterdir()):
            tar.add(path, "." if path == folder else path.name)
    target = f"{form.partition(' ')[0]}:layout{'' if form == 'oci-dir' else '.tar'}"
    ran = mlgate("scan", target, "--platform", platform, "--format", "json", *ENGINES)
    assert [row["package"]["version"] for row in ran.json["findings"] if row["package"]] == found, ran.err
    assert ran.code in (0, 1)


def test_attestations_are_no_images(mlgate: Mlgate) -> None:
    """BuildKit writes them beside the image, as if they were one for a platform nobody knows."""
    data = layer({f"{SITE}/numpy-1.16.2.dist-info/METADATA": METADATA.format(name="numpy", version="1.16.2")})
    folder = oci_folder(mlgate.folder / "layout", {"linux/amd64": [data], "unknown/unknown": [layer({"x": "{}"})]})
    index = json.loads((folder / "index.json").read_text())
    index["manifests"][1]["annotations"] = {"vnd.docker.reference.type": "attestation-manifest"}
    (folder / "index.json").write_text(json.dumps(index))
    ran = mlgate("scan", "oci-dir:layout", "--format", "json", *ENGINES)
    assert [row["package"]["version"] for row in ran.json["findings"] if row["package"]] == ["1.16.2"], ran.err
