"""What the real grype says of the pins of Dockerfiles, with the tests' own vulnerability database."""

from __future__ import annotations

from pathlib import Path

import pytest

from gate.model import Severity
from tests.engines_grype.support import build, found, run


@pytest.fixture(autouse=True)
def _real_grype(grype: Path, grype_db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", str(grype))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(grype_db))


def ids(dockerfile: str, files: dict[str, str] | None = None) -> list[tuple[str, int, int]]:
    return [(f.rule_id, f.place.span.line, f.place.span.column) for f in found(dockerfile, files)]


def test_a_vulnerable_pin_is_found_on_its_own_word() -> None:
    (finding,) = found("FROM python:3.12\nRUN pip install scipy==1.11.0 numpy==1.16.2\n")
    assert (finding.rule_id, finding.aliases) == ("CVE-2019-6446", ("GHSA-9fq2-x9r6-wfmf",))
    assert (finding.place.span.line, finding.place.span.column) == (2, 31)
    assert finding.severity is Severity.CRITICAL
    assert finding.package is not None
    assert finding.package.fixed_in[0] == "1.16.3"
    assert finding.package.introduced_by == {"kind": "instruction", "path": "Dockerfile", "line": 2}
    assert "numpy==1.16.3" in finding.help


def test_the_fixed_version_is_clean() -> None:
    assert ids("FROM python:3.12\nRUN pip install numpy==1.16.3\n") == []


@pytest.mark.parametrize(
    "line",
    [
        "RUN python3 -m pip install --no-cache-dir 'numpy==1.16.2'",
        "RUN /opt/venv/bin/pip install numpy===1.16.2",
        "RUN uv pip install --system NumPy==1.16.2",
        "RUN pip install numpy[extra]==1.16.2",
        "ARG V=1.16.2\nRUN pip install numpy==$V",
        "RUN conda install -y numpy==1.16.2",
        "RUN pip install \"numpy==1.16.2; sys_platform == 'linux'\"",
    ],
)
def test_however_it_is_pinned(line: str) -> None:
    assert [row[0] for row in ids(f"FROM python:3.12\n{line}\n")] == ["CVE-2019-6446"]


@pytest.mark.parametrize(
    "line",
    [
        "RUN pip install numpy",
        "RUN pip install 'numpy>=1.16.2'",
        "RUN pip download numpy==1.16.2",
        "RUN echo pip install numpy==1.16.2",
        "RUN pip install numpy==1.16.2 && pip uninstall -y numpy",
        "RUN pip install numpy==1.16.2\nRUN pip install numpy==1.26.4",
        "RUN pip install numpy==1.16.2\nRUN pip install -U numpy",
        "RUN pip install \"numpy==1.16.2; sys_platform == 'win32'\"",
        "ARG V\nRUN pip install numpy==$V",
    ],
)
def test_what_is_not_installed_in_that_version(line: str) -> None:
    assert ids(f"FROM python:3.12\n{line}\n") == []


def test_a_requirements_file_is_followed_to_its_line() -> None:
    files = {"requirements.txt": "# pins\nscipy==1.11.0\nnumpy==1.16.2  # old\n"}
    (finding,) = found("FROM python:3.12\nCOPY requirements.txt /r.txt\nRUN pip install -r /r.txt\n", files)
    assert (finding.place.path, finding.place.span.line, finding.place.span.column) == ("requirements.txt", 3, 1)
    assert finding.package is not None
    assert finding.package.introduced_by == {"kind": "instruction", "path": "Dockerfile", "line": 3}


def test_a_constraint_is_a_pin() -> None:
    files = {"c.txt": "numpy==1.16.2\n"}
    (row,) = ids("FROM python:3.12\nCOPY c.txt /c.txt\nRUN pip install -c /c.txt numpy\n", files)
    assert row[1:] == (1, 1)


def test_names_of_one_vulnerability_are_one_finding() -> None:
    (finding,) = found("FROM python:3.12\nRUN pip install mlgate-fixture-twin==1.0\n")
    assert len(finding.aliases) == 2


def test_what_is_known_to_be_exploited_is_said() -> None:
    (finding,) = found("FROM python:3.12\nRUN pip install pillow==9.5.0\n")
    assert finding.package is not None
    assert finding.package.known_exploited
    assert finding.package.epss is not None
    assert "exploited" in finding.message


@pytest.mark.parametrize(
    ("name", "severity"), [("nofix==1.0.0", "high"), ("unknown==1.0", "unknown"), ("negligible==1.0", "info")]
)
def test_severities(name: str, severity: str) -> None:
    (finding,) = found(f"FROM python:3.12\nRUN pip install mlgate-fixture-{name}\n")
    assert finding.severity.word == severity


def test_every_source_is_heard() -> None:
    (twin,) = found("FROM python:3.12\nRUN pip install mlgate-fixture-twin==1.0\n")
    assert "(GHSA-mlga-te01-twin: high, GHSA-mlga-te02-twin: medium)" in twin.message
    (unknown,) = found("FROM debian:12\nRUN apt-get install -y util-linux=2.38.1-5\n")
    assert (unknown.severity.word, "(debian: unknown, nvd: medium)" in unknown.message) == ("unknown", True)


def test_without_a_fix_nothing_is_promised() -> None:
    (finding,) = found("FROM python:3.12\nRUN pip install mlgate-fixture-nofix==1.0.0\n")
    assert finding.package is not None
    assert finding.package.fixed_in == ()
    assert "no fixed version" in finding.help


def test_withdrawn_advisories_are_silent() -> None:
    assert ids("FROM python:3.12\nRUN pip install mlgate-fixture-withdrawn==1.0\n") == []


def test_packages_of_a_distribution_need_its_release() -> None:
    line = "RUN apt-get install -y libssl3=3.0.9-1\n"
    assert [row[0] for row in ids(f"FROM debian:12\n{line}")] == ["CVE-2024-0727"]
    assert ids(f"FROM registry.example.com/base:1\n{line}") == []
    assert "libssl3" in run(build(f"FROM registry.example.com/base:1\n{line}")).reason


def test_a_pin_in_a_build_stage_says_its_stage() -> None:
    (finding,) = found(
        "FROM python:3.12 AS wheels\nRUN pip install numpy==1.16.2\nFROM debian:12\nCOPY --from=wheels /x /x\n"
    )
    assert finding.stage == "wheels"


def test_a_child_stage_replaces_its_parents_pin() -> None:
    parent = "FROM python:3.12 AS base\nRUN pip install numpy==1.16.2\n"
    assert ids(f"{parent}FROM base\nRUN pip install numpy==1.26.4\n") == []
    assert len(ids(f"{parent}FROM base\nRUN true\n")) == 1


def test_environments_of_one_image_are_told_apart() -> None:
    assert (
        len(ids("FROM python:3.12\nRUN /a/bin/pip install numpy==1.16.2\nRUN /b/bin/pip install numpy==1.26.4\n")) == 1
    )


def test_several_dockerfiles_are_looked_up_at_once() -> None:
    first = build("FROM python:3.12\nRUN pip install numpy==1.16.2\n", name="a/Dockerfile")
    second = build("FROM python:3.12\nRUN pip install numpy==1.16.2\n", name="b/Dockerfile")
    assert [finding.place.path for finding in run(first, second).findings] == ["a/Dockerfile", "b/Dockerfile"]


def test_the_run_says_what_it_looked_at() -> None:
    answer = run(build("FROM python:3.12\nRUN pip install numpy==1.26.4 pandas\n"))
    assert answer.status == "ok"
    assert "1 pinned package looked up" in answer.reason
    assert "pandas" in answer.reason
    assert answer.database_built
    assert "nothing was looked up" in run(build("FROM scratch\n")).reason


def test_hostile_advisories_stay_text() -> None:
    for finding in found("FROM python:3.12\nRUN pip install mlgate-fixture-hostile==1.0\n"):
        assert finding.place.span.line == 2
