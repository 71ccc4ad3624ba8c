"""Which failures go unnoticed: by example, and against what bash and dash exit with."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from gate.dockerfile.command import Node, Script
from gate.dockerfile.shell import parse_script
from gate.dockerfile.shell.status import Options, exit_status_hidden_by, options_at
from gate.dockerfile.source import Source, Text

CASES = 200


def parsed(text: str, shell: str = "sh") -> Script:
    source = Source("Dockerfile", text.encode())
    return parse_script(Text(source, source.text, ((0, 0),)), shell=shell)


def hidden(text: str, shell: str = "sh") -> Node | None:
    """By what a failure of the command ``f`` is hidden."""
    (command,) = (command for command in parsed(text, shell).commands if command.name == "f")
    return exit_status_hidden_by(command)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("f || true", "or"),
        ("f || :", "or"),
        ("f && c || true", "or"),
        ("f; true", "list"),
        ("f\nc", "list"),
        ("f | c", "pipeline"),
        ("f &", "command"),
        ("f && c &", "and"),
        ("! f", "not"),
        ("if f; then c; fi", "if"),
        ("if c; then c; elif f; then c; fi", "if"),
        ("while f; do c; done", "while"),
        ("for i in a b; do f; done", "for"),
        ("echo $(f)", "command"),
        ("c <(f)", "command"),
        ("find . -exec f {} \\;", "command"),
        ("bash -c 'f; c'", "list"),
        ("set -e; f && c; c", "list"),
        ("set -e; f | c", "pipeline"),
        ("set -e; if c; then f; c; fi || true", "list"),
        ("(set -e); f; c", "list"),
        ("set -e; set +e; f; c", "list"),
        ("bash -c 'set -e'; f; c", "list"),
        ("f || exit 0", "or"),
    ],
)
def test_hidden(text: str, kind: str) -> None:
    part = hidden(text)
    assert part is not None
    assert part.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "f",
        "c && f",
        "f && c",
        "c | f",
        "c; f",
        "(c; f)",
        "{ f; }",
        "if c; then f; fi",
        "case a in a) f;; esac",
        "x=$(f)",
        "set -e; f; c",
        "set -ex\nf\nc",
        "set -o errexit; f; c",
        "set -eo pipefail; f | c; c",
        "set -euo pipefail && f | c",
        "f || exit 1",
        "f || { echo no; exit 1; }; c",
        "f || false",
        "bash -ec 'f; c'",
        "bash -eo pipefail -c 'f | c'",
        "sudo sh -c f",
        "set -e; for i in a b; do f; done; c",
        "set -e; x=$(f); c",
        "find . -exec f {} +",
        "eval f",
        "g() { c; f; }",
    ],
)
def test_noticed(text: str) -> None:
    assert hidden(text) is None


def test_options() -> None:
    script = parsed("c; set -e; c; (set +e; c); set -o pipefail; c; bash -c c")
    found = [options_at(command) for command in script.commands if command.name == "c"]
    no, exits = Options(), Options(errexit=True)
    assert found == [no, exits, no, Options(errexit=True, pipefail=True), no]


# Against real shells --------------------------------------------------------------------------------------------------


class _Writer:
    """A script in which one command, ``f``, fails the first time that it runs."""

    def __init__(self, seed: int, bash: bool) -> None:
        self.random = random.Random(seed)
        self.bash = bash

    def script(self) -> str:
        options = self.random.choice(["", "", "set -e\n", "set -e; ", "set -e && "])
        if self.bash:
            options = self.random.choice([options, "set -o pipefail\n", "set -eo pipefail; ", "set -e; set +e; "])
        return options + self.around("f", 3)

    def around(self, inner: str, depth: int) -> str:
        for _ in range(self.random.randint(1, depth)):
            inner = self.random.choice(self.shapes(inner))
        return inner

    def shapes(self, inner: str) -> list[str]:
        body = inner + "\n"
        return [
            f"{inner} && c", f"c && {{ {body}}}", f"{{ {body}}} || c", f"{{ {body}}} || exit 3", f"{{ {body}}} || {{ c; exit 4; }}",
            f"{{ {body}}} || false", f"{{ {body}}} || exit 0", f"c; {inner}", f"{inner}\nc", f"({body})", f"({body}); c", f"{{ {body}}}",
            f"{{ {body}}}; c", f"{{ {body}}} | c", f"c | {{ {body}}}", f"! {{ {body}}}", f"if {inner}; then c; fi", f"if c; then {body}fi",
            f"if f0; then c; elif {{ {body}}}; then c; fi", f"if f0; then c; else {body}fi\nc", f"for i in 1 2; do {body}done",
            f"for i in 1 2; do {body}c; done; c", f"case a in b) c;; a) {body};; esac", f"x=$({body})", f"x=$({body}); c", f"echo $({body})",
            f"c $({body}) && c", f"{{ {body}}} && c; c", f"eval '{inner}'" if "'" not in inner else f"c && {inner}", f"{{ {body}}} &\nwait",
            f"sh -c '{inner}'" if "'" not in inner else inner, f"sh -ec '{inner}\nc'" if "'" not in inner else inner,
        ]  # fmt: skip


_PREPARE = """#!/bin/sh
mkdir "$MARK" 2>/dev/null || exit 0
exit 1
"""


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_against_shell(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    for name, text in {"f": _PREPARE, "f0": "#!/bin/sh\nexit 1\n", "c": "#!/bin/sh\nexit 0\n"}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "sh").symlink_to(program)
    ran = 0
    for seed in range(CASES):
        script = _Writer(seed, bash=shell == "bash").script()
        mark = tmp_path / f"mark{seed}"
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "MARK": str(mark)}
        status, normal = (
            subprocess.run([program, "-c", script], env=environment, capture_output=True, timeout=20).returncode
            for _ in range(2)  # the second time, f succeeds
        )
        if mark.exists() and normal == 0:
            ran += 1
            part = hidden(script, shell)
            assert (part is None) == (status != 0), (script, status, part and part.kind)
    assert ran > CASES / 2
