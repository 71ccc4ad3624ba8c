"""Small images, predicted and then started by a real Docker Engine: random ones, and an example with its breakages."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import pytest

from benchmarks.launch_cases import Case, generate
from benchmarks.oracle_launch import compare, compare_case
from tests.engines.buildkit import BuildKit
from tests.engines.docker_engine import DockerEngine

SCIKIT = Path(__file__).parents[2] / "examples" / "scikit"
SEEDS = [seed for seed in range(7000, 7060) if generate(random.Random(seed)).base != "debian"][:24]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_prediction_is_what_the_engine_does(seed: int, buildkit: BuildKit, docker_engine: DockerEngine) -> None:
    kind, told = compare(seed, buildkit, docker_engine)
    assert kind in ("right", "unbuilt"), told


# The example's own programs and the lines that place them, with a Python that only says that it runs.
EXAMPLE = """FROM scratch
COPY --chmod=755 busybox /bin/sh
COPY --chmod=755 busybox /usr/bin/env
COPY --chmod=755 python3 /usr/local/bin/python3
ENV PATH="/opt/program:${PATH}"
COPY decision_trees /opt/program
WORKDIR /opt/program
"""


def example(word: str) -> Case:
    files = {
        f"decision_trees/{path.name}": (path.read_bytes(), 0o755 if path.name in ("train", "serve") else 0o644)
        for path in (SCIKIT / "decision_trees").iterdir() if path.is_file()
    }  # fmt: skip
    files["python3"] = (b"#!/bin/sh\necho STARTED\n", 0o755)
    return Case(EXAMPLE, files, platform={"train": "sagemaker-training", "serve": "sagemaker-hosting"}[word])


def broken(how: str, case: Case) -> Case:
    data, mode = case.files["decision_trees/train"]
    changed = {
        "crlf": (data.replace(b"\n", b"\r\n"), mode),
        "not executable": (data, 0o644),
        "no first line": (data.partition(b"\n")[2], mode),
        "byte order mark": (b"\xef\xbb\xbf" + data, mode),
    }[how]
    return dataclasses.replace(case, files={**case.files, "decision_trees/train": changed})


@pytest.mark.parametrize("word", ["train", "serve"])
def test_the_example_starts(word: str, buildkit: BuildKit, docker_engine: DockerEngine) -> None:
    assert compare_case(example(word), word, buildkit, docker_engine) == ("right", "works")


@pytest.mark.parametrize("how", ["crlf", "not executable", "no first line", "byte order mark"])
def test_the_broken_example_does_not(how: str, buildkit: BuildKit, docker_engine: DockerEngine) -> None:
    assert compare_case(broken(how, example("train")), how, buildkit, docker_engine) == ("right", "fails")
