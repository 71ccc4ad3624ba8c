"""The engine as the one that the user talks to, and the command on it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import pytest

from gate.contract import serving
from tests.cli import Mlgate, Ran
from tests.contract.images import BYOC, image
from tests.engines.docker_engine import DockerEngine

_MARKED = ("--filter", "label=mlgate.verify")


class Verify:
    """``verify(name, programs, …)`` imports an image once, runs it, and gives what became of each case."""

    def __init__(self, engine: DockerEngine, mlgate: Mlgate) -> None:
        self.engine, self.mlgate = engine, mlgate
        mlgate.write("model/model.txt", "40\n")
        mlgate.write("data/training/rows.csv", "1,2\n")
        mlgate.write("sample.csv", "1,2,3\n")
        mlgate.write("sample.json", '{"instances": [1, 2]}')

    def image(self, name: str, programs: Mapping[str, str] = BYOC, *settings: str) -> str:
        return image(self.engine, name, programs, *settings)

    def run(self, reference: str, *words: str) -> Ran:
        return self.mlgate("verify", reference, "--fast", *words)

    def left(self) -> list[str]:
        """What verifications have left in the engine."""
        return self._containers() + self._volumes()

    def clear(self) -> None:
        """Take it away, so that one test's fault is not the next one's."""
        for container in self._containers():
            self.engine.run("rm", "-f", container)
        for volume in self._volumes():
            self.engine.run("volume", "rm", "-f", volume)

    def _containers(self) -> list[str]:
        return self.engine.run("ps", "-aq", *_MARKED, check=True).stdout.split()

    def _volumes(self) -> list[str]:
        return self.engine.run("volume", "ls", "-q", *_MARKED, check=True).stdout.split()


def statuses(ran: Ran) -> dict[str, str]:
    """Case → status, from the JSON of one platform."""
    return {case["name"]: case["status"] for case in ran.json["cases"]}


@pytest.fixture
def verify(docker_engine: DockerEngine, mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Verify]:
    for name in [name for name in os.environ if name.startswith("DOCKER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DOCKER_HOST", docker_engine.host)
    monkeypatch.setattr(serving, "_FAST_REST", 1.0)  # these servers are started in no time
    made = Verify(docker_engine, mlgate)
    yield made
    made.clear()
