"""The examples on a real engine: what the launch resolver says of the sound image and of five broken ones is what happens.

The base is busybox with a `python3` that only repeats its arguments: what is tried is how a program is found and started.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from gate.build import Build
from gate.context import open_context
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.platforms.launch import launch
from gate.platforms.outcome import Outcome, Verdict
from tests.engines.docker_engine import DockerEngine
from tests.examples import EXAMPLES, breakages

PLATFORMS = {"train": "sagemaker-training", "serve": "sagemaker-hosting"}
CASES = {
    "sound": [("train", 0, "python3 /opt/program/train"), ("serve", 0, "python3 /opt/program/serve")],
    "crlf": [("train", 127, "can't execute 'python3")],
    "not-executable": [("train", 127, 'exec: "train": executable file not found in $PATH')],
    "no-shebang": [("serve", 1, "exec format error")],
    "launch-in-cmd": [("train", 127, 'exec: "train": executable file not found in $PATH')],
}
"""Example → what becomes of a word: exit code, and what is printed."""


def predicted(folder: Path, word: str) -> Outcome:
    dockerfile = parse(Source("Dockerfile", (folder / "Dockerfile").read_bytes()))
    return launch(Build(dockerfile, context=open_context(str(folder))), PLATFORMS[word])


def image(engine: DockerEngine, folder: Path, name: str) -> str:
    """The example built on busybox: its own instructions, without what installs packages."""
    text = (folder / "Dockerfile").read_text()
    text = re.sub(r"^RUN (?:.*\\\n)*.*\n", "", text, flags=re.M)
    text = re.sub(r"^FROM .*\n", f"FROM {engine.busybox()}\nCOPY python3 /usr/bin/\n", text, flags=re.M)
    (folder / "Dockerfile").write_text(text)
    (folder / "python3").write_text('#!/bin/sh\necho python3 "$@"\n')
    (folder / "python3").chmod(0o755)
    tag = f"mlgate-test/example-{name}:1"
    built = engine.run("build", "-q", "-t", tag, str(folder))
    assert built.returncode == 0, built.stderr
    return tag


@pytest.mark.parametrize("name", CASES)
def test_what_is_predicted_happens(docker_engine: DockerEngine, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    known = {breakage.name: breakage for breakage in breakages().BREAKAGES}
    if name in known:
        breakages().write(known[name], folder)
    else:
        shutil.copytree(EXAMPLES / "scikit", folder)
    outcomes = [predicted(folder, word) for word, _, _ in CASES[name]]
    tag = image(docker_engine, folder, name)
    for outcome, (word, code, said) in zip(outcomes, CASES[name], strict=True):
        ran = docker_engine.run("run", "--rm", tag, word)
        assert (ran.returncode, said in ran.stdout + ran.stderr) == (code, True), (ran.stdout, ran.stderr)
        assert outcome.verdict is (Verdict.FAILS if code else Verdict.WORKS)
        assert (outcome.exit_code or 0) == code
        if outcome.error is not None and name != "crlf":  # busybox words that one differently
            assert said in outcome.error
