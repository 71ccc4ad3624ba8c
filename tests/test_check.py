"""``mlgate check`` from options to exit code: what is judged, what fails, what is accepted, what is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli import Mlgate

FROM = "FROM debian:12.5\n"
BAD = FROM + "RUN apt-get install curl\n"
GOOD = 'FROM scratch\nCOPY app /app\nUSER 1000\nENTRYPOINT ["/app"]\n'


def test_pass_is_one_line(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", GOOD)
    mlgate.write("app", b"\x7fELF")
    ran = mlgate.check("--select", "PKG")
    assert ran.code == 0
    assert ran.out.count("\n") == 1 and ran.out.startswith("PASS  no findings   Dockerfile   ")
    assert ran.err == "mlgate: exit 0: gate passed: no finding at or above high\n"
    assert mlgate.check("--select", "PKG", "-q").out == ""


def test_every_engine_is_in_every_report(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", GOOD)
    ran = mlgate.check("--format", "json")
    status = {engine["name"]: (engine["status"], engine["reason"]) for engine in ran.json["engines"]}
    assert status["hadolint"] == status["grype"] == ("skipped", "switched off")
    assert status["mlgate"] == ("ok", "")
    assert "hadolint SKIPPED (switched off)" in mlgate.check().out


def test_fail(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    ran = mlgate.check()
    assert (ran.code, ran.last) == (1, "mlgate: exit 1: gate failed: 1 finding at or above high")


@pytest.mark.parametrize(
    ("threshold", "code"),
    [("critical", 0), ("high", 1), ("medium", 1), ("low", 1), ("info", 1), ("never", 0)],
)
def test_fail_on(threshold: str, code: int, mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    ran = mlgate.check("--fail-on", threshold, "--format", "json")
    assert (ran.code, ran.json["exit_code"]) == (code, code)
    assert ran.json["policy"]["fail_on"] == threshold
    ranks = ["info", "low", "medium", "high", "critical", "never"]
    for finding in ran.json["findings"]:
        assert finding["blocking"] == (ranks.index(finding["severity"]) >= ranks.index(threshold))


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--fail-on", "hi"], "--fail-on: there is no severity 'hi'"),
        (
            ["--for", "sagemker-hosting"],
            "--for: there is no platform 'sagemker-hosting'; did you mean 'sagemaker-hosting'?",
        ),
        (["--select", "PGK001"], "select: there is no rule, prefix or engine 'PGK001'; did you mean 'PKG001'?"),
        (["--ignore", "hadolnt"], "ignore: there is no rule, prefix or engine 'hadolnt'; did you mean 'hadolint'?"),
        (["--engine", "grpe=off"], "--engine: there is no engine 'grpe'; did you mean 'grype'?"),
        (["--engine", "grype"], "--engine grype: write grype=auto, grype=required or grype=off, not 'grype'"),
        (["--engine", "grype=no"], "--engine grype: write grype=auto, grype=required or grype=off, not 'grype=no'"),
        (["--format", "jsn"], "there is no format 'jsn'; did you mean 'json'?"),
        (["--format", "json="], "--format json=: the file name is missing"),
        (["-o", "x.foo"], "-o x.foo: the name says no format; it ends in none of"),
        (["--jobs", "many"], "--jobs: write a number, not 'many'"),
        (["--engine-timeout", "-1"], "--engine-timeout: write a number, not '-1'"),
        (["--color", "maybe"], "--color: write auto, always or never, not 'maybe'"),
        (["--context", "nope"], "--context nope: no such folder"),
        (["--build-arg", "=x"], "--build-arg: write NAME=VALUE, not '=x'"),
        (["--policy", "strick"], "there is no policy 'strick'; did you mean 'strict'?"),
        (["--baseline", "none.json"], "none.json: no such file"),
        (["--fali-on", "high"], "No such option: --fali-on"),
        (["--select"], "Option '--select' requires an argument"),
    ],
)
def test_wrong_use(arguments: list[str], why: str, mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", GOOD)
    ran = mlgate.check(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.last.startswith(f"mlgate: exit 2: wrong use: {why}")


def test_wrong_use_comes_before_not_judged(mlgate: Mlgate) -> None:
    assert mlgate.check("nope", "--select", "NOPE").code == 2


def test_not_judged_comes_before_failed(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    ran = mlgate.check("Dockerfile", "nope", "--format", "json")
    assert (ran.code, ran.json["verdict"], ran.json["exit_code"]) == (3, "error", 3)
    assert ran.json["summary"]["blocking"] == 1
    assert ran.last.endswith("could not judge: nope: no such file or directory; 1 finding at or above high")


def test_a_required_engine_that_is_missing(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_HADOLINT", "/nowhere/hadolint")
    mlgate.write("Dockerfile", GOOD)
    assert mlgate("check", "--engine", "hadolint=auto", "--engine", "grype=off", "--select", "PKG,hadolint").code == 0
    ran = mlgate("check", "--engine", "hadolint=required", "--engine", "grype=off", "--format", "json")
    assert (ran.code, ran.json["verdict"]) == (3, "error")
    assert "hadolint is required, but" in ran.last


def test_the_json_has_exactly_these_keys(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    document = mlgate.check("--format", "json").json
    assert list(document) == [
        "schema_version", "mlgate_version", "verdict", "exit_code", "policy", "platforms", "engines", "files",
        "findings", "undecided", "summary",
    ]  # fmt: skip
    assert list(document["findings"][0]) == [
        "rule_id", "name", "engine", "severity", "confidence", "blocking", "state", "message", "help", "path", "line",
        "column", "end_line", "end_column", "stage", "aliases", "fingerprint", "package", "waiver", "fix",
    ]  # fmt: skip
    assert list(document["engines"][0]) == ["name", "version", "status", "reason", "database_built"]
    assert list(document["summary"]) == ["blocking", "advisory", "waived", "baselined", "undecided"]
    [found] = [finding for finding in document["findings"] if finding["rule_id"] == "PKG001"]
    assert (found["line"], found["column"], found["end_line"], found["end_column"]) == (2, 5, 2, 25)


def test_the_order_is_path_line_column_rule(mlgate: Mlgate) -> None:
    for name in ("b/Dockerfile", "a/Dockerfile", "Dockerfile"):
        mlgate.write(name, BAD + BAD)
    found = mlgate.findings()
    keys = [(f["path"], f["line"], f["column"], f["rule_id"]) for f in found]
    assert keys == sorted(keys) and len({f["path"] for f in found}) == 3
    assert found == mlgate.findings("--jobs", "1") == mlgate.findings("b", "Dockerfile", "a")


def test_no_absolute_path_anywhere(mlgate: Mlgate) -> None:
    mlgate.write("sub/Dockerfile", FROM + "COPY requirements.txt .\nRUN pip install -r requirements.txt\n")
    mlgate.write("sub/requirements.txt", "numpy\n")
    for form in ("json", "text"):
        out = mlgate.check("--format", form, str(mlgate.folder / "sub")).out
        assert str(mlgate.folder) not in out and "sub/requirements.txt" in out


def test_many_files_in_processes_give_the_same(mlgate: Mlgate) -> None:
    for number in range(80):
        mlgate.write(f"{number}/Dockerfile", BAD + f"RUN pip install a{number}\n")
    one = mlgate.check("--format", "json", "--jobs", "1")
    two = mlgate.check("--format", "json", "--jobs", "2")
    assert (one.out, one.code) == (two.out, two.code)
    assert len(one.json["files"]) == 80


def test_any_executor_will_do(mlgate: Mlgate) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from gate.pipeline import Request, check
    from gate.policy import EngineChoice

    for number in range(80):
        mlgate.write(f"{number}/Dockerfile", BAD)
    off = {name: EngineChoice("off") for name in ("hadolint", "grype")}
    request = Request(overrides={"engines": off}, jobs=2)
    with ThreadPoolExecutor(2) as executor:
        threads = check(request, executor=executor).result
    assert threads == check(request).result
    assert len(threads.files) == 80


def test_stdin(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys

    def given(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    given(BAD)
    assert {f["path"] for f in mlgate.findings("-")} == {"-"}
    given(BAD)
    assert {f["path"] for f in mlgate.findings("-", "--stdin-filename", "sub/train.Dockerfile")} == {
        "sub/train.Dockerfile"
    }
    given(BAD)
    assert "RUN apt-get install curl" in mlgate.check("-").out, "the excerpt is there although there is no file"


def test_stdin_with_a_name_has_its_context_and_policy(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys

    mlgate.write("sub/requirements.txt", "numpy\n")
    mlgate.write("sub/mlgate.yaml", "name: mine\n")
    text = FROM + "COPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    document = mlgate.check("-", "--stdin-filename", "sub/Dockerfile", "--format", "json").json
    assert document["policy"]["name"] == "mine"
    assert "sub/requirements.txt" in {finding["path"] for finding in document["findings"]}


def test_build_arguments(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    mlgate.write("Dockerfile", "ARG BASE\nFROM $BASE\nRUN true\n")
    monkeypatch.setenv("BASE", "debian:latest")

    def tags(*arguments: str) -> set[str]:
        return {f["rule_id"] for f in mlgate.findings(*arguments)} & {"PIN001"}

    assert tags("--build-arg", "BASE=debian:12.5") == set()
    assert tags("--build-arg", "BASE=debian") == {"PIN001"}
    assert tags("--build-arg", "BASE") == {"PIN001"}, "the value comes from the environment"


def test_target(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", "FROM debian:12.5 AS a\nUSER root\nFROM a AS b\nUSER 1000\n")
    root = {f["rule_id"] for f in mlgate.findings("--target", "a")} & {"SEC006"}
    assert (root, {f["rule_id"] for f in mlgate.findings("--target", "b")} & {"SEC006"}) == ({"SEC006"}, set())
    assert mlgate.check("--target", "c").last == "mlgate: exit 3: could not judge: Dockerfile: has no stage 'c'"


def test_declared_platforms(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    document = mlgate.check("--for", "lambda", "--for", "edge,lambda", "--format", "json").json
    assert document["platforms"] == [
        {"name": "edge", "declared": True, "evidence": []},
        {"name": "lambda", "declared": True, "evidence": []},
    ]


def test_context(mlgate: Mlgate) -> None:
    mlgate.write("docker/Dockerfile", FROM + "COPY requirements.txt .\nRUN pip install -r requirements.txt\n")
    mlgate.write("requirements.txt", "numpy\n")
    assert "requirements.txt" in {f["path"] for f in mlgate.findings("--context", ".", "docker")}
    for arguments in (["docker"], ["--no-context", "--context", ".", "docker"]):
        assert "requirements.txt" not in {f["path"] for f in mlgate.findings(*arguments)}


def test_only_a_named_context_can_lack_a_file(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", FROM + "COPY app.py .\n")
    assert "BLD007" not in {f["rule_id"] for f in mlgate.findings("Dockerfile")}
    assert "BLD007" in {f["rule_id"] for f in mlgate.findings("--context", ".", "Dockerfile")}


def test_a_dash_is_standard_output(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    assert mlgate.check("--format", "json=-").json == mlgate.check("--format", "json").json
    assert not (mlgate.folder / "-").exists()


def test_files_never_take_the_text_away(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    ran = mlgate.check("--format", "json=a.json", "-o", "b.json")
    assert "blocking high[PKG001]" in ran.out
    assert json.loads(Path("a.json").read_text()) == json.loads(Path("b.json").read_text())
    assert not list(mlgate.folder.glob("*.tmp"))
    assert mlgate.check("--format", "json", "--format", "text=c.txt").json["exit_code"] == 1
    assert "blocking high[PKG001]" in Path("c.txt").read_text()


def test_a_report_replaces_the_file_and_keeps_the_link(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", GOOD)
    mlgate.write("real.json", "old")
    (mlgate.folder / "link.json").symlink_to("real.json")
    mlgate.check("-o", "link.json")
    assert (mlgate.folder / "link.json").is_symlink()
    assert json.loads(Path("real.json").read_text())["schema_version"] == 1


def test_waivers(mlgate: Mlgate) -> None:
    mlgate.write("a/Dockerfile", BAD)
    mlgate.write("b/Dockerfile", BAD)
    mlgate.write(
        "mlgate.yaml",
        "waivers:\n- {rule: PKG001, path: 'a/**', reason: old, owner: me, expires: 2999-01-31}\n"
        "- {rule: missing-assume-yes, path: b/Dockerfile, reason: x, expires: 2020-01-31}\n",
    )
    ran = mlgate.check("--format", "json")
    found = {(f["path"], f["rule_id"]): f for f in ran.json["findings"]}
    assert found["a/Dockerfile", "PKG001"]["state"] == "waived"
    assert found["a/Dockerfile", "PKG001"]["waiver"] == {
        "kind": "policy",
        "reason": "old",
        "owner": "me",
        "expires": "2999-01-31",
        "path": "mlgate.yaml",
        "line": 2,
    }
    assert found["b/Dockerfile", "PKG001"]["state"] == "active"
    expired = found["mlgate.yaml", "GAT004"]
    assert (expired["line"], expired["column"], expired["blocking"]) == (3, 3, True)
    assert ran.json["summary"]["blocking"] == 2
    text = mlgate.check().out
    assert "waived high[PKG001]: a/Dockerfile:2:5" in text and "because: old, me, until 2999-01-31" in text


def test_baseline(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    wrote = mlgate("baseline", "write", "--engine", "hadolint=off", "--engine", "grype=off")
    assert (wrote.code, wrote.last.endswith("accepted in mlgate-baseline.json")) == (0, True)
    assert "PKG001  Dockerfile  " in mlgate("baseline", "show").out
    ran = mlgate.check("--baseline", "mlgate-baseline.json", "--format", "json")
    assert (ran.code, {f["state"] for f in ran.json["findings"]}) == (0, {"baselined"})

    mlgate.write("Dockerfile", "# moved\n\nFROM debian:12.5\nRUN   apt-get  install curl\nRUN apt-get install git\n")
    ran = mlgate.check("--baseline", "mlgate-baseline.json", "--format", "json")
    states = {(f["line"], f["state"]) for f in ran.json["findings"] if f["rule_id"] == "PKG001"}
    assert (ran.code, states) == (1, {(4, "baselined"), (5, "active")})


def test_the_same_fault_again_is_new(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    mlgate("baseline", "write", "-o", "b.json", "--engine", "hadolint=off", "--engine", "grype=off")
    mlgate.write("Dockerfile", BAD + "RUN apt-get install curl\n")
    assert mlgate.check("--baseline", "b.json").code == 1


def test_a_baseline_of_a_policy(mlgate: Mlgate) -> None:
    mlgate.write("sub/Dockerfile", BAD)
    mlgate.write("sub/mlgate.yaml", "baseline: b.json\n")
    mlgate.write("sub/b.json", '{"schema_version": 1, "findings": []}')
    assert mlgate.check("sub").code == 1
    mlgate("baseline", "write", "sub", "-o", "sub/b.json", "--engine", "hadolint=off", "--engine", "grype=off")
    assert mlgate.check("sub").code == 0


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"schema_version": 2, "findings": []}', '{"schema_version": 1, "findings": [1]}', "[" * 9999],
)
def test_a_broken_baseline(text: str, mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    mlgate.write("b.json", text)
    ran = mlgate.check("--baseline", "b.json")
    assert (ran.code, ran.last.startswith("mlgate: exit 2: wrong use: b.json: not a baseline")) == (2, True)


def test_nothing_unjudged_is_accepted(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", BAD)
    ran = mlgate("baseline", "write", "Dockerfile", "nope", "--engine", "hadolint=off", "--engine", "grype=off")
    assert (ran.code, Path("mlgate-baseline.json").exists()) == (3, False)


def test_a_rule_that_breaks_is_no_pass(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", GOOD)
    mlgate.write("mlgate.yaml", "rules_dirs: [rules]\n")
    mlgate.write(
        "rules/acm001.py",
        "from gate.model import Severity\nfrom gate.rule import Rule\n"
        "rule = Rule(id='ACM001', name='acme', severity=Severity.LOW, summary='s.', reason='r.', fix='f.',\n"
        "            bad=[], good=[])\n"
        "@rule.on_instruction('FROM')\n"
        "def check(instruction, build):\n"
        "    yield rule.finding(instruction, 'Seen.')\n"
        "    raise RuntimeError('oops')\n",
    )
    ran = mlgate.check("--format", "json")
    assert ran.code == 3
    assert ran.last == "mlgate: exit 3: could not judge: Dockerfile: rule ACM001 failed at line 1: RuntimeError: oops"
    assert "ACM001" in {finding["rule_id"] for finding in ran.json["findings"]}, "what it said before it broke counts"
    [own] = [engine for engine in ran.json["engines"] if engine["name"] == "mlgate"]
    assert own["status"] == "failed" and "oops" in own["reason"]


def test_a_shared_requirements_file_is_told_once(mlgate: Mlgate) -> None:
    mlgate.write("requirements.txt", "numpy\n")
    for name in ("a.Dockerfile", "b.Dockerfile"):
        mlgate.write(name, FROM + "COPY requirements.txt .\nRUN pip install -r requirements.txt\n")
    found = [f for f in mlgate.findings() if f["path"] == "requirements.txt"]
    assert len(found) == len({(f["rule_id"], f["line"], f["column"]) for f in found}) > 0


def test_the_json_has_a_time_stamp_only_where_one_is_given(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    mlgate.write("Dockerfile", "FROM debian:12.5\n")
    assert "created" not in mlgate.check("--format", "json").json
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1612051200")
    assert mlgate.check("--format", "json").json["created"] == "2021-01-31T00:00:00Z"
    for nonsense in ("", "x", "-1", "9" * 40):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", nonsense)
        assert "created" not in mlgate.check("--format", "json").json
