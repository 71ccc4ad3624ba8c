"""Patterns of names: the same as fnmatch."""

from __future__ import annotations

from fnmatch import fnmatchcase

from hypothesis import example, given
from hypothesis import strategies as st

from gate.globs import is_like


@given(st.text("ab/", max_size=6), st.text("ab*", max_size=5))
@example("aba", "ab*ba")
@example("ab", "a*b*b")
@example("a", "*a*a")
@example("a.b", "?.[b]")
def test_it_is_fnmatch(name: str, pattern: str) -> None:
    assert is_like(name, pattern) == fnmatchcase(name, pattern)
