"""The real engines as fixtures: started when the first test asks, shared by the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.cli import mlgate as mlgate
from tests.engines import buildkit as buildkit_engine
from tests.engines import chromium as chromium_engine
from tests.engines import docker_engine as docker_engines
from tests.engines import grype as grype_engine
from tests.engines import hadolint as hadolint_engine
from tests.engines import registry as registries
from tests.engines import sarif_multitool as sarif_multitools
from tests.engines.cache import EngineMissing


@contextmanager
def engine_required() -> Iterator[None]:
    """A missing engine is a failure in continuous integration and a skip elsewhere."""
    try:
        yield
    except EngineMissing as reason:
        if os.environ.get("CI"):
            pytest.fail(f"missing engine: {reason}", pytrace=False)
        pytest.skip(f"missing engine: {reason}")


@pytest.fixture(scope="session")
def hadolint() -> Path:
    """The hadolint program."""
    with engine_required():
        return hadolint_engine.hadolint()


@pytest.fixture(scope="session")
def grype() -> Path:
    """The grype program. Run it with `tests.engines.grype.grype_environment(grype_db)`."""
    with engine_required():
        return grype_engine.grype()


@pytest.fixture(scope="session")
def grype_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for `GRYPE_DB_CACHE_DIR`, with our own vulnerabilities, built now. Not to be written to."""
    with engine_required():
        return grype_engine.grype_db(tmp_path_factory.mktemp("grype-db"))


@pytest.fixture(scope="session")
def buildkit() -> Iterator[buildkit_engine.BuildKit]:
    """A running BuildKit."""
    with ExitStack() as running:
        with engine_required():
            daemon = running.enter_context(buildkit_engine.buildkit())
        yield daemon


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[docker_engines.DockerEngine]:
    """A running Docker Engine."""
    with ExitStack() as running:
        with engine_required():
            engine = running.enter_context(docker_engines.docker_engine())
        yield engine


@pytest.fixture(scope="session")
def registry() -> Iterator[registries.Registry]:
    """An image registry on the loopback address, empty at first."""
    with ExitStack() as running:
        with engine_required():
            server = running.enter_context(registries.registry())
        yield server


@pytest.fixture(scope="session")
def sarif_multitool() -> Path:
    """Microsoft's SARIF Multitool; ask it with `tests.engines.sarif_multitool.complaints`."""
    with engine_required():
        return sarif_multitools.multitool()


@pytest.fixture(scope="session")
def chromium() -> Path:
    """A browser; start it with `tests.engines.chromium.OPTIONS`."""
    with engine_required():
        return chromium_engine.chromium()
