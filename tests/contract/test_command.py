"""Wrong use, no engine, an impatient user, and containers that want to do harm."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import pytest

from gate.contract.client import ask
from gate.contract.sockets import Listener, is_connecting, listeners
from gate.contract.words import lines, refusal
from tests.cli import Mlgate
from tests.contract.conftest import Verify, statuses

SAVES = "#!/bin/sh\ndate > /opt/ml/model/model\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("x",), "no Docker Engine answers"),
        (
            ("x", "--for", "sagemaker-trainin"),
            "did you mean 'sagemaker-training'?; it runs docker, kserve, kubernetes, lambda",
        ),
        (("x", "--for", "edge"), "--for edge: verify does not run it; it runs docker"),
        (("docker-archive:x.tar",), "docker load -i x.tar"),
        (("./x.tar",), "this is a path"),
        (("x", "--format", "sarif"), "write text, json or json=FILE"),
        (("x", "--format", "json=nowhere/x.json"), "cannot write nowhere/x.json"),
        (("x", "--timeout", "soon"), "write a number of seconds"),
        (("x", "--payload", "absent.csv"), "--payload absent.csv: No such file"),
        (("x", "--content-type", "text/csv"), "it is that of a --payload"),
        (("x", "--model", "absent"), "--model absent: no such file or folder"),
        (("x", "--input", "absent"), "--input absent: no such folder"),
        (("x", "--hyperparameters", "list.json"), "write one object"),
        (("x", "--hyperparameters", "broken.json"), "this is no JSON"),
        (("x", "--env", "A"), "write NAME=VALUE, not 'A'"),
    ],
)
def test_wrong_use(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{mlgate.folder}/absent.sock")
    mlgate.write("list.json", "[1]")
    mlgate.write("broken.json", "{")
    ran = mlgate("verify", *words)
    assert (ran.code, said in ran.last) == (3 if "Engine" in said else 2, True), ran.err


def test_an_image_that_is_not_there(verify: Verify) -> None:
    ran = verify.run("mlgate-test/absent:1", "--for", "docker")
    assert (ran.code, ran.out) == (3, "")
    assert ran.last == (
        "mlgate: exit 3: mlgate-test/absent:1: the engine has no such image; to get it: docker pull mlgate-test/absent:1"
    )


def test_no_platform(verify: Verify) -> None:
    ran = verify.run(verify.engine.busybox())
    assert (ran.code, "--for: name the platform that is to run it: docker, kserve" in ran.last) == (2, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_interrupted_leaves_nothing(verify: Verify, number: int) -> None:
    reference = verify.image("endless", {"train": "#!/bin/sh\nexec sleep 600\n"})
    words = [sys.executable, "-m", "gate", "verify", reference, "--for", "sagemaker-training"]
    process = subprocess.Popen(
        words,
        env=dict(os.environ),
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background has it ignored
    )
    assert process.stderr is not None
    try:
        assert process.stderr.readline() == "mlgate: training …\n"
        assert len(verify.left()) > 1
        process.send_signal(number)
        process.send_signal(number)  # an impatient user
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, told) == (130, "mlgate: exit 130: interrupted\n")
    assert verify.left() == []


def test_hostile_output(verify: Verify) -> None:
    """A flood without line ends, commands for terminals, a failure file that is a pipe."""
    train = f"{SAVES}mkfifo /opt/ml/output/failure\nprintf '\\033]0;x\\007##[error]\\342\\200\\256'\nhead -c 9000000 /dev/zero\nexit 5\n"
    words = ("--for", "sagemaker-training", "--input", "data")
    ran = verify.run(verify.image("hostile", {"train": train}), *words, "-v")
    assert (ran.code, "failed   train    exit 5" in ran.out) == (1, True), ran.out[:2000]
    assert len(ran.out) < 40_000
    assert not any(character in ran.out for character in "\x1b\x07\x00\u202e")
    assert "##[error]" not in ran.out


@pytest.mark.parametrize("what", ["ln -s /etc/passwd", "mkdir"])
def test_a_failure_that_is_no_file(verify: Verify, what: str) -> None:
    train = f"{SAVES}{what} /opt/ml/output/failure\n"
    ran = verify.run(
        verify.image(f"failure-{what[:2]}", {"train": train}), "--for", "sagemaker-training", "--format", "json"
    )
    assert (statuses(ran)["train"], "root:" in ran.out) == ("passed", False), ran.out


@contextmanager
def server(*pieces: bytes, pause: float = 0.0) -> Iterator[int]:
    """A server on the loopback address that sends these bytes to whoever comes, again and again the last of them."""
    over = threading.Event()

    def answer(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(1 << 16)
            for piece in pieces:
                connection.sendall(piece)
            while pause and not over.wait(pause):
                try:
                    connection.sendall(pieces[-1])
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, args=(listening,), daemon=True)
        thread.start()
        yield int(listening.getsockname()[1])
        over.set()
        thread.join(10)


@pytest.mark.parametrize(
    ("pieces", "pause", "status", "problem"),
    [
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",), 0.0, 200, ""),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"x"), 0.3, 0, "late"),
        ((b"HTTP/1.1 200 OK\r\n", b"x"), 0.3, 0, "late"),
        ((b"HTTP/1.1 100 Continue\r\n\r\n",), 0.01, 0, "late"),
        ((b"SSH-2.0-OpenSSH_9.2\r\n",), 0.0, 0, "no HTTP"),
        ((b"",), 0.0, 0, "closed"),
    ],
)
def test_a_request_is_over_in_time(pieces: tuple[bytes, ...], pause: float, status: int, problem: str) -> None:
    with server(*pieces, pause=pause) as port:
        began = monotonic()
        reply = ask(port, "GET", "/", seconds=1.0)
        assert (reply.status, reply.problem) == (status, problem)
        assert monotonic() - began < 30


def test_where_programs_listen() -> None:
    table = """  sl  local_address rem_address   st tx_queue
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000
   1: 00000000:0050 00000000:0000 0A 00000000:00000000
   2: 0100007F:C350 0100007F:1F90 02 00000000:00000000
   0: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 0
   1: 00000000000000000000000000000000:1F92 00000000000000000000000000000000:0000 0A 0
   2: 0000000000000000FFFF00000100007F:1F93 00000000000000000000000000000000:0000 0A 0
   3: zz:zz 0 0A
"""
    found = [
        Listener(80, False),
        Listener(8080, True),
        Listener(8081, True),
        Listener(8082, False),
        Listener(8083, True),
    ]
    assert listeners(table) == found
    assert is_connecting(table, 8080) and not is_connecting(table, 80)


def test_what_engines_say() -> None:
    """Older and newer ones word it differently; what is the engine's own fault is nobody else's."""
    new = 'failed to create task for container: … unable to start container process: error during container init: exec: "train": executable file not found in $PATH'
    fault = refusal(f"{new}: unknown", "train")
    assert fault is not None
    assert (fault.text, fault.rules) == ('exec: "train": executable file not found in $PATH', ("SMC001",))
    late = refusal("unable to start container process: exec /x/train: no such file or directory", "train")
    assert late is not None and late.rules == ("ENT012", "ENT013")
    assert refusal("driver failed programming external connectivity", "train") is None
    assert lines(b"one\rtwo\r\nthree") == ("one", "two", "three")
    assert lines(b"") == () and lines(b"\n\x1b[31mred\x1b[0m\r\n\xff\n") == ("", "red", "<FF>")
