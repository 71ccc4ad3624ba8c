"""OpenVEX documents, with the real grype."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gate import vex
from gate.policy import PolicyError
from tests.cli import Mlgate, Ran
from tests.engines.grype import grype_environment

PINS = "FROM python:3.12\nRUN pip install numpy==1.16.2\n"
NUMPY = "pkg:pypi/numpy@1.16.2"
SAFE = {"status": "not_affected", "justification": "vulnerable_code_not_in_execute_path"}


@pytest.fixture(autouse=True)
def _real_grype(grype: Path, grype_db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", str(grype))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(grype_db))


def statement(name: str = "CVE-2019-6446", products: list[Any] | None = None, **fields: Any) -> dict[str, Any]:
    products = [{"@id": NUMPY}] if products is None else products
    return {"vulnerability": {"name": name}, "products": products, **(fields or SAFE)}


def document(*statements: dict[str, Any], **fields: Any) -> str:
    head = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.com/vex/1",
        "author": "ml-security",
        "timestamp": "2026-01-01T00:00:00Z",
        "version": 1,
    }
    return json.dumps({**head, **fields, "statements": list(statements)})


def check(mlgate: Mlgate, text: str, pins: str = PINS) -> Ran:
    mlgate.write("Dockerfile", pins)
    mlgate.write("vex.json", text)
    return mlgate("check", "--select", "grype", "--vex", "vex.json", "--format", "json")


def states(ran: Ran) -> list[tuple[str, str]]:
    return [(row["package"]["name"], row["state"]) for row in ran.json["findings"]]


def test_who_says_so_and_why_stays_in_the_report(mlgate: Mlgate) -> None:
    ran = check(mlgate, document(statement(**SAFE, impact_statement="We never unpickle.")))
    assert ran.code == 0
    (row,) = ran.json["findings"]
    assert (row["state"], row["blocking"]) == ("waived", False)
    assert row["waiver"] == {
        "kind": "vex",
        "reason": "VEX not affected, vulnerable code not in execute path: We never unpickle.",
        "owner": "ml-security",
        "expires": None,
        "path": "vex.json",
        "line": 1,
        "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path",
    }
    account = ran.json["vulnerabilities"]
    assert (account["found"], account["vex"], account["blocking"], account["unfitting"]) == (1, 1, 0, 0)
    text = mlgate("check", "--select", "grype", "--vex", "vex.json").out
    assert "vulnerable code not in execute path" in text
    assert "1 set aside by VEX" in text


@pytest.mark.parametrize("name", ["CVE-2019-6446", "GHSA-9fq2-x9r6-wfmf", "cve-2019-6446"])
def test_any_name_of_the_vulnerability_will_do(mlgate: Mlgate, name: str) -> None:
    assert check(mlgate, document(statement(name))).code == 0


@pytest.mark.parametrize(
    "vulnerability",
    [
        "CVE-2019-6446",
        {"name": "INTERNAL-1", "aliases": ["CVE-2019-6446"]},
        {"@id": "https://nvd.nist.gov/vuln/detail/CVE-2019-6446"},
        {"@id": "https://nvd.nist.gov/vuln/detail/CVE-2019-6446", "name": "CVE-2019-6446"},
    ],
)
def test_the_ways_to_name_it(mlgate: Mlgate, vulnerability: Any) -> None:
    assert check(mlgate, document({**statement(), "vulnerability": vulnerability})).code == 0


IMAGE = "pkg:oci/model@sha256%3Aabc?repository_url=registry.example.com"


@pytest.mark.parametrize(
    "product",
    [
        NUMPY,
        {"@id": NUMPY},
        {"@id": "pkg:pypi/numpy"},
        {"@id": "pkg:PyPI/NumPy@1.16.2"},
        {"@id": "urn:x", "identifiers": {"purl": NUMPY}},
        {"@id": IMAGE, "subcomponents": [{"@id": NUMPY}]},
        {"@id": IMAGE, "subcomponents": [{"@id": "pkg:pypi/scipy"}, {"@id": "pkg:pypi/numpy"}]},
        {"@id": "https://example.com/model", "subcomponents": [{"@id": NUMPY}]},
        {"@id": "pkg:generic/model", "subcomponents": [NUMPY]},
        {"@id": "pkg:pypi/numpy@1.16.2?arch=any"},
    ],
)
def test_products_that_fit(mlgate: Mlgate, product: Any) -> None:
    assert states(check(mlgate, document(statement(products=[product])))) == [("numpy", "waived")]


@pytest.mark.parametrize(
    "product",
    [
        "pkg:pypi/numpy@1.16.1",
        "pkg:pypi/scipy",
        "pkg:conda/numpy@1.16.2",
        "pkg:deb/debian/numpy@1.16.2",
        IMAGE,
        "https://example.com/model",
        {"@id": IMAGE, "subcomponents": [{"@id": "pkg:pypi/numpy@1.16.1"}]},
        {"@id": "pkg:pypi/pandas@1.0", "subcomponents": [{"@id": NUMPY}]},
    ],
)
def test_products_that_do_not(mlgate: Mlgate, product: Any) -> None:
    ran = check(mlgate, document(statement(products=[product])))
    assert (ran.code, states(ran)) == (1, [("numpy", "active")])
    assert ran.json["vulnerabilities"]["unfitting"] == 1


def test_a_release_of_a_distribution_is_not_another(mlgate: Mlgate) -> None:
    pins = "FROM debian:12\nRUN apt-get install -y libwebp7=1.2.4-0.2\n"
    fits = "pkg:deb/debian/libwebp7?distro=debian-12"
    assert check(mlgate, document(statement("CVE-2023-4863", [fits])), pins).code == 0
    assert check(mlgate, document(statement("CVE-2023-4863", [fits.replace("12", "11")])), pins).code == 1


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        ({"status": "fixed"}, "waived", ""),
        (
            {"status": "affected", "action_statement": "Raise it to 1.16.3"},
            "active",
            "VEX: affected. Raise it to 1.16.3.",
        ),
        ({"status": "under_investigation"}, "active", "VEX: under investigation."),
    ],
)
def test_the_other_statuses(mlgate: Mlgate, status: dict[str, str], state: str, words: str) -> None:
    ran = check(mlgate, document(statement(**status)))
    assert states(ran) == [("numpy", state)]
    assert words in ran.json["findings"][0]["help"]
    assert ran.code == int(state == "active")


def test_the_latest_statement_holds(mlgate: Mlgate) -> None:
    older = statement(**SAFE, timestamp="2025-01-01T00:00:00Z")
    newer = statement(status="under_investigation", timestamp="2025-06-01T00:00:00+02:00")
    assert check(mlgate, document(newer, older)).code == 1
    assert check(mlgate, document({**newer, "timestamp": "2024-06-01T00:00:00.5Z"}, older)).code == 0
    assert check(mlgate, document(older, {**newer, "timestamp": older["timestamp"]})).code == 1


def test_a_policy_names_documents_too(mlgate: Mlgate) -> None:
    mlgate.write("policies/gate.yaml", "select: [grype]\nvex: [vex/a.json]\n")
    mlgate.write("policies/vex/a.json", document(statement()))
    mlgate.write("Dockerfile", PINS)
    assert mlgate("check", "--policy", "policies/gate.yaml").code == 0
    mlgate.write("b.json", document(statement(status="affected", timestamp="2026-05-01T00:00:00Z")))
    assert mlgate("check", "--policy", "policies/gate.yaml", "--vex", "b.json").code == 1


def test_it_agrees_with_grypes_own(mlgate: Mlgate, grype: Path, grype_db: Path, tmp_path: Path) -> None:
    """Where grype can apply a statement, to a package by its own record's id, the outcome is the same."""
    for name, product in (("GHSA-9fq2-x9r6-wfmf", NUMPY), ("GHSA-9fq2-x9r6-wfmf", "pkg:pypi/numpy@1.16.1")):
        text = document(statement(name, [{"@id": product}]))
        ours = check(mlgate, text)
        mlgate("sbom", "Dockerfile", "-o", "bom.json")
        command = [grype, f"sbom:{tmp_path / 'bom.json'}", "--vex", tmp_path / "vex.json", "-o", "json"]
        ran = subprocess.run(command, env=grype_environment(grype_db), capture_output=True, check=True)
        theirs = json.loads(ran.stdout)
        assert ours.json["vulnerabilities"]["vex"] == len(theirs.get("ignoredMatches") or ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "vex.json:1:2: no OpenVEX document"),
        ("[]", "@context"),
        ("null", "@context"),
        ('{"@context": "https://openvex.dev/ns/v0.2.0"}', "has no statements"),
        (document(), "has no statements"),
        (json.dumps({"document": {"category": "csaf_vex"}}), "@context"),
        (document(statement(status="not_affected")), "statements[0]: not_affected needs a justification"),
        (document(statement(status="not_affected", impact_statement=" ")), "needs a justification"),
        (document(statement(status="not_afected")), "did you mean"),
        (document(statement(status="not_affected", justification="because")), "justification 'because' is none of"),
        (document(statement(), statement(status=7)), "statements[1]: status is no text"),
        (document({**statement(), "products": []}), "names no products"),
        (document({**statement(), "products": [{"subcomponents": []}]}), "has no @id"),
        (document({**statement(), "products": ["pkg:numpy"]}), "is no package URL"),
        (document({**statement(), "products": [7]}), "neither text nor an object"),
        (
            document({**statement(), "products": [{"@id": IMAGE, "subcomponents": [{"@id": "numpy"}]}]}),
            "no subcomponent",
        ),
        (document({**statement(), "vulnerability": {}}), "has no name"),
        (document({**statement(), "vulnerability": None}), "vulnerability is missing"),
        (document(statement(), timestamp="yesterday"), "'yesterday' is no time"),
        (document(statement(), timestamp=""), "neither it nor the document has a timestamp"),
        (document(statement()).replace('"version": 1', '"version": 1, "author": "x"'), "'author' is there twice"),
        ("[" * 100_000, "cannot be read as JSON"),
        (document(7), "statements[0]: not an object"),  # type: ignore[arg-type]
    ],
)
def test_half_a_document_sets_nothing_aside(mlgate: Mlgate, text: str, words: str) -> None:
    mlgate.write("Dockerfile", PINS)
    mlgate.write("vex.json", text)
    ran = mlgate("check", "--select", "grype", "--vex", "vex.json")
    assert ran.code == 2
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_a_document_that_is_not_there(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", PINS)
    ran = mlgate("check", "--vex", "none.json")
    assert (ran.code, "none.json" in ran.err) == (2, True)


def test_many_statements_cost_little(tmp_path: Path) -> None:
    rows = [statement(f"CVE-2020-{number + 10000}", ["pkg:pypi/x"]) for number in range(20_000)]
    path = tmp_path / "vex.json"
    path.write_text(document(*rows))
    assert len(vex.load([str(path)]).statements) == 20_000
    path.write_bytes(b"\xff\xfe" * 10)
    with pytest.raises(PolicyError):
        vex.load([str(path)])
