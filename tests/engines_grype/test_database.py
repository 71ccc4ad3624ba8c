"""The vulnerability database: what `mlgate doctor` says of it, and the ways to bring one to a machine, with the real grype."""

from __future__ import annotations

import datetime
import functools
import hashlib
import http.server
import json
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli import Mlgate
from tests.engines.grype import grype_db as make_database
from tests.engines.grype import grype_environment, write_database
from tests.engines_grype.support import fake

PINS = "FROM python:3.12\nRUN pip install numpy==1.16.2\n"
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


@pytest.fixture(autouse=True)
def _real_grype(grype: Path, grype_db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", str(grype))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(grype_db))
    monkeypatch.delenv("GRYPE_DB_MAX_ALLOWED_BUILT_AGE", raising=False)


def row(mlgate: Mlgate) -> str:
    return next(line for line in mlgate("doctor").out.splitlines() if line.startswith("database"))


def test_doctor_says_how_old_it_is(mlgate: Mlgate) -> None:
    said = row(mlgate)
    assert said.startswith("database  ok       schema v6.1.9; built 20")
    assert said.endswith("0 days old, 5 days allowed")


def test_doctor_names_the_command_that_mends_it(
    mlgate: Mlgate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(make_database(tmp_path, built=NOW - datetime.timedelta(days=9))))
    assert "BROKEN" in row(mlgate)
    assert "9 days old, 5 days allowed; its vulnerability database is too old; to mend: grype db update" in row(mlgate)
    mlgate.write("mlgate.yaml", "cve: {max-db-age: 10}\n")
    assert "ok" in row(mlgate)
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(tmp_path / "none"))
    assert "no vulnerability database; to mend: grype db update; without network: grype db import FILE" in row(mlgate)
    assert mlgate("doctor").code == 0
    mlgate.write("mlgate.yaml", "engines: {grype: required}\n")
    assert mlgate("doctor").code == 3


@pytest.mark.parametrize("body", ["exit 1", "echo '[]'", "echo '<html>'", "echo '{\"valid\":false}'", "kill -KILL $$"])
def test_doctor_bears_any_answer(mlgate: Mlgate, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", fake(mlgate.folder, body))
    assert "BROKEN" in row(mlgate)


def archive(folder: Path, built: datetime.datetime = NOW) -> Path:
    """A database as it is published: an archive with the file at its root."""
    made = write_database(folder / "made", built=built)
    path = folder / "published" / "databases" / "v6" / "vulnerability-db.tar.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        tar.add(made, arcname="vulnerability.db")
    return path


def check(mlgate: Mlgate) -> int:
    mlgate.write("Dockerfile", PINS)
    return mlgate("check", "--select", "grype", "--engine", "grype=required").code


def test_it_is_carried_to_a_machine_without_network(
    mlgate: Mlgate, grype: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(cache))
    assert check(mlgate) == 3
    subprocess.run([grype, "db", "import", archive(tmp_path)], env=grype_environment(cache), check=True)
    assert check(mlgate) == 1
    assert " ok " in row(mlgate)


def test_an_import_that_fails_changes_nothing(
    mlgate: Mlgate, grype: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = make_database(tmp_path)
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(cache))
    half = tmp_path / "half.tar.gz"
    half.write_bytes(archive(tmp_path).read_bytes()[:1000])
    ran = subprocess.run([grype, "db", "import", half], env=grype_environment(cache), capture_output=True)
    assert ran.returncode == 1
    assert check(mlgate) == 1


@contextmanager
def published(folder: Path) -> Iterator[str]:
    """Serve a folder; gives the address of its listing of databases."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/databases"
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


def test_an_update_that_fails_leaves_the_one_that_is_there(
    mlgate: Mlgate, grype: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a pipeline: the cache brings an older one, `grype db update` is tried, and the gate judges by its age."""
    cache = make_database(tmp_path / "old", built=NOW - datetime.timedelta(days=4))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(cache))
    path = archive(tmp_path)
    listing = {
        "status": "active",
        "schemaVersion": "v6.1.9",
        "built": NOW.isoformat().replace("+00:00", "Z"),
        "path": path.name,
        "checksum": "sha256:" + "0" * 64,
    }
    with published(tmp_path / "published") as address:
        environment = {**grype_environment(cache), "GRYPE_DB_UPDATE_URL": address}
        for checksum, code, age in (("0" * 64, 1, 4), (hashlib.sha256(path.read_bytes()).hexdigest(), 0, 0)):
            listing["checksum"] = f"sha256:{checksum}"
            (path.parent / "latest.json").write_text(json.dumps(listing))
            ran = subprocess.run([grype, "db", "update"], env=environment, capture_output=True, timeout=60)
            assert ran.returncode == code, ran.stderr
            assert f"{age} days old" in row(mlgate)
            assert check(mlgate) == 1


def test_a_cache_is_a_folder_that_can_be_copied(
    mlgate: Mlgate, tmp_path: Path, grype_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(grype_db, tmp_path / "restored")
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(tmp_path / "restored"))
    assert check(mlgate) == 1
