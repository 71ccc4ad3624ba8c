"""`mlgate inspect` against BuildKit on random builds without RUN: `python -m benchmarks.oracle_inspect [--cases N] [--seed S]`.

Prints how many cases agree, how many builds were refused, what was undecided, and the first differences whole.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.engines.buildkit import buildkit
from tests.image.builds import differences, make_case, run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=3, help="differences to print whole")
    options = parser.parse_args()
    start = time.monotonic()
    equal = refused = undecided = 0
    shown: list[int] = []
    with tempfile.TemporaryDirectory(prefix="oracle-") as folder, buildkit() as oracle:
        for case, said, built in run(oracle, range(options.seed, options.seed + options.cases), Path(folder)):
            found = differences(said, built)
            equal += not found
            refused += bool(built.refused)
            undecided += bool(said.undecided)
            if found:
                shown.append(case.seed)
                if len(shown) <= options.show:
                    show(case.seed, found)
    print(
        f"{options.cases} cases from seed {options.seed}: {equal} equal ({100 * equal / options.cases:.2f} %), "
        f"{refused} refused by BuildKit, {undecided} undecided, {time.monotonic() - start:.0f} s"
    )
    if shown:
        print("different:", *shown[:50])
    return 1 if shown else 0


def show(seed: int, found: list[str]) -> None:
    case = make_case(seed)
    print(f"--- seed {seed}", f"target={case.target} args={case.build_args}" if case.target or case.build_args else "")
    for path, entry in case.entries.items():
        print("   ", repr(path), *(part if not isinstance(part, bytes) else part[:60] for part in entry))
    if case.own_ignore is not None:
        print("    Dockerfile.dockerignore", case.own_ignore)
    print(case.dockerfile.decode())
    for row in found[:8]:
        print("  ", row[:600])


if __name__ == "__main__":
    sys.exit(main())
