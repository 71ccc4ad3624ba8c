"""The fixes of the rules, on their own examples: what is said to be mended is gone, and nothing else is."""

from __future__ import annotations

from collections import Counter

import dockerfile as buildkit
import pytest

from gate import catalogue
from gate.dockerfile.source import Source
from gate.fixing import applied
from gate.model import Finding
from gate.rule import Example, Rule
from tests.rules.support import findings, unmark

RULES = [rule for rule in catalogue.load().rules.values() if rule.fixes]
CASES = [
    pytest.param(rule, example, id=f"{rule.id}-{number}")
    for rule in RULES
    for number, example in enumerate(rule.bad)
    if isinstance(example, str) or example.image is None
]
REVEALED = {
    "PKG002": {"PIN003"},  # the bound that nobody saw is only a range
    "ENT003": {"ENT014"},  # what starts at last is not in the examples
    "ENT004": {"ENT014"},
    "ENT007": {"ENT014", "PIN003", "PKG003"},
}
"""What the safe fix of a rule brings to light: what never ran is looked at once it does."""


def _findings(example: Example, text: str, rule_ids: list[str] | None) -> list[Finding]:
    return findings(
        text,
        rule_ids,
        files=example.files,
        platforms=example.platforms,
        policy=example.policy,
        build_args=example.build_args,
    )


def _fixed(example: Example, rule: Rule, *, unsafe: bool) -> tuple[str, list[Finding]]:
    """The Dockerfile with the rule's fixes, and the findings that have them."""
    text, mended = example.dockerfile, []
    for _ in range(5):
        wanted = [
            finding
            for finding in _findings(example, text, [rule.id])
            if finding.fix and (unsafe or finding.fix.safe) and finding.fix.edits[0].place.path == "Dockerfile"
        ]
        text, done = applied(Source("Dockerfile", text.encode()), wanted)
        mended += done
        if not done:
            break
    return text, mended


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_a_fix_removes_its_finding_and_leaves_a_file_that_builds(rule: Rule, example: str | Example) -> None:
    wanted = None if isinstance(example, str) else example.fixed
    case, _ = unmark(example)
    before = [finding for finding in _findings(case, case.dockerfile, [rule.id]) if finding.rule_id == rule.id]
    assert {"safe" if f.fix.safe else "unsafe" for f in before if f.fix} <= set(rule.fixes)
    text, mended = _fixed(case, rule, unsafe=True)
    assert wanted is None or text == wanted
    if not mended:
        assert text == case.dockerfile
        return
    left = [finding for finding in _findings(case, text, [rule.id]) if finding.rule_id == rule.id]
    assert not [finding for finding in left if finding.fix and finding.fix.edits[0].place.path == "Dockerfile"]
    assert len(left) <= len(before) - len([f for f in before if f.fix and f.fix.edits[0].place.path == "Dockerfile"])
    buildkit.parse_string(text)


@pytest.mark.parametrize(("rule", "example"), [case for case in CASES if "safe" in case.values[0].fixes])
def test_a_safe_fix_brings_no_new_finding(rule: Rule, example: str | Example) -> None:
    case, _ = unmark(example)
    text, mended = _fixed(case, rule, unsafe=False)
    if mended:
        before = Counter(finding.rule_id for finding in _findings(case, case.dockerfile, None))
        after = Counter(finding.rule_id for finding in _findings(case, text, None))
        assert set(after - before) <= REVEALED.get(rule.id, set())


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_an_example_shows_the_fix(rule: Rule) -> None:
    shown = [example for example in rule.bad if isinstance(example, Example) and example.fixed is not None]
    assert shown or rule.id == "ENT012", "whose fix is in another file"
    assert all(example.fixed != unmark(example)[0].dockerfile for example in shown)
