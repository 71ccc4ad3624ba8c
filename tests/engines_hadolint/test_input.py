"""What hadolint is given to read: the rows are the same where it reads the file itself, and there where it cannot."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from gate.engines.hadolint_input import is_dull, outline, scripts
from tests.engines_hadolint.support import build, plain, rows, run

READABLE = [
    "",
    "# only a comment\n",
    "FROM debian\n",
    "FROM debian:latest AS a\nFROM a\nCOPY --from=a / /\nUSER app\n",
    "RUN true\n",
    "FROM debian:12\nRUN apt-get update && \\\n    # a comment\n    apt-get install curl && \\\n\n    cd /tmp\n",
    "FROM debian:12\nRUN cd /tmp\nRUN echo $x\nRUN [[ -f x ]]\nRUN `date`\nRUN a | b\n",
    "FROM debian:12\nENV A=1 B=$A\nARG TOKEN=x\nENV SECRET=1\nLABEL Foo=bar a..b=1\nEXPOSE 99999 8080/udp 1-70000\n",
    'FROM debian:12\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN a | b && [[ -f x ]] && source y\n',
    'FROM debian:12\nSHELL ["/bin/ash", "-eo", "pipefail", "-c"]\nRUN a | b\n',
    'FROM debian:12\nSHELL ["pwsh", "-c"]\nRUN a | b\nRUN $x = 1\n',
    "FROM debian:12\nADD a b\nADD x.tar.gz /\nCOPY a b c\nCOPY --from=nope a /\nCOPY --chown=a:b --link a /x/\n",
    'FROM debian:12\nCMD a\nCMD b\nENTRYPOINT c\nENTRYPOINT ["d"]\nHEALTHCHECK CMD ["x"]\nHEALTHCHECK NONE\n',
    "FROM debian:12\nMAINTAINER me\nWORKDIR rel\nWORKDIR $X\nWORKDIR /abs\nVOLUME /a\nSTOPSIGNAL 9\n",
    "FROM debian:12\nONBUILD RUN apt-get install curl && echo $x | cat\nONBUILD COPY a b\n",
    "FROM debian:12\nRUN --mount=type=cache,target=/root/.cache pip install x\nRUN --mount=target=/x pip install x\n",
    "FROM debian:12\nRUN --mount=type=cache,target=/var/lib/apt --mount=type=tmpfs,target=/var/cache apt-get update\n",
    "FROM debian:12\nRUN --network=none a\nRUN b\nRUN c\n",
    "FROM debian:12\nRUN <<EOF\napt-get install curl\ncd /tmp\nEOF\n\nRUN b\n",
    "FROM debian:12\nRUN <<EOF\n#!/usr/bin/env python3\nimport os\nEOF\n\nRUN b\n",
    "FROM debian:12\nCOPY <<EOF x\ncd /tmp\nEOF\n\nRUN b\n",
    "# escape=`\nFROM debian:12\nRUN a `\n  && cd b\nWORKDIR c:\\x\n",
    "FROM --platform=linux/amd64 debian:12 AS x\nFROM --platform=$BUILDPLATFORM debian:12 AS scratch\nFROM x AS x\n",
    "ARG T\nFROM debian:${T} AS b\nFROM debian@sha256:0\nFROM reg.io:5000/a\n",
    "from debian:12\nrun cd x\nUser root\n",
    "FROM debian:12\r\nRUN cd x \\\r\n && y\r\n",
    "\ufeffFROM debian\nRUN cd x\n",
    "FROM debian:12\nRUN wget a && curl b\nRUN sudo x && useradd -u 123456789 y && ln -s /bin/bash /bin/sh\n",
    "FROM debian:12\nRUN yum install a && dnf install b && zypper in c && apk add d && npm install e\n",
]


@pytest.mark.parametrize("text", READABLE)
def test_the_same_rows_where_hadolint_reads_the_file_itself(text: str, hadolint: Path, tmp_path: Path) -> None:
    silenced = {"DL3066"}  # shown or not by what the whole file says
    theirs = [(code, line) for code, line in plain(hadolint, text, tmp_path) if code not in silenced]
    assert [(code, line) for code, line in rows(text) if code not in silenced] == theirs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # here-documents that hadolint 2.15.1 calls a syntax error
        ("RUN <<EOF\napt-get install curl\nEOF\nRUN cd /x", [("DL3014", 2), ("DL3003", 5)]),
        ("RUN <<EOF\napt-get install curl\nEOF\n# comment\nRUN cd /x", [("DL3014", 2), ("DL3003", 6)]),
        ("RUN <<-EOF\n\tapt-get install curl\n\tEOF\nRUN cd /x", [("DL3014", 2), ("DL3003", 5)]),
        ("RUN << EOF\napt-get install curl\nEOF\nRUN cd /x", [("DL3014", 2), ("DL3003", 5)]),
        ("RUN <<\\EOF\napt-get install curl\nEOF\nRUN cd /x", [("DL3014", 2), ("DL3003", 5)]),
        ("RUN <<'E F'\napt-get install curl\nE F\nRUN cd /x", [("DL3014", 2), ("DL3003", 5)]),
        ("RUN bash <<EOF\napt-get install curl\nEOF\nRUN cd /x", [("DL3014", 2), ("DL3003", 5)]),
        ("RUN /bin/sh -ex <<EOF\napt-get install curl\nEOF\nRUN cd /x", [("DL3014", 2), ("DL3003", 5)]),
        ("RUN cat <<A > a && cat <<B > b && cd /x\n1\nA\n2\nB\nRUN cd /x", [("DL3003", 2), ("DL3003", 7)]),
        ("RUN python3 <<EOF\napt-get install curl\nEOF\nRUN cd /x", [("DL3003", 5)]),
        ("ADD <<EOF /x\ncd /x\nEOF\nRUN cd /x", [("DL3003", 5), ("DL3020", 2)]),
        ("COPY <<A <<B /x/\n1\nA\n2\nB\nRUN cd /x", [("DL3003", 7)]),
        ("ONBUILD RUN <<EOF\napt-get install curl\nEOF\nRUN cd /x", [("DL3014", 2), ("DL3003", 5)]),
        # the other things that BuildKit takes and hadolint does not
        ("EXPOSE \"8080\" '9090/udp'\nRUN cd /x", [("DL3003", 3)]),
        ('EXPOSE "99999"\nRUN cd /x', [("DL3003", 3), ("DL3011", 2)]),
        ("EXPOSE 80/sctp ${P:-80}\nRUN cd /x", [("DL3003", 3)]),
        ("EXPOSE 127.0.0.1:8080:80\nRUN cd /x", [("DL3003", 3)]),
        ("RUN --device=x apt-get install curl", [("DL3014", 2)]),
        ("RUN --mount=type=cache,sharing=${S},target=/x --network=${N} cd /x", [("DL3003", 2)]),
        ('RUN --mount="type=cache,target=/x" --security=sandbox cd /x', [("DL3003", 2)]),
        ("RUN --mount=target=/src cd /x", [("DL3003", 2)]),
        ("COPY --parents --exclude=*.py a/ /x/\nADD --checksum=sha256:0 http://x /y\nRUN cd /x", [("DL3003", 4)]),
        ("HEALTHCHECK --interval=1m30s CMD x\nRUN cd /x", [("DL3003", 3)]),
        ("RUN echo a\\\\\nRUN cd /x", [("DL3003", 3)]),
        ("WORKDIR x\nRUN cd /x", [("DL3000", 2), ("DL3003", 3)]),
    ],
)
def test_rows_of_what_hadolint_cannot_read(text: str, expected: list[tuple[str, int]]) -> None:
    wanted = ("DL1000", "DL3000", "DL3003", "DL3011", "DL3014", "DL3020")
    assert sorted(rows(f"FROM debian:12\n{text}\n", *wanted)) == sorted(expected)


@pytest.mark.parametrize(
    "image", ["localhost:5000/img:1", "localhost:5000/img:1@sha256:" + "0" * 64, "host:5000/a/b:1", "[::1]:5000/x:1"]
)
def test_a_registry_with_a_port(image: str) -> None:
    assert rows(f"FROM {image}\nRUN cd /x\n", "DL1000", "DL3003", "DL3006") == [("DL3003", 2)]


def test_a_registry_with_a_port_and_no_tag() -> None:
    assert rows("FROM localhost:5000/img\n") == [("DL3006", 1)]


def test_what_buildkit_refuses_hides_nothing() -> None:
    assert rows("FROM debian:12\nFOO bar\nRUN cd /x\nENV\nRUN cd /y\nUSER\n", "DL1000", "DL3003", "DL3061") == [
        ("DL3003", 3),
        ("DL3003", 5),
    ]


def test_an_instruction_that_cannot_be_helped_is_named() -> None:
    found = run('FROM debian:12\nCMD ["a"] # b\nRUN cd /x\nENTRYPOINT ["a"] # b\nRUN cd /y\n')
    assert found.status == "ok"
    assert found.reason == "hadolint cannot read Dockerfile:2, Dockerfile:4"
    assert [(f.rule_id, f.place.line) for f in found.findings if f.rule_id == "DL3003"] == [
        ("DL3003", 3),
        ("DL3003", 5),
    ]


def test_a_file_full_of_what_cannot_be_helped() -> None:
    found = run("FROM debian:12\n" + 'CMD ["a"] # b\n' * 30, "FROM debian:12\nRUN cd /x\n")
    assert found.status == "failed"
    assert found.reason.startswith("finds no end of syntax errors in it (1); hadolint cannot read 1:2, 1:3,")
    assert {f.place.path for f in found.findings} == {"2"}


def test_pragmas_are_left_to_the_gate() -> None:
    text = "# hadolint global ignore=DL3003\nFROM debian:12\n# hadolint ignore=DL3003\nRUN cd /x\n"
    assert rows(text, "DL3003") == [("DL3003", 4)]


# --- ShellCheck hears which shell it is, and only of the variables that count ---------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        'SHELL ["/bin/bash", "-c"]\nRUN [[ -f x ]]',
        'SHELL ["/bin/bash", "-c"]\nENV A=1\nARG B\nRUN [[ -f x ]]',
        'SHELL ["/opt/conda/bin/conda", "run", "-n", "x", "/bin/bash", "-c"]\nRUN [[ -f x ]]',
        'SHELL ["bash", "-c"]\nRUN [[ -f x ]]',
        "RUN <<EOF\n#!/bin/bash\n[[ -f x ]]\nEOF",
        "RUN <<EOF\n#!/usr/bin/env -S bash -e\n[[ -f x ]]\nEOF",
        "RUN bash <<EOF\n[[ -f x ]]\nEOF",
        "RUN <<EOF bash\n[[ -f x ]]\nEOF",
        'SHELL ["pwsh", "-c"]\nRUN [[ -f x ]]',
        "RUN <<EOF\n#!/usr/bin/python3\n[[ -f x ]]\nEOF",
        'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nENV A=1\nRUN a | b',
    ],
)
def test_no_row_of_a_shell_that_does_not_run(text: str) -> None:
    found = [row for row in rows(f"FROM debian:12\n{text}\n") if row[0].startswith("SC") or row[0] == "DL4006"]
    assert found == []


def test_the_shell_of_a_parent_stage() -> None:
    text = 'FROM debian:12 AS a\nSHELL ["/bin/bash", "-c"]\nFROM a\nRUN [[ -f x ]]\nFROM debian:12\nRUN [[ -f x ]]\n'
    assert rows(text, "SC3010") == [("SC3010", 6)]


@pytest.mark.parametrize(
    "base", ["mcr.microsoft.com/windows/servercore:ltsc2022", "golang:nanoserver", "--platform=windows/amd64 x:1"]
)
def test_a_windows_image_has_no_posix_shell(base: str) -> None:
    assert rows(f"FROM {base}\nRUN echo $x | y\n", "SC2086", "SC2154", "DL4006") == []


def test_a_script_names_only_its_variables() -> None:
    text = "FROM debian:12\nENV A=1 B=2\nARG C\nRUN echo $B\nRUN echo $C\nRUN echo\n"
    assert [script.text for script in scripts(build(text).dockerfile)] == [
        "FROM scratch\nENV B=1\nRUN echo $B\n",
        "FROM scratch\nENV C=1\nRUN echo $C\n",
        "FROM scratch\nRUN echo\n",
    ]


def test_variables_of_a_parent_stage_are_known() -> None:
    text = "FROM debian:12 AS a\nARG x=1\nFROM a\nRUN echo $x\nFROM debian:12\nRUN echo $x\n"
    assert rows(text, "SC2154", "SC2086") == [("SC2086", 6)]


def test_a_here_document_of_a_command_is_no_script() -> None:
    text = "FROM debian:12\nRUN cat <<EOF > f\ncd /x && `x`\nEOF\n"
    assert rows(text, "DL3003") == []


# --- the outline ----------------------------------------------------------------------------------------------------


def test_an_outline_has_one_line_for_each_instruction() -> None:
    made = outline(build("FROM a\n\n# c\nRUN b \\\n # d\n && c\nENV X=1\n").dockerfile)
    assert made.text == 'FROM a\nSHELL ["powershell"]\nRUN b  && c\nENV X=1\nSHELL ["powershell"]\n'
    assert [(line, instruction.line) for line, instruction in made.places.items()] == [(1, 1), (3, 4), (4, 7)]
    assert made.at(4) is made.places[4]
    assert made.at(5) is made.places[4]


def test_undecodable_bytes_reach_hadolint_as_they_are() -> None:
    assert rows(b"FROM debian:12\nRUN cd /x # \xff\xfe\n", "DL3003") == [("DL3003", 2)]


@pytest.mark.parametrize("size", [20_000])
def test_large_files_do_not_take_long(size: int) -> None:
    text = "FROM debian:12\n" + "".join(f"ENV A{number}=1\nRUN echo $A{number}\n" for number in range(size))
    tree = build(text).dockerfile
    assert len(outline(tree).places) == 2 * size + 1
    assert sum(1 for _ in scripts(tree)) == size


# --- scripts that need not be read ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        "pip install --no-cache-dir torch==2.1.0 'numpy<2' \"uvicorn[standard]\"",
        "apt-get update && apt-get install -y --no-install-recommends a=1 b && rm -rf /var/lib/apt/lists/*",
        "DEBIAN_FRONTEND=noninteractive apt-get install -y tzdata",
        "  curl -fsSL https://x.org/a.tgz -o /tmp/a.tgz  &&  tar -xzf /tmp/a.tgz -C /opt",
        "python3.11 -m pip install -r requirements.txt",
        "mkdir -p /opt/ml/model",
    ],
)
def test_a_dull_script_is_not_read(script: str) -> None:
    tree = build(f"FROM debian:12\nRUN {script}\nRUN echo $x\n").dockerfile
    assert [found.instruction.line for found in scripts(tree)] == [3]


@pytest.mark.parametrize(
    "script",
    [
        "pip install $X",
        "pip install x[a]",
        "pip install x > y",
        "pip install x | y",
        "pip install x; pip install y",
        "cd /x && make",
        "mkdir -p -m 700 /x",
        "mkdir -p /x -m 700",
        "rm -rf /usr",
        "sudo apt-get update",
        "echo -e x",
        "source x",
        "git clone x in",
        "pip install 'a $b'",
        "pip install a`b`",
        "pip install a\\ b",
        "X=1 pip install a",
        "pip install ~/x",
        "pip install ’a’",
        "pip install a &",
        "pip install a || true",
    ],
)
def test_a_script_with_something_in_it_is_read(script: str) -> None:
    assert len(list(scripts(build(f"FROM debian:12\nRUN {script}\n").dockerfile))) == 1


def test_shellcheck_has_nothing_to_say_about_dull_scripts(hadolint: Path, tmp_path: Path) -> None:
    """As hadolint itself sees them: made at random from the words that are allowed."""
    chance = random.Random(7)
    tools = [
        "apt-get",
        "apt",
        "apk",
        "yum",
        "dnf",
        "microdnf",
        "zypper",
        "pip",
        "pip3.11",
        "python3",
        "conda",
        "mamba",
        "uv",
        "poetry",
        "npm",
        "yarn",
        "gem",
        "go",
        "cargo",
        "git",
    ]
    tools += [
        "curl",
        "wget",
        "tar",
        "unzip",
        "make",
        "cmake",
        "chmod",
        "chown",
        "useradd",
        "groupadd",
        "ldconfig",
        "touch",
        "bash",
        "true",
    ]
    words = [
        "install",
        "-y",
        "--no-cache-dir",
        "a==1",
        "'b>=2,<3'",
        '"c[d]"',
        "/e/f.g",
        "@h/i@1",
        "-O",
        "-rf",
        "+x",
        "755",
        "50%",
        "k:v",
        "l=m",
        "--",
        "'n;",
        "o",
        "*'",
        "1",
        ".",
        "..",
        ":",
    ]
    made = []
    while len(made) < 150:
        commands = [" ".join([chance.choice(tools), *chance.choices(words, k=chance.randrange(7))]) for _ in range(3)]
        script = " && ".join(commands[: chance.randrange(1, 4)])
        if is_dull(script):
            made.append(script)
    text = "FROM debian:12\n" + "".join(f"RUN {script}\n" for script in made)
    rows_of_shellcheck = [
        row for row in plain(hadolint, text, tmp_path) if row[0].startswith("SC") or row[0] == "DL4006"
    ]
    assert rows_of_shellcheck == []


def test_what_looks_dull_for_long_does_not_take_long() -> None:
    assert not is_dull("pip install " + "a " * 200_000 + "$x")
    assert not is_dull("pip install a && " * 50_000 + "$x")
    assert not is_dull("pip install '" + "a" * 500_000)
