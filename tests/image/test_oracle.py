"""The image against the real BuildKit: random builds, a few hundred of them. `benchmarks/oracle_inspect.py` runs more."""

from pathlib import Path

from tests.engines.bases import busybox_base
from tests.engines.buildkit import BuildKit
from tests.engines.registry import registry
from tests.image import builds, runs

CASES = 300
RUN_CASES = 40


def test_builds_without_run_are_told_exactly(buildkit: BuildKit, tmp_path: Path) -> None:
    wrong = {}
    built = 0
    for case, said, made in builds.run(buildkit, range(CASES), tmp_path):
        built += not made.refused
        if found := builds.differences(said, made):
            wrong[case.seed] = found[:3]
    assert not wrong
    assert CASES / 4 < built < CASES * 3 / 4  # both ways to end are tried


def test_nothing_that_is_decided_after_run_is_wrong(buildkit: BuildKit, tmp_path: Path) -> None:
    wrong = {}
    decided = 0
    with registry() as images:
        base = images.push_tar("busybox:1", busybox_base())
        for case, _, found, count in runs.run(buildkit, base, range(RUN_CASES), tmp_path):
            decided += count
            if found:
                wrong[case.seed] = found[:3]
    assert not wrong
    assert decided > RUN_CASES
