"""The hooks, run by pre-commit itself in a repository with Dockerfiles of many names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from gate.discover import looks_like_dockerfile
from tests.ci import source

PRE_COMMIT = (sys.executable, "-m", "pre_commit")
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((source.ROOT / ".pre-commit-hooks.yaml").read_text())}
DOCKERFILES = (
    "Dockerfile", "Dockerfile.gpu", "gpu.Dockerfile", "Containerfile", "dockerfile_cpu", "train/Dockerfile-gpu",
    "sp ce/ü.dockerfile",
)  # fmt: skip
OTHERS = ("Dockerfile.md", "Dockerfile.py", "Dockerfile.dockerignore", "Dockerfile.gpu.j2", "docker-compose.yml", "myDockerfile")  # fmt: skip


def pre_commit(*words: str, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    environment |= {"PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"}
    environment |= {"PIP_NO_COMPILE": "false"}  # which, of all things, is how pip is told not to
    return subprocess.run([*PRE_COMMIT, *words], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return source.copy(tmp_path_factory.mktemp("ours") / "mlgate")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it installs: once for all tests."""
    return tmp_path_factory.mktemp("home")


def configure(theirs: Path, ours: Path, hook: str) -> None:
    """Make a folder a repository with a hook."""
    revision = source.git(ours, "rev-parse", "HEAD").strip()
    repository = {"repo": str(ours), "rev": revision, "hooks": [{"id": hook}]}
    (theirs / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [repository]}))
    source.git(theirs, "init", "-q")
    source.git(theirs, "add", "-A")


def test_pre_commit_takes_the_manifest(tmp_path: Path) -> None:
    done = pre_commit("validate-manifest", str(source.ROOT / ".pre-commit-hooks.yaml"), cwd=tmp_path, home=tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", [*DOCKERFILES, *OTHERS, "a/Containerfile.x", "Dockerfile.rst", "dockerfiles", "x.yml"])
def test_the_hooks_see_what_mlgate_finds_itself(name: str) -> None:
    for hook in (HOOKS["mlgate"], HOOKS["mlgate-fix"]):
        picked = bool(re.search(hook["files"], name)) and not re.search(hook["exclude"], name)
        assert picked == looks_like_dockerfile(name.rpartition("/")[2])


def test_pre_commit_runs_it_on_the_dockerfiles_alone(tmp_path: Path, ours: Path, home: Path) -> None:
    theirs = tmp_path / "project"
    for name in (*DOCKERFILES, *OTHERS):
        (theirs / name).parent.mkdir(parents=True, exist_ok=True)
        (theirs / name).write_text("FROM debian:12.5\nRUN apt-get install nginx\n")
    source.git(theirs, "init", "-q")
    source.git(theirs, "add", "-A")

    done = pre_commit("try-repo", str(ours), "mlgate", "--all-files", "-v", cwd=theirs, home=home)
    assert "- exit code: 1" in done.stdout, done.stdout
    assert set(re.findall(r"^  --> (.*?):\d+:\d+$", done.stdout, re.M)) == set(DOCKERFILES)
    assert done.stdout.count("FAIL  ") == 1, "one process, one verdict"
    assert "hadolint 2.15.1 ok" in done.stdout


def test_pre_commit_lets_the_good_example_pass_and_stops_a_bad_change(tmp_path: Path, ours: Path, home: Path) -> None:
    theirs = Path(shutil.copytree(source.ROOT / "examples" / "scikit", tmp_path / "project"))
    configure(theirs, ours, "mlgate")
    good = pre_commit("run", "--all-files", "-v", cwd=theirs, home=home)
    assert good.returncode == 0 and "PASS  " in good.stdout, good.stdout

    dockerfile = theirs / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("install -y", "install"))
    source.git(theirs, "add", "-A")
    bad = pre_commit("run", cwd=theirs, home=home)
    assert bad.returncode == 1 and "PKG001" in bad.stdout, bad.stdout


def test_the_fixing_hook_mends_the_commit_and_then_lets_it_pass(tmp_path: Path, ours: Path, home: Path) -> None:
    theirs = tmp_path / "project"
    theirs.mkdir()
    for name in ("Dockerfile", "Dockerfile.md"):
        (theirs / name).write_text("FROM debian:12.5\nRUN apt-get install nginx\n")
    configure(theirs, ours, "mlgate-fix")

    command = ("run", "--all-files", "-v")
    first = pre_commit(*command, cwd=theirs, home=home)
    assert first.returncode == 1 and "files were modified by this hook" in first.stdout, first.stdout
    assert "Dockerfile:2:5: PKG001 missing-assume-yes: add -y" in first.stdout and "exit code" not in first.stdout
    assert (theirs / "Dockerfile").read_text() == "FROM debian:12.5\nRUN apt-get install -y nginx\n"
    assert "install nginx" in (theirs / "Dockerfile.md").read_text()
    second = pre_commit(*command, cwd=theirs, home=home)
    assert second.returncode == 0, second.stdout


def test_the_hook_of_images_is_asked_for() -> None:
    """It needs an image, so that it never runs with a commit."""
    hook = HOOKS["mlgate-image"]
    assert (hook["pass_filenames"], hook["stages"]) == (False, ["manual", "pre-push"])


def test_the_readme_configures_hooks_that_there_are(tmp_path: Path) -> None:
    block = next(text for text in re.findall(r"```yaml\n(.*?)```", (source.ROOT / "README.md").read_text(), re.S) if "repos:" in text)  # fmt: skip
    (tmp_path / "config.yaml").write_text(block)
    assert pre_commit("validate-config", "config.yaml", cwd=tmp_path, home=tmp_path).returncode == 0
    (repo,) = yaml.safe_load(block)["repos"]
    assert {hook["id"] for hook in repo["hooks"]} == set(HOOKS)
