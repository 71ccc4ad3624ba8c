"""Launches whose end is known: what is started, with which words, and what the runtime says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from gate.commands.arguments import Arguments
from gate.commands.launch import document, run
from gate.platforms.kernel import shebang
from gate.platforms.launch import launch
from gate.platforms.outcome import Fault, Outcome, Verdict
from tests.rules.support import make_build

TRAINING, HOSTING = "sagemaker-training", "sagemaker-hosting"
SCIKIT = """FROM ubuntu:18.04
RUN apt-get -y update && apt-get install -y --no-install-recommends wget python3-pip python3-setuptools nginx ca-certificates \\
    && rm -rf /var/lib/apt/lists/*
RUN ln -s /usr/bin/python3 /usr/bin/python
RUN ln -s /usr/bin/pip3 /usr/bin/pip
RUN pip --no-cache-dir install numpy==1.16.2 scipy==1.2.1 scikit-learn==0.20.2 pandas flask gunicorn
ENV PYTHONUNBUFFERED=TRUE
ENV PATH="/opt/program:${PATH}"
COPY decision_trees /opt/program
WORKDIR /opt/program
"""
TENSORFLOW = "FROM tensorflow/tensorflow:2.15.0\n"


def outcome(
    dockerfile: str,
    files: Mapping[str, str | bytes] | None = None,
    platform: str = TRAINING,
    policy: Mapping[str, object] | None = None,
) -> Outcome:
    return launch(make_build(dockerfile, files or {}, (), policy or {}, {}), platform)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("/closed & wait $!", 126),
        ('/closed & wait "$!"', 126),
        ("/closed & JOB=$!; wait $JOB", 126),
        ("/open & /closed & wait $!", 126),
        ("{ /closed & wait $!; }", 126),
        ("/closed & wait", None),
        ("/closed & /open & wait $!", None),
        ("/open & wait $!", None),
    ],
)
def test_a_job_that_is_waited_for_is_the_shells_end(text: str, code: int | None) -> None:
    files = {"closed": "#!/bin/sh\n", "open*": "#!/bin/sh\n"}
    words = json.dumps(["/bin/sh", "-c", text])
    found = outcome(f"FROM debian:12\nCOPY closed open /\nENTRYPOINT {words}\n", files, "docker")
    assert found.verdict is (Verdict.WORKS if code is None else Verdict.FAILS)
    assert found.exit_code == code


def test_xargs_ends_with_a_code_of_its_own() -> None:
    files = {"serve*": "#!/bin/sh\nexec /closed\n", "closed": ""}
    dockerfile = 'FROM debian:12\nCOPY serve closed /\nENTRYPOINT ["xargs", "/%s"]\n'
    assert outcome(dockerfile % "serve", files, "docker").exit_code == 123
    assert outcome(dockerfile % "closed", files, "docker").exit_code == 126


def test_exec_of_bash_has_options() -> None:
    launched = 'FROM debian:12\nENTRYPOINT ["bash", "-c", "exec \\"$@\\"", "--"]\nCMD ["%s", "run"]\n'
    assert outcome(launched % "-c", platform="docker").verdict is Verdict.UNDECIDED
    assert outcome(launched % "-x", platform="docker").exit_code == 2


@pytest.mark.parametrize("platform", [TRAINING, HOSTING])
def test_the_scikit_image_answers_both_words_without_an_entrypoint(platform: str) -> None:
    files = {"decision_trees/train*": "#!/usr/bin/env python\n", "decision_trees/serve*": "#!/usr/bin/env python\n"}
    assert outcome(SCIKIT, files, platform).verdict is Verdict.WORKS


def test_the_removed_package_lists_may_not_have_been_the_program() -> None:
    assert outcome(SCIKIT, {"decision_trees/predictor.py": ""}).verdict is Verdict.FAILS


def test_the_same_image_without_the_link_to_python_is_not_taken_for_sound() -> None:
    text = SCIKIT.replace("RUN ln -s /usr/bin/python3 /usr/bin/python\n", "")
    assert outcome(text, {"decision_trees/train*": "#!/usr/bin/env python\n"}).verdict is not Verdict.WORKS


@pytest.mark.parametrize(
    ("rest", "verdict"),
    [
        ('COPY train.py /app/\nCMD ["python", "/app/train.py"]\n', Verdict.FAILS),
        ("COPY train.py /app/\nRUN python /app/train.py\n", Verdict.FAILS),
        ('COPY train.py /app/\nENTRYPOINT ["python", "/app/train.py"]\n', Verdict.WORKS),
        ("COPY train.py /opt/ml/code/\n", Verdict.FAILS),
    ],
)
def test_only_an_entrypoint_makes_a_custom_tensorflow_image_train(rest: str, verdict: Verdict) -> None:
    found = outcome(TENSORFLOW + rest, {"train.py": "print(1)\n"})
    assert found.verdict is verdict or (found.verdict is Verdict.UNDECIDED and "RUN python" in rest)
    if verdict is Verdict.FAILS and found.verdict is verdict:
        assert (found.exit_code, found.fault) == (127, Fault.NOT_FOUND)


@pytest.mark.parametrize(
    ("policy", "argv"),
    [
        ({}, ["/e", "train"]),
        ({"container-entrypoint": ["/x"]}, ["/x"]),
        ({"container-arguments": ["a", "b"]}, ["/e", "a", "b"]),
        ({"container-entrypoint": ["/x"], "container-arguments": ["a"]}, ["/x", "a"]),
    ],
)
def test_what_the_caller_declares_replaces_entrypoint_and_word(policy: dict[str, object], argv: list[str]) -> None:
    assert outcome('FROM scratch\nENTRYPOINT ["/e"]\nCMD ["c"]\n', policy=policy).argv == argv


def test_hosting_takes_no_override() -> None:
    found = outcome('FROM scratch\nENTRYPOINT ["/e"]\n', platform=HOSTING, policy={"container-entrypoint": ["/x"]})
    assert found.argv == ["/e", "serve"]


FAILURES = [
    ("FROM scratch\n", "docker", "No command specified", None),
    ("FROM scratch\n", TRAINING, 'exec: "train": executable file not found in $PATH', 127),
    ('FROM scratch\nENTRYPOINT ["/x/train"]\n', TRAINING, 'exec: "/x/train": stat /x/train: no such file or directory', 127),
    ('FROM scratch\nCOPY f /t\nENTRYPOINT ["/t"]\n', "docker", 'exec: "/t": permission denied', 126),
    ('FROM scratch\nCOPY f /t\nENTRYPOINT ["/t/"]\n', "docker", 'exec: "/t/": stat /t/: not a directory', 127),
    ('FROM scratch\nCOPY --chmod=744 f /t\nUSER 5\nENTRYPOINT ["/t"]\n', "docker", "exec /t: permission denied", 126),
    ('FROM scratch\nCOPY --chmod=755 f /t\nENTRYPOINT ["/t"]\n', "docker", "exec /t: exec format error", 1),
    ('FROM scratch\nCOPY --chmod=755 s /t\nENTRYPOINT ["/t"]\n', "docker", "exec /t: no such file or directory", 1),
    ("FROM scratch\nENV PATH=.\nCOPY --chmod=755 s /train\n", TRAINING, 'exec: "train": cannot run executable found relative to current directory', 128),
    ("FROM scratch\nCOPY --chmod=755 s /bin/train\nUSER me\n", TRAINING, "unable to find user me: no matching entries in passwd file", 128),
    ('FROM python:3.12\nCMD ["python3", "absent.py"]\n', "docker", "can't open file 'absent.py': No such file or directory", 2),
]  # fmt: skip


@pytest.mark.parametrize(("dockerfile", "platform", "error", "code"), FAILURES)
def test_the_words_of_the_runtime(dockerfile: str, platform: str, error: str, code: int | None) -> None:
    found = outcome(dockerfile, {"f": "echo\n", "s": "#!/nowhere\n"}, platform)
    assert (found.verdict, found.error, found.exit_code) == (Verdict.FAILS, error, code)


UNDECIDED = [
    "FROM acme/base\n",
    "ARG X\nFROM $X\n",
    "FROM python:3.12\nRUN make install\n",
    "FROM python:3.12\nCOPY dist/x.whl /\nRUN pip install /x.whl\n",
    "FROM python:3.12\nCOPY --from=acme/tools /bin/train /usr/bin/train\n",
]


@pytest.mark.parametrize("dockerfile", UNDECIDED)
def test_what_nobody_can_see_is_undecided(dockerfile: str) -> None:
    found = outcome(dockerfile, {"dist/x.whl": b"x"})
    assert found.verdict is Verdict.UNDECIDED
    assert found.unknown is not None and found.unknown.reason


def test_a_program_in_a_usual_folder_answers_although_the_base_path_is_not_known() -> None:
    files = {"train*": "#!/bin/sh\necho\n"}
    assert outcome("FROM continuumio/miniconda3\nCOPY train /usr/local/bin\n", files).verdict is Verdict.WORKS


SHEBANGS = [
    (b"#!/bin/sh\n", ("/bin/sh", "")),
    (b"#! \t/bin/sh -e x \n", ("/bin/sh", "-e x")),
    (b"#!/bin/sh", ("/bin/sh", "")),
    (b"#!/bin/sh\r\n", ("/bin/sh\r", "")),
    (b"#!/bin/sh -e\r\n", ("/bin/sh", "-e\r")),
    (b"#!\n", None),
    (b"#!   \n", None),
    (b"#!/" + b"x" * 300 + b"\n", None),
    (b"#!/bin/sh " + b"x" * 300 + b"\n", ("/bin/sh", "x" * 245)),
]


@pytest.mark.parametrize(("data", "parsed"), SHEBANGS)
def test_the_first_line_is_cut_as_the_kernel_cuts_it(data: bytes, parsed: tuple[str, str] | None) -> None:
    assert shebang(data) == parsed


def test_the_document_has_every_key() -> None:
    found = document(outcome("FROM scratch\n"))
    assert list(found) == ["schema_version", "platform", "argv", "verdict", "error", "exit_code", "steps", "settle"]
    assert all(list(step) == ["what", "result", "path", "line"] for step in found["steps"])


@pytest.mark.parametrize(("dockerfile", "code"), [("FROM scratch\n", 1), ("FROM acme/base\n", 3)])
def test_the_command_ends_with_the_verdict(
    dockerfile: str, code: int, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(dockerfile)
    assert run(Arguments(paths=[str(path)], platforms=[TRAINING]), "json") == code
    assert json.loads(capfdbinary.readouterr().out)["platform"] == TRAINING
