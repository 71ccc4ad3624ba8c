"""What is kept between runs: used as long as its stamp is the same, made anew when it is lost, stale or broken."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest

from gate import kept as module
from gate.kept import kept


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLGATE_CACHE_DIR", str(tmp_path / "new"))
    return tmp_path / "new"


def test_it_is_made_once() -> None:
    made: list[int] = []

    def make() -> dict[str, object]:
        made.append(1)
        return {"words": ("a", "\udc80"), "day": date(2026, 1, 31)}

    expected = {"words": ["a", "\udc80"], "day": date(2026, 1, 31)}
    assert kept("x", "1", make) == expected
    assert kept("x", "1", make) == expected
    assert len(made) == 1
    assert kept("x", "2", make) == expected
    assert len(made) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", "[" * 100_000, json.dumps({"of": "0", "value": "old"})])
def test_what_is_stale_or_broken_is_made_anew(text: str, folder: Path) -> None:
    kept("x", "1", lambda: "new")
    [path] = folder.iterdir()
    path.write_text(text)
    assert kept("x", "1", lambda: "new") == "new"
    assert json.loads(path.read_text()) == {"of": "1", "value": "new"}


def test_a_folder_that_cannot_be_made_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MLGATE_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert kept("x", "1", lambda: 5) == 5


def test_the_stamp_follows_the_files(tmp_path: Path) -> None:
    def seen() -> list[str]:
        return sorted(module._files(str(tmp_path)))

    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.py").write_text("1")
    os.utime(tmp_path / "folder" / "a.py", (1, 1))
    before = seen()
    assert len(before) == 1
    (tmp_path / "folder" / "a.txt").write_text("no code")
    assert seen() == before
    os.utime(tmp_path / "folder" / "a.py", (2, 2))
    assert seen() != before
    assert module.code_stamp() == module.code_stamp()
