"""``mlgate init``: what it writes is what its reader accepts, and nothing is lost."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from gate import __version__
from gate.commands.init import CI, template
from tests.ci import codebuild, source
from tests.cli import Mlgate

HERE = Path(sys.executable).parent
SHIPPED = sorted(name for _, name in CI.values())


def program(name: str, *words: str) -> str:
    """What a checker says when it refuses; nothing when it accepts."""
    done = subprocess.run([str(HERE / name), *words], capture_output=True, text=True, timeout=120)
    return done.stdout + done.stderr if done.returncode else ""


# ---- each file is what its reader accepts


def test_the_schema_of_workflows_takes_it(mlgate: Mlgate) -> None:
    assert mlgate("init", "--ci", "github").code == 0
    assert (
        program("check-jsonschema", "--builtin-schema", "vendor.github-workflows", ".github/workflows/mlgate.yml") == ""
    )


def test_zizmor_takes_the_workflow(mlgate: Mlgate) -> None:
    """The action itself is named by its tag: its hash is not known before it is released."""
    assert mlgate("init", "--ci", "github").code == 0
    policies = {"mlgate/*": "ref-pin", "*": "hash-pin"}
    mlgate.write("zizmor.yml", json.dumps({"rules": {"unpinned-uses": {"config": {"policies": policies}}}}))
    words = ("--offline", "--no-progress", "--persona=pedantic", "--config", "zizmor.yml", ".github")
    assert program("zizmor", *words) == ""


def test_the_workflow_gives_the_action_what_it_takes() -> None:
    action = yaml.safe_load((source.ROOT / "action.yml").read_text())
    steps = yaml.safe_load(template("github.yml"))["jobs"]["gate"]["steps"]
    assert set(steps[1]["with"]) <= set(action["inputs"])
    for page in ("docs/github-action.md", "README.md"):
        assert f"```yaml\n{template('github.yml')}```" in (source.ROOT / page).read_text()


def test_the_schema_of_gitlab_takes_it(mlgate: Mlgate) -> None:
    assert mlgate("init", "--ci", "gitlab").code == 0
    assert program("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", ".gitlab-ci.yml") == ""


def test_what_gitlab_runs(mlgate: Mlgate) -> None:
    """The script's own command, and the reports that the job says it leaves."""
    job = yaml.safe_load(template("gitlab.yml"))["mlgate"]
    mlgate.write("Dockerfile", "FROM debian:12.5\nRUN apt-get install nginx\n")
    name, *words = shlex.split(job["script"][1])
    assert (name, mlgate(*words, "--engine", "grype=off").code) == ("mlgate", 1)
    left = job["artifacts"]
    for file in (*left["reports"].values(), *left["paths"]):
        assert (mlgate.folder / file).stat().st_size


def test_pre_commit_takes_it(mlgate: Mlgate) -> None:
    assert mlgate("init", "--ci", "pre-commit").code == 0
    assert program("pre-commit", "validate-config", ".pre-commit-config.yaml") == ""
    hooks = {hook["id"] for hook in yaml.safe_load((source.ROOT / ".pre-commit-hooks.yaml").read_text())}
    (repo,) = yaml.safe_load(template("pre-commit.yaml"))["repos"]
    assert {hook["id"] for hook in repo["hooks"]} <= hooks


def test_codebuild_knows_everything_in_the_buildspec(mlgate: Mlgate) -> None:
    assert mlgate("init", "--ci", "codebuild").code == 0
    document = codebuild.read(mlgate.folder / "buildspec.yml")
    pushing = [name for name, phase in document["phases"].items() if "push" in str(phase["commands"])]
    assert pushing == ["build"] and len(document["phases"]["build"]["commands"]) == 1


def uncommented(text: str) -> str:
    """The policy with everything in it that it offers."""
    return re.sub(r"^# (?=[a-z ]+.*:|  )(?!yaml-language-server)", "", text, flags=re.M)


def test_the_policy_is_accepted_with_all_that_it_offers(mlgate: Mlgate) -> None:
    schema: dict[str, Any] = json.loads((source.ROOT / "docs" / "mlgate.schema.json").read_text())
    for text in (template("mlgate.yaml"), uncommented(template("mlgate.yaml"))):
        jsonschema.validate(yaml.safe_load(re.sub(r"\d{4}-\d\d-\d\d", r'"\g<0>"', text)), schema)
        mlgate.write("mlgate.yaml", text)
        mlgate.write("Dockerfile", "FROM debian:12.5\n")
        assert mlgate.check().code != 2
    assert {"platforms", "engines", "severity", "waivers"} < set(yaml.safe_load(uncommented(template("mlgate.yaml"))))


@pytest.mark.parametrize("name", [*SHIPPED, "mlgate.yaml"])
def test_every_file_is_for_this_version(name: str) -> None:
    text = template(name)
    assert "@VERSION@" not in text and __version__ in text


# ---- nothing is lost


def test_a_policy_alone(mlgate: Mlgate) -> None:
    ran = mlgate("init")
    assert (ran.code, ran.out) == (0, "wrote  mlgate.yaml\n")
    assert [path.name for path in mlgate.folder.iterdir()] == ["mlgate.yaml"]
    assert mlgate("init").out == "kept   mlgate.yaml\n"


def test_several_systems_at_once(mlgate: Mlgate) -> None:
    assert mlgate("init", *(word for system in CI for word in ("--ci", system))).code == 0
    assert all((mlgate.folder / path).is_file() for path in ("mlgate.yaml", *(path for path, _ in CI.values())))


@pytest.mark.parametrize("arguments", [(), ("--ci", "gitlab"), ("--ci", "github", "--ci", "gitlab")])
def test_nothing_is_overwritten_unasked(mlgate: Mlgate, arguments: tuple[str, ...]) -> None:
    mlgate.write("mlgate.yaml", "fail-on: low\n")
    mlgate.write(".gitlab-ci.yml", "mine: {script: [make]}\n")
    before = {path: path.read_bytes() for path in mlgate.folder.rglob("*") if path.is_file()}
    ran = mlgate("init", *arguments)
    assert ran.code == 2 and "--force" in ran.last
    assert template("gitlab.yml" if arguments else "mlgate.yaml") in ran.out, "shown, to be added by hand"
    assert {path: path.read_bytes() for path in mlgate.folder.rglob("*") if path.is_file()} == before
    assert mlgate("init", *arguments, "--force").code == 0
    changed = mlgate.folder / (".gitlab-ci.yml" if arguments else "mlgate.yaml")
    assert changed.read_bytes() != before[changed]


def test_the_policy_in_force_stays(mlgate: Mlgate) -> None:
    mlgate.write("pyproject.toml", '[tool.mlgate]\nfail-on = "low"\n')
    assert "kept   pyproject.toml, the policy in force" in mlgate("init", "--ci", "github").out
    assert not (mlgate.folder / "mlgate.yaml").exists()
    assert mlgate("init").code == 2


def test_a_link_is_replaced_and_not_followed(mlgate: Mlgate) -> None:
    elsewhere = mlgate.write("elsewhere", "precious")
    (mlgate.folder / "mlgate.yaml").symlink_to(elsewhere)
    assert mlgate("init").code == 2
    assert mlgate("init", "--force").code == 0
    assert elsewhere.read_text() == "precious" and not (mlgate.folder / "mlgate.yaml").is_symlink()


def test_an_unknown_system(mlgate: Mlgate) -> None:
    ran = mlgate("init", "--ci", "githup")
    assert ran.code == 2 and "did you mean 'github'" in ran.last
    assert list(mlgate.folder.iterdir()) == []


def test_a_file_where_a_folder_is_needed(mlgate: Mlgate) -> None:
    mlgate.write(".github", "")
    ran = mlgate("init", "--ci", "github")
    assert ran.code == 3 and "cannot write" in ran.last
