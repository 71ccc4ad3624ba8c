"""mlgate and grype alone on the same bill of materials: ``python -m benchmarks.overhead_grype [--megabytes N]``.

Both look up the same file in the same database, one after the other, so that a busy machine slows both; each number is the
median. grype spends most of its time on its database, which it reads whole at every start to prove its checksum: with the
tests' own one of 130 KB it is over in a twentieth of a second, which no user has. So the measurement is taken twice: with
that one, and with one that was filled to the size of the published ones (more than a gigabyte; ``--megabytes``). What was
filled in is invented, and looked up like the rest: each of 400 packages has its advisories.

mlgate lets grype collect its garbage later (``GOGC``), so that grype itself takes less time and more memory than alone; what
mlgate adds of its own grows with the matches. The table is printed and written to ``benchmarks/OVERHEAD.md``. Exit status 1
when the budget is not kept with the large database.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.engines.grype import grype, grype_environment, write_database

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "OVERHEAD.md"
BUDGET = 1.10
PACKAGES, ADVISORIES_EACH = 400, 3
_PADDING = "The text of an advisory, which says at length what is wrong, since when, and who found it. " * 40


def bill(folder: Path) -> Path:
    """A bill of materials of the size of an ordinary ML image."""
    rows = [
        {
            "type": "library",
            "bom-ref": f"component-{number}",
            "name": f"package-{number:06}",
            "version": "1.0.0",
            "purl": f"pkg:pypi/package-{number:06}@1.0.0",
        }
        for number in range(PACKAGES)
    ]
    path = folder / "bom.cdx.json"
    path.write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": rows}))
    return path


def database(folder: Path, megabytes: int) -> Path:
    """A cache with a database of that size; as small as it comes for 0."""
    made = write_database(folder / "made")
    connection = sqlite3.connect(made)
    count = max(PACKAGES * ADVISORIES_EACH, megabytes * 1_000_000 // (len(_PADDING) + 700))
    connection.executemany("INSERT INTO blobs(id, value) VALUES (?, ?)", _blobs(count))
    connection.executemany(
        "INSERT INTO vulnerability_handles(id, name, status, published_date, modified_date, provider_id, blob_id)"
        " VALUES (?, ?, 'active', '2025-01-01 00:00:00+00:00', '2025-01-01 00:00:00+00:00', 'github', ?)",
        ((n + 10**6, f"GHSA-{n:012}", 2 * n + 10**6) for n in range(count)),
    )
    connection.executemany(
        "INSERT INTO packages(id, ecosystem, name) VALUES (?, 'python', ?)",
        ((n + 10**6, f"package-{n:06}") for n in range(count // ADVISORIES_EACH + 1)),
    )
    connection.executemany(
        "INSERT INTO affected_package_handles(id, vulnerability_id, package_id, blob_id) VALUES (?, ?, ?, ?)",
        ((n + 10**6, n + 10**6, n // ADVISORIES_EACH + 10**6, 2 * n + 1 + 10**6) for n in range(count)),
    )
    connection.commit()
    connection.close()
    cache = folder / "cache"
    subprocess.run([grype(), "db", "import", made], env=grype_environment(cache), check=True)
    made.unlink()
    return cache


def _blobs(count: int) -> Iterator[tuple[int, str]]:
    severities = ("low", "medium", "high", "critical")
    for n in range(count):
        name = f"GHSA-{n:012}"
        about = {
            "id": name,
            "description": f"{n} {_PADDING}",
            "refs": [{"url": f"https://github.com/advisories/{name}"}],
            "aliases": [f"CVE-2098-{n + 10_000}"],
            "severities": [{"scheme": "CHML", "value": severities[n % 4], "rank": 1}],
        }
        affected = {
            "cves": about["aliases"],
            "ranges": [
                {"version": {"type": "python", "constraint": "<1.2.3"}, "fix": {"version": "1.2.3", "state": "fixed"}}
            ],
        }
        yield 2 * n + 10**6, json.dumps(about)
        yield 2 * n + 1 + 10**6, json.dumps(affected)


def cost(command: list[str], environment: dict[str, str]) -> tuple[float, float, int]:
    """Seconds on the clock and of computing, and the exit code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    ran = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, ran.returncode


def side_by_side(folder: Path, megabytes: int, rounds: int) -> list[str]:
    """The rows of the table for one size."""
    cache, document = database(folder, megabytes), bill(folder)
    environment = {
        **grype_environment(cache),
        "MLGATE_GRYPE": str(grype()),
        "MLGATE_CACHE_DIR": str(folder / "mlgate"),
        "PYTHONPATH": str(ROOT),
    }
    theirs = [str(grype()), f"sbom:{document}", "-o", f"json={folder / 'grype.json'}"]
    ours = [
        sys.executable,
        "-m",
        "gate",
        "scan",
        f"sbom:{document}",
        "--format",
        f"json={folder / 'mlgate.json'}",
        "-q",
    ]
    ours += ["--engine", "grype=required"]
    measured: dict[str, list[tuple[float, float]]] = {"grype": [], "mlgate": []}
    for turn in range(rounds + 1):
        for name, command, good in (("grype", theirs, (0,)), ("mlgate", ours, (1,))):
            wall, cpu, code = cost(command, environment)
            if code not in good:
                raise SystemExit(f"{name} ended with {code}")
            if turn:  # the first fills the caches
                measured[name].append((wall, cpu))
    found = len(json.loads((folder / "grype.json").read_text())["matches"])
    assert found == len(json.loads((folder / "mlgate.json").read_text())["findings"])
    size = (cache / "6" / "vulnerability.db").stat().st_size
    rows = []
    for at, what in enumerate(("on the clock", "of computing")):
        one, other = (median(times[at] for times in measured[name]) for name in ("mlgate", "grype"))
        kept = "yes" if one / other <= BUDGET else "**no**"
        label = f"database of {size / 1e6:,.0f} MB, {found} matches, {what}"
        rows.append(f"| {label} | {one:.2f} s | {other:.2f} s | {one / other:.2f} | ≤ {BUDGET:.2f} | {kept} |")
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1500, help="size of the large database")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where there is room; default: the temporary folder")
    given = parser.parse_args()
    rows = []
    for megabytes in (0, given.megabytes):
        folder = Path(tempfile.mkdtemp(prefix="mlgate-benchmark-", dir=given.folder))
        try:
            rows = rows + side_by_side(folder, megabytes, given.rounds)
        finally:
            shutil.rmtree(folder)
    text = "\n".join(
        [
            "# Overhead over grype",
            "",
            "Printed by `python -m benchmarks.overhead_grype`; its docstring says how. `mlgate scan sbom:FILE` against",
            "`grype sbom:FILE`, with the small database of the tests and with one of the size that users have.",
            "",
            f"* {PACKAGES} packages, cores: {os.cpu_count()}, Python: {platform.python_version()}",
            f"* load of the machine at the end: {os.getloadavg()[0]:.1f}",
            "",
            "| what | mlgate | grype | ratio | budget | kept |",
            "| --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )
    print(text)
    RESULTS.write_text(text)
    return 0 if "**no**" not in rows[-1] + rows[-2] else 1


if __name__ == "__main__":
    sys.exit(main())
