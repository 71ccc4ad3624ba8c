"""The real grype, and a small vulnerability database of our own: `grypedb/vulnerabilities.yaml`.

Run `[grype(), "pkg:pypi/numpy@1.16.2", "--fail-on", "high"]` with `env=grype_environment(grype_db(folder))`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

from tests.engines.cache import go, installed, on_path, run, source_key

VERSION = "0.117.0"  # its database code is that of grypedb/go.mod
SOURCE = Path(__file__).parent / "grypedb"
ROWS = SOURCE / "vulnerabilities.yaml"


def grype() -> Path:
    """The program: `MLGATE_GRYPE`, or a grype on PATH of the version that we test, or one built by Go.

    Raises EngineMissing.
    """
    if named := os.environ.get("MLGATE_GRYPE"):
        return Path(named)
    if (found := on_path("grype")) and _version(found) == VERSION:
        return found

    def install(folder: Path) -> None:
        flags = f"-ldflags=-s -w -X main.version={VERSION}"
        module = f"github.com/anchore/grype/cmd/grype@v{VERSION}"
        go("install", flags, module, env={"GOBIN": str(folder)})

    return installed(f"grype-{VERSION}", install) / "grype"


def _version(program: Path) -> str:
    printed = subprocess.run([program, "version", "-o", "json"], capture_output=True, text=True, timeout=60).stdout
    return str(json.loads(printed).get("version"))


def grypedb() -> Path:
    """The program that writes our database. Raises EngineMissing."""

    def install(folder: Path) -> None:
        go("build", "-o", folder / "grypedb", ".", cwd=SOURCE)

    return installed(f"grypedb-{VERSION}-{source_key(SOURCE)}", install) / "grypedb"


def grype_environment(cache: Path) -> dict[str, str]:
    """An environment in which grype uses the database in `cache` and never asks the network."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | {
        "GRYPE_DB_CACHE_DIR": str(cache),
        "GRYPE_DB_AUTO_UPDATE": "false",
        "GRYPE_CHECK_FOR_APP_UPDATE": "false",
        "NO_COLOR": "1",
    }


def write_database(folder: Path, built: datetime | None = None, rows: Iterable[Path] = (ROWS,)) -> Path:
    """Write `folder`/vulnerability.db, ready for `grype db import`, from rows like those of vulnerabilities.yaml.

    `built` is the moment at which the database says it was made; now, when left out. Takes 0.1 s.
    """
    moment = (built or datetime.now(timezone.utc)).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    folder.mkdir(parents=True, exist_ok=True)
    run(grypedb(), "-out", folder, "-built", moment, *rows)
    return folder / "vulnerability.db"


def grype_db(folder: Path, built: datetime | None = None, rows: Iterable[Path] = (ROWS,)) -> Path:
    """Make a database and import it; return the folder to name in `GRYPE_DB_CACHE_DIR`. Raises EngineMissing."""
    database = write_database(folder / "written", built, rows)
    cache = folder / "cache"
    run(grype(), "db", "import", database, env=grype_environment(cache))
    return cache
