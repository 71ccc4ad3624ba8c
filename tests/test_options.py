"""A command line is read without Typer as Typer reads it, or not at all."""

from __future__ import annotations

import subprocess
import sys
from random import Random
from typing import Any

import pytest
import typer

from gate import application, cli
from gate.options import Command, read
from tests.cli import Mlgate

WORDS = (
    "a",
    "-",
    "--",
    "",
    "x=y",
    "-q",
    "-v",
    "-qv",
    "-o",
    "-oF",
    "-o=F",
    "--",
    "--nothing",
    "--he",
    "-h",
    "-é",
    "--=a",
)


def by_typer(name: str, words: list[str]) -> dict[str, Any] | None:
    """The values as Typer has them; None for a line that it refuses, or answers with the help."""
    command = typer.main.get_command(application._one(name, cli.COMMANDS[name]))
    try:
        parameters = command.make_context("mlgate", list(words), resilient_parsing=False).params
    except Exception:
        return None
    absent = {option.into: option.absent for option in cli.COMMANDS[name].options}
    found = {into: absent[into] if value is None else value for into, value in parameters.items()}
    return {into: tuple(value) if isinstance(value, list) else value for into, value in found.items()}


def lines(command: Command, random: Random, count: int) -> list[list[str]]:
    names = [name for option in command.options for name in option.names]
    words = [*names, *(f"{name}=v" for name in names), *(f"{name}=" for name in names), *WORDS]
    return [random.choices(words, k=random.randrange(5)) for _ in range(count)]


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_what_is_read_is_what_typer_reads(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command, read_here = cli.COMMANDS[name], 0
    for line in lines(command, Random(name), 300):
        found = read(command, line)
        if found is not None:
            read_here += 1
            assert found == by_typer(name, line), line
    assert read_here > 10


@pytest.mark.parametrize(
    "line", [["-q", "Dockerfile"], ["--for=docker", "--for", "edge"], ["--", "--odd"], ["-o", "r.json", "-"]]
)
def test_what_people_write_is_read(line: list[str]) -> None:
    assert read(cli.COMMANDS["check"], line) is not None


def test_typer_is_not_loaded_for_a_check(tmp_path: Any) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    code = (
        "import sys\nfrom gate.cli import run\n"
        "run(['check', '--engine=hadolint=off', '--engine=grype=off', '--no-cache', 'Dockerfile'])\n"
        "sys.exit('typer' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0


@pytest.mark.parametrize(
    ("line", "last"),
    [
        (["check", "--formt", "json"], "mlgate: exit 2: wrong use: No such option: --formt"),
        (["scan"], "mlgate: exit 2: wrong use: TARGET is missing"),
        (["explain", "SEC006", "SEC007"], "mlgate: exit 2: wrong use: Invalid value: unexpected: SEC007"),
        (["check", "--policy"], "mlgate: exit 2: wrong use: Option '--policy' requires an argument."),
        (["chekc"], "mlgate: exit 2: wrong use: No such command 'chekc'."),
        (["baseline"], "mlgate: exit 2: wrong use: no command"),
    ],
)
def test_a_mistake_is_told(mlgate: Mlgate, line: list[str], last: str) -> None:
    ran = mlgate(*line)
    assert ran.code == 2
    assert ran.last.startswith(last)
