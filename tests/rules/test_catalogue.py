"""The catalogue: everything loads, every rule says what a user needs, and ids, names and families hold together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gate import catalogue
from gate.model import Severity
from gate.rule import Rule

RULES = list(catalogue.load().rules.values())
each_rule = pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])


def test_everything_loads() -> None:
    assert catalogue.load().problems == []


def test_names_are_unique() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


@each_rule
def test_metadata(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z][A-Z0-9]{2}\d{3}", rule.id)
    assert rule.id[:3] in catalogue.FAMILIES
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert Severity.INFO <= rule.severity <= Severity.CRITICAL
    assert rule.confidence in {"high", "medium", "low"}
    assert rule.bad and rule.good, "at least one bad and one good example"
    for text in (rule.summary, rule.reason, rule.fix):
        assert text.strip() == text and text.endswith((".", "?", "`")), text
    assert "\n" not in rule.summary and len(rule.summary) <= 160
    assert all(re.fullmatch(r"(DL|SC)\d{4}|[A-Za-z]\w*([-_/.]\w+)*", alias) for alias in rule.aliases)
    assert rule.links == tuple(link for link in rule.links if link.startswith("https://"))


@each_rule
def test_a_rule_asks_to_be_called(rule: Rule) -> None:
    checks = (rule.command_checks, rule.run_checks, rule.instruction_checks, rule.stage_checks, rule.build_checks)
    assert any(checks) or rule.suppression_checks


def test_a_rules_dir_brings_rules(tmp_path: Path) -> None:
    (tmp_path / "acme.py").write_text(
        "from gate.model import Severity\n"
        "from gate.rule import Rule\n"
        "rule = Rule(id='ACM001', name='acme', severity=Severity.LOW,\n"
        "            summary='s.', reason='r.', fix='f.', bad=[], good=[])\n"
    )
    (tmp_path / "broken.py").write_text("raise RuntimeError('no')\n")
    (tmp_path / "_helper.py").write_text("raise RuntimeError('helpers are not looked at')\n")
    loaded = catalogue.load((str(tmp_path),))
    assert "ACM001" in loaded.rules
    assert loaded.problems[-1] == "rules_dirs: broken.py cannot be imported: RuntimeError: no"


def test_a_missing_rules_dir_is_a_problem(tmp_path: Path) -> None:
    assert catalogue.load((str(tmp_path / "none"),)).problems[-1] == f"rules_dirs: {tmp_path / 'none'} is not a folder"
