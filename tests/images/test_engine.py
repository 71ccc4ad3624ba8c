"""Images of a Docker Engine: there, not there, behind an engine that does not answer."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from tests.cli import Mlgate
from tests.engines.docker_engine import DockerEngine

OFF = ("--engine", "grype=off")


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.mark.parametrize("prefix", ["", "docker:"])
def test_an_image_is_looked_into_and_nothing_stays(
    prefix: str, with_engine: DockerEngine, mlgate: Mlgate, scratch: Path
) -> None:
    name = with_engine.busybox()
    ran = mlgate("scan", prefix + name, "--for", "sagemaker-training", "--format", "json", *OFF)
    assert ran.code == 1, ran.err
    assert [row["rule_id"] for row in ran.json["findings"] if row["blocking"]] == ["SMC001"]
    assert ran.json["files"] == [name]
    assert list(scratch.iterdir()) == []


def test_an_image_by_its_id(with_engine: DockerEngine, mlgate: Mlgate) -> None:
    digest = with_engine.run("image", "inspect", "-f", "{{.Id}}", with_engine.busybox()).stdout.strip()
    assert mlgate("scan", f"docker:{digest}", *OFF).code in (0, 1)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mlgate-test/absent:1", "docker pull mlgate-test/absent:1"),
        ("UPPER", "must be lowercase"),
        ("a/../b", "invalid reference format"),
    ],
)
def test_an_image_that_is_not_there(
    name: str, words: str, with_engine: DockerEngine, mlgate: Mlgate, scratch: Path
) -> None:
    ran = mlgate("scan", name, *OFF)
    assert ran.code == 3 and words in ran.last, ran.last
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 500 no\r\n\r\n", b"hello\r\n\r\n", None], ids=["nothing", "500", "noise", "silence"]
)
def test_an_engine_that_is_none(answer: bytes | None, mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/tmp/mlgate-{os.getpid()}.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()

        def serve() -> None:
            try:
                while True:
                    client, _ = server.accept()
                    held.append(client)
                    if answer is not None:
                        client.sendall(answer)
                        client.close()
            except OSError:
                pass

        held: list[socket.socket] = []
        threading.Thread(target=serve, daemon=True).start()
        try:
            monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
            ran = mlgate("scan", "python:3.12", "--engine-timeout", "1", *OFF)
        finally:
            os.unlink(path)
            server.shutdown(socket.SHUT_RDWR)
            for client in held:
                client.close()
    assert ran.code == 3, ran.err
    assert "no Docker Engine answers" in ran.last
    assert "internal error" not in ran.err
