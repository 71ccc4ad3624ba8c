"""Contexts made to break what reads them: no rule raises, none takes long, none looks outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gate import catalogue
from gate.build import Build
from gate.context import open_context
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.image import arrivals
from gate.model import PLATFORMS
from gate.walk import Outcome, Walker

FAMILIES = {"SMP", "SMU", "MLA", "PRC", "STU", "LMB", "EDG"}
DOCKERFILE = b"""FROM python:3.12
COPY . /opt/ml/model
COPY model.pt *.tflite m/../x /app/
RUN pip install -r requirements.txt && wget https://example.com/m.pt && chmod 600 /opt/ml/model/app.py
CMD ["app.handler"]
"""


def judged(folder: Path, dockerfile: bytes = DOCKERFILE) -> Outcome:
    """What the rules say for every platform at once."""
    build = Build(
        parse(Source("Dockerfile", dockerfile)),
        context=open_context(str(folder)),
        platforms=PLATFORMS,
        settings={
            "thresholds": {"data-size": 10, "model-size": 10, "image-size": 10},
            "instance-types": ["ml.m5.large"],
        },
    )
    rules = [rule for rule in catalogue.load().rules.values() if rule.family in FAMILIES]
    outcome = Walker(rules).walk(build)
    assert outcome.failures == []
    return outcome


PROGRAMS = {
    "deep": "x = " + "(" * 5000 + ")" * 5000,
    "sums": "open(" + "'a' + " * 20_000 + "'b', 'w')",
    "chain": "import os\nos" + ".a" * 30_000 + ".get('a', '/x')\nopen(os, 'w')",
    "names": "a = b\nb = a\nopen(a, 'w')\nopen(b + '/opt/ml/model/x', 'w')",
    "strings": "\n".join(f"'/opt/ml/input/config/resourceConfig.json{n}'" for n in range(4000)),
    "broken": "def (:\n  '/opt/ml/model'\x0c\x1c",
    "binary": "\0\1\2",
    "not utf-8": "open('/opt/ml/model/\udcff', 'w')",
    "cycle": "import app\nimport serve\nopen('/opt/ml/model/x', 'w')",
    "imports": "from x import (" + "a, " * 50_000,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, tmp_path: Path) -> None:
    data = PROGRAMS[name].encode("utf-8", "surrogateescape")
    for file in ("app.py", "serve", "train", "x.sh", "x.R"):
        (tmp_path / file).write_bytes((b"#!/usr/bin/env python\n" if "." not in file else b"") + data)
    judged(tmp_path)


def test_things_that_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.pt")
    os.mkfifo(tmp_path / "x.tflite")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "outside.pkl").symlink_to("/etc/passwd")
    (tmp_path / "app.py").symlink_to("../../../../etc/passwd")
    (tmp_path / "requirements.txt").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data/gone.csv").symlink_to("nowhere")
    outcome = judged(tmp_path)
    assert not any("passwd" in finding.message for finding in outcome.findings)


def test_a_context_that_never_ends_is_looked_at_only_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "MAX_ENTRIES", 50)
    for number in range(40):
        (tmp_path / f"d{number}").mkdir()
        (tmp_path / f"d{number}/m.onnx").write_bytes(b"x")
    build = Build(
        parse(Source("Dockerfile", b"FROM scratch\nCOPY . /a\nCOPY . /b\n")), context=open_context(str(tmp_path))
    )
    assert 0 < len(arrivals.arrivals(build)) <= 50


def test_names_made_to_confuse(tmp_path: Path) -> None:
    for name in ("::error::model.pt", "a\nb.pt", "\x1b[31mm.onnx", "-rf.pkl", "m.pt ", "$HOME.pt", "*.tflite"):
        (tmp_path / name).write_bytes(b"x")
    outcome = judged(tmp_path, b"FROM scratch\nCOPY . /\n")
    assert {finding.rule_id for finding in outcome.findings} >= {"MLA001", "MLA010"}
