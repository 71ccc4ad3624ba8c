"""Random small images, predicted and then started by a real Docker Engine."""

from __future__ import annotations

import pytest

from benchmarks.oracle_launch import compare
from tests.engines.buildkit import BuildKit
from tests.engines.docker_engine import DockerEngine


@pytest.mark.parametrize("seed", range(7000, 7024))
def test_the_prediction_is_what_the_engine_does(seed: int, buildkit: BuildKit, docker_engine: DockerEngine) -> None:
    kind, told = compare(seed, buildkit, docker_engine)
    assert kind in ("right", "unbuilt"), told
