"""The cache: what it keeps, and that nothing on disk can make it wrong or break a run."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from gate import cache
from gate.cache import Cache, key


@pytest.fixture
def store(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "new" / "results.sqlite")


def test_what_was_put_is_got(store: Cache) -> None:
    store.put({"a": b"1", "b": b""})
    assert store.get(["a", "b", "c", "a"]) == {"a": b"1", "b": b""}
    store.put({"a": b"2"})
    assert store.get(["a"]) == {"a": b"2"}


def test_many_keys(store: Cache) -> None:
    store.put({str(number): b"%d" % number for number in range(1234)})
    assert len(store.get(str(number) for number in range(2000))) == 1234


def test_keys_do_not_run_together() -> None:
    assert len({key("ab", "c"), key("a", "bc"), key("abc"), key(b"ab", "d"), key("\udc80")}) == 5
    assert key("a", b"b") == key(b"a", "b")


def test_switched_off_keeps_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLGATE_CACHE_DIR", str(tmp_path))
    store = Cache.default(enabled=False)
    store.put({"a": b"1"})
    assert store.get(["a"]) == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"MLGATE_CACHE_DIR": "/own"}, "/own"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/mlgate"),
        ({"XDG_CACHE_HOME": "", "HOME": "/home/me"}, "/home/me/.cache/mlgate"),
    ],
)
@pytest.mark.skipif(os.name != "posix" or os.uname().sysname != "Linux", reason="the folders of Linux")
def test_folder(variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLGATE_CACHE_DIR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache.folder() == Path(expected)


@pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_file_is_replaced(damage: bytes, store: Cache) -> None:
    assert store.path is not None
    store.path.parent.mkdir()
    store.path.write_bytes(damage)
    assert store.get(["a"]) == {}
    store.put({"a": b"1"})
    store.put({"a": b"1"})
    assert store.get(["a"]) == {"a": b"1"}


def test_a_truncated_file_is_never_wrong(store: Cache) -> None:
    assert store.path is not None
    store.put({str(number): b"%d" % number * 100 for number in range(500)})
    whole = store.path.read_bytes()
    for size in range(0, len(whole), len(whole) // 20):
        store.path.write_bytes(whole[:size])
        for name, value in store.get(str(number) for number in range(500)).items():
            assert value == name.encode() * 100


def test_a_changed_entry_is_not_believed(store: Cache) -> None:
    store.put({"a": b"1", "b": b"2"})
    assert store.path is not None
    with sqlite3.connect(store.path) as database:
        database.execute("UPDATE entry SET value = (SELECT value FROM entry WHERE key = 'b') WHERE key = 'a'")
        database.execute("INSERT INTO entry VALUES ('c', 'text'), ('d', x'00'), ('e', NULL)")
    assert store.get("abcde") == {"b": b"2"}


@pytest.mark.skipif(os.name != "posix", reason="no such device elsewhere")
@pytest.mark.parametrize("path", ["/dev/null/x/results.sqlite", "/dev/full", "/proc/results.sqlite"])
def test_a_place_that_cannot_be_written_to(path: str) -> None:
    store = Cache(Path(path))
    store.put({"a": b"1"})
    assert store.get(["a"]) == {}


def test_a_locked_file_is_not_waited_for_long(store: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_PATIENCE", 0.1)
    store.put({"a": b"1"})
    assert store.path is not None
    with sqlite3.connect(store.path) as other:
        other.execute("BEGIN EXCLUSIVE")
        store.put({"b": b"2"})
        assert store.get(["a", "b"]) == {}
    assert store.get(["a", "b"]) == {"a": b"1"}


def test_its_size_is_bounded(store: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LIMIT", 200_000)
    assert store.path is not None
    for number in range(100):
        store.put({f"{number}-{part}": bytes(1000) for part in range(10)})
    assert store.path.stat().st_size < 400_000
    assert store.get(["99-9"])
    assert not store.get(["0-0"])


def _write_and_read(path: Path, number: int) -> bool:
    store = Cache(path)
    for turn in range(20):
        mine = f"{number}-{turn}"
        store.put({mine: mine.encode(), "shared": b"same"})
        if store.get([mine]) not in ({mine: mine.encode()}, {}) or store.get(["shared"]) not in (
            {"shared": b"same"},
            {},
        ):
            return False
    return True


def test_processes_share_it(store: Cache) -> None:
    assert store.path is not None
    with ProcessPoolExecutor(4) as pool:
        assert all(pool.map(_write_and_read, [store.path] * 4, range(4)))
    assert store.get(["shared", "0-0", "3-19"]) == {"shared": b"same", "0-0": b"0-0", "3-19": b"3-19"}
