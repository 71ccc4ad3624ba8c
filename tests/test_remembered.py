"""What is remembered from earlier runs: the same verdict as without, and none that is out of date."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gate import clock, pipeline
from gate.model import Result
from gate.pipeline import Request, check
from gate.policy import EngineChoice
from gate.share import Options

DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /opt/program
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY src ./
COPY --chmod=755 link /opt/link
ENTRYPOINT ["./serve"]
"""
OFF = {"hadolint": EngineChoice("off"), "grype": EngineChoice("off")}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "requirements.txt").write_text("flask==3.0.3\n")
    (folder / "src" / "serve").write_text("#!/bin/sh\nexec python app.py\n")
    (folder / "src" / "serve").chmod(0o755)
    (folder / "src" / "app.py").write_text("print('hello')\n")
    (folder / "link").symlink_to("requirements.txt")
    monkeypatch.setenv("MLGATE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(folder)
    return folder


def judged(cache: bool = True, **asked: Any) -> Result:
    overrides = {"engines": OFF, **asked.pop("overrides", {})}
    return check(Request(overrides=overrides, options=Options(cache=cache, **asked))).result


def remembered(monkeypatch: pytest.MonkeyPatch, **asked: Any) -> Result | None:
    """The verdict without judging any Dockerfile; None when one has to be judged."""

    def no_work(*arguments: object) -> None:
        raise LookupError

    with monkeypatch.context() as patch:
        patch.setattr("gate.work.Work.__init__", no_work)
        try:
            return judged(**asked)
        except LookupError:
            return None


def test_the_same_verdict_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert remembered(monkeypatch) is None
    first = judged()
    assert first.findings and first.undecided
    assert remembered(monkeypatch) == first == judged(cache=False)


def same_size_and_time(path: str, text: str) -> None:
    before = os.stat(path)
    Path(path).write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert os.stat(path).st_size == before.st_size


CHANGES: dict[str, Callable[[], object]] = {
    "the Dockerfile": lambda: Path("Dockerfile").write_text(DOCKERFILE + "EXPOSE 8080\n"),
    "a requirement": lambda: same_size_and_time("requirements.txt", "flask>=3.0.3\n"),
    "the mode of a file": lambda: os.chmod("src/serve", 0o644),
    "the content of a file": lambda: same_size_and_time("src/serve", "#!/bin/zz\nexec python app.py\n"),
    "a file that is gone": lambda: os.unlink("src/serve"),
    "a file in a folder that was listed": lambda: Path("src/model.safetensors").write_text("x"),
    "a file that becomes a folder": lambda: (os.unlink("link"), os.mkdir("link")),
    "an ignore file": lambda: Path(".dockerignore").write_text("src/serve\n"),
    "an ignore file of its own": lambda: Path("Dockerfile.dockerignore").write_text("src\n"),
    "a policy": lambda: Path("mlgate.yaml").write_text("version: 1\nignore: [PIN]\n"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_seen(what: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = judged()
    assert remembered(monkeypatch) == first
    CHANGES[what]()
    now = remembered(monkeypatch)
    expected = judged(cache=False)
    assert now is None or now == expected
    assert judged() == expected
    assert remembered(monkeypatch) == expected


def test_what_was_not_looked_at_may_change(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = judged()
    (project.parent / "elsewhere").write_text("x")
    os.utime("src/serve", (1, 1))
    assert remembered(monkeypatch) == first


@pytest.mark.parametrize(
    "asked",
    [
        {"overrides": {"platforms": ("sagemaker-hosting",)}},
        {"overrides": {"ignore": ("PIN",)}},
        {"use_context": False},
        {"context": "src"},
        {"build_args": {"A": "1"}},
    ],
)
def test_another_question_is_another_memory(
    asked: dict[str, Any], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged()
    assert remembered(monkeypatch, **asked) is None
    first = judged(**asked)
    assert first == judged(cache=False, **asked) == remembered(monkeypatch, **asked)


def test_another_day_and_another_program(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged()
    with monkeypatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "0")
        assert clock.today().year == 1970
        assert remembered(monkeypatch) is None
    with monkeypatch.context() as patch:
        patch.setattr("gate.remembered.code_stamp", lambda: "another")
        assert remembered(monkeypatch) is None
    assert remembered(monkeypatch) is not None


def test_nothing_is_remembered_of_a_failure(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("gate.walk.BUDGET", -1.0)
        assert judged().failures
    assert remembered(monkeypatch) is None


def test_nothing_is_remembered_with_rules_of_others(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "own").mkdir()
    asked = {"overrides": {"rules_dirs": ("own",)}}
    judged(**asked)
    assert remembered(monkeypatch, **asked) is None


def test_hadolint_is_remembered_with_what_it_could_not_read(
    project: Path, monkeypatch: pytest.MonkeyPatch, hadolint: str
) -> None:
    odd = 'FROM debian:12.5\nADD ["a", "b"\nRUN cd /x; apt-get install -y curl $X\n'
    for name in ("Dockerfile.b", "Dockerfile.a"):
        Path(name).write_text(odd)
    asked = {"overrides": {"engines": {"grype": EngineChoice("off")}}}
    first = judged(**asked)
    assert any(finding.engine == "hadolint" for finding in first.findings)
    assert remembered(monkeypatch, **asked) == first == judged(cache=False, **asked)


def test_jobs_make_no_difference(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(40):
        Path(f"Dockerfile.{number}").write_text(f"FROM debian:12.{number}\nRUN apt-get install curl{number}\n")
    Path("Dockerfile.empty").write_text("")
    os.symlink("nowhere", "Dockerfile.gone")
    monkeypatch.setattr(pipeline, "ALONE", 2)
    requests = [
        Request(overrides={"engines": OFF}, jobs=jobs, options=Options(cache=cache))
        for jobs, cache in ((1, False), (2, False), (3, True), (2, True), (1, True))
    ]
    results = [check(request).result for request in requests]
    assert all(result == results[0] for result in results)
    assert len(results[0].files) > 40
