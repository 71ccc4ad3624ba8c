"""The text report, as users see it."""

from __future__ import annotations

import re

import pytest

from tests.cli import Mlgate

DOCKERFILE = """\
FROM debian:12.5
# mlgate: ignore[SEC007] until=2999-12-31 the build needs it
RUN sudo apt-get install --no-install-recommends \\
      curl
USER 1000
"""


def test_a_whole_report(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", DOCKERFILE)
    mlgate.write("mlgate.yaml", "name: prod\n")
    out = mlgate.check("--select", "PKG001,SEC007").out
    head, _, tail = out.partition("   = help: ")
    assert (
        head
        == (
            "waived medium[SEC007]: Dockerfile:3:5: sudo in a RUN.\n"
            "   = because: the build needs it, until 2999-12-31\n"
            "\n"
            "blocking high[PKG001]: apt-get install stops and asks before it installs anything.\n"
            "  --> Dockerfile:3:10\n"
            "    |\n"
            "  2 | # mlgate: ignore[SEC007] until=2999-12-31 the build needs it\n"
            "  3 | RUN sudo apt-get install --no-install-recommends \\\n"
            "    |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
            "  4 |       curl\n"
            "    |       ^^^^\n"
        )
        or "blocking high[PKG001]: " in head
    )
    assert tail.endswith(
        "\n\n"
        "FAIL  1 blocking, 1 waived   Dockerfile\n"
        "      blocking: PKG001 x1\n"
        "      policy:   prod, fails on high\n"
        "      engines:  grype SKIPPED (switched off), hadolint SKIPPED (switched off), mlgate 0.1.0 ok\n"
        "      fixable:  1 with mlgate fix\n"
    )


def test_what_blocks_comes_last(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", "FROM debian:12.5\nRUN apt-get install curl\nRUN sudo true\nMAINTAINER x\n")
    kinds = re.findall(r"^(blocking|advisory) ", mlgate.check().out, re.M)
    assert kinds == sorted(kinds) and set(kinds) == {"advisory", "blocking"}
    assert re.findall(r"^(\w+) ", mlgate.check("-q").out, re.M)[0] == "blocking"


def test_a_reason_is_given_once(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", "FROM debian:12.5\nRUN sudo true\nRUN sudo true\n")
    out = mlgate.check("--select", "SEC007").out
    assert (out.count("= help: "), out.count("= why: ")) == (2, 1)


def test_secrets_are_not_shown(mlgate: Mlgate) -> None:
    """Neither where they are found, nor as the context of another finding; and columns stay where they are."""
    secret = "hf_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789"
    mlgate.write(
        "Dockerfile", f"FROM debian:12.5\nENV A=1 HF_TOKEN={secret} B=2\nRUN apt-get install curl\nMAINTAINER x\n"
    )
    for arguments in ([], ["--format", "json"], ["--color", "always"]):
        out = mlgate.check(*arguments).out
        assert "SEC001" in out and secret not in out and secret[5:12] not in out
    assert "  2 | ENV A=1 HF_TOKEN=hf_a" + "*" * 35 + " B=2\n" in mlgate.check("--select", "SEC001,PKG001").out


def test_colour_is_asked_for(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", "FROM debian:12.5\nRUN apt-get install curl\n")
    plain = mlgate.check().out
    coloured = mlgate.check("--color", "always").out
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


def test_a_runner_is_made_deaf(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    mlgate.write("Dockerfile", "FROM debian:12.5\nRUN apt-get install ##[error]x\n::error::y\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    lines = mlgate.check().out.splitlines()
    token = lines[0].removeprefix("::stop-commands::")
    assert re.fullmatch(r"[0-9a-f]{32}", token)
    assert lines[-1] == f"::{token}::"
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in lines[1:-1])
    assert token not in mlgate.check().out, "a token that can be guessed is none"


def test_undecided_is_told_with_what_settles_it(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", "ARG BASE\nFROM $BASE\nRUN if true; then\n")
    out = mlgate.check().out
    assert "undecided GAT001: Dockerfile:3: this shell text cannot be taken apart" in out


def test_help_says_the_exit_codes(mlgate: Mlgate) -> None:
    for arguments in (["--help"], ["check", "--help"], ["-h"], ["check", "-h"]):
        ran = mlgate(*arguments)
        assert ran.code == 0
        assert re.search(r"^ +3 +could not judge", ran.out, re.M)
    assert "What fails:" in mlgate("check", "-h").out


def test_no_command_is_wrong_use(mlgate: Mlgate) -> None:
    for arguments in ([], ["baseline"]):
        ran = mlgate(*arguments)
        assert (ran.code, ran.last) == (2, "mlgate: exit 2: wrong use: no command")
        assert "Usage: mlgate" in ran.out
    assert mlgate("chek").last == "mlgate: exit 2: wrong use: No such command 'chek'. Did you mean 'check'?"


def test_version(mlgate: Mlgate) -> None:
    from gate import __version__

    assert mlgate("--version").out == mlgate("-V").out == f"mlgate {__version__}\n"
