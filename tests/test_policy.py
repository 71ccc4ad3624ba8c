"""Policies: what they may say, how they are found and put together, and how their faults are told."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gate import policyfile
from gate.model import Severity
from gate.policy import EngineChoice, Policy, PolicyError, shipped
from gate.policyfinder import named
from tests.cli import Mlgate

BAD = "FROM debian:12.5\nRUN apt-get install curl\n"


def load(folder: Path, text: str, name: str = "mlgate.yaml") -> Policy:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return policyfile.load(path)


def faults(mlgate: Mlgate, text: str, name: str = "mlgate.yaml") -> list[str]:
    """The lines of the error, with exit code 2."""
    mlgate.write("Dockerfile", BAD)
    mlgate.write(name, text)
    ran = mlgate.check()
    assert ran.code == 2, ran.err
    assert ran.out == ""
    return [line.removeprefix("mlgate: ").removeprefix("exit 2: wrong use: ") for line in ran.err.splitlines()]


def test_the_default_file_says_what_is_built_in() -> None:
    written = policyfile.load_shipped("default")
    assert {name: choice for name, choice in written.engines.items() if choice != EngineChoice()} == {}
    assert written == Policy(engines=written.engines)


@pytest.mark.parametrize("name", shipped())
def test_shipped_policies_are_sound(name: str, mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", 'FROM scratch\nCOPY a /a\nCMD ["/a"]\n')
    ran = mlgate.check("--policy", name, "--format", "json", "--no-context")
    assert ran.code in (0, 1), ran.err
    assert ran.json["policy"]["name"] == name


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("fail-onn: high\n", "mlgate.yaml:1:1: unknown key 'fail-onn'; did you mean 'fail-on'?"),
        (
            "fail-on: hi\n",
            "mlgate.yaml:1:1: should be 'critical', 'high', 'medium', 'low', 'info' or 'never' (got 'hi')",
        ),
        ("name: x\nname: y\n", "mlgate.yaml:2:1: duplicate key 'name', first on line 1"),
        ("name: x\nlabels:\n  requird: [a]\n", "mlgate.yaml:3:3: unknown key 'requird'; did you mean 'required'?"),
        ("select: {a: b}\n", "mlgate.yaml:1:1: should be a valid list (got {'a': 'b'})"),
        ("select: [PKG, 5]\n", "mlgate.yaml:1:15: should be text: write it in quotes (got 5)"),
        ("waivers:\n- rule: PKG001\n", "mlgate.yaml:2:3: 'reason' is missing"),
        ("waivers:\n- reason: x\n", "mlgate.yaml:2:3: a waiver names a rule, a cve, a package or a path"),
        (
            "waivers:\n- {rule: PKG001, reason: x, expires: 31.1.2027}\n",
            "mlgate.yaml:2:29: write a date like 2027-01-31",
        ),
        ("waivers:\n- {rule: PKG001, reason: x, expires: 2027-02-30}\n", "mlgate.yaml:2:29: there is no such day"),
        ("waivers:\n- {rule: PKG001, reason: ''}\n", "mlgate.yaml:2:18: string should have at least 1 character"),
        ("engines:\n  hadolint: of\n", "mlgate.yaml:2:3: should be 'auto', 'required' or 'off' (got 'of')"),
        ("engines:\n  hadolnt: off\n", "mlgate.yaml:2:3: should be 'hadolint' or 'grype'"),
        ("platforms: [sagemaker]\n", "mlgate.yaml:1:13: no such platform; there are docker, sagemaker-training"),
        ("thresholds:\n  model-size: big\n", "mlgate.yaml:2:3: write a size like 500MB"),
        ("fail-on: high\n\tname: x\n", "mlgate.yaml:2:1: found character '\\t'"),
        ("- a\n", "mlgate.yaml:1:1: a policy is a mapping of keys to values"),
        ("extends: [strct]\n", "mlgate.yaml:1:11: there is no policy 'strct'; did you mean 'strict'?"),
        ("extends: [none.yaml]\n", "mlgate.yaml:1:11: cannot extend none.yaml: no such file"),
        ("extends: [mlgate.yaml]\n", "mlgate.yaml:1:11: extends itself: mlgate.yaml → mlgate.yaml"),
        ("name: !!python/object/apply:os.system [id]\n", "mlgate.yaml:1:7: the tag tag:yaml.org,2002:python/object"),
        ("name: \x00\n", "mlgate.yaml:1:7: a character that YAML does not allow"),
        ("ignore: [PKG01]\n", "ignore: there is no rule, prefix or engine 'PKG01'; did you mean 'PKG001'?"),
        ("severity: {PKG01: low}\n", "severity: there is no rule, prefix or engine 'PKG01'; did you mean 'PKG001'?"),
        ("baseline: none.json\n", "none.json: no such file or directory"),
    ],
)
def test_fault_names_file_line_and_column(text: str, where: str, mlgate: Mlgate) -> None:
    assert faults(mlgate, text)[0].startswith(where)


def test_every_fault_is_told(mlgate: Mlgate) -> None:
    assert len(faults(mlgate, "nme: x\nfail-on: 3\nlabels: 5\n")) == 3


def test_a_bomb_is_defused(mlgate: Mlgate) -> None:
    layers = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    assert "unfolds to more than" in faults(mlgate, "a0: &a0 [x]\n" + layers)[0]
    assert "nested too deeply" in faults(mlgate, "a: " + "[" * 5000)[0]
    assert "nested too deeply" in faults(mlgate, "a: &a [*a]\n")[0]


def test_what_is_no_file_is_not_passed_over(mlgate: Mlgate) -> None:
    dockerfile = mlgate.write("Dockerfile", BAD)
    policy = dockerfile.parent / "mlgate.yaml"
    os.mkfifo(policy)
    assert mlgate.check().last == "mlgate: exit 2: wrong use: mlgate.yaml: not a file"
    policy.unlink()
    policy.symlink_to("nowhere")
    assert mlgate.check().last == "mlgate: exit 2: wrong use: mlgate.yaml: no such file"


@pytest.mark.parametrize("path", ["link/Dockerfile", "link/x/Dockerfile"])
def test_a_linked_folder_has_the_policy_of_the_real_one(path: str, mlgate: Mlgate) -> None:
    dockerfile = mlgate.write("real/sub/Dockerfile", BAD)
    mlgate.write("real/sub/x/Dockerfile", BAD)
    mlgate.write("real/mlgate.yaml", "nme: x\n")
    (dockerfile.parents[2] / "link").symlink_to("real/sub")
    assert "real/mlgate.yaml" in mlgate.check(path).last


def test_not_utf8(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    mlgate.write("mlgate.yaml", b"name: \xff\n")
    assert mlgate.check().last == "mlgate: exit 2: wrong use: mlgate.yaml: byte 6 is not UTF-8"


@pytest.mark.parametrize("text", ["grype: off", "grype: {mode: off}"])
def test_off_is_a_word(text: str, tmp_path: Path) -> None:
    assert load(tmp_path, f"engines: {{{text}}}\n").engine("grype").mode == "off"


def test_underscores_are_taken(tmp_path: Path) -> None:
    loaded = load(tmp_path, "fail_on: low\ncontainer_entrypoint: [python, train.py]\nrules_dirs: []\n")
    assert loaded.fail_on is Severity.LOW
    assert loaded.settings == {"container-entrypoint": ["python", "train.py"]}


def test_one_word_is_a_list_of_one(tmp_path: Path) -> None:
    loaded = load(tmp_path, "trusted-registries: ghcr.io\nplatforms: lambda\nignore: PKG\n")
    assert loaded.settings == {"trusted-registries": ["ghcr.io"]}
    assert (loaded.platforms, loaded.ignore) == (("lambda",), ("PKG",))


def test_rule_options_in_one_spelling(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        "labels:\n  required: {a.b: semver}\n  types: {c: url}\nseparate-artifacts: true\n"
        "thresholds: {model-size: 1.5 GB, data-size: 7}\noptions: {ACM001: {most: 3}}\n",
    )
    assert loaded.settings == {
        "labels": {"required": ["a.b"], "types": {"a.b": "semver", "c": "url"}},
        "artifacts": "separate",
        "thresholds": {"model-size": 1_500_000_000, "data-size": 7},
        "options": {"ACM001": {"most": 3}},
    }


def test_extends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text(
        "extends: strict\nignore: [LAY]\nseverity: {PIN001: low}\nlabels: {required: [a], strict: true}\n"
    )
    loaded = load(tmp_path, "extends: base.yaml\nignore: [ENT]\nlabels: {required: [b]}\nfail-on: critical\n")
    assert loaded.fail_on is Severity.CRITICAL
    assert loaded.ignore == ("LAY", "ENT")
    assert "PIN002" in loaded.extend_select
    assert loaded.severity["PIN001"] is Severity.LOW
    assert loaded.settings["labels"] == {"required": ["b"], "strict": True}
    assert loaded.name == "mlgate.yaml"


def test_paths_are_relative_to_the_file(mlgate: Mlgate) -> None:
    mlgate.write("a/rules/acm.py", "")
    mlgate.write("a/mlgate.yaml", "baseline: b.json\nrules_dirs: [rules]\n")
    loaded = policyfile.load(Path("a/mlgate.yaml"))
    assert (loaded.baseline, loaded.rules_dirs, loaded.root) == ("a/b.json", ("a/rules",), "a")


def test_pyproject(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    mlgate.write("pyproject.toml", '[tool.mlgate]\nfail-on = "never"\n')
    assert mlgate.check().code == 0
    mlgate.write("pyproject.toml", "[tool.ruff]\nline-length = 3\n")
    assert mlgate.check().code == 1


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[tool.mlgate]\nname = "x"\nfail-onn = "high"\n', "pyproject.toml:3:1: unknown key 'fail-onn'"),
        ('[tool.mlgate.labels]\nrequird = ["a"]\n', "pyproject.toml:2:1: unknown key 'requird'"),
        ('[[tool.mlgate.waivers]]\nrule = "PKG001"\n', "pyproject.toml:1:1: 'reason' is missing"),
        ('[tool.mlgate]\nname = "x\n', "pyproject.toml:2:"),
    ],
)
def test_pyproject_faults(text: str, where: str, mlgate: Mlgate) -> None:
    assert faults(mlgate, text, "pyproject.toml")[0].startswith(where)


def test_the_nearest_file_up_to_the_git_root(mlgate: Mlgate) -> None:
    mlgate.write("mlgate.yaml", "fail-on: never\nname: outside\n")
    mlgate.write("repo/.git/HEAD", "")
    mlgate.write("repo/sub/Dockerfile", BAD)
    assert mlgate.check("repo/sub").code == 1, "a file above the git root is somebody else's"
    mlgate.write("repo/mlgate.yaml", "fail-on: never\nname: root\n")
    assert mlgate.check("--format", "json", "repo/sub").json["policy"] == {"name": "root", "fail_on": "never"}
    mlgate.write("repo/sub/mlgate.yaml", "fail-on: low\nname: beside\n")
    assert mlgate.check("--format", "json", "repo/sub").json["policy"]["name"] == "beside"


def test_without_git_the_search_ends_here(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    mlgate.write("mlgate.yaml", "fail-on: never\n")
    mlgate.write("sub/Dockerfile", BAD)
    assert mlgate.check("sub").code == 0
    monkeypatch.chdir("sub")
    assert mlgate.check().code == 1


def test_each_file_by_its_own_policy(mlgate: Mlgate) -> None:
    mlgate.write("a/Dockerfile", BAD)
    mlgate.write("a/mlgate.yaml", "name: lax\nfail-on: never\n")
    mlgate.write("b/Dockerfile", BAD)
    document = mlgate.check("--format", "json").json
    blocking = {finding["path"] for finding in document["findings"] if finding["blocking"]}
    assert (document["exit_code"], blocking) == (1, {"b/Dockerfile"})
    assert document["policy"] == {"name": "lax, default", "fail_on": "high"}


@pytest.mark.parametrize("word", ["strict", "other/mine.yaml", "./mine.toml"])
def test_policy_option(word: str, mlgate: Mlgate) -> None:
    mlgate.write("other/mine.yaml", "fail-on: medium\n")
    mlgate.write("mine.toml", '[tool.mlgate]\nfail-on = "medium"\n')
    mlgate.write("Dockerfile", BAD)
    mlgate.write("mlgate.yaml", "fail-on: never\n")
    assert mlgate.check("--policy", word, "--format", "json").json["policy"]["fail_on"] == "medium"


def test_unknown_policy() -> None:
    with pytest.raises(PolicyError, match="there is no policy 'strickt'; did you mean 'strict'"):
        named("strickt")


def test_command_line_over_policy(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    mlgate.write("mlgate.yaml", "ignore: [PKG001]\nfail-on: never\n")
    assert "PKG001" not in {finding["rule_id"] for finding in mlgate.findings()}
    chosen = mlgate.check("--select", "PKG001", "--fail-on", "high", "--format", "json")
    assert (chosen.code, {f["rule_id"] for f in chosen.json["findings"]}) == (1, {"PKG001"})
    assert mlgate.findings("--select", "PKG", "--ignore", "PKG001,PKG004") == [
        finding for finding in mlgate.findings("--select", "PKG") if finding["rule_id"] not in ("PKG001", "PKG004")
    ]


def test_severity_and_per_file_ignores(mlgate: Mlgate) -> None:
    mlgate.write("a/Dockerfile", BAD)
    mlgate.write("b/Dockerfile", BAD)
    mlgate.write("mlgate.yaml", "severity: {PKG001: critical, PKG: info}\nper-file-ignores: {'b/**': [PKG001]}\n")
    found = {(f["path"], f["severity"]) for f in mlgate.findings() if f["rule_id"] == "PKG001"}
    assert found == {("a/Dockerfile", "critical")}
    assert {f["severity"] for f in mlgate.findings() if f["rule_id"] == "PKG007"} == {"info"}


def test_the_schema_is_the_committed_one(mlgate: Mlgate) -> None:
    printed = mlgate("init", "--schema")
    committed = Path(__file__).parent.parent / "docs" / "mlgate.schema.json"
    assert printed.code == 0
    assert json.loads(printed.out) == json.loads(committed.read_text()), "run: make docs"


def test_the_schema_takes_what_the_reader_takes() -> None:
    from jsonschema import Draft202012Validator

    from gate.schema import json_schema

    validator = Draft202012Validator(json_schema())
    sound = {
        "fail-on": "never",
        "select": "PKG",
        "engines": {"hadolint": "off", "grype": {"mode": "required", "timeout": 60}},
        "platforms": ["lambda"],
        "thresholds": {"model-size": "1 GB"},
        "labels": {"required": {"a": "url"}},
        "waivers": [{"rule": "PKG001", "reason": "x", "expires": "2027-01-31"}],
    }
    assert list(validator.iter_errors(sound)) == []
    policyfile.from_values(sound)
    for broken in ({"fail-onn": "x"}, {"waivers": [{"rule": "x"}]}, {"platforms": ["x"]}, {"engines": {"x": "off"}}):
        assert list(validator.iter_errors(broken)) != []
        with pytest.raises(PolicyError):
            policyfile.from_values(broken)
