"""One problem, one finding: hadolint's rows beside those of the real rules."""

from __future__ import annotations

import pytest

from gate import catalogue
from gate.fingerprint import fingerprinted
from gate.merge import SUPERSEDED, Merger
from gate.model import Finding, Place, Severity, Span
from gate.policyfile import from_values
from gate.selection import Selection
from gate.sources import Sources
from gate.walk import Walker
from tests.engines_hadolint.support import build, run


def merged(text: str, platforms: tuple[str, ...] = (), **policy: object) -> list[Finding]:
    """What is left of rules and hadolint, before the selection drops rows that were not asked for."""
    made = build(text, platforms=platforms)
    selection = Selection(from_values(policy), catalogue.load())
    walker = Walker(selection.rules())
    return Merger(selection, walker.rules).merge(walker.walk(made), run(text, platforms=platforms).findings, made)


def ids(text: str, *of_interest: str, platforms: tuple[str, ...] = (), **policy: object) -> list[str]:
    return [f.rule_id for f in merged(text, platforms, **policy) if f.rule_id in of_interest]


APT = "FROM debian:12.5\nRUN apt-get update && apt-get install curl && rm -rf /var/lib/apt/lists/*\n"


def test_ours_stays_with_the_others_id_as_alias() -> None:
    found = {f.rule_id: f for f in merged(APT)}
    assert not {"DL3014", "DL3008", "DL3015"} & set(found)
    assert "DL3014" in found["PKG001"].aliases
    assert found["PKG001"].place.span.column == 23
    assert found["PKG001"].engine == "mlgate"


def test_what_hadolint_alone_sees_is_kept() -> None:
    assert ids("FROM debian:12.5\nRUN cd /x && y\n", "DL3003") == ["DL3003"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("DL3014", "RUN apt-get --quiet=2 install curl"),
        ("DL3014", "RUN yes | apt-get install curl"),
        ("DL3038", "RUN microdnf install x"),
        ("DL3059", "RUN a\nRUN b\nFROM debian:12.5\nCOPY --from=0 a /a"),
        ("DL3013", "RUN pip install --timeout 100 a==1"),
        ("DL3042", "RUN --mount=type=cache,target=/root/.cache pip install a==1"),
        ("DL3064", "ENV TOKENIZERS_PARALLELISM=false"),
        ("DL3002", "USER root\nFROM debian:12.5\nUSER 1000"),
        ("DL4003", 'CMD ["a"]\nCMD ["b"]'),
    ],
)
def test_where_our_rule_looked_and_found_nothing_there(code: str, text: str) -> None:
    text = f"FROM debian:12.5\n{text}\n"
    assert code in {f.rule_id for f in run(text).findings}  # hadolint does say it
    assert ids(text, code) == []


def test_the_dead_instruction_is_told_once() -> None:
    text = 'FROM debian:12.5\nCMD ["a"]\nRUN b\nCMD ["c"]\n'
    assert [(f.rule_id, f.place.line) for f in merged(text) if f.rule_id in ("ENT006", "DL4003")] == [("ENT006", 2)]


@pytest.mark.parametrize(
    ("rule_id", "code", "command"),
    [
        ("PKG001", "DL3014", "apt-get $FLAGS install curl=1"),
        ("PIN003", "DL3013", "pip install $PACKAGE"),
    ],
)
def test_what_nobody_can_know_is_no_finding(rule_id: str, code: str, command: str) -> None:
    text = f"FROM debian:12.5\nARG FLAGS\nARG PACKAGE\nRUN {command}\n"
    assert rule_id in {
        question.rule_id for question in Walker(catalogue.load().rules.values()).walk(build(text)).undecided
    }
    assert code in {f.rule_id for f in run(text).findings}
    assert ids(text, rule_id, code) == []


@pytest.mark.parametrize("word", ["PIN005", "PIN", "unpinned-system-package", "DL3008"])
def test_who_ignores_our_rule_does_not_get_the_row_back(word: str) -> None:
    assert ids(APT, "PIN005", "DL3008", ignore=[word]) == []


def test_who_ignores_our_rule_does_not_get_a_row_back_that_it_sees_in_part() -> None:
    text = "FROM debian:12.5\nRUN apt-get update && apt-get install -y curl{}\n"
    assert ids(text.format(""), "PKG004", "DL3009") == ["PKG004"]
    assert ids(text.format(""), "PKG004", "DL3009", ignore=["PKG004"]) == []
    assert ids(text.format(" && apt-get dist-clean"), "PKG004", "DL3009") == []


def test_who_selects_hadolint_gets_its_rows() -> None:
    assert ids(APT, "PIN005", "DL3008", select=["hadolint"]) == ["DL3008"]
    assert ids(APT, "PIN005", "DL3008", select=["hadolint"], ignore=["PIN005"]) == []
    assert ids(APT, "PIN005", "DL3008", select=["PIN", "hadolint"]) == ["PIN005"]


def test_the_platform_decides() -> None:
    text = "FROM debian:12.5\nUSER root\n"
    assert ids(text, "SEC006", "DL3002") == ["SEC006"]
    assert ids(text, "SEC006", "DL3002", platforms=("sagemaker-hosting",)) == []


def test_a_broken_rule_takes_no_row_away(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "FROM debian:12.5\nRUN apt-get install -y curl\n"
    made = build(text)
    selection = Selection(from_values({}), catalogue.load())
    walker = Walker(selection.rules())
    outcome = walker.walk(made)
    outcome.findings = []
    rows = run(text).findings
    assert "DL3008" not in {f.rule_id for f in Merger(selection, walker.rules).merge(outcome, rows, made)}
    monkeypatch.setattr(outcome, "failures", [object()])
    assert "DL3008" in {f.rule_id for f in Merger(selection, walker.rules).merge(outcome, rows, made)}


def test_the_order_is_fixed() -> None:
    text = "FROM debian\nRUN cd /x && pip install a && apt-get install b && echo $x\nRUN cd /y\nCMD a\n"
    found = merged(text)
    assert found == merged(text)
    keys = [(f.place.path, f.place.span.line, f.place.span.column, f.rule_id) for f in fingerprinted(found, Sources())]
    assert keys == sorted(keys)


def test_a_place_in_another_file_belongs_to_no_instruction() -> None:
    text = "FROM debian:12.5\nRUN cd /x\n"
    made = build(text)
    selection = Selection(from_values({}), catalogue.load())
    walker = Walker(selection.rules())
    outcome = walker.walk(made)
    place = Place("requirements.txt", Span(2, 1, 2, 5))
    outcome.findings = [Finding("PIN003", "x", Severity.LOW, "m", place, aliases=("DL3003",))]
    left = Merger(selection, walker.rules).merge(outcome, run(text).findings, made)
    assert {f.rule_id for f in left} >= {"PIN003", "DL3003"}


def test_every_superseded_id_is_an_alias_of_a_rule() -> None:
    known = catalogue.load().aliases
    assert set(SUPERSEDED) <= set(known)


@pytest.mark.parametrize("image", ["Debian:12.5", "debian@sha256:abc", "debian:12.5 AS a\nCOPY --from=5 /a /b"])
def test_what_the_builder_refuses_is_told_once(image: str) -> None:
    found = merged(f"FROM {image}\nUSER 1000\n")
    assert [(f.rule_id, f.severity) for f in found if f.severity is Severity.HIGH] == [("PIN008", Severity.HIGH)]
    assert "GAT001" in next(f for f in found if f.rule_id == "PIN008").aliases
    assert "GAT001" in ids(f"FROM {image}\n", "GAT001", ignore=["PIN008"])


def test_an_image_that_no_argument_can_name_is_told_once_and_fails() -> None:
    assert ids("FROM $BASE\n", "GAT001", "PIN008") == ["GAT001"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("DL3011", "EXPOSE 99999999"),
        ("DL3022", "COPY --from=$STAGE a /b"),
        ("DL3025", 'CMD ["a", 1]'),
        ("DL3043", "ONBUILD MAINTAINER x"),
    ],
)
def test_a_refused_instruction_gives_the_builders_reason_alone(code: str, text: str) -> None:
    text = f"FROM debian:12.5\n{text}\n"
    assert code in {f.rule_id for f in run(text).findings}
    assert ids(text, code) == []
