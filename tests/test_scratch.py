"""A folder for the time of one call is ours alone, and goes with all that is in it and nothing else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gate import scratch


def test_a_folder_is_new_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    one, two = Path(scratch.folder()), Path(scratch.folder())
    assert one != two
    assert one.parent == tmp_path
    assert stat.S_IMODE(one.stat().st_mode) == 0o700


def test_there_is_one_where_tmpdir_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    folder = Path(scratch.folder())
    assert folder.is_dir()
    scratch.remove(str(folder))
    assert not folder.exists()


def test_what_a_link_points_to_stays(tmp_path: Path) -> None:
    kept, folder = tmp_path / "kept", tmp_path / "folder"
    kept.mkdir()
    (kept / "file").write_text("x")
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").write_text("x")
    (folder / "a" / "link").symlink_to(kept)
    (folder / "loose").symlink_to(tmp_path / "nowhere")
    scratch.remove(str(folder))
    assert not folder.exists()
    assert (kept / "file").read_text() == "x"


def test_a_folder_that_is_gone_is_no_fault(tmp_path: Path) -> None:
    scratch.remove(str(tmp_path / "missing"))
