"""Input that wants to break the gate, each run as a program: right exit code, a reason, soon, in little memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli import NO_ENGINES, Ran, program

SECONDS = 10.0
MEGABYTES = 500.0

FROM = b"FROM debian:12.5\n"
HOSTILE: dict[str, tuple[bytes, set[int]]] = {
    "empty": (b"", {1}),
    "not-utf-8": (FROM + b"LABEL a=\xff\xfe\nRUN apt-get install \xe9\n", {1}),
    "nul": (FROM + b"RUN echo \0 && apt-get install curl\n", {0, 1}),
    "utf-16": (FROM.decode().encode("utf-16"), {1}),
    "binary": (bytes(range(256)) * 400, {1}),
    "one-line-of-50-MB": (FROM + b"RUN " + b"a" * 50_000_000 + b"\n", {3}),
    "one-line-of-20-MB": (FROM + b"RUN " + b"a " * 10_000_000 + b"\n", {1}),
    "100000-instructions": (FROM + b"RUN apt-get install -y curl\n" * 100_000, {3}),
    "100000-stages": (b"FROM debian:12.5 AS a\n" * 100_000, {3}),
    "45000-continued-lines": (FROM + b"RUN true" + b" && \\\n  apt-get install curl" * 45_000 + b"\n", {0, 1, 3}),
    "45000-comments": (FROM + b"# mlgate: ignore[PGK001,X] r\n" * 45_000 + b"RUN true\n", {0}),
    "45000-instructions": (FROM + b"RUN apt-get install -y curl\n" * 45_000, {3}),
    "1900-instructions": (FROM + b"RUN apt-get install -y curl\n" * 1_900, {0}),
    "deep-subshells": (FROM + b"RUN " + b"(" * 100_000 + b"\n", {0, 1, 3}),
    "deep-substitutions": (FROM + b"RUN " + b"$(" * 20_000 + b"echo" + b")" * 20_000 + b"\n", {0, 1, 3}),
    "deep-json": (FROM + b"CMD " + b"[" * 100_000 + b"\n", {0, 1}),
    "deep-variables": (FROM + b"ENV a=" + b"${a:-" * 20_000 + b"}" * 20_000 + b"\n", {0, 1}),
    "many-heredocs": (FROM + b"RUN <<A\n" + b"<<A\n" * 50_000 + b"A\n", {0, 1, 3}),
    "growing-variables": (FROM + b"ENV a=aaaaaaaaaa\n" + b"ENV a=$a$a$a$a$a$a$a$a$a$a\n" * 30, {0, 1, 3}),
}


def sane(ran: Ran) -> None:
    """Whatever the input: a reason in words, no traceback, soon, in little memory."""
    assert "Traceback" not in ran.err, ran.err
    assert "internal error" not in ran.err, ran.err
    assert ran.last.startswith(f"mlgate: exit {ran.code}: "), ran.err
    assert ran.seconds < SECONDS
    assert ran.megabytes < MEGABYTES


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file(name: str, tmp_path: Path) -> None:
    content, codes = HOSTILE[name]
    (tmp_path / "Dockerfile").write_bytes(content)
    ran = program("check", *NO_ENGINES, "--no-context", cwd=tmp_path)
    sane(ran)
    assert ran.code in codes, ran.err


def test_no_file(tmp_path: Path) -> None:
    ran = program("check", "nope/Dockerfile", cwd=tmp_path)
    sane(ran)
    assert (ran.code, "nope/Dockerfile: no such file" in ran.last) == (3, True)


def test_nothing_found(tmp_path: Path) -> None:
    ran = program("check", cwd=tmp_path)
    sane(ran)
    assert (ran.code, ran.last) == (3, "mlgate: exit 3: could not judge: no Dockerfile found in .")


def test_folder_called_dockerfile(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").mkdir()
    ran = program("check", "Dockerfile", cwd=tmp_path)
    sane(ran)
    assert ran.code == 3


def test_pipe_never_blocks(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "Dockerfile")
    ran = program("check", "Dockerfile", cwd=tmp_path)
    sane(ran)
    assert (ran.code, "is a pipe" in ran.last) == (3, True)
    assert program("check", cwd=tmp_path).code == 3, "a search leaves it out"


def test_device(tmp_path: Path) -> None:
    ran = program("check", "/dev/zero", cwd=tmp_path)
    sane(ran)
    assert (ran.code, "is a device" in ran.last) == (3, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(FROM)
    (tmp_path / "Dockerfile").chmod(0)
    ran = program("check", "Dockerfile", cwd=tmp_path)
    sane(ran)
    assert (ran.code, "permission denied" in ran.last) == (3, True)


def test_link_loops(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "Dockerfile").write_bytes(FROM)
    (tmp_path / "a" / "up").symlink_to("..")
    (tmp_path / "Dockerfile").symlink_to("Dockerfile")
    ran = program("check", *NO_ENGINES, "--format", "json", cwd=tmp_path)
    sane(ran)
    assert ran.json["files"] == ["a/Dockerfile"]
    named = program("check", *NO_ENGINES, "Dockerfile", cwd=tmp_path)
    sane(named)
    assert (named.code, "symbolic links" in named.last) == (3, True)


def test_one_bad_input_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(FROM + b"RUN apt-get install curl\n")
    ran = program("check", *NO_ENGINES, "Dockerfile", "nope", "--format", "json", cwd=tmp_path)
    sane(ran)
    assert ran.code == 3
    assert ran.json["verdict"] == "error"
    assert "PKG001" in {finding["rule_id"] for finding in ran.json["findings"]}


@pytest.mark.parametrize(
    ("shell", "code"),
    [
        ("$mlgate check - <&-", 3),
        ("$mlgate check . >&-", 3),
        ("$mlgate check . 2>&-", 1),
        ("$mlgate check . | true; exit ${PIPESTATUS[0]}", 1),
        ("$mlgate check . > /dev/full", 3),
        ("$mlgate check . -o /dev/full --format text --format json=/dev/full", 2),
        ("$mlgate check . --format json=/dev/full", 3),
        ("$mlgate check . --format json=none/there.json", 2),
        ("$mlgate check . --format json=.", 2),
        ("mkdir x && cd x && rmdir ../x && $mlgate check .", 3),
    ],
)
def test_closed_doors(shell: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(FROM + b"RUN apt-get install curl\n")
    ran = program(cwd=tmp_path, shell=shell.replace(" check ", f" check {' '.join(NO_ENGINES)} "))
    assert ran.code == code, ran.err
    assert "Traceback" not in ran.err and "Exception ignored" not in ran.err, ran.err
    if "2>&-" not in shell:
        assert ran.last.startswith(f"mlgate: exit {code}: "), ran.err


def test_huge_standard_input(tmp_path: Path) -> None:
    ran = program("check", *NO_ENGINES, "-", cwd=tmp_path, stdin=FROM + b"#" * 40_000_000)
    sane(ran)
    assert ran.code == 3


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interrupt(jobs: str, tmp_path: Path) -> None:
    for number in range(400):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "Dockerfile").write_bytes(FROM + b"RUN apt-get install -y curl\n" * 300)
    process = subprocess.Popen(
        [sys.executable, "-m", "gate", "check", *NO_ENGINES, "--jobs", jobs],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background has it ignored
    )
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err.decode().splitlines()[-1]) == (130, "mlgate: exit 130: interrupted"), err
    with pytest.raises(ProcessLookupError):
        _eventually_gone(lambda: os.killpg(process.pid, 0))


def _eventually_gone(probe: Callable[[], None]) -> None:
    """Call until it raises: what was killed may take a moment to be gone."""
    for _ in range(100):
        probe()
        time.sleep(0.05)


def test_odd_file_names(tmp_path: Path) -> None:
    name = b"\xff\x1b[31m##[error]x\n::error::y.Dockerfile"
    Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_bytes(FROM)
    ran = program("check", *NO_ENGINES, cwd=tmp_path)
    sane(ran)
    assert ran.code == 0
    assert "\x1b" not in ran.out and "##[" not in ran.out
    assert not any(line.lstrip().startswith("::") for line in ran.out.splitlines())
    document = program("check", *NO_ENGINES, "--format", "json", cwd=tmp_path).json
    assert len(document["files"]) == 1
