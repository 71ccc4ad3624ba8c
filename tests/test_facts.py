"""Facts are the same whether they come from YAML or from what was kept of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from gate import facts, policies

NAMES = [path.stem for path in Path(str(policies.__file__)).parent.glob("*.yaml")]


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    facts.facts.cache_clear()
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_the_same_again(name: str, kept: Path) -> None:
    source = Path(str(policies.__file__)).parent / f"{name}.yaml"
    first = facts.facts(name)
    assert len(list(kept.rglob("*.json"))) == 1
    facts.facts.cache_clear()
    assert facts.facts(name) == first == facts._read(str(source))


def test_what_is_kept_is_used_and_what_is_stale_or_broken_is_not(kept: Path) -> None:
    first = facts.facts("bases")
    [path] = kept.rglob("*.json")
    document = json.loads(path.read_text())
    for text, expected in [
        (json.dumps({**document, "facts": {"x": 1}}), {"x": 1}),
        (json.dumps({**document, "of": [1, 2], "facts": {"x": 1}}), first),
        ("{", first),
        ("[]", first),
        ("{}", first),
    ]:
        path.write_text(text)
        facts.facts.cache_clear()
        assert facts.facts("bases") == expected


def test_nothing_is_written_when_nothing_may_be(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert facts.facts("bases")
    assert os.listdir(kept) == []
