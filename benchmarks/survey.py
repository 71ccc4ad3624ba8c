"""The gate over a folder of other people's Dockerfiles: no crash, every position inside its file, two runs byte-equal.

    python benchmarks/survey.py FOLDER [--most 800]

Runs ``mlgate check --format json`` twice as a program of its own, the second time in another order of the files and with
another number of processes, and prints what it found. Exit 1 when anything does not hold.
"""

from __future__ import annotations

import argparse
import collections
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=800)
    options = parser.parse_args()
    names = [str(path) for path in sorted(options.folder.rglob("Dockerfile*")) if path.is_file()][: options.most]
    first, seconds = run(names, "2")
    second, _ = run(names[::-1], "1")
    document = json.loads(first)
    problems = [*outside(document), *broken(document)]
    if first != second:
        problems.append("two runs are not byte-equal")
    counts = collections.Counter(finding["rule_id"] for finding in document["findings"])
    print(f"{len(document['files'])} of {len(names)} files in {seconds:.1f} s, verdict {document['verdict']}")
    print(f"{len(document['findings'])} findings, {len(document['undecided'])} undecided")
    print(", ".join(f"{rule} {count}" for rule, count in counts.most_common()))
    for problem in problems[:20]:
        print(f"PROBLEM {problem}")
    return 1 if problems else 0


def run(names: list[str], jobs: str) -> tuple[bytes, float]:
    """One run over the files: its JSON report, and how long it took."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        argv = [sys.executable, "-m", "gate", "check", "-q", "--no-cache", "--engine", "grype=off", "--jobs", jobs]
        start = time.monotonic()
        ended = subprocess.run(
            [*argv, "--format", f"json={report}", *names], capture_output=True, timeout=3600, check=False
        )
        if ended.returncode not in (0, 1) and not report.exists():
            sys.exit(f"exit {ended.returncode}: {ended.stderr.decode(errors='replace')[-2000:]}")
        return report.read_bytes(), time.monotonic() - start


def outside(document: dict[str, Any]) -> list[str]:
    """The findings whose position is not in their file."""
    lines: dict[str, list[str]] = {}
    found = []
    for row in document["findings"]:
        path = row["path"]
        if path not in lines:
            text = Path(path).read_bytes().decode("utf-8-sig", "surrogateescape")
            lines[path] = text.split("\n")
        ends = [(row["line"], row["column"]), (row["end_line"], row["end_column"])]
        if ends[0] > ends[1] or any(
            not 1 <= line <= len(lines[path]) or not 1 <= column <= len(lines[path][line - 1]) + 1
            for line, column in ends
        ):
            found.append(
                f"{path}:{row['line']}:{row['column']} to {row['end_line']}:{row['end_column']} {row['rule_id']}"
            )
    return found


def broken(document: dict[str, Any]) -> list[str]:
    """What could not be judged."""
    return [
        f"{engine['name']} {engine['status']}: {engine['reason']}"
        for engine in document["engines"]
        if engine["status"] == "failed"
    ]


if __name__ == "__main__":
    sys.exit(main())
