"""The engine as a whole: severities, shares of the work, the cache, several files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gate.engines.base import combine
from gate.engines.hadolint_reader import calls
from gate.model import EngineRun, Severity
from tests.engines_hadolint.support import fake, run


@pytest.mark.parametrize(
    ("code", "text", "severity"),
    [
        ("DL3000", "WORKDIR x", Severity.HIGH),
        ("DL3003", "RUN cd /x", Severity.MEDIUM),
        ("DL3059", "RUN a\nRUN b", Severity.LOW),
        ("DL3048", "LABEL A..b=1", Severity.INFO),
        ("SC2154", 'RUN echo "$x"', Severity.MEDIUM),
        ("SC2086", "RUN echo $X", Severity.LOW),
        ("SC2006", 'RUN echo "`a`"', Severity.INFO),
    ],
)
def test_severity(code: str, text: str, severity: Severity) -> None:
    (found,) = [f for f in run(f"FROM debian:12 AS build\n{text}\n").findings if f.rule_id == code]
    assert (found.severity, found.engine, found.stage, found.confidence) == (severity, "hadolint", "build", "high")
    assert found.message
    assert found.name
    assert code in found.help


def test_the_same_instruction_in_many_files_is_read_once(
    hadolint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, f'echo $# >> {tmp_path}/calls\nexec {hadolint} "$@"'))
    found = run(*[f'FROM debian:{number}\nRUN cd /x && echo "$x"\n' for number in range(20)], jobs=1)
    assert Counter(f.rule_id for f in found.findings) == {"DL3003": 20, "SC2154": 20}
    options = 5  # --no-color -f json -c FILE
    assert (tmp_path / "calls").read_text().split() == [str(options + 20 + 1)]


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_the_result_does_not_depend_on_the_shares(jobs: int) -> None:
    files = [f"FROM debian:{n}\n" + "".join(f"RUN cd /{m} && echo $x{m}\n" for m in range(n)) for n in range(12)]
    assert run(*files, jobs=jobs) == run(*files, jobs=3)


def test_the_second_time_nothing_is_started(hadolint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, f'echo "$@" >> {tmp_path}/calls\nexec {hadolint} "$@"'))
    text = 'FROM debian:12\nRUN cd /x && echo $x\nCMD ["a"] # b\nRUN cd /y\n'
    first = run(text, cache=True)
    assert first.status == "ok"
    assert first.reason == "hadolint cannot read Dockerfile:3"
    before = (tmp_path / "calls").read_text()
    assert run(text, cache=True) == first
    assert run("# moved down\n\n" + text, cache=True).findings[0].place.line == first.findings[0].place.line + 2
    assert (tmp_path / "calls").read_text() == before
    assert run(text, cache=False) == first
    assert (tmp_path / "calls").read_text() != before


def test_another_version_is_asked_again(hadolint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_CACHE_DIR", str(tmp_path / "cache"))
    text = "FROM debian:12\nRUN cd /x\n"
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, f'exec {hadolint} "$@"'))
    assert run(text, cache=True).findings
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, "echo '[]'", "2.16.0"))
    assert (run(text, cache=True).version, run(text, cache=True).findings) == ("2.16.0", ())


def test_what_failed_is_not_kept(hadolint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_CACHE_DIR", str(tmp_path / "cache"))
    text = "FROM debian:12\nRUN cd /x\n"
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, "exit 1"))
    assert run(text, cache=True).status == "failed"
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, f'exec {hadolint} "$@"'))
    assert run(text, cache=True).status == "ok"


def test_a_damaged_cache_changes_nothing(hadolint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_CACHE_DIR", str(tmp_path))
    text = "FROM debian:12\nRUN cd /x\n"
    first = run(text, cache=True)
    (store,) = tmp_path.glob("*.sqlite")
    store.write_bytes(store.read_bytes()[:5000] + b"\xff" * 3000)
    assert run(text, cache=True) == first


def test_no_file_at_all() -> None:
    assert run().status == "ok"


def test_calls_are_balanced_and_complete() -> None:
    assert calls([], 4) == []
    assert calls([0.001] * 3, 4) == [[0, 1, 2]]
    costs = [0.002 * (number % 37 + 1) for number in range(500)] + [5.0, 2.0]
    made = calls(costs, 2)
    assert sorted(index for call in made for index in call) == list(range(502))
    assert made[:2] == [[500], [501]]  # what takes long is read alone, and last
    loads = [sum(costs[index] for index in call) for call in made[2:]]
    assert max(loads) < 1.2
    assert max(loads) - min(loads) < 0.1


def test_runs_of_parts_are_combined() -> None:
    parts = [
        EngineRun("hadolint", "ok", "2.15.1"),
        EngineRun("hadolint", "failed", "2.15.1", "was killed by SIGSEGV (a)"),
        EngineRun("hadolint", "ok", "2.15.1", "hadolint cannot read b:1"),
    ]
    assert combine(parts) == EngineRun(
        "hadolint", "failed", "2.15.1", "was killed by SIGSEGV (a); hadolint cannot read b:1"
    )
