"""Running other programs: what they may do to us, tried with real ones."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from gate.engines.base import search
from gate.engines.process import Process, run


def script(folder: Path, text: str) -> str:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_output_and_code(tmp_path: Path) -> None:
    output = run([script(tmp_path, "echo out; echo wrong >&2; exit 3")], cwd=str(tmp_path), timeout=10)
    assert (output.code, output.stdout, output.complaint, output.fault) == (3, b"out\n", "wrong", "")
    assert output.ending == "ended with exit code 3"


def test_nothing_of_our_environment_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADOLINT_IGNORE", "DL3008")
    output = run([script(tmp_path, "env; cat")], cwd=str(tmp_path), timeout=10, env={"GIVEN": "1"})
    names = {line.partition(b"=")[0] for line in output.stdout.splitlines()}
    assert names <= {b"PATH", b"LC_ALL", b"GIVEN", b"PWD", b"_", b"SHLVL", b"OLDPWD"}
    assert b"GIVEN" in names


@pytest.mark.parametrize(
    ("argv", "fault"),
    [(["/no/such/program"], "No such file or directory"), (["/"], "Permission denied"), (["a\0b"], "null byte")],
)
def test_what_cannot_be_started(argv: list[str], fault: str, tmp_path: Path) -> None:
    output = run(argv, cwd=str(tmp_path), timeout=10)
    assert output.code is None
    assert output.fault.startswith("cannot be started: ")
    assert fault in output.fault


def test_a_hanging_program_is_ended_with_its_children(tmp_path: Path) -> None:
    begun = time.monotonic()
    output = run([script(tmp_path, "sleep 600 & echo $! > child; wait")], cwd=str(tmp_path), timeout=0.5)
    assert output.fault == "did not end within 0.5 s"
    assert time.monotonic() - begun < 50
    assert gone(int((tmp_path / "child").read_text()))


def test_a_child_that_is_left_behind_holds_nothing_up(tmp_path: Path) -> None:
    begun = time.monotonic()
    output = run([script(tmp_path, "sleep 600 & echo $! > child; echo done")], cwd=str(tmp_path), timeout=60)
    assert (output.code, output.stdout) == (0, b"done\n")
    assert time.monotonic() - begun < 50
    assert gone(int((tmp_path / "child").read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="needs prlimit")
def test_a_program_cannot_outlive_us_for_long(tmp_path: Path) -> None:
    output = run([script(tmp_path, "sleep 0.3; ulimit -t")], cwd=str(tmp_path), timeout=20)
    assert int(output.stdout) <= 20 * (os.cpu_count() or 1) + 10


def test_half_a_gigabyte_is_not_held(tmp_path: Path) -> None:
    begun = time.monotonic()
    process = Process(["/bin/sh", "-c", "yes | head -c 500000000"], cwd=str(tmp_path), timeout=60, limit=8 << 20)
    output = process.wait()
    assert output.fault == "wrote more than 8 MB"
    assert output.stdout == b""
    assert time.monotonic() - begun < 50


def test_a_flood_of_complaints_is_cut(tmp_path: Path) -> None:
    output = run([script(tmp_path, "yes | head -c 9000000 >&2; echo fine")], cwd=str(tmp_path), timeout=60)
    assert (output.code, output.stdout, output.fault) == (0, b"fine\n", "")
    assert len(output.stderr) <= 1 << 17


def test_a_signal_is_named(tmp_path: Path) -> None:
    assert run([script(tmp_path, "kill -SEGV $$")], cwd=str(tmp_path), timeout=10).ending == "was killed by SIGSEGV"


def test_a_complaint_is_one_printable_line(tmp_path: Path) -> None:
    output = run([script(tmp_path, r"printf '\n\033[31m::error::x\n' >&2")], cwd=str(tmp_path), timeout=10)
    assert output.complaint == "[31m::error::x"


def test_search_takes_executables_from_absolute_folders_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "bin" / "tool"
    path.parent.mkdir()
    path.write_text("")
    assert search("tool", [str(path.parent)]) is None
    path.chmod(0o755)
    assert search("tool", ["", ".", "bin"]) is None
    assert search("tool", [str(tmp_path), str(path.parent)]) == str(path)


def gone(pid: int) -> bool:
    """Whether a process has ended (a zombie has)."""
    for _ in range(50):
        try:
            os.kill(pid, 0)
            if sys.platform == "linux" and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.1)
    return False
