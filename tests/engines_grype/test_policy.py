"""What a policy makes of vulnerabilities, with the real grype: thresholds, fixes, exploitation, budgets, age."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli import Mlgate, Ran
from tests.engines.grype import grype_db as make_database
from tests.engines_grype.support import fake

PINS = """FROM python:3.12
RUN pip install numpy==1.16.2
RUN pip install mlgate-fixture-nofix==1.0.0
RUN pip install mlgate-fixture-unknown==1.0
RUN pip install flask==2.3.1
"""


@pytest.fixture(autouse=True)
def _real_grype(grype: Path, grype_db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLGATE_GRYPE", str(grype))
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(grype_db))


def check(mlgate: Mlgate, policy: str, pins: str = PINS, *arguments: str) -> Ran:
    mlgate.write("Dockerfile", pins)
    mlgate.write("mlgate.yaml", "select: [grype]\n" + policy)
    return mlgate("check", "--format", "json", *arguments)


def blocking(ran: Ran) -> list[str]:
    return [row["package"]["name"] for row in ran.json["findings"] if row["blocking"]]


def tally(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = ran.json["vulnerabilities"]
    return found


@pytest.mark.parametrize(
    ("policy", "names"),
    [
        ("", ["numpy", "mlgate-fixture-nofix", "flask"]),
        ("fail-on: critical", ["numpy"]),
        ("fail-on: medium", ["numpy", "mlgate-fixture-nofix", "mlgate-fixture-unknown", "flask"]),
        ("fail-on: medium\nunknown-severity: low", ["numpy", "mlgate-fixture-nofix", "flask"]),
        ("unknown-severity: critical\nfail-on: critical", ["numpy", "mlgate-fixture-unknown"]),
        ("fail-on: low", ["numpy", "mlgate-fixture-nofix", "mlgate-fixture-unknown", "flask", "flask"]),
        ("fail-on: never", []),
        ("cve: {fail-on: critical}", ["numpy"]),
        ("fail-on: critical\ncve: {fail-on: high}", ["numpy", "mlgate-fixture-nofix", "flask"]),
        ("fail-on: never\ncve: {fail-on: low, kev: true}", []),
        ("cve: {only-fixed: true}", ["numpy", "flask"]),
        ("cve: {only-fixed: true, fail-on: low}", ["numpy", "mlgate-fixture-unknown", "flask", "flask"]),
    ],
)
def test_the_threshold(mlgate: Mlgate, policy: str, names: list[str]) -> None:
    ran = check(mlgate, policy)
    assert blocking(ran) == names
    assert ran.code == int(bool(names))


def test_the_command_line_is_one_threshold_for_every_engine(mlgate: Mlgate) -> None:
    assert len(blocking(check(mlgate, "cve: {fail-on: critical}", PINS, "--fail-on", "high"))) == 3


def test_what_does_not_count_stays_and_is_counted(mlgate: Mlgate) -> None:
    ran = check(mlgate, "cve: {only-fixed: true}")
    account = tally(ran)
    assert (account["found"], account["blocking"], account["below"], account["without_fix"]) == (5, 2, 2, 1)
    (row,) = [row for row in ran.json["findings"] if row["package"]["name"] == "mlgate-fixture-nofix"]
    assert (row["state"], row["blocking"]) == ("active", False)
    assert "only-fixed" in row["help"]


@pytest.mark.parametrize(
    ("policy", "blocks"),
    [
        ("cve: {fail-on: never}", False),
        ("cve: {fail-on: never, kev: true}", True),
        ("cve: {fail-on: never, epss: 0.9}", True),
        ("cve: {fail-on: never, epss: 0.95}", False),
        ("fail-on: never\ncve: {kev: true}", False),
    ],
)
def test_known_and_probable_exploitation(mlgate: Mlgate, policy: str, blocks: bool) -> None:
    ran = check(mlgate, policy, "FROM python:3.12\nRUN pip install pillow==9.5.0\n")
    assert (ran.code == 1) is blocks


def test_the_verdict_says_that_it_is_not_the_severity(mlgate: Mlgate) -> None:
    ran = check(mlgate, "fail-on: critical\ncve: {kev: true}", "FROM python:3.12\nRUN pip install pillow==9.5.0\n")
    assert tally(ran)["otherwise"] == 1
    assert "1 blocking, 1 of them by other terms than the threshold critical" in ran.err


def test_exploitation_counts_without_a_fix_and_no_score_is_not_zero(mlgate: Mlgate) -> None:
    pins = "FROM python:3.12\nRUN pip install ray==2.8.0 mlgate-fixture-nofix==1.0.0\n"
    ran = check(mlgate, "cve: {only-fixed: true, epss: 0.5}", pins)
    assert blocking(ran) == ["ray"]
    assert (tally(ran)["unscored"], tally(ran)["without_fix"]) == (1, 1)


@pytest.mark.parametrize(
    ("budget", "names"),
    [
        ("{own: {critical: 1, high: 2}}", []),
        ("{own: {critical: 0, high: 2}}", ["numpy"]),
        ("{own: {critical: 1, high: 1}}", ["mlgate-fixture-nofix", "flask"]),
        ("{own: {critical: 1, high: 2, low: 0}}", ["flask"]),
        ("{own: {medium: 0, critical: 9, high: 9}}", ["mlgate-fixture-unknown"]),
        ("{base: {critical: 0, high: 0}}", ["numpy", "mlgate-fixture-nofix", "flask"]),
        ("{own: {high: 2}}", ["numpy"]),
    ],
)
def test_budgets(mlgate: Mlgate, budget: str, names: list[str]) -> None:
    ran = check(mlgate, f"cve: {{budgets: {budget}}}")
    assert blocking(ran) == names


def test_a_budget_says_what_it_lets_through(mlgate: Mlgate) -> None:
    account = tally(check(mlgate, "cve: {budgets: {own: {high: 2, critical: 0}}}"))
    assert account["in_budget"] == 2
    assert account["exceeded"] == ["1 critical introduced by the Dockerfile, 0 allowed"]


def test_a_waiver_for_one_package(mlgate: Mlgate) -> None:
    waiver = "waivers:\n- {package: 'pkg:pypi/NumPy@1.16.2', reason: no pickles are loaded, expires: 2099-01-01}\n"
    ran = check(mlgate, waiver)
    assert "numpy" not in blocking(ran)
    assert tally(ran)["waived"] == 1
    assert "numpy" in blocking(check(mlgate, waiver.replace("1.16.2", "1.16.1")))
    expired = check(mlgate, waiver.replace("2099", "2020"))
    assert "numpy" in blocking(expired)


def test_a_waiver_for_an_alias(mlgate: Mlgate) -> None:
    ran = check(mlgate, "waivers:\n- {cve: GHSA-9fq2-x9r6-wfmf, reason: no pickles}\n")
    assert "numpy" not in blocking(ran)


def test_the_numbers_add_up_in_every_format(mlgate: Mlgate) -> None:
    waiver = "waivers: [{cve: CVE-2023-30861, reason: no proxy}]\n"
    pins = "FROM debian:12 AS headers\nRUN apt-get install -y linux-libc-dev=6.1.55-1\n"
    pins += PINS + "COPY --from=headers /usr/include /usr/include\n"
    account = tally(check(mlgate, "cve: {only-fixed: true}\n" + waiver, pins))
    kinds = ("blocking", "below", "without_fix", "in_budget", "vex", "waived", "baselined")
    assert (
        account["found"]
        == sum(account[kind] for kind in kinds)
        == account["inherited"] + account["introduced"] + account["unattributed"]
    )
    assert account["set_aside"] == 1
    said = "1 without a fix (only-fixed), 1 waived; 1 set aside by grype itself"
    for form in ("text", "json", "sarif", "html", "junit", "markdown", "github"):
        out = mlgate("check", "--format", form).out.replace("\\", "")
        assert said in out, form


def test_what_helps_most(mlgate: Mlgate) -> None:
    pins = "FROM python:3.12\nRUN pip install flask==0.12.2 numpy==1.16.2\n"
    remedies = tally(check(mlgate, "", pins))["remedies"]
    assert remedies[0] == {"package": "flask", "version": "0.12.2", "raise_to": "3.1.3", "removes": 4}
    assert remedies[1] == {"package": "numpy", "version": "1.16.2", "raise_to": "1.16.3", "removes": 1}


@pytest.mark.parametrize(("allowed", "code"), [(11, 1), (9, 3)])
def test_how_old_the_database_may_be(
    mlgate: Mlgate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: int, code: int
) -> None:
    built = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=10)
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", str(make_database(tmp_path / "old", built=built)))
    ran = check(mlgate, f"cve: {{max-db-age: {allowed}}}\nengines: {{grype: required}}")
    assert ran.code == code
    assert ("too old" in ran.err) is (code == 3)


def test_the_age_is_not_left_to_grype(mlgate: Mlgate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A grype that does not look at it, and one that does not say it."""
    whole = """N='{"name":"syft:location:0:layerID","value":"component-0"}'
echo '{"components":[{"type":"library","properties":['"$N"']}]}' > "$CDX"
"""
    for status, reason in (('"built":"2020-01-01T00:00:00Z"', "too old"), ("", "does not say when")):
        body = whole + f"""echo '{{"matches":[],"descriptor":{{"db":{{"status":{{{status}}}}}}}}}' > "$OUT" """
        monkeypatch.setenv("MLGATE_GRYPE", fake(tmp_path, body))
        ran = check(
            mlgate, "cve: {max-db-age: 5}\nengines: {grype: required}", "FROM python:3.12\nRUN pip install a==1\n"
        )
        assert (ran.code, reason in ran.err) == (3, True)


@pytest.mark.parametrize(
    "policy",
    ["cve: {epss: 2}", "cve: {max-db-age: 0}", "cve: {budgets: {own: {high: -1}}}", "cve: {kev: maybe}", "cve: {fail-on: bad}",
     "cve: {only_fixd: true}"],
)  # fmt: skip
def test_wrong_terms_are_wrong_use(mlgate: Mlgate, policy: str) -> None:
    ran = check(mlgate, policy)
    assert ran.code == 2
    assert "mlgate.yaml:2:" in ran.err
