"""Every rule's own examples: each bad one fires at its marks and nowhere else, no good one fires."""

from __future__ import annotations

import pytest

from gate import catalogue
from gate.rule import Example, Rule
from tests.rules.support import expect, silent


def _cases(kind: str) -> list[object]:
    return [
        pytest.param(rule, example, id=f"{rule.id}-{number}")
        for rule in catalogue.load().rules.values()
        for number, example in enumerate(getattr(rule, kind))
    ]


@pytest.mark.parametrize(("rule", "example"), _cases("bad"))
def test_bad_example_fires_at_its_marks(rule: Rule, example: str | Example) -> None:
    expect(rule.id, example)


@pytest.mark.parametrize(("rule", "example"), _cases("good"))
def test_good_example_is_silent(rule: Rule, example: str | Example) -> None:
    silent(rule.id, example)
