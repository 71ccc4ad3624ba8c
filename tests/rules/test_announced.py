"""Rules that are only announced: the same rules, and imported no earlier than they are called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gate import announced, catalogue
from gate.rule import Rule

KINDS = ("command_checks", "wrapper_checks", "run_checks", "instruction_checks")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rule]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLGATE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        catalogue.ready.cache_clear()
        return catalogue.ready().rules


def test_they_say_the_same(ready: dict[str, Rule]) -> None:
    whole = catalogue.load().rules
    assert list(ready) == list(whole)
    for rule_id, rule in whole.items():
        said = ready[rule_id]
        assert all(getattr(said, name) == getattr(rule, name) for name in announced._SAID)
        assert (list(said.bad), list(said.good)) == (list(rule.bad), list(rule.good))
        for kind in KINDS:
            assert [names for names, _ in getattr(said, kind)] == [names for names, _ in getattr(rule, kind)]
        for kind in ("stage_checks", "build_checks", "suppression_checks"):
            assert len(getattr(said, kind)) == len(getattr(rule, kind))


def test_a_rule_of_another_platform_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12.5-slim\n")
    program = (
        "import sys\n"
        "from gate.cli import run\n"
        "run(['check', '--engine', 'hadolint=off,grype=off', '-q', 'Dockerfile'])\n"
        "rules = [getattr(module, 'rule', None) for name, module in sys.modules.items() if name.startswith('gate.rules.')]\n"
        "print([rule.id for rule in rules if rule and rule.platforms])\n"
    )
    environment = {**os.environ, "MLGATE_CACHE_DIR": str(tmp_path / "cache")}
    for expected in (False, True):
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        assert (done.stdout.splitlines()[-1] == "[]") is expected
