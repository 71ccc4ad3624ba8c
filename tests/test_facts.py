"""Facts are the same whether they come from YAML or from what was kept of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gate import facts, policies

NAMES = [path.stem for path in Path(str(policies.__file__)).parent.glob("*.yaml")]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_again(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_CACHE_DIR", str(tmp_path))
    facts.facts.cache_clear()
    first = facts.facts(name)
    assert len(list(tmp_path.glob("facts-*.json"))) == 1
    facts.facts.cache_clear()
    assert facts.facts(name) == first == facts._read(name)
