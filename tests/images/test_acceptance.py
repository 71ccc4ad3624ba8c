"""The same vulnerabilities from the built image, each on the line that brought it, those of the base on FROM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli import Mlgate, Ran
from tests.engines.docker_engine import DockerEngine
from tests.images.conftest import LINES

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
    assert not [row for row in ran.json["undecided"] if row["rule_id"] == "GAT006"]


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
