"""Each way to pin, held against the real grype: all cases in one call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.build import Build
from gate.context import memory_context
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.sbom.components import bill
from tests.engines_grype.cases import CASES, Case
from tests.engines_grype.support import run

Place = tuple[str, int, int]


def folder(case: Case) -> str:
    return f"case-{CASES.index(case)}"


def plain(case: Case) -> Build:
    files = {path: text.replace("»", "").encode() for path, text in case.files.items()}
    name = f"{folder(case)}/Dockerfile"
    return Build(
        parse(Source(name, case.dockerfile.replace("»", "").encode())),
        context=memory_context(files),
        build_args=case.arguments,
        target=case.target,
    )


def marks(case: Case) -> Iterator[Place]:
    for path, text in {"Dockerfile": case.dockerfile, **case.files}.items():
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
            for count, _ in enumerate(line.split("»")[:-1]):
                yield path, number, len("".join(line.split("»")[: count + 1])) + 1


@pytest.fixture(scope="module")
def found(grype: Path, grype_db: Path) -> dict[str, set[Place]]:
    """Folder of a case → where its vulnerable pins stand."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLGATE_GRYPE", str(grype))
        patch.setenv("GRYPE_DB_CACHE_DIR", str(grype_db))
        answer = run(*(plain(case) for case in CASES))
    assert answer.status == "ok", answer.reason
    places: dict[str, set[Place]] = {folder(case): set() for case in CASES}
    for finding in answer.findings:
        place = finding.place
        assert finding.package is not None
        origin = (finding.package.introduced_by or {})["path"].partition("/")[0]
        places[origin].add((place.path.removeprefix(f"{origin}/"), place.span.line, place.span.column))
    return places


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_found_on_its_own_word(case: Case, found: dict[str, set[Place]]) -> None:
    assert found[folder(case)] == set(marks(case))
    names = {name.rpartition("/")[2] for name, _, _ in bill(plain(case)).unchecked}
    assert {name.rpartition("/")[2] for name in case.unchecked} <= names
