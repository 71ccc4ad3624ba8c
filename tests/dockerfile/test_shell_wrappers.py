"""Programs that run programs: what is left when they are taken off, and what the real ones run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gate.dockerfile.command import Command, Script
from gate.dockerfile.shell import parse_script
from gate.dockerfile.source import Source, Text


def parsed(text: str) -> Script:
    source = Source("Dockerfile", text.encode())
    return parse_script(Text(source, source.text, ((0, 0),)), environment={"TOOL": "python -m pip"})


def runs(text: str) -> list[tuple[tuple[str, ...], list[str | None]]]:
    """The wrappers and the words of each command that is called ``c``."""
    return [
        (command.wrappers, [word.value for word in command.words])
        for command in parsed(text).commands
        if command.name == "c"
    ]


# Programs that can run here without further ado; c runs with the arguments a, b.
RUNNABLE = [
    "env c a b",
    "env X=1 c a b",
    "env X=$NOPE c a b",
    "env -i PATH=$PATH LOG=$LOG c a b",
    "env -u X Y=2 c a b",
    "env --unset=X -- c a b",
    "env -C / c a b",
    "env -S 'c a b'",
    "env -S'c a b'",
    "env --split-string='c a b'",
    "command c a b",
    "command -p -- env c a b",
    "exec c a b",
    "nohup c a b",
    "nice c a b",
    "nice -n 5 c a b",
    "nice -5 c a b",
    "nice -n5 c a b",
    "nice --adjustment=5 c a b",
    "ionice -c 3 c a b",
    "ionice -c2 -n7 c a b",
    "time c a b",
    "time -p c a b",
    "timeout 5 c a b",
    "timeout -k 1 5s c a b",
    "timeout -s KILL -v 5 c a b",
    "timeout --signal=KILL --kill-after 2 5 c a b",
    "timeout $((2 + 3)) c a b",
    "stdbuf -oL c a b",
    "stdbuf -o L -e 0 c a b",
    "setsid c a b",
    "setsid -w c a b",
    "taskset 1 c a b",
    "taskset -c 0 c a b",
    "setarch x86_64 c a b",
    "linux64 c a b",
    "setpriv --no-new-privs c a b",
    "setpriv --reuid 0 --keep-groups -- c a b",
    "chroot / c a b",
    "chroot --userspec=0:0 / c a b",
    "flock /tmp c a b",
    "flock -n -w 5 /tmp c a b",
    "flock /tmp -c 'c a b'",
    "su -c 'c a b'",
    "su root -c 'c a b'",
    "su root --command='c a b'",
    "su -s /bin/sh root -c 'c a b'",
    "su root -s /bin/sh -c 'c a b'",
    "runuser -u root -- c a b",
    "runuser -u root c a b",
    "runuser root -c 'c a b'",
    "sg root -c 'c a b'",
    "script -qec 'c a b' /dev/null",
    "script -q --command 'c a b' /dev/null",
    "echo a b | xargs c",
    "echo a b | xargs -n 2 -P1 c",
    "echo a b | xargs -r -- c",
    "echo b | xargs -I {} c a {}",
    "echo b | xargs -I% c a %",
    "echo b | xargs -i c a {}",
    "printf b | xargs -0 c a",
    "sh -c 'c a b'",
    "sh -ec 'c a b'",
    "sh -e -c 'c a b'",
    "sh -o errexit -c 'c a b'",
    "bash -euxo pipefail -c 'c a b'",
    "bash --norc -c 'c a b'",
    "bash -c -- 'c a b'",
    "bash +x -c 'c a b'",
    'sh -c "c \\"a\\" b"',
    'sh -c \'c "$0" "$1"\' a b',
    "sh <<EOF\nc a b\nEOF",
    "sh -s <<'EOF'\nc a b\nEOF",
    "bash <<< 'c a b'",
    "eval c a b",
    "eval 'c a b'",
    "eval \"c a\" 'b'",
    "find / -maxdepth 0 -exec c a b \\;",
    "find / -maxdepth 0 -name / -exec true {} + -exec c a b ';'",
    "find / -maxdepth 0 -exec sh -c 'c a b' \\;",
    "env nice -n 1 timeout 5 sh -c 'exec nohup c a b'",
    "busybox env c a b",
    "busybox sh -c 'c a b'",
    "tini -- c a b",
    "tini -g -s c a b",
    "fakeroot c a b",
    "fakeroot -- c a b",
    "dumb-init c a b",
    "dumb-init -v -r 15:3 -- c a b",
    "catatonit -g -- c a b",
    "gosu root c a b",
    "gosu root:root c a b",
    "chpst -u root -n 1 c a b",
    "eatmydata c a b",
    "numactl -C 0 c a b",
    "numactl --all --physcpubind=0 -- c a b",
]


@pytest.mark.parametrize("text", RUNNABLE)
def test_peeled_as_it_runs(text: str, tmp_path: Path) -> None:
    found = runs(text)
    assert found, "no c found"
    assert all(explains(words) for _, words in found), found
    program = text.split("| ")[-1].split()[0]
    bash = shutil.which("bash")
    if bash is None or (program not in ("exec", "eval", "time", "command") and shutil.which(program) is None):
        return
    stub = tmp_path / "c"
    stub.write_text('#!/bin/sh\nprintf "%s," "$@" >>"$LOG"\n')
    stub.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "LOG": str(tmp_path / "log")}
    subprocess.run([bash, "-c", text], env=environment, check=True, timeout=20, capture_output=True, cwd=tmp_path)
    assert (tmp_path / "log").read_text() == "a,b,"


def explains(words: list[str | None]) -> bool:
    """Whether predicted words can be ``c a b``; what xargs and ``$0`` give is unknown."""
    return all(ours in (None, real) for ours, real in zip(words, ["c", "a", "b"], strict=False))


@pytest.mark.parametrize(
    ("text", "wrappers"),
    [
        ("sudo c", ("sudo",)),
        ("sudo -u me c", ("sudo",)),
        ("sudo -EHu me A=b c", ("sudo",)),
        ("sudo --user=me -- c", ("sudo",)),
        ("sudo --user=$ME c", ("sudo",)),
        ("sudo -u $ME -g $GROUP c", ("sudo",)),
        ("doas -n -u me c", ("doas",)),
        ("su-exec me c", ("su-exec",)),
        ("unbuffer -p c", ("unbuffer",)),
        ("exec gosu me c", ("exec", "gosu")),
        ("retry 5 c", ("retry",)),
        ("retry -t 4 -m 10 -- c", ("retry",)),
        ("conda run -n e c", ("conda",)),
        ("conda run --no-capture-output -p /e c", ("conda",)),
        ("micromamba run -n base c", ("micromamba",)),
        ("/usr/bin/sudo /usr/bin/env c", ("sudo", "env")),
        ("xvfb-run -a -s '-screen 0' c", ("xvfb-run",)),
        ("watch -n 1 c a", ("watch",)),
        ("watch 'c a'", ()),
        ("ssh-agent sh -c 'c'", ()),
        ("time sudo c", ("time", "sudo")),
        ("! time c", ("time",)),
        ("bash -lc 'c'", ()),
    ],
)
def test_wrappers(text: str, wrappers: tuple[str, ...]) -> None:
    assert [found for found, _ in runs(text)] == [wrappers]


@pytest.mark.parametrize(
    "text",
    ["command -v c", "command -V c", "sudo -l c", "sudo -e c", "echo c", "echo 'c'", "sh c.sh", "taskset -p 1", "ionice -p 1",
     "su - c", "flock 9", "timeout 5", "conda install c", "busybox --install", "sudo -u c", "sh -x ./c -c 'c'", "trap c",
     "find . -name c", "'c a'", "sudo 'c a'"],
)  # fmt: skip
def test_runs_nothing(text: str) -> None:
    assert runs(text) == []


def only(text: str, name: str) -> Command:
    (command,) = (command for command in parsed(text).commands if command.name == name)
    return command


def test_shell_text_is_a_tree_of_its_own() -> None:
    command = only("a && sudo bash -c 'b; c' && d", "c")
    assert [part.kind for part in command.ancestors()] == ["list", "shell", "command", "and", "and", "script"]
    shell = only("a && sudo bash -c 'b; c' && d", "bash")
    assert shell.wrappers == ("sudo",)


def test_places_inside_quoted_text() -> None:
    text = 'sh -c \'a &&\n  b "x"\' && bash -c "c \\"d\\" $TOOL"'
    assert only(text, "b").place.span.line == 2
    assert only(text, "b").words[1].place.span.column == 5
    command = only(text, "c")
    assert [word.value for word in command.words] == ["c", "d", "python", "-m", "pip"]
    lines = text.split("\n")
    assert [lines[1][word.place.span.column - 1 :][:4] for word in command.words[:2]] == ['c \\"', '"d\\"']


def test_xargs_and_find_leave_arguments_open() -> None:
    assert not only("cat f | xargs pip install", "pip").complete
    command = only("cat f | xargs -I{} pip install {}==1 x", "pip")
    assert command.complete
    assert [word.value for word in command.words] == ["pip", "install", None, "x"]


def test_assignments_of_env_and_sudo() -> None:
    command = only('env A=1 sudo B="2 3" C=$NOPE pip install', "pip")
    assert {name: word.value for name, word in command.assignments.items()} == {"A": "1", "B": "2 3", "C": None}
