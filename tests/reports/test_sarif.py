"""SARIF: the published schema, the Multitool's GitHub rules, and what only GitHub itself would say."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gate import catalogue
from gate.model import EngineRun, Failure, Finding, Package, Place, Result, Severity, Span
from gate.report import Page
from gate.reports import sarif
from gate.repository import Repository
from tests.cli import Mlgate, program
from tests.engines import sarif_multitool as multitool
from tests.engines.grype import grype_environment
from tests.reports.github_ready import assert_github_ready, problems

EXAMPLES = Path(__file__).parents[2] / "examples"
HOSTILE = (
    "# escape=`\r\nFROM python:3.12 AS büild\r\n"
    'LABEL x="😀\u202e](http://evil.example) ::error::x <script>" \r\n'
    "RUN echo 😀😀 && apt-get update && `\r\n\t apt-get install nginx\r\n"
    "RUN pip install numpy==1.16.2 'torch>=2' scikit-learn>1\r\n"
    "RUN <<'E😀'\r\ncd /tmp\r\nwget [x](1)\r\nE😀\r\nADD https://x.example/a%20b /ü\r\n"
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the examples, a Dockerfile of odd characters under an odd name, a link, one that is no text."""
    root = tmp_path_factory.mktemp("repository")
    shutil.copytree(EXAMPLES, root / "examples")
    odd = root / "ö d:d"
    odd.mkdir()
    (odd / "Dockerfile").write_bytes(HOSTILE.encode())
    (odd / "Dockerfile.raw").write_bytes(b"FROM \xff\xfe\nRUN sudo \x1b[31m \x80\n")
    (odd / "Dockerfile.script").write_text('FROM busybox:1.36\nCOPY entry.sh /\nENTRYPOINT ["sh", "/entry.sh"]\n')
    (odd / "entry.sh").write_text('#!/bin/sh\n"$@"\n')
    (root / "train.Dockerfile").symlink_to(Path("examples") / "broken" / "Dockerfile")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return root


@pytest.fixture(scope="module")
def checked(repository: Path, hadolint: Path, grype: Path, grype_db: Path) -> Path:
    """The SARIF of all engines over all of it."""
    environment = {**grype_environment(grype_db), "MLGATE_GRYPE": str(grype), "MLGATE_HADOLINT": str(hadolint)}
    ran = program("check", ".", "train.Dockerfile", "-o", "../all.sarif", cwd=repository, env=environment)
    assert ran.code == 1, ran.err
    return repository.parent / "all.sarif"


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def test_the_published_schema_takes_it(checked: Path, sarif_multitool: Path) -> None:
    jsonschema.Draft202012Validator(multitool.schema()).validate(read(checked))


def test_the_published_schema_takes_the_fixes(repository: Path, sarif_multitool: Path) -> None:
    """They are in the full profile alone; each replaces text where there is some, in UTF-16 columns."""
    off = ("--engine", "hadolint=off", "--engine", "grype=off", "--sarif-full", "-o", "../full.sarif")
    assert program("check", ".", *off, cwd=repository).code == 1
    document = read(repository.parent / "full.sarif")
    jsonschema.Draft202012Validator(multitool.schema()).validate(document)
    assert multitool.complaints(repository.parent / "full.sarif") == []
    fixes = [fix for result in document["runs"][0]["results"] for fix in result.get("fixes", ())]
    inserted = {part["insertedContent"]["text"] for fix in fixes for part in fix["artifactChanges"][0]["replacements"]}
    assert {" -y", " --no-cache-dir"} <= inserted


def test_the_multitool_has_nothing_against_it(checked: Path, sarif_multitool: Path) -> None:
    assert multitool.complaints(checked) == []


def test_it_is_ready_for_github(checked: Path, repository: Path) -> None:
    document = read(checked)
    assert_github_ready(document, repository)
    assert {run["tool"]["driver"]["name"]: bool(run["results"]) for run in document["runs"]} == {
        "grype": True, "hadolint": True, "mlgate": True,
    }  # fmt: skip
    places = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for run in document["runs"]
        for result in run["results"]
    }
    assert {"examples/broken/Dockerfile", "%C3%B6%20d%3Ad/Dockerfile", "%C3%B6%20d%3Ad/entry.sh"} <= places
    assert "train.Dockerfile" not in places, "GitHub knows a linked file by its real name"


def test_hadolint_alone_is_not_ready(repository: Path, hadolint: Path, tmp_path: Path, sarif_multitool: Path) -> None:
    """The difference, on the same file. docs/reports.md shows it."""
    done = subprocess.run(
        [str(hadolint), "--format", "sarif", "examples/broken/Dockerfile"],
        cwd=repository,
        capture_output=True,
        text=True,
    )
    theirs = tmp_path / "hadolint.sarif"
    theirs.write_text(done.stdout)
    said = multitool.complaints(theirs)
    assert [line.partition(":")[0] for line in said] == ["error GH1018", "warning SARIF2005"]
    page = (EXAMPLES.parent / "docs" / "reports.md").read_text()
    assert "\n".join(said) in page


# ---- the region is the word, in UTF-16 columns


def test_columns_are_utf16_units(checked: Path) -> None:
    own = next(run for run in read(checked)["runs"] if run["tool"]["driver"]["name"] == "mlgate")
    regions = [
        result["locations"][0]["physicalLocation"]["region"]
        for result in own["results"]
        if result["ruleId"] == "PKG001" and "%3A" in json.dumps(result["locations"])
    ]
    assert regions == [{"startLine": 5, "startColumn": 3, "endLine": 5, "endColumn": 24}]


# ---- what is in it, and what is not


def findings_result(*findings: Finding, runs: tuple[EngineRun, ...] = (), failures: tuple[Failure, ...] = ()) -> Result:
    own = EngineRun("mlgate", "failed" if failures else "ok", "1.2.3")
    return Result(
        "fail", 1, "x", "default", "high",
        engines=(own, *runs), files=("Dockerfile",), findings=findings, failures=failures,
    )  # fmt: skip


def finding(rule: str = "PKG001", line: int = 1, **values: Any) -> Finding:
    place = Place(values.pop("path", "Dockerfile"), Span(line, 1, line, 5))
    return Finding(rule, "a-name", values.pop("severity", Severity.HIGH), values.pop("message", "M."), place, **values)


def render(result: Result, **page: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sarif.render(result, Page(catalogue.load(), **page)))
    return document


def test_an_engine_without_an_answer_has_no_run() -> None:
    runs = (EngineRun("hadolint", "failed", "2.15.1", "crashed"), EngineRun("grype", "skipped", "", "not found"))
    document = render(findings_result(runs=runs))
    assert [run["tool"]["driver"]["name"] for run in document["runs"]] == ["mlgate"]


def test_a_file_that_was_not_read_closes_no_alerts() -> None:
    """A run without it would say that nothing is wrong with it any more."""
    answered = EngineRun("hadolint", "ok", "2.15.1")
    assert render(findings_result(runs=(answered,), failures=(Failure("gone", "no such file"),)))["runs"] == []
    kept = render(findings_result(runs=(answered,), failures=(Failure("", "grype is required, but failed"),)))["runs"]
    assert [run["tool"]["driver"]["name"] for run in kept] == ["hadolint"]
    assert kept[0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].startswith("grype is required")


def test_what_is_accepted_is_left_out(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", "FROM debian:12.5\n# mlgate: ignore[SEC007] it must\nRUN sudo true\nMAINTAINER x\n")
    assert "SEC007" not in {
        r["ruleId"] for r in json.loads(mlgate.check("--format", "sarif").out)["runs"][0]["results"]
    }
    full = json.loads(mlgate.check("--format", "sarif", "--sarif-full").out)["runs"][0]["results"]
    assert [r["suppressions"] for r in full if r["ruleId"] == "SEC007"] == [
        [{"kind": "external", "status": "accepted", "justification": "it must"}]
    ]


def test_no_more_than_github_keeps_and_the_worst_first(mlgate: Mlgate) -> None:
    many = [finding("LAY001", line, severity=Severity.LOW) for line in range(1, 5002)]
    notes: list[str] = []
    document = render(findings_result(*many, finding("PKG001", 6000)), notes=notes)
    run = document["runs"][0]
    assert (len(run["results"]), run["results"][0]["ruleId"]) == (5000, "PKG001")
    assert "2 findings of the lowest severities are left out" in notes[0]
    assert "2 findings" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert_github_ready(document)


def test_a_vulnerability_is_named_by_package_and_outlives_lines_and_versions() -> None:
    def result(version: str, line: int) -> dict[str, Any]:
        package = Package("to]rch\n", version, "python", f"pkg:pypi/torch@{version}", ("2.6.0",), "CVE-2025-32434")
        found = finding("CVE-2025-32434", line, engine="grype", package=package, severity=Severity.CRITICAL)
        document = render(findings_result(found, runs=(EngineRun("grype", "ok", "0.117.0"),)))
        assert_github_ready(document)
        run = document["runs"][1]
        assert run["tool"]["driver"]["rules"][0]["properties"]["security-severity"] == "9.5"
        results: dict[str, Any] = run["results"][0]
        return results

    one, other = result("2.5.0", 1), result("2.5.1", 3)
    assert one["ruleId"].startswith("CVE-2025-32434-to")
    assert (
        one["partialFingerprints"]["primaryLocationLineHash"] == other["partialFingerprints"]["primaryLocationLineHash"]
    )


def test_an_image_is_known_without_tag_and_digest() -> None:
    """A path that code scanning takes, and the same one and the same fingerprints after the next build."""

    def results(reference: str) -> list[dict[str, Any]]:
        package = Package("torch", "2.5.0", "python", "pkg:pypi/torch@2.5.0", layer="sha256:abc")
        cve = finding("CVE-2025-32434", 7, engine="grype", package=package, path=reference, message="torch has it.")
        document = render(
            findings_result(cve, finding("SEC001", 8, path=reference), runs=(EngineRun("grype", "ok", "0.117.0"),)),
            repository=Repository({}, [reference]),
            asked=(reference,),
        )
        assert_github_ready(document)
        assert {run["automationDetails"]["id"].split("/")[2] for run in document["runs"]} == {
            "images-host-5000-team-model"
        }
        found = [result for run in document["runs"] for result in run["results"]]
        for result in found:
            assert result["locations"][0].pop("logicalLocations")[0]["fullyQualifiedName"].startswith(reference)
            result["partialFingerprints"].pop("mlgateFinding/v1")
        return found

    one = results("host:5000/team/model:1.2")
    assert one == results("host:5000/team/model:1.3@sha256:" + "0" * 64)
    assert one[0]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "images/host_5000/team/model", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2},
            }
        }
    ]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("debian", "images/debian"),
        ("debian:12", "images/debian"),
        ("localhost:5000/a/b", "images/localhost_5000/a/b"),
        ("a.b/c@sha256:" + "0" * 64, "images/a.b/c"),
        ("../out/model.tar", "images/out/model.tar"),
    ],
)
def test_paths_of_images(name: str, path: str) -> None:
    assert Repository({}, [name]).path(name) == path


def test_a_bill_of_materials_that_is_scanned(tmp_path: Path, grype: Path, grype_db: Path) -> None:
    component = {"type": "library", "name": "numpy", "version": "1.16.2", "purl": "pkg:pypi/numpy@1.16.2"}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [component]}
    (tmp_path / "bill.json").write_text(json.dumps(document))
    environment = {**grype_environment(grype_db), "MLGATE_GRYPE": str(grype)}
    ran = program("scan", "sbom:bill.json", "-o", "out.sarif", cwd=tmp_path, env=environment)
    assert ran.code == 1, ran.err
    assert_github_ready(read(tmp_path / "out.sarif"), tmp_path)


# ---- categories and paths


@pytest.mark.parametrize(
    ("arguments", "category"),
    [
        ((), "mlgate/mlgate/repository/"),
        (("sub",), "mlgate/mlgate/sub/"),
        (("sub/Dockerfile", "."), "mlgate/mlgate/sub-Dockerfile/"),
        (("sub/Dockerfile", "sub"), "mlgate/mlgate/sub-Dockerfile_sub/"),
        (("--sarif-category", "train/eu"), "train/eu/"),
        (("--sarif-category", "train/"), "train/"),
    ],
)
def test_categories(mlgate: Mlgate, arguments: tuple[str, ...], category: str) -> None:
    mlgate.write("sub/Dockerfile", "FROM debian:12.5\n")
    document = json.loads(mlgate.check(*arguments, "--format", "sarif").out)
    assert [run["automationDetails"]["id"] for run in document["runs"]] == [category]


def test_a_category_on_two_lines_is_wrong_use(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", "FROM debian:12.5\n")
    assert mlgate.check("--sarif-category", "a\nb").code == 2


def test_paths_start_at_the_root_of_the_repository(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    mlgate.write("a/b/Dockerfile", "FROM debian:12.5\nMAINTAINER x\n")
    mlgate.write("other/Dockerfile", "FROM debian:12.5\nMAINTAINER x\n")
    (mlgate.folder / "a" / ".git").mkdir()

    def uris(*arguments: str) -> set[str]:
        results = json.loads(mlgate.check(*arguments, "--format", "sarif").out)["runs"][0]["results"]
        return {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results}

    monkeypatch.chdir(mlgate.folder / "a" / "b")
    assert uris() == {"b/Dockerfile"}
    assert uris(str(mlgate.folder / "a" / "b" / "Dockerfile")) == {"b/Dockerfile"}
    assert uris("../../other/Dockerfile") == {"other/Dockerfile"}, "outside: what is left of the path"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(mlgate.folder))
    assert uris("../../other/Dockerfile") == {"other/Dockerfile"}
    assert uris() == {"a/b/Dockerfile"}


# ---- the helper itself finds what it says that it finds

FAULTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "two runs": lambda d: d["runs"].append(copy.deepcopy(d["runs"][0])),
    "control character": lambda d: d["runs"][0]["results"][0]["message"].update(text="a\x1bb"),
    "path of this machine": lambda d: d["runs"][0]["results"][0]["message"].update(text=str(Path.cwd())),
    "category": lambda d: d["runs"][0]["automationDetails"].update(id="x"),
    "unsuccessful": lambda d: d["runs"][0]["invocations"][0].update(executionSuccessful=False),
    "columns of no kind": lambda d: d["runs"][0].pop("columnKind"),
    "more than is kept": lambda d: d["runs"][0].update(results=d["runs"][0]["results"] * 5001),
    "worst first": lambda d: d["runs"][0]["results"][0].update(level="note"),
    "index": lambda d: d["runs"][0]["results"][0].update(ruleIndex=0),
    "a link": lambda d: d["runs"][0]["results"][0]["message"].update(text="[a](b)"),
    "suppressed": lambda d: d["runs"][0]["results"][0].update(suppressions=[]),
    "no fingerprint": lambda d: d["runs"][0]["results"][0].update(partialFingerprints={}),
    "not one location": lambda d: d["runs"][0]["results"][0].update(locations=[]),
    "plain path": lambda d: place(d)["artifactLocation"].update(uri="docker:x"),
    "percent-encoded": lambda d: place(d)["artifactLocation"].update(uri="a b"),
    "four numbers": lambda d: place(d)["region"].pop("endColumn"),
    "empty": lambda d: place(d)["region"].update(endLine=1, endColumn=1),
    "is empty or too long": lambda d: rule(d)["fullDescription"].update(text="x" * 1025),
    "no sentence": lambda d: rule(d)["shortDescription"].update(text="x"),
    "help": lambda d: rule(d)["help"].update(markdown=""),
    "tags": lambda d: rule(d)["properties"].update(tags=["a"] * 2),
    "precision": lambda d: rule(d)["properties"].update(precision="sure"),
    "a score of": lambda d: rule(d)["properties"].update({"tags": ["security"], "security-severity": "10.5"}),
}  # fmt: skip


def place(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    return found


def rule(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["runs"][0]["tool"]["driver"]["rules"][0]
    return found


@pytest.mark.parametrize("fault", FAULTS)
def test_the_helper_finds(fault: str) -> None:
    document = render(findings_result(finding("PKG001", 1), finding("PKG001", 2)))
    assert list(problems(document)) == []
    FAULTS[fault](document)
    assert any(fault in said for said in problems(document)), list(problems(document))
