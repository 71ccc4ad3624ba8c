"""Our reading of scripts against what bash and dash run."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from gate.dockerfile.command import Command
from gate.dockerfile.shell import parse_script
from gate.dockerfile.source import Source, Text
from tests.dockerfile.shell_scripts import ENVIRONMENT, ScriptWriter

CASES = 1000

# Commands of one pipeline run at the same time, and a shell writes a text with a newline in pieces:
# a file for each script and command keeps their words apart.
_DRIVER = r"""
c() { printf '%s\0' "$#" "$@" >>"$d/ran/$number.$1"; }
f() { c "$@"; return 1; }
ulimit -t 20; set -f
d=$PWD number=0
cd work; : >in
while [ $number -lt $1 ]; do
  ( . "$d/$number.sh"; wait ) >/dev/null 2>>"$d/errors" </dev/null
  number=$((number + 1))
done
"""


def run_scripts(shell: str, scripts: list[str], folder: Path) -> list[dict[str, list[list[str]]]]:
    """For each script, the argument lists that each command id was run with."""
    for number, script in enumerate(scripts):
        (folder / f"{number}.sh").write_text(script + "\n", encoding="utf-8")
    for name in ("work", "ran"):
        (folder / name).mkdir()
    environment = {**ENVIRONMENT, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    # A session of its own, so that a timeout ends the shell's children too.
    process = subprocess.Popen(
        [shell, "-c", _DRIVER, shell, str(len(scripts))], cwd=folder, env=environment, start_new_session=True
    )
    try:
        assert process.wait(timeout=120) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    ran: list[dict[str, list[list[str]]]] = [{} for _ in scripts]
    for log in (folder / "ran").iterdir():
        number, _, identity = log.name.partition(".")
        fields = iter(log.read_text(encoding="utf-8").split("\0")[:-1])
        ran[int(number)][identity] = [[next(fields) for _ in range(int(count))][1:] for count in fields]
    return ran


def predicted(shell: str, script: str) -> dict[str, Command]:
    source = Source("Dockerfile", (script + "\n").encode())
    parsed = parse_script(Text(source, source.text, ((0, 0),)), shell=shell, environment=ENVIRONMENT)
    assert parsed.parsed, script
    ours: dict[str, Command] = {}
    for command in parsed.commands:
        if command.name in ("c", "f"):
            identity = command.words[1].text.value
            assert identity not in ours, f"{identity} twice in\n{script}"
            ours[identity] = command
    return ours


def explains(command: Command, argv: list[str]) -> bool:
    """Whether the predicted words can become these arguments."""
    words = [(word.value, word.prefix) for word in command.words[2:]]
    if command.complete and (len(words) == len(argv) or all(value is not None for value, _ in words)):
        return len(words) == len(argv) and all(
            value == real if value is not None else real.startswith(prefix)
            for (value, prefix), real in zip(words, argv, strict=True)
        )
    rest = iter(argv)
    return all(value in rest for value, _ in words if value is not None)


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_random_scripts(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    scripts = [ScriptWriter(seed, bash=shell == "bash").script() for seed in range(CASES)]
    real = run_scripts(program, scripts, tmp_path)
    refused = [script for script, ran in zip(scripts, real, strict=True) if not ran]
    assert len(refused) < CASES / 200, refused[0]
    wrong = []
    for script, ran in zip(scripts, real, strict=True):
        ours = predicted(shell, script)
        missed = ran.keys() - ours.keys()
        false = [
            key for key, argvs in ran.items() if key in ours and not all(explains(ours[key], argv) for argv in argvs)
        ]
        if missed or false:
            wrong.append((script, missed, false))
    assert not wrong, f"{len(wrong)} of {CASES}; the first:\n{wrong[0]}"
