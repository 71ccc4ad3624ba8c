"""All reports of one run: whole or not at all, and the same every time."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from gate import catalogue
from tests.cli import Mlgate, program

DOCKERFILE = "FROM python:latest\n# mlgate: ignore[SEC007] it must\nRUN sudo apt-get install nginx\nCOPY train /opt/ml/code/\nENV A=😀\n"
FORMATS = [name for name in catalogue.report_modules() if name != "text"]


def everything(folder: str = "") -> list[str]:
    return [f"--format={name}={folder}{name}.out" for name in FORMATS]


def written(folder: Path) -> dict[str, bytes]:
    return {name: (folder / f"{name}.out").read_bytes() for name in FORMATS}


def test_every_format_from_one_run(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", DOCKERFILE)
    ran = mlgate.check("--format=text", *everything(), "-o", "again.sarif")
    assert ran.code == 1 and ran.out.count("FAIL  ") == 1
    files = written(mlgate.folder)
    assert all(files.values())
    assert (mlgate.folder / "again.sarif").read_bytes() == files["sarif"]
    for name, text in files.items():
        assert mlgate.check("--format", name).out.encode() == text, "to a file as to standard output"


def test_the_text_stays_on_the_terminal(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", DOCKERFILE)
    assert mlgate.check(*everything()).out == mlgate.check().out


def test_the_same_every_time_and_everywhere(tmp_path: Path) -> None:
    """Another folder, other hashes of strings, another language, time zone and width."""
    seen = []
    for number in (1, 2):
        folder = tmp_path / f"{number}" / ("x" * number)
        folder.mkdir(parents=True)
        (folder / "Dockerfile").write_text(DOCKERFILE)
        env = {"PYTHONHASHSEED": str(number), "TZ": f"Etc/GMT+{number}", "COLUMNS": str(70 * number)}
        env |= {"LC_ALL": "C"} if number == 1 else {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
        program("check", "--engine=hadolint=off", "--engine=grype=off", *everything(), cwd=folder, env=env)
        seen.append(written(folder))
    assert seen[0] == seen[1]
    assert not [name for name, text in seen[0].items() if str(tmp_path).encode() in text]


KILLED = """
import os, signal, sys
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from gate.cli import main
main()
"""


@pytest.mark.parametrize("name", ["html", "sarif"])
def test_killed_in_the_middle_leaves_the_old_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12.5\n")
    (tmp_path / "report").write_text("old")
    words = ("check", "--engine=hadolint=off", "--engine=grype=off", f"--format={name}=report")
    done = subprocess.run([sys.executable, "-c", KILLED, *words], cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == -9
    assert (tmp_path / "report").read_text() == "old"


def test_a_disk_that_is_full_in_the_middle(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "report.html").write_text("old")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "gate",
            "check",
            "--no-cache",
            "--engine=hadolint=off",
            "--engine=grype=off",
            "-o",
            "report.html",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert done.returncode == 3 and "cannot write report.html: File too large" in done.stderr.splitlines()[-1]
    assert (tmp_path / "report.html").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["Dockerfile", "report.html"], "nothing half written is left"


def test_one_that_cannot_be_written_is_told_before_anything_runs(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", DOCKERFILE)
    ran = mlgate.check("-o", "first.json", "-o", "absent/second.sarif")
    assert ran.code == 2 and "there is no folder absent" in ran.last
    assert not (mlgate.folder / "first.json").exists()


def test_nobody_writes_through_a_link_that_somebody_left(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", DOCKERFILE)
    precious = mlgate.write("precious", "precious")
    (mlgate.folder / f"report.json.{os.getpid()}.tmp").symlink_to(precious)
    assert mlgate.check("-o", "report.json").code == 1
    assert precious.read_text() == "precious"
    assert json.loads((mlgate.folder / "report.json").read_text())["verdict"] == "fail"
