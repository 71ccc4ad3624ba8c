"""Everything that can be wrong with grype or its database: each time a failure with its name, never a clean result."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import pytest

from tests.engines.grype import grype_db as make_database
from tests.engines_grype.support import build, fake, run

FILE = "FROM python:3.12\nRUN pip install numpy==1.16.2\n"
WHOLE = """echo '{"components":[{"type":"library"}]}' > "$CDX"; """
EMPTY = """echo '{"matches":[]}' > "$OUT"; """


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLGATE_CACHE_DIR", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("exit 0", "without a whole report"),
        (': > "$OUT"; exit 0', "without a whole report"),
        (WHOLE + "exit 0", "without a whole report"),
        (WHOLE + 'printf \'{"matches":[{\' > "$OUT"; exit 0', "without a whole report"),
        (WHOLE + 'echo garbage > "$OUT"; exit 0', "without a whole report"),
        (WHOLE + "echo '[]' > \"$OUT\"; exit 0", "without a whole report"),
        (WHOLE + 'echo \'{"matches":null}\' > "$OUT"; exit 0', "without a whole report"),
        (EMPTY + "exit 0", "does not say what it looked at"),
        (EMPTY + 'echo \'{"components":[]}\' > "$CDX"; exit 0', "looked at 0 of 1 packages"),
        (EMPTY + WHOLE + "exit 1", "ended with exit code 1"),
        (EMPTY + WHOLE + "echo 'panic: nil pointer' >&2; exit 2", "crashed: panic: nil pointer"),
        (EMPTY + WHOLE + "exit 2", "ended with exit code 2"),
        (EMPTY + WHOLE + "exit 137", "ended with exit code 137"),
        (EMPTY + WHOLE + "kill -KILL $$", "was killed by SIGKILL"),
        (EMPTY + WHOLE + "kill -SEGV $$", "was killed by SIGSEGV"),
        (
            "echo 'failed to load vulnerability db: database does not exist' >&2; exit 1",
            "has no vulnerability database",
        ),
        (
            "echo 'the vulnerability database was built 2 weeks ago (max allowed age is 5 days)' >&2; exit 1",
            "is too old",
        ),
        ("echo 'failed to load vulnerability db: bad db checksum' >&2; exit 1", "is damaged"),
        ("echo 'unable to decode' >&2; exit 1", "unable to decode"),
        (EMPTY + WHOLE + "echo 'matcher returned error' >&2; exit 0", "did not finish"),
    ],
)
def test_a_run_that_proves_nothing(body: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", fake(tmp_path, body))
    answer = run(build(FILE))
    assert answer.status == "failed"
    assert reason in answer.reason
    assert answer.findings == ()


def test_one_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", fake(tmp_path, "sleep 60"))
    answer = run(build(FILE), timeout=0.5)
    assert (answer.status, answer.reason) == ("failed", "did not end within 0.5 s")


def test_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MLGATE_GRYPE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = run(build(FILE))
    assert answer.status == "skipped"
    assert "not installed" in answer.reason


@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_no_program(mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "grype"
    path.write_text("not a program")
    path.chmod(mode)
    monkeypatch.setenv("MLGATE_GRYPE", str(path))
    answer = run(build(FILE))
    assert answer.status == "failed"


@pytest.mark.parametrize("version", ["0.87.0", "0.60.1"])
def test_too_old(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", fake(tmp_path, "exit 0", version))
    answer = run(build(FILE))
    assert answer.status == "failed"
    assert "too old" in answer.reason


def test_a_database_that_is_too_old(grype: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=10)
    monkeypatch.setenv("MLGATE_GRYPE", str(grype))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(make_database(tmp_path, built=built)))
    answer = run(build(FILE))
    assert answer.status == "failed"
    assert "too old" in answer.reason
    assert "grype db update" in answer.reason


def test_no_database(grype: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", str(grype))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(tmp_path / "none"))
    answer = run(build(FILE))
    assert answer.status == "failed"
    assert "grype db update" in answer.reason


def test_a_damaged_database(grype: Path, grype_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "db"
    shutil.copytree(grype_db, copy)
    with (copy / "6" / "vulnerability.db").open("r+b") as file:
        file.seek(5000)
        file.write(b"damaged")
    monkeypatch.setenv("MLGATE_GRYPE", str(grype))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(copy))
    answer = run(build(FILE))
    assert answer.status == "failed"
    assert "grype db update" in answer.reason


def test_nothing_in_the_repository_silences_it(
    grype: Path, grype_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", str(grype))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(grype_db))
    (tmp_path / ".grype.yaml").write_text("ignore:\n  - package: {name: numpy}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRYPE_ONLY_FIXED", "true")
    monkeypatch.setenv("GRYPE_CONFIG", str(tmp_path / ".grype.yaml"))
    assert [finding.rule_id for finding in run(build(FILE)).findings] == ["CVE-2019-6446"]
