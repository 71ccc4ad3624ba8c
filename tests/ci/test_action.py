"""The GitHub Action: what GitHub's schema and zizmor say of it, and what its steps do when they are run."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.ci import composite, source
from tests.ci.composite import Job, commands
from tests.reports.github_ready import assert_github_ready

ACTION = yaml.safe_load((source.ROOT / "action.yml").read_text())
STEPS = ACTION["runs"]["steps"]
SETUP, RESTORE, SAVE = "actions/setup-python", "actions/cache/restore", "actions/cache/save"
UPLOAD = "github/codeql-action/upload-sarif"
HERE = Path(sys.executable).parent
Run = Callable[..., Job]


def program(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(HERE / name), *words], capture_output=True, text=True, timeout=120)


# ---- what is written in it


def test_the_schema_of_actions_takes_it() -> None:
    done = program("check-jsonschema", "--builtin-schema", "vendor.github-actions", str(source.ROOT / "action.yml"))
    assert done.returncode == 0, done.stdout


def test_zizmor_finds_nothing() -> None:
    done = program("zizmor", "--offline", "--no-progress", "--persona=pedantic", str(source.ROOT / "action.yml"))
    assert done.returncode == 0, done.stdout


def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    for number, step in enumerate(step for step in STEPS if "run" in step):
        (tmp_path / f"{number}.sh").write_text(f"#!/bin/bash\nset -eo pipefail\n{step['run']}")
    done = program("shellcheck", *map(str, sorted(tmp_path.iterdir())))
    assert done.returncode == 0, done.stdout


def test_other_actions_are_known_by_their_hash() -> None:
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]) for step in STEPS if "uses" in step)


def test_the_lock_has_what_the_package_needs() -> None:
    """mlgate itself is installed without asking what it needs."""
    lock = (source.ROOT / "requirements.lock").read_text()
    locked = {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==([\w.+!-]+)", lock, re.M)}
    project = (source.ROOT / "pyproject.toml").read_text()
    lists = re.findall(r"^(?:requires|dependencies) = (\[.*?\]$)", project, re.M | re.S)
    needed = [Requirement(text) for found in lists for text in ast.literal_eval(found)]
    assert len(needed) > 10
    assert [
        str(one) for one in needed if not one.specifier.contains(locked.get(canonicalize_name(one.name), "0"))
    ] == []
    assert lock.count("--hash=sha256:") > len(locked)


def test_no_expression_is_in_a_script_and_every_input_is_used() -> None:
    assert all("${{" not in step.get("run", "") for step in STEPS)
    text = json.dumps(STEPS)
    assert [name for name in ACTION["inputs"] if f"inputs.{name}" not in text] == []
    read = (source.ROOT / "gate" / "action.py").read_text()
    passed = re.findall(r"MLGATE_ACTION_(\w+)", text)
    assert [name for name in passed if f'"{name}"' not in read] == []


def test_the_readme_has_every_input_and_output() -> None:
    page = (source.ROOT / "docs" / "github-action.md").read_text()
    rows = re.findall(r"^\| `([\w-]+)` \|", page, re.M)
    assert rows == [*ACTION["inputs"], *ACTION["outputs"]]


# ---- what it does


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, grype: Path, grype_db: Path) -> Run:
    """Runs the action. mlgate is installed by the action's own step, once."""
    action = source.copy(tmp_path_factory.mktemp("action"))
    programs = tmp_path_factory.mktemp("programs")
    (programs / "grype").symlink_to(grype)
    path = f"{programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    installed: dict[str, dict[str, str]] = {}

    def call(workspace: Path, temp: Path, *, path: str = path, stand_ins: Any = None, github: Any = None, **inputs: str) -> Job:  # fmt: skip
        def restore(words: dict[str, str]) -> dict[str, str]:
            shutil.copytree(grype_db, words["path"])
            return {"cache-hit": "false"}

        temp.mkdir(exist_ok=True)
        others = {SETUP: lambda _: {"python-path": sys.executable}, RESTORE: restore, SAVE: dict, UPLOAD: dict}
        return composite.run(
            action,
            {name.replace("_", "-").strip("-"): value for name, value in inputs.items()},
            workspace=workspace,
            temp=temp,
            stand_ins={**others, **(stand_ins or {})},
            env={"PATH": path, "GRYPE_DB_UPDATE_URL": "http://127.0.0.1:9/nothing"},
            github=github,
            done={} if stand_ins and SETUP in stand_ins else installed,
        )

    folder = tmp_path_factory.mktemp("first")
    first = call(folder, folder / "temp", grype="false")
    assert first.steps["install"] == "success", first.log
    installed["install"] = first.left["install"]
    return call


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checked out repository: the examples, and a package that must not be imported."""
    root = tmp_path / "work space"
    shutil.copytree(source.ROOT / "examples", root / "examples")
    for name in ("gate", "json", "typer"):
        (root / f"{name}.py").write_text("open('imported', 'w')\n")
    return root


def told(job: Job, level: str) -> list[str]:
    return [message for name, _, message in commands(job.log) if name == level]


def test_the_sound_example_passes(run: Run, workspace: Path, tmp_path: Path) -> None:
    job = run(workspace, tmp_path / "temp", paths="examples/sound", upload_sarif="true")
    assert (job.code, job.outputs["verdict"], job.outputs["exit-code"]) == (0, "pass", "0"), job.log
    assert job.steps["gate"] == "success" and not told(job, "error")
    assert job.outputs["engines-failed"] == "" and "grype 0.117.0 ok" in job.log and "hadolint 2.15.1 ok" in job.log
    assert (job.used[SETUP]["update-environment"], job.used[UPLOAD]["sarif_file"]) == ("false", job.outputs["sarif"])
    assert job.used[RESTORE]["key"].startswith("grype-db-v6-20") and SAVE not in job.used, "nothing new to keep"
    assert not (workspace / "imported").exists(), "the repository's own files are no modules"


def test_the_broken_example_is_reported_and_then_stopped(run: Run, workspace: Path, tmp_path: Path) -> None:
    job = run(workspace, tmp_path / "temp", paths="examples/broken", upload_sarif="true", sarif_category="train")
    assert (job.code, job.outputs["verdict"], job.outputs["exit-code"]) == (1, "fail", "1")
    assert list(job.steps.items())[-2:] == [(UPLOAD, "success"), ("gate", "failure")]
    report = json.loads(Path(job.outputs["json"]).read_text())
    for name in ("blocking", "advisory", "waived", "baselined", "undecided"):
        assert job.outputs[name] == str(report["summary"][name])
    assert int(job.outputs["high"]) >= int(job.outputs["blocking"]) > 0
    document = json.loads(Path(job.outputs["sarif"]).read_text())
    assert_github_ready(document, workspace)
    assert {run["automationDetails"]["id"] for run in document["runs"]} == {"train/"}
    assert all(Path(job.outputs[name]).stat().st_size for name in ("html", "junit", "markdown"))
    assert job.summary == Path(job.outputs["markdown"]).read_text() and "FAIL" in job.summary
    errors = [words for name, words, _ in commands(job.log) if name == "error"]
    assert errors and all(words.startswith("file=examples/broken/Dockerfile,line=") for words in errors)


def test_findings_may_be_let_through_and_outputs_left_out(run: Run, workspace: Path, tmp_path: Path) -> None:
    job = run(workspace, tmp_path / "t", paths="examples/broken", fail="false", annotations="false", summary="false",
              grype="false", report_dir="out put")  # fmt: skip
    assert (job.code, job.outputs["verdict"], job.steps["scan"], job.summary) == (0, "fail", "success", "")
    assert [name for name, _, _ in commands(job.log)] == ["notice"]
    assert job.steps["grype"] == job.steps["restore"] == job.steps["database"] == job.steps[UPLOAD] == "skipped"
    assert job.outputs["report-dir"] == str(workspace / "out put")


def test_what_could_not_be_judged_fails_in_any_case(run: Run, workspace: Path, tmp_path: Path) -> None:
    job = run(workspace, tmp_path / "temp", paths="examples\nabsent", fail="false", upload_sarif="true")
    assert (job.code, job.outputs["verdict"], job.outputs["exit-code"], job.outputs["sarif"]) == (3, "error", "3", "")
    assert UPLOAD not in job.used, "a file that was not read would lose its alerts"


def test_a_required_engine_that_fails(run: Run, workspace: Path, tmp_path: Path) -> None:
    """No database: nothing is restored and nothing can be fetched."""
    job = run(workspace, tmp_path / "temp", paths="examples/sound", engines="grype=required", cache_db="false",
              upload_sarif="true")  # fmt: skip
    assert (job.code, job.outputs["exit-code"], job.outputs["engines-failed"]) == (3, "3", "grype")
    assert any("could not be updated" in message for message in told(job, "warning"))
    sent = json.loads(Path(job.used[UPLOAD]["sarif_file"]).read_text())
    assert [run["tool"]["driver"]["name"] for run in sent["runs"]] == ["hadolint", "mlgate"]


def test_wrong_use(run: Run, workspace: Path, tmp_path: Path) -> None:
    job = run(workspace, tmp_path / "temp", fail_on="hihg", grype="false")
    assert (job.code, job.outputs["exit-code"], job.outputs["verdict"]) == (2, "2", "error")
    assert "did you mean" in job.log


def test_a_pull_request_from_a_fork_sends_nothing(run: Run, workspace: Path, tmp_path: Path) -> None:
    event = {"event": {"pull_request": {"head": {"repo": {"fork": True}}}}}
    job = run(workspace, tmp_path / "temp", paths="examples/sound", upload_sarif="true", grype="false", github=event)
    assert (job.code, job.steps[UPLOAD]) == (0, "skipped")


def test_an_installation_that_fails_is_no_pass(run: Run, workspace: Path, tmp_path: Path) -> None:
    job = run(workspace, tmp_path / "temp", stand_ins={SETUP: lambda _: {"python-path": "/bin/false"}})
    assert (job.steps["install"], job.steps["scan"], job.code) == ("failure", "skipped", 3)
    assert told(job, "error") == ["The gate was not reached."]


@pytest.mark.parametrize(
    ("curl", "code", "level", "said"),
    [
        ("echo hostile > archive", 3, "error", "is not the one that this action knows"),
        ("exit 22", 0, "warning", "could not be downloaded"),
    ],
)
def test_grype_is_taken_by_its_hash(
    run: Run, workspace: Path, tmp_path: Path, curl: str, code: int, level: str, said: str
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "curl").write_text(f"#!/bin/sh\n{curl}\n")
    (programs / "curl").chmod(0o755)
    job = run(workspace, tmp_path / "temp", path=f"{programs}:/usr/bin:/bin", paths="examples/sound")
    assert job.code == code
    assert any(said in message for message in told(job, level))


# ---- what others write

HOSTILE = (
    'a"; touch pwned; echo "$(touch pwned)',
    "$(touch pwned)\n`touch pwned`\nEOF\nverdict=pass",
    "::set-output name=verdict::pass",
    "--format=json=pwned",
    "ü 😀 \u202e ' \\ ${IFS}",
    "a\r::add-path::/tmp\r##[add-mask]x",
)


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["paths", "policy"])
def test_hostile_inputs_are_text(run: Run, workspace: Path, tmp_path: Path, name: str, value: str) -> None:
    others = dict.fromkeys(("build_args", "target", "baseline", "sarif_category", "report_dir"), value)
    job = run(workspace, tmp_path / "temp", grype="false", **{**others, name: value})
    assert job.code in (2, 3) and job.outputs["verdict"] in ("", "error"), job.log
    assert not list(tmp_path.rglob("pwned"))
    assert {name for name, _, _ in commands(job.log)} <= {"error", "warning", "notice"}


def test_hostile_files_say_nothing_to_the_runner(run: Run, workspace: Path, tmp_path: Path) -> None:
    evil = "::set-output name=verdict::pass\r::error::evil\x0b::add-path::/evil ##[error]evil %0A::error::evil"
    folder = workspace / "x\n::error::evil"
    folder.mkdir()
    (folder / "Dockerfile").write_bytes(
        f"FROM python:latest\n{evil}\n# {evil}\nRUN sudo {evil} \\\n::error::evil\n\n::add-mask::evil\nENV {evil}\n".encode()
    )
    job = run(workspace, tmp_path / "temp", paths=".", grype="false")
    assert (job.code, job.outputs["verdict"]) == (1, "fail")
    for name, words, message in commands(job.log):
        assert name in ("error", "warning", "notice")
        assert re.fullmatch(
            r"title=mlgate|file=[^,:]*,line=\d+,endLine=\d+(,col=\d+,endColumn=\d+)?,title=[^,:]*", words
        )
        assert message != "evil"
