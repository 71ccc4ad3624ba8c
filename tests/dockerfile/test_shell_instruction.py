"""The scripts of instructions: which shell reads them, from which text, with which variables."""

from __future__ import annotations

import pytest

from gate.build import Build
from gate.dockerfile.command import Command, Script
from gate.dockerfile.parse import parse
from gate.dockerfile.shell import file_script
from gate.dockerfile.source import Source
from gate.dockerfile.tree import Launch, Onbuild, Run


def build(text: str) -> Build:
    return Build(parse(Source("Dockerfile", text.encode())))


def scripts(text: str) -> list[Script]:
    made = build(text)
    found = made.dockerfile.instructions
    return [made.script(instruction) for instruction in found if isinstance(instruction, (Run, Launch))]


def script(text: str) -> Script:
    return scripts(text)[-1]


def argv(found: Script) -> list[list[str | None]]:
    return [[word.value for word in command.words] for command in found.commands]


def command(text: str, name: str) -> Command:
    (found,) = (found for found in script(text).commands if found.name == name)
    return found


@pytest.mark.parametrize(
    ("shell", "expected"),
    [
        ('["/bin/bash", "-c"]', ("bash", False, False)),
        ('["/bin/bash", "-o", "pipefail", "-c"]', ("bash", False, True)),
        ('["/bin/bash", "-euxo", "pipefail", "-c"]', ("bash", True, True)),
        ('["bash", "--login", "-c"]', ("bash", False, False)),
        ('["conda", "run", "--no-capture-output", "-n", "ml", "/bin/bash", "-ec"]', ("bash", True, False)),
        ('["/usr/bin/env", "zsh", "-c"]', ("zsh", False, False)),
        ('["pwsh", "-Command"]', ("pwsh", False, False)),
        ('["C:\\\\\\\\Windows\\\\\\\\cmd.EXE", "/S", "/C"]', ("cmd", False, False)),
        ('["python3", "-c"]', ("python3", False, False)),
        ('["/usr/local/bin/_dockerfile_shell.sh"]', ("bash", False, False)),
    ],
)
def test_shell(shell: str, expected: tuple[str, bool, bool]) -> None:
    found = script(f"FROM a\nSHELL {shell}\nRUN a && b\n")
    assert (found.shell, found.errexit, found.pipefail) == expected
    assert bool(found.commands) == (expected[0] in ("bash", "zsh"))


def test_shell_is_inherited_by_stages_made_from_it() -> None:
    text = (
        'FROM a AS base\nRUN a\nSHELL ["bash", "-c"]\nENV X=1\nRUN b\nFROM base AS one\nRUN c\n'
        'SHELL ["zsh", "-c"]\nRUN d\nFROM x\nRUN e\nFROM base\nRUN f\n'
    )
    assert [found.shell for found in scripts(text)] == ["sh", "bash", "bash", "zsh", "sh", "bash"]


@pytest.mark.parametrize(
    ("base", "shell"),
    [
        ("mcr.microsoft.com/windows/servercore:ltsc2022", "cmd"),
        ("mcr.microsoft.com/dotnet/sdk:8.0-nanoserver-ltsc2022", "cmd"),
        ("python:3.12-windowsservercore", "cmd"),
        ("--platform=windows/amd64 x", "cmd"),
        ("mcr.microsoft.com/dotnet/sdk:8.0", "sh"),
        ("example.com/windows-tools", "sh"),
    ],
)
def test_default_shell(base: str, shell: str) -> None:
    assert script(f"FROM {base} AS b\nFROM b\nRUN a\n").shell == shell


def test_options_of_shell_can_be_taken_back() -> None:
    first, second = scripts('FROM a\nSHELL ["bash", "-eo", "pipefail", "-c"]\nRUN a; b\nRUN set +e; a\n')
    assert (first.errexit, first.pipefail, second.errexit, second.pipefail) == (True, True, False, True)


def test_exec_form() -> None:
    found = script('FROM a\nRUN ["bash", "-c", "a && b \\"c\\""]\n')
    assert argv(found) == [["bash", "-c", 'a && b "c"'], ["a"], ["b", "c"]]
    place = found.commands[2].words[1].place.span
    assert (place.line, place.column) == (2, 28)  # the escape in the JSON string
    assert found.shell == ""


def test_exec_form_expands_nothing() -> None:
    assert argv(script('FROM a\nENV X=1\nENTRYPOINT ["sudo", "run", "$X", "&&", "b"]\n')) == [["run", "$X", "&&", "b"]]
    assert argv(script("FROM a\nCMD []\n")) == []


def test_places_in_continued_lines() -> None:
    found = command("FROM a\nRUN a b \\\n  # it's\n\n  && c 'd' \\\n  e\n", "c").place.span
    assert (found.line, found.column, found.end_line, found.end_column) == (5, 6, 6, 4)


def test_word_split_by_a_continuation() -> None:
    found = command("FROM a\nRUN apt-get in\\\nstall x\n", "apt-get")
    assert found.values == ["install", "x"]
    span = found.words[1].place.span
    assert (span.line, span.column, span.end_line, span.end_column) == (2, 13, 3, 6)


def test_comment_takes_the_rest_of_the_logical_line() -> None:
    assert argv(script("FROM a\nRUN a # c \\\n && b\n")) == [["a"]]


@pytest.mark.parametrize(
    ("text", "shell", "expected"),
    [
        ("RUN <<EOF\na\nb && c\nEOF", "sh", [["a"], ["b"], ["c"]]),
        ("RUN <<-EOF\n\ta\nEOF", "sh", [["a"]]),
        ("RUN <<EOF\n#!/bin/bash -e\na\nEOF", "bash", [["a"]]),
        ("RUN <<EOF\n#!/usr/bin/env -S bash -e\na\nEOF", "bash", [["a"]]),
        ("RUN <<EOF\n#!/usr/bin/env python3\nimport a\nEOF", "python3", []),
        ("RUN bash <<EOF\na\nEOF", "sh", [["bash"], ["a"]]),
        ("RUN bash <<'EOF' && b\na $X\nEOF", "sh", [["bash"], ["a", "1"], ["b"]]),
        ("RUN python3 <<EOF\nimport a\nEOF", "sh", [["python3"]]),
        ("RUN cat <<A >f <<B && c\nx\nA\ny\nB", "sh", [["cat"], ["c"]]),
        ("RUN a <<EOF\n$(b)\nEOF", "sh", [["a"], ["b"]]),
    ],
)
def test_heredocs(text: str, shell: str, expected: list[list[str]]) -> None:
    found = script(f"FROM a\nENV X=1\n{text}\nUSER b\n")
    assert found.parsed
    assert found.shell == shell
    assert argv(found) == expected


def test_places_in_heredocs() -> None:
    text = "FROM a\nRUN <<A bash && b\nset -e\n  pip install x\nA\n"
    found = command(text, "pip").place.span
    assert (found.line, found.column, found.end_column) == (4, 3, 16)
    assert command(text, "b").place.span.line == 2


def test_variables() -> None:
    text = "ARG G=0\nFROM a\nARG A=1\nARG N\nENV B=2 C=$A\nRUN a $A $B $C $N $G\nENV B=3\nRUN a $B\nCMD a $A $B\n"
    first, second, last = scripts(text)
    assert argv(first) == [["a", "1", "2", "1", None, None]]
    assert argv(second) == [["a", "3"]]
    assert argv(last) == [["a", None, "3"]]


def test_a_later_env_counts_for_cmd() -> None:
    assert argv(script("FROM a\nENV A=1 B=1\nCMD a $A ${B:-x} ${C:-x} ${D:-x}\nENV A=2 C=1\n")) == [
        ["a", None, "1", None, "x"]
    ]


def test_healthcheck_and_onbuild() -> None:
    assert argv(script("FROM a\nHEALTHCHECK CMD curl -f x || exit 1\n")) == [["curl", "-f", "x"], ["exit", "1"]]
    assert argv(script("FROM a\nHEALTHCHECK NONE\n")) == []
    made = build("FROM a\nONBUILD RUN pip install x\n")
    (onbuild,) = (found for found in made.dockerfile.instructions if isinstance(found, Onbuild))
    assert isinstance(onbuild.child, Run)
    assert argv(made.script(onbuild.child)) == [["pip", "install", "x"]]


def test_scripts_are_made_once() -> None:
    made = build("FROM a\nRUN a\n")
    run = made.dockerfile.instructions[1]
    assert isinstance(run, Run)
    assert made.script(run) is made.script(run)


@pytest.mark.parametrize(
    ("text", "shell", "names"),
    [
        ('#!/bin/sh\nset -e\nexec "$@"\n', "sh", ["set", None]),
        ('#!/usr/bin/env bash\nif [ "$1" = train ]; then\n  exec python t.py\nfi\n', "bash", ["[", "python"]),
        ("#!/usr/bin/python3\nimport os\n", "python3", []),
        ("echo a\n", "sh", ["echo"]),
        ("", "sh", []),
    ],
)
def test_script_files(text: str, shell: str, names: list[str]) -> None:
    found = file_script(Source("entry.sh", text.encode()))
    assert found.shell == shell
    assert [made.name for made in found.commands] == names
