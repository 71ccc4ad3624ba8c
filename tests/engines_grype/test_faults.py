"""Everything that can be wrong with grype or its database: each time a failure with its name, never a clean result.

Each fault is told in every report; an engine that is required and has one ends with exit code 3, and one that is not leaves
the verdict to the others.
"""

from __future__ import annotations

import datetime
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli import Mlgate
from tests.engines.grype import grype_db as make_database
from tests.engines.grype import grype_environment
from tests.engines_grype.support import build, fake, run

PINS = "FROM python:3.12\nRUN pip install numpy==1.16.2\n"


def components(*numbers: int, **more: Any) -> str:
    rows = [
        {"type": "library", "properties": [{"name": "syft:location:0:layerID", "value": f"component-{number}"}]}
        for number in numbers
    ]
    return f"cat > \"$CDX\" <<'END'\n{json.dumps({'components': rows, **more})}\nEND\n"


def report(text: str) -> str:
    return f"cat > \"$OUT\" <<'END'\n{text}\nEND\n"


def match(number: int = 0, **fields: Any) -> dict[str, Any]:
    artifact = {
        "id": f"component-{number}",
        "name": "numpy",
        "version": "1.16.2",
        "type": "python",
        "purl": "pkg:pypi/numpy@1.16.2",
    }
    return {"vulnerability": {"id": "CVE-2019-6446", "severity": "Critical"}, "artifact": artifact, **fields}


def matches(*rows: Any, **more: Any) -> str:
    return report(json.dumps({"matches": list(rows), **more}))


WHOLE = components(0)
EMPTY = matches()
STATUS: dict[str, Any] = {"descriptor": {"db": {"status": {"valid": False, "error": "x"}}}}

FAULTS = {
    "says nothing": ("exit 0", "without a whole report"),
    "writes an empty report": (': > "$OUT"', "without a whole report"),
    "writes no report": (WHOLE, "without a whole report"),
    "stops in the middle": (WHOLE + "printf '{\"matches\":[{' > \"$OUT\"", "without a whole report"),
    "writes something else": (WHOLE + report("garbage"), "without a whole report"),
    "makes a folder": (WHOLE + 'mkdir "$OUT"', "without a whole report"),
    "writes into a pipe": (WHOLE + 'mkfifo "$OUT"', "without a whole report"),
    "says what it looked at into a pipe": (EMPTY + 'mkfifo "$CDX"', "does not say what it looked at"),
    "writes HTML": (WHOLE + report("<html><body>502 Bad Gateway</body></html>"), "without a whole report"),
    "writes a list": (WHOLE + report("[]"), "without a whole report"),
    "writes null": (WHOLE + report("null"), "without a whole report"),
    "writes null for matches": (WHOLE + report('{"matches":null}'), "without a whole report"),
    "writes an object for matches": (WHOLE + report('{"matches":{}}'), "without a whole report"),
    "leaves matches out": (WHOLE + report('{"ignoredMatches":[]}'), "without a whole report"),
    "names matches twice": (WHOLE + report('{"matches":[{}],"matches":[]}'), "without a whole report"),
    "writes NaN": (WHOLE + report('{"matches":[],"risk":NaN}'), "without a whole report"),
    "writes no UTF-8": (WHOLE + "printf '{\"matches\":[],\"a\":\"\\377\\376\"}' > \"$OUT\"", "without a whole report"),
    "writes two documents": (WHOLE + report('{"matches":[]}\n{"matches":[]}'), "without a whole report"),
    "nests too deeply": (WHOLE + "printf '%0300000d' 0 | tr 0 '[' > \"$OUT\"", "without a whole report"),
    "writes ignored matches that are none": (WHOLE + report('{"matches":[],"ignoredMatches":7}'), "without a whole report"),
    "writes a number for a match": (WHOLE + matches(7), "a match without a vulnerability or a package"),
    "leaves the vulnerability out": (WHOLE + matches({"artifact": match()["artifact"]}), "a match without a vulnerability"),
    "leaves the id out": (WHOLE + matches(match(vulnerability={})), "a match without a vulnerability"),
    "leaves the package out": (WHOLE + matches(match(artifact={})), "a match without a vulnerability or a package"),
    "names a package of somebody else": (WHOLE + matches(match(7)), "names numpy, which it was not given"),
    "names a package without a number": (
        WHOLE + matches(match(artifact={"name": "openssl", "id": "x"})),
        "names openssl, which it was not given",
    ),
    "does not say what it looked at": (EMPTY, "does not say what it looked at"),
    "says it in half": (EMPTY + "printf '{\"components\":[' > \"$CDX\"", "does not say what it looked at"),
    "looked at nothing": (EMPTY + components(), "looked at 0 of 1 packages"),
    "looked at null": (EMPTY + components(components=None), "does not say what it looked at"),
    "looked at numbers": (EMPTY + components(components=[7]), "does not say what it looked at"),
    "looked at something else": (EMPTY + components(7, 8, 9), "looked at 0 of 1 packages"),
    "looked at hostile properties": (
        EMPTY + components(components=[{"properties": 7}, {"properties": [7, {"name": "syft:location:0:layerID", "value": []}]}]),
        "looked at 0 of 1 packages",
    ),
    "has no valid database": (WHOLE + matches(**STATUS), "database is not valid"),
    "ends with 1": (EMPTY + WHOLE + "exit 1", "ended with exit code 1"),
    "ends with 2 without a threshold": (EMPTY + WHOLE + "exit 2", "ended with exit code 2"),
    "ends with 100": (EMPTY + WHOLE + "exit 100", "ended with exit code 100"),
    "ends with 137": (EMPTY + WHOLE + "exit 137", "ended with exit code 137"),
    "panics": (EMPTY + WHOLE + "printf 'panic: nil pointer\\n\\ngoroutine 1\\n' >&2; exit 2", "crashed: panic: nil pointer"),
    "panics in red": (EMPTY + "printf '\\033[31mx\\033[0m\\nfatal error: oh' >&2; exit 2", "crashed: fatal error: oh"),
    "is out of memory": ("echo 'runtime: out of memory: cannot allocate' >&2; exit 2", "crashed: runtime: out of memory"),
    "is killed": (EMPTY + WHOLE + "kill -KILL $$", "was killed by SIGKILL"),
    "is terminated": (EMPTY + WHOLE + "kill -TERM $$", "was killed by SIGTERM"),
    "has a segmentation fault": (EMPTY + WHOLE + "kill -SEGV $$", "was killed by SIGSEGV"),
    "takes all the memory": (
        EMPTY + WHOLE + "exec python3 -c \"import sys\nkeep = []\nwhile True: keep.append(bytearray(1 << 25))\"",
        "MemoryError",
    ),
    "talks without end": (EMPTY + WHOLE + "exec yes", "wrote more than 64 MB"),
    "cannot decode": ("echo 'unable to decode sbom' >&2; exit 1", "unable to decode sbom"),
    "complains in control characters": ("printf '\\033[31m[0000] ERROR bad \\007thing\\033[0m\\n' >&2; exit 1", "exit code 1: bad thing"),
    "has no database": ("echo 'failed to load vulnerability db: database does not exist' >&2; exit 1", "has no vulnerability database"),
    "has an old database": (
        "echo 'the vulnerability database was built 2 weeks ago (max allowed age is 5 days)' >&2; exit 1",
        "is too old",
    ),
    "has a damaged database": ("echo 'failed to load vulnerability db: bad db checksum' >&2; exit 1", "is damaged"),
    "has a locked database": ("echo 'unable to open vulnerability database: database is locked (5)' >&2; exit 1", "cannot be read"),
    "has another kind of database": ("echo 'failed to load vulnerability db: not a v6 database' >&2; exit 1", "of another kind"),
    "could not finish": (EMPTY + WHOLE + "echo 'WARN matcher returned error: x' >&2", "did not finish"),
    "could not finish, deep in noise": (
        EMPTY + WHOLE + "head -c 3000000 /dev/zero | tr '\\0' x >&2; echo 'matcher returned error' >&2; head -c 3000000 /dev/zero | tr '\\0' x >&2",
        "did not finish",
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLGATE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(tmp_path / "none"))


@pytest.mark.parametrize(("body", "reason"), FAULTS.values(), ids=FAULTS.keys())
def test_a_run_that_proves_nothing(body: str, reason: str, mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate.engines.grype_call._MEMORY", 1 << 29)
    monkeypatch.setenv("MLGATE_GRYPE", fake(mlgate.folder, body))
    failed_as(mlgate, reason)


def failed_as(mlgate: Mlgate, reason: str, status: str = "failed") -> None:
    """Required, it ends with 3 and its reason; not required, every report names the failure, and the others decide."""
    mlgate.write("Dockerfile", PINS)
    ran = mlgate("check", "--select", "grype", "--engine", "grype=required", "--format", "json")
    assert (ran.code, ran.json["verdict"], ran.json["findings"]) == (3, "error", [])
    assert reason in ran.last
    (engine,) = [row for row in ran.json["engines"] if row["name"] == "grype"]
    assert (engine["status"], reason in engine["reason"]) == (status, True)
    assert str(mlgate.folder) not in ran.out + ran.err
    ran = mlgate("check", "--select", "grype", "--engine", "grype=auto")
    assert ran.code == 0
    assert f"{status.upper()} (" in ran.out
    assert "no known vulnerability" not in ran.out + ran.err
    assert "Traceback" not in ran.err


def test_what_is_whole_is_believed(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other way round: with everything in its place the same program is believed, whatever it says beside."""
    noise = "head -c 9000000 /dev/zero >&2\n"
    for body, code in ((EMPTY + WHOLE + noise, 0), (matches(match()) + WHOLE, 1)):
        monkeypatch.setenv("MLGATE_GRYPE", fake(mlgate.folder, body))
        mlgate.write("Dockerfile", PINS)
        assert mlgate("check", "--select", "grype", "--engine", "grype=required").code == code


HOSTILE = {
    "severity": [{"vulnerability": {"id": "CVE-1-1", "severity": 7, "fix": 7, "epss": [{"epss": True}, {"epss": "x"}, {"epss": 7}]}}],
    "lists": [{"relatedVulnerabilities": [7, {"id": []}], "matchDetails": [7, {"fix": {"suggestedVersion": 7}}]}],
    "fixes": [{"vulnerability": {"id": "X", "fix": {"versions": [7, "", "9" * 10_000, "x"], "state": []}}, "matchDetails": 7}],
    "text": [{"vulnerability": {"id": "\x1b[31m<b>", "description": "a. " * 10_000}}],
}  # fmt: skip


@pytest.mark.parametrize("rows", HOSTILE.values(), ids=HOSTILE.keys())
def test_odd_values_are_no_traceback(
    rows: list[dict[str, Any]], mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", fake(mlgate.folder, matches(*(match(**row) for row in rows)) + WHOLE))
    mlgate.write("Dockerfile", PINS)
    for form in ("text", "json", "sarif", "html", "junit", "markdown", "github", "gitlab"):
        ran = mlgate("check", "--select", "grype", "--engine", "grype=required", "--format", form)
        assert ran.code in (0, 1), ran.err
        assert "\x1b[31m" not in ran.out


def test_one_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", fake(tmp_path, "trap '' TERM; sleep 60 & sleep 60; wait"))
    answer = run(build(PINS), timeout=0.5)
    assert (answer.status, answer.reason) == ("failed", "did not end within 0.5 s")


def test_one_that_hangs_at_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", program(tmp_path, "#!/bin/sh\nsleep 60\n"))
    answer = run(build(PINS), timeout=0.5)
    assert (answer.status, "version did not end within 0.5 s" in answer.reason) == ("failed", True)


# The program ----------------------------------------------------------------------------------------------------------


def program(folder: Path, text: str, mode: int = 0o755) -> str:
    path = folder / "grype"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_not_there(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLGATE_GRYPE", raising=False)
    monkeypatch.setenv("PATH", str(mlgate.folder))
    failed_as(mlgate, "grype is not installed", "skipped")


PROGRAMS = {
    "no program": ("not a program", "version"),
    "empty": ("", "version"),
    "a page": ("#!/bin/sh\necho '<!DOCTYPE html><html>404</html>'\n", "does not say that it is grype"),
    "another program": ("#!/bin/sh\necho '{\"application\":\"syft\",\"version\":\"1.0\"}'\n", "does not say that it is grype"),
    "a list": ("#!/bin/sh\necho '[]'\n", "does not say that it is grype"),
    "nothing": ("#!/bin/sh\n", "does not say that it is grype"),
    "deep": ("#!/bin/sh\nprintf '%0300000d' 0 | tr 0 '['\n", "does not say that it is grype"),
    "an error": ("#!/bin/sh\necho '{\"application\":\"grype\",\"version\":\"0.117.0\"}'; exit 1\n", "ended with exit code 1"),
    "killed": ("#!/bin/sh\nkill -KILL $$\n", "was killed by SIGKILL"),
    "no interpreter": ("#!/nowhere/sh\n", "cannot be started"),
    "too old": ("#!/bin/sh\necho '{\"application\":\"grype\",\"version\":\"0.87.0\"}'\n", "grype 0.87.0 is too old"),
    "much too old": ("#!/bin/sh\necho '{\"application\":\"grype\",\"version\":\"v0.9.1\"}'\n", "grype v0.9.1 is too old"),
    "an old schema": (
        "#!/bin/sh\necho '{\"application\":\"grype\",\"version\":\"[not provided]\",\"supportedDbSchema\":5}'\n",
        "databases of schema 5",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_program_of_no_use(text: str, reason: str, mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", program(mlgate.folder, text))
    failed_as(mlgate, reason)


def test_no_program_at_all(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = mlgate.folder / "there"
    folder.mkdir()
    for path in (program(mlgate.folder, "#!/bin/sh\n", 0o644), str(folder), str(folder / "none")):
        monkeypatch.setenv("MLGATE_GRYPE", path)
        failed_as(mlgate, "is no program that can be run")


@pytest.mark.parametrize("version", ["[not provided]", "", "dev", "0.88.0", "1.0.0-rc.1", "9" * 5000])
def test_any_later_version_will_do(version: str, mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", fake(mlgate.folder, EMPTY + WHOLE, version))
    mlgate.write("Dockerfile", PINS)
    assert mlgate("check", "--select", "grype", "--engine", "grype=required").code == 0


# The database, with the real grype ------------------------------------------------------------------------------------


def database(cache: Path) -> Path:
    return cache / "6" / "vulnerability.db"


def rewritten(grype: Path, cache: Path, *statements: str) -> None:
    """Change the database and import it again, as if it had been made so."""
    copy = cache / "copy.db"
    shutil.copy(database(cache), copy)
    connection = sqlite3.connect(copy)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    subprocess.run([grype, "db", "import", copy], env=grype_environment(cache), check=True, capture_output=True)


def replaced(cache: Path, data: bytes | None) -> None:
    database(cache).unlink()
    if data is not None:
        database(cache).write_bytes(data)


def imported(cache: Path, text: str | None) -> None:
    path = cache / "6" / "import.json"
    path.unlink() if text is None else path.write_text(text)


def changed(cache: Path) -> None:
    connection = sqlite3.connect(database(cache))
    connection.execute("UPDATE db_metadata SET model = 5")
    connection.commit()
    connection.close()
    imported(cache, None)


def flipped(cache: Path) -> None:
    with database(cache).open("r+b") as file:
        file.seek(5000)
        file.write(b"damaged")


DATABASES: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "none": (lambda grype, cache: shutil.rmtree(cache), "no vulnerability database"),
    "an empty folder": (lambda grype, cache: shutil.rmtree(cache / "6"), "no vulnerability database"),
    "no file": (lambda grype, cache: replaced(cache, None), "no vulnerability database"),
    "a dangling link": (lambda grype, cache: (replaced(cache, None), database(cache).symlink_to("/nowhere")), "no vulnerability database"),
    "an empty file": (lambda grype, cache: replaced(cache, b""), "of another kind"),
    "garbage": (lambda grype, cache: replaced(cache, b"garbage" * 1000), "is damaged"),
    "half of it": (lambda grype, cache: replaced(cache, database(cache).read_bytes()[:50_000]), "is damaged"),
    "a folder": (lambda grype, cache: (replaced(cache, None), database(cache).mkdir()), "cannot be read"),
    "a file for the cache": (lambda grype, cache: (shutil.rmtree(cache), cache.write_text("x")), "cannot be read"),
    "a wrong byte": (lambda grype, cache: flipped(cache), "is damaged"),
    "a wrong checksum": (
        lambda grype, cache: imported(cache, '{"digest":"xxh64:0000000000000000","source":"x","client_version":"v6.1.9"}'),
        "is damaged",
    ),
    "no checksum": (lambda grype, cache: imported(cache, None), "is damaged"),
    "another schema": (lambda grype, cache: changed(cache), "of another kind"),
    "too old": (
        lambda grype, cache: rewritten(grype, cache, "UPDATE db_metadata SET build_timestamp = '2020-01-01 00:00:00+00:00'"),
        "too old",
    ),
    "names without rows": (lambda grype, cache: rewritten(grype, cache, "DELETE FROM packages"), "is empty"),
    "nothing in it": (lambda grype, cache: rewritten(grype, cache, "DELETE FROM affected_package_handles"), "is empty"),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "reason"), DATABASES.values(), ids=DATABASES.keys())
def test_a_database_of_no_use(
    spoil: Callable[[Path, Path], object],
    reason: str,
    mlgate: Mlgate,
    grype: Path,
    grype_db: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = mlgate.folder / "db"
    shutil.copytree(grype_db, cache)
    spoil(grype, cache)
    monkeypatch.setenv("MLGATE_GRYPE", str(grype))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(cache))
    failed_as(mlgate, reason)
    assert "grype db update" in mlgate("check", "--select", "grype").out


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", "does not say what it looked at"),
        ("[0000]  INFO found 0 vulnerability matches across 0 packages", "found no package at all"),
        ("[0000]  INFO found 0 vulnerability matches across many packages", "does not say what it looked at"),
        (
            "[0000]  WARN nothing found: found 0 vulnerability matches across 9 packages",
            "does not say what it looked at",
        ),
        (
            "[0000]  WARN matcher returned error\n[0000]  INFO found 0 vulnerability matches across 1 packages",
            "did not finish",
        ),
        ("[0000]  INFO vulnerability database is read\nexit 1", "ended with exit code 1: without a word"),
    ],
)
def test_it_must_say_how_many_packages_of_a_bill_it_looked_up(
    said: str, reason: str, mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, _, then = said.partition("\nexit")
    ending = f"exit{then}" if then else ""
    monkeypatch.setenv("MLGATE_GRYPE", fake(mlgate.folder, f"{EMPTY}cat >&2 <<'END'\n{words}\nEND\n{ending}"))
    mlgate.write("bill.json", "{}")
    ran = mlgate("scan", "sbom:bill.json", "--format", "json")
    assert (ran.code, ran.json["verdict"]) == (3, "error")
    assert reason in ran.last


def test_ten_days_are_too_many(mlgate: Mlgate, grype: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=10)
    monkeypatch.setenv("MLGATE_GRYPE", str(grype))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(make_database(tmp_path / "old", built=built)))
    failed_as(mlgate, "too old")


def test_no_room_for_temporary_files(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("MLGATE_GRYPE", fake(mlgate.folder, EMPTY + WHOLE))
    monkeypatch.setattr("gate.scratch.folder", full)
    failed_as(mlgate, "no space left on device")


def test_a_cache_that_cannot_be_written_will_do(
    mlgate: Mlgate, grype: Path, grype_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = mlgate.folder / "db"
    shutil.copytree(grype_db, cache)
    paths = [*cache.rglob("*"), cache]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    monkeypatch.setenv("MLGATE_GRYPE", str(grype))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(cache))
    mlgate.write("Dockerfile", PINS)
    assert mlgate("check", "--select", "grype", "--engine", "grype=required").code == 1
    for path in reversed(paths):
        path.chmod(0o755)


def test_nothing_in_the_repository_silences_it(
    grype: Path, grype_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", str(grype))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(grype_db))
    (tmp_path / ".grype.yaml").write_text("ignore:\n  - package: {name: numpy}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRYPE_ONLY_FIXED", "true")
    monkeypatch.setenv("GRYPE_CONFIG", str(tmp_path / ".grype.yaml"))
    assert [finding.rule_id for finding in run(build(PINS)).findings] == ["CVE-2019-6446"]
