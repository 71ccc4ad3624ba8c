"""What the launch rules say about shells, asked of real ones: parameters of sh -c, and signals to process 1."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gate.rules.launch._handover import parameters_used
from tests.rules.support import findings

SHELLS = [shell for shell in ("bash", "dash") if shutil.which(shell)]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("text", "words", "printed"),
    [
        ("echo app", ["--port", "80"], "app"),
        ('echo app "$@"', ["--port", "80"], "app 80"),
        ('echo app "$@"', ["--", "--port", "80"], "app --port 80"),
        ('echo app "$0" "$@"', ["--port", "80"], "app --port 80"),
        ("echo app $1", ["x", "80"], "app 80"),
        ("echo app ${1:-none}", ["x"], "app none"),
        ("shift; echo app $*", ["x", "1", "2"], "app 2"),
        ("echo app '$@'", ["x", "1"], "app $@"),
    ],
)
def test_what_becomes_of_words_behind_the_text(shell: str, text: str, words: list[str], printed: str) -> None:
    done = subprocess.run([shell, "-c", text, *words], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == printed
    used = parameters_used(text)
    if not used:
        assert not set(words) & set(printed.split())
    if "0" not in used:
        assert words[0] not in printed.split()


def _may_be_process_one() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True, check=False).returncode == 0


WORKER = """
import os, signal, sys, time
def told(number, frame):
    open(sys.argv[1], "w").close()
    sys.exit(0)
signal.signal(signal.SIGTERM, told)
open(sys.argv[1] + ".started", "w").close()
time.sleep(60)
"""

SCRIPTS = [
    ("exec WORKER", True),
    ("WORKER", False),
    ("WORKER\nexit $?", False),
    ("if true; then\n  WORKER\nelse\n  exec WORKER\nfi", False),
    ("main() {\n  exec WORKER\n}\nmain", True),
    ("(exec WORKER)", False),
    ("WORKER | cat", False),
    ("WORKER &\nwait", False),
    # The second wait matters: when process 1 is gone, the kernel kills the rest at once.
    ("trap 'kill -TERM $p; wait $p' TERM\nWORKER & p=$!\nwait $p", True),
    ("trap 'kill -TERM $p' TERM\nWORKER", False),
    ("trap 'kill -TERM $p' INT\nWORKER & p=$!\nwait $p", False),
]


@pytest.mark.skipif(not _may_be_process_one(), reason="no process namespaces here")
@pytest.mark.parametrize(("script", "hands_over"), SCRIPTS)
def test_process_one_and_the_rule_agree(script: str, hands_over: bool, tmp_path: Path) -> None:
    worker, told = tmp_path / "worker.py", tmp_path / "told"
    worker.write_text(WORKER)
    program = f"{sys.executable} {worker} {told}"
    for shell in SHELLS:
        entry = tmp_path / f"entry-{shell}.sh"
        entry.write_text(f"#!/bin/{shell}\n" + script.replace("WORKER", program) + "\n")
        assert _is_told(shell, entry, told, patience=30 if hands_over else 0.6) is hands_over, shell
        text = 'FROM python:3.12\nCOPY entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]\n'
        found = findings(
            text, ["ENT009"], {"entry.sh*": f"#!/bin/{shell}\n" + script.replace("WORKER", "python serve.py") + "\n"}
        )
        assert bool(found) is not hands_over, (shell, [f.message for f in found])


def _is_told(shell: str, entry: Path, told: Path, patience: float) -> bool:
    """Run a script as process 1 and end it as docker stop would: whether its program hears of SIGTERM."""
    started = told.with_name(told.name + ".started")
    for path in (told, started):
        path.unlink(missing_ok=True)
    with subprocess.Popen(
        ["unshare", "--pid", "--fork", "--kill-child", shell, str(entry)], stderr=subprocess.DEVNULL
    ) as outer:
        try:
            _wait_for(started)
            children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()
            subprocess.run(["kill", "-TERM", children[0]], check=True)
            return _wait_for(told, patience)
        finally:
            outer.kill()


def _wait_for(path: Path, seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.exists():
            return True
        time.sleep(0.02)
    return False
