"""Suppressions in Dockerfiles: mlgate's comments, hadolint's pragmas, and what is wrong with them."""

from __future__ import annotations

import pytest

from gate import catalogue, suppress
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.model import Finding, Place, Severity, Span
from tests.cli import Mlgate
from tests.rules.support import expect, silent

FROM = "FROM debian:12.5\n"
BAD = "RUN apt-get install curl\n"


def states(mlgate: Mlgate, text: str, rule_id: str = "PKG001") -> list[tuple[int, str]]:
    """``(line, state)`` of the rule's findings."""
    mlgate.write("Dockerfile", text)
    return [(f["line"], f["state"]) for f in mlgate.findings() if f["rule_id"] == rule_id]


@pytest.mark.parametrize(
    "comment",
    [
        "# mlgate: ignore[PKG001] a reason",
        "#mlgate:ignore[PKG001]: a reason",
        "  # mlgate: ignore[PKG001] -- a reason",
        "# mlgate: ignore[ SEC007 , PKG001 ] a reason",
        "# mlgate: ignore[PKG001] until=2999-01-01 a reason",
        "# mlgate: ignore[missing-assume-yes] a reason",
        "# mlgate: ignore[PKG] a reason",
        "# mlgate: ignore[mlgate] a reason",
        "# mlgate: ignore[DL3014] a reason",
        "# mlgate: ignore[PKG001] a reason\n# another comment\n",
        "# mlgate: ignore[PKG001] a reason\n# mlgate: ignore[PKG007] a reason",
        "# hadolint ignore=DL3014",
        "# hadolint ignore=DL3008,DL3014",
        "#hadolint   ignore = DL3008 , DL3014  # a reason",
        "# hadolint global ignore=DL3014",
    ],
)
def test_quiets_the_instruction_below(comment: str, mlgate: Mlgate) -> None:
    below = 3 + comment.count("\n")
    found = dict(states(mlgate, f"{FROM}{comment}\n{BAD}{BAD}"))
    assert found[below] == "waived"
    assert found[below + 1] == ("waived" if "global" in comment else "active")


@pytest.mark.parametrize(
    "comment",
    [
        "# mlgate ignore[PKG001] a reason",
        "# mlgate: ignore PKG001 a reason",
        "# mlgate: ignore[] a reason",
        "# mlgate: ignore[PKG002] a reason",
        "# mlgate: ignore[PKG001] until=2020-01-01 a reason",
        "# mlgate: ignore[PKG001] until=soon a reason",
        "# hadolint ignore=DL3008",
        "# hadolint ignore=dl3014",
        "# hadolint ignore=DL3014 and a word",
        "# hadolint: ignore=DL3014",
        "# HADOLINT ignore=DL3014",
        "# hadolint ignore=DL3014\n",
        "# hadolint ignore=DL3014\n# a comment in between",
        "# hadolint ignore=DL3014\n# hadolint ignore=DL3008",
        "# hadolint stage ignore=DL3014",
    ],
)
def test_does_nothing(comment: str, mlgate: Mlgate) -> None:
    assert {state for _, state in states(mlgate, f"{FROM}{comment}\n{BAD}")} == {"active"}


def test_covers_every_line_of_the_instruction(mlgate: Mlgate) -> None:
    text = f"{FROM}# mlgate: ignore[PKG001] a reason\nRUN true && \\\n  true && \\\n  apt-get install curl\n{BAD}"
    assert states(mlgate, text) == [(5, "waived"), (6, "active")]


def test_between_continued_lines_it_covers_the_next_one(mlgate: Mlgate) -> None:
    text = (
        f"{FROM}RUN apt-get install a && \\\n# mlgate: ignore[PKG001] a reason\n# why not\n"
        "  apt-get install b && \\\n  apt-get install c\n"
    )
    assert states(mlgate, text) == [(2, "active"), (5, "waived"), (6, "active")]


def test_a_pragma_between_continued_lines_does_nothing(mlgate: Mlgate) -> None:
    text = f"{FROM}RUN true && \\\n# hadolint ignore=DL3014\n  apt-get install b\n"
    assert states(mlgate, text) == [(4, "active")]


def test_whole_file(mlgate: Mlgate) -> None:
    text = f"{FROM}{BAD}# mlgate: ignore-file[PKG001] a reason\n{BAD}"
    assert states(mlgate, text) == [(2, "waived"), (4, "waived")]


def test_stage_pragma_ends_at_the_next_from(mlgate: Mlgate) -> None:
    text = f"# hadolint stage ignore=DL3014\n{FROM}{BAD}{BAD}{FROM}{BAD}"
    assert states(mlgate, text) == [(3, "waived"), (4, "waived"), (6, "active")]


def test_a_pragma_quiets_only_what_hadolint_means(mlgate: Mlgate) -> None:
    """DL3014 is about apt-get; that yum asks too is DL3030, which nobody allowed."""
    text = f"{FROM}# hadolint ignore=DL3014\nRUN apt-get install a && yum install b\n"
    assert sorted(state for _, state in states(mlgate, text)) == ["active", "waived"]


def test_a_broken_file_cannot_be_hidden(mlgate: Mlgate) -> None:
    text = f"# mlgate: ignore-file[GAT001,GAT] a reason\n# hadolint global ignore=DL1000\n{FROM}FORM x\n"
    mlgate.write("Dockerfile", text)
    assert mlgate.check().code == 1


def test_the_waiver_is_in_the_report(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", f"{FROM}# mlgate: ignore[PKG001] until=2999-12-31 nobody asks\n{BAD}")
    ran = mlgate.check("--format", "json")
    [found] = [f for f in ran.json["findings"] if f["rule_id"] == "PKG001"]
    assert ran.code == 0
    assert found["waiver"] == {
        "kind": "comment",
        "reason": "nobody asks",
        "owner": None,
        "expires": "2999-12-31",
        "path": "Dockerfile",
        "line": 2,
    }
    assert (found["blocking"], ran.json["summary"]["waived"]) == (False, 1)


def test_expiry_follows_source_date_epoch(mlgate: Mlgate, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{FROM}# mlgate: ignore[PKG001] until=2021-01-31 a reason\n{BAD}"
    assert states(mlgate, text) == [(3, "active")]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1612051200")  # 2021-01-31
    assert states(mlgate, text) == [(3, "waived")]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1612137600")  # the day after
    assert states(mlgate, text) == [(3, "active")]


@pytest.mark.parametrize(
    ("rule_id", "text"),
    [
        ("GAT002", f"{FROM}»# mlgate: ignore[PKG001]\n{BAD}"),
        ("GAT002", f"{FROM}»# mlgate: ignore-file[PKG001] until=2999-01-01\n{BAD}"),
        ("GAT003", f"{FROM}# mlgate: ignore[PKG001,»PGK002] a reason\n{BAD}"),
        ("GAT003", f"{FROM}»# mlgate: ignore PKG001\n{BAD}"),
        ("GAT003", f"{FROM}»# mlgate: ignore[] a reason\n{BAD}"),
        ("GAT003", f"{FROM}»# mlgate: ignore[PKG001] until= a reason\n{BAD}"),
        ("GAT004", f"{FROM}»# mlgate: ignore[PKG001] until=2020-01-01 a reason\n{BAD}"),
        ("GAT005", f"{FROM}# mlgate: ignore[»PKG001] a reason\nRUN true\n{BAD}"),
        ("GAT005", f"{FROM}{BAD}# mlgate: ignore[»PKG001] a reason\n"),
        ("GAT005", f"{FROM}# mlgate: ignore[PKG001,»SEC007] a reason\n{BAD}"),
        ("GAT005", f"{FROM}# mlgate: ignore[»PKG001] twice\n# mlgate: ignore[PKG001] a reason\n{BAD}"),
    ],
)
def test_what_is_wrong_with_a_suppression(rule_id: str, text: str) -> None:
    expect(rule_id, text)


@pytest.mark.parametrize(
    ("rule_id", "text"),
    [
        ("GAT002", f"{FROM}# hadolint ignore=DL3014\n{BAD}"),
        ("GAT003", f"{FROM}# mlgate: ignore[PKG001,DL3014,SC2086,CVE-2024-1234,SEC,hadolint] a reason\n{BAD}"),
        ("GAT003", f"{FROM}# about mlgate and its ignore[XYZ] comments\n{BAD}"),
        ("GAT005", f"{FROM}# mlgate: ignore[PKG001] a reason\n{BAD}"),
        ("GAT005", f"{FROM}# mlgate: ignore[SC2086] nobody ran ShellCheck\n{BAD}"),
        ("GAT005", f"{FROM}# mlgate: ignore[SMC001] this is not for SageMaker\n{BAD}"),
        ("GAT005", f"{FROM}# mlgate: ignore[PKG001] until=2020-01-01 expired, which GAT004 says\nRUN true\n"),
    ],
)
def test_what_is_not_wrong(rule_id: str, text: str) -> None:
    silent(rule_id, text)


def test_a_suggestion() -> None:
    known = catalogue.load()
    dockerfile = parse(Source("Dockerfile", b"FROM a\n# mlgate: ignore[PGK001] r\nRUN true\n"))
    [found] = suppress.read(dockerfile, known)
    assert [(word.known, word.suggestion) for word in found.words] == [(False, "PKG001")]


def test_many_suppressions_cost_no_more_than_their_length() -> None:
    """Each finding is held against the one comment that can cover it, not against all of them."""
    known = catalogue.load()
    lines = "".join(f"# mlgate: ignore[PKG001] r\nRUN echo {n}\n" for n in range(suppress.MAX_SUPPRESSIONS))
    dockerfile = parse(Source("Dockerfile", f"FROM a\n{lines}".encode()))
    suppressions = suppress.read(dockerfile, known)
    findings = [
        Finding("PKG001", "x", Severity.HIGH, "x", Place("Dockerfile", Span(line, 1, line, 2)))
        for line in range(3, 2 * suppress.MAX_SUPPRESSIONS + 2, 2)
    ]
    done = suppress.apply(findings, suppressions, "Dockerfile", known)
    assert {finding.state for finding in done} == {"waived"}
    assert all(word.used for suppression in suppressions for word in suppression.words)


@pytest.mark.parametrize("word", ["PIN008", "GAT001", "PIN"])
def test_what_the_builder_refuses_cannot_be_quieted_under_another_name(mlgate: Mlgate, word: str) -> None:
    mlgate.write("Dockerfile", f"# mlgate: ignore[{word}] we know\nFROM Debian:12.5\n")
    ran = mlgate.check("--format", "json")
    assert ran.code == 1
    assert [(f["rule_id"], f["state"]) for f in ran.json["findings"] if f["severity"] == "high"] == [
        ("PIN008", "active")
    ]
