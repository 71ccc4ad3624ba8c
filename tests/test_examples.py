"""What the gate says of each example: exactly these rules, and this exit code."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gate.build import Build
from gate.context import open_context
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.platforms.launch import launch
from gate.platforms.outcome import Verdict
from tests.cli import Mlgate
from tests.examples import EXAMPLES, breakages

WHOLE = {
    "scikit": ["PIN005"],
    "flask": [],
    "edge-compiler": [
        "BLD003", "BLD006", "BLD006", "LAY001", "PIN001", "PIN005", "PIN005", "PKG001", "PKG004", "PKG004", "PKG007", "PKG007", "SEC006",
    ],
}  # fmt: skip
BROKEN = {
    "crlf": ["ENT012"],
    "not-executable": ["ENT010"],
    "no-shebang": ["ENT011"],
    "launch-in-cmd": ["SMC003"],
    "bare-interpreter": ["SMC005"],
    "wrong-port": ["SMS001"],
    "under-mount": ["SMP001"],
    "not-root": ["SMU001"],
    "ignored": ["MLA006"],
    "hidden-failure": ["BLD001"],
}
BREAKAGES = breakages()


def said(mlgate: Mlgate, folder: Path) -> tuple[list[str], int]:
    """The rule ids of the findings, and the exit code."""
    ran = mlgate.check("--no-cache", "--format", "json", str(folder))
    return sorted(finding["rule_id"] for finding in ran.json["findings"]), ran.code


@pytest.mark.parametrize("name", WHOLE)
def test_whole(name: str, mlgate: Mlgate) -> None:
    assert said(mlgate, EXAMPLES / name) == (WHOLE[name], int(name == "edge-compiler"))


@pytest.mark.parametrize("breakage", BREAKAGES.BREAKAGES, ids=lambda breakage: breakage.name)
def test_breakage(breakage: object, mlgate: Mlgate, tmp_path: Path) -> None:
    """One change, one more finding, and the gate is failed."""
    name = breakage.name  # type: ignore[attr-defined]
    BREAKAGES.write(breakage, tmp_path / name)
    found, code = said(mlgate, tmp_path / name)
    assert code == 1
    assert Counter(found) - Counter(WHOLE["scikit"]) == Counter(BROKEN[name])


def test_there_are_ten_of_them() -> None:
    assert [breakage.name for breakage in BREAKAGES.BREAKAGES] == list(BROKEN)
    assert len(BROKEN) == 10


def test_the_usage_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert BREAKAGES.main(["crlf", str(tmp_path / "x")]) == 0
    assert b"\r\n" in (tmp_path / "x/decision_trees/train").read_bytes()
    assert BREAKAGES.main(["nonsense"]) == 2
    assert "crlf" in capsys.readouterr().err


@pytest.mark.parametrize("platform", ["sagemaker-training", "sagemaker-hosting"])
def test_the_sound_image_answers_both_words(platform: str) -> None:
    folder = EXAMPLES / "scikit"
    dockerfile = parse(Source("Dockerfile", (folder / "Dockerfile").read_bytes()))
    build = Build(dockerfile, context=open_context(str(folder)))
    assert launch(build, platform).verdict is Verdict.WORKS
