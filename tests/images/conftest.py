"""One image of each builder, in every form in which an image comes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.engines.buildkit import BuildKit
from tests.engines.docker_engine import DockerEngine
from tests.engines.registry import Registry
from tests.images.support import debian_like, unpacked

DOCKERFILE = """\
FROM {base} AS tools
RUN echo compiled > /tool

FROM {base}
ARG EXTRA=1
LABEL org.opencontainers.image.version="1.0"
RUN apt-get install -y libwebp7=1.2.4-0.2
RUN pip install --no-cache-dir \\
    # the old one
    numpy==1.16.2 scipy==1.11.0
COPY --from=tools /tool /usr/local/bin/tool
COPY --chmod=755 train /opt/program/train
ENV PATH="/opt/program:${{PATH}}" GREETING="hello world"
RUN apt-get install -y curl=8.5.0-2
RUN pip install Pillow==9.5.0
WORKDIR /opt/program
EXPOSE 8080
CMD ["serve"]
"""
LINES = {"libwebp7": 7, "numpy": 8, "pillow": 15, "libssl3": 4, "jinja2": 4}
"""The line that brings each package with a vulnerability; 4 is FROM."""


@pytest.fixture(autouse=True)
def _real_grype(grype: Path, grype_db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", str(grype))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(grype_db))


@pytest.fixture(scope="session")
def image_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build context, and what is built from it."""
    folder = tmp_path_factory.mktemp("images")
    (folder / "context").mkdir()
    (folder / "context" / "train").write_text("#!/bin/sh\necho training\n")
    return folder


@pytest.fixture(scope="session")
def by_buildkit(image_folder: Path, buildkit: BuildKit, registry: Registry) -> Path:
    """An archive by today's BuildKit: for docker load, and for the OCI. Its Dockerfile is ``buildkit.Dockerfile``."""
    base = registry.push_tar("debian-like:12", debian_like(image_folder))
    dockerfile = image_folder / "buildkit.Dockerfile"
    dockerfile.write_text(DOCKERFILE.format(base=base))
    archive = image_folder / "buildkit.tar"
    built = buildkit.build(image_folder / "context", dockerfile, archive=archive, name="mlgate-test/images:1")
    assert built.ok, built.error_text
    return archive


@pytest.fixture(scope="session")
def oci_folder(by_buildkit: Path, image_folder: Path) -> Path:
    return unpacked(by_buildkit, image_folder / "layout")


def in_engine(docker_engine: DockerEngine, folder: Path, builder: str) -> str:
    """The name of an image that the engine built, with its old builder (``0``) or its own BuildKit (``1``)."""
    base = docker_engine.import_tar("debian-like:12", debian_like(folder))
    name = f"mlgate-test/images-{builder}:1"
    dockerfile = folder / f"engine-{builder}.Dockerfile"
    text = DOCKERFILE.format(base=base)
    if builder == "0":  # which has no --chmod
        (folder / "context" / "train").chmod(0o755)
        text = text.replace("--chmod=755 ", "")
    dockerfile.write_text(text)
    words = [docker_engine.cli, "build", "-q", "-t", name, "-f", dockerfile, folder / "context"]
    environment = {**docker_engine.environment, "DOCKER_BUILDKIT": builder}
    subprocess.run(words, env=environment, check=True, capture_output=True, timeout=120)
    return name


@pytest.fixture(scope="session", params=["0", "1"], ids=["classic", "buildkit"])
def engine_image(request: pytest.FixtureRequest, image_folder: Path, docker_engine: DockerEngine) -> tuple[str, Path]:
    """An image in the engine, and its Dockerfile."""
    name = in_engine(docker_engine, image_folder, request.param)
    return name, image_folder / f"engine-{request.param}.Dockerfile"


@pytest.fixture
def with_engine(docker_engine: DockerEngine, monkeypatch: pytest.MonkeyPatch) -> DockerEngine:
    """The engine as the one that the user talks to."""
    for name in [name for name in os.environ if name.startswith("DOCKER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
    return docker_engine
