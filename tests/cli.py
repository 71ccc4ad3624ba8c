"""Running mlgate in tests: in this process (fast), or as a program of its own (with its time and memory)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gate import cli, policyfinder
from gate.repository import git_root

NO_ENGINES = ("--engine", "hadolint=off", "--engine", "grype=off")


@dataclass
class Ran:
    """What a run left. ``seconds`` (of computing) and ``megabytes`` are only there for a program of its own."""

    code: int
    out: str
    err: str
    seconds: float = 0.0
    megabytes: float = 0.0

    @property
    def last(self) -> str:
        """The last line on standard error: the exit code and why."""
        return self.err.rstrip("\n").splitlines()[-1]

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document


class Mlgate:
    """``mlgate(…)`` runs a command line in this process, in the test's own folder, without engines."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[bytes]) -> None:
        self.folder = folder
        self._capture = capture

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def __call__(self, *arguments: str) -> Ran:
        policyfinder._find_between.cache_clear()
        policyfinder._resolved.cache_clear()
        git_root.cache_clear()
        code = cli.run(list(arguments))
        captured = self._capture.readouterr()
        return Ran(code, captured.out.decode(), captured.err.decode())

    def check(self, *arguments: str) -> Ran:
        return self("check", *NO_ENGINES, *arguments)

    def findings(self, *arguments: str) -> list[dict[str, Any]]:
        """The findings of a check, from its JSON."""
        ran = self.check("--format", "json", *arguments)
        found: list[dict[str, Any]] = ran.json["findings"]
        return found


@pytest.fixture
def mlgate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Mlgate:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    return Mlgate(tmp_path, capfdbinary)


# A program counts the memory of the one that it was forked from. So a small one stands between the tests and mlgate.
_MEASURED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
open(".usage", "w").write(f"{usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}")
sys.exit(code if code >= 0 else 128 - code)
"""


def program(
    *arguments: str,
    cwd: Path,
    stdin: bytes | None = b"",
    timeout: float = 60.0,
    shell: str | None = None,
    env: dict[str, str] | None = None,
) -> Ran:
    """Run mlgate as a program. ``shell``: a command line in which ``$mlgate`` is the program, for redirections."""
    command = [sys.executable, "-m", "gate", *arguments]
    if shell is not None:
        command = ["bash", "-c", shell.replace("$mlgate", f"{sys.executable} -m gate")]
    process = subprocess.Popen(
        [sys.executable, "-c", _MEASURED, *command],
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=(cwd / ".out").open("wb"),
        stderr=(cwd / ".err").open("wb"),
        env={**os.environ, **(env or {})},
        start_new_session=True,
    )
    assert process.stdin is not None
    try:
        process.stdin.write(stdin or b"")
        process.stdin.close()
    except BrokenPipeError:
        pass
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise AssertionError(f"still running after {timeout} seconds") from None
    seconds, kilobytes = (cwd / ".usage").read_text().split()
    return Ran(
        process.returncode,
        (cwd / ".out").read_bytes().decode("utf-8", "replace"),
        (cwd / ".err").read_bytes().decode("utf-8", "replace"),
        float(seconds),
        int(kilobytes) / 1024,
    )
