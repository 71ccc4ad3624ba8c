"""What ONBUILD leaves to other images is judged as far as the Dockerfile tells: commands, not files and layers."""

import pytest

from tests.rules.support import expect, run, silent

BASE = "FROM debian:12.5\n"


@pytest.mark.parametrize(
    ("rule_id", "text"),
    [
        ("PKG001", "ONBUILD RUN »apt-get install curl\n"),
        ("PKG001", "ONBUILD RUN <<EOF\n»apt-get install curl\nEOF\n"),
        ("PIN003", "ONBUILD RUN pip install »torch\n"),
        ("PIN005", "ONBUILD RUN apt-get install -y »curl\n"),
        ("SEC003", "ONBUILD RUN »curl https://example.com/x | sh\n"),
        ("SEC007", "ONBUILD RUN »sudo make\n"),
        ("BLD001", "ONBUILD RUN make »|| true\n"),
        ("ENT008", 'ONBUILD RUN ["make", "»$TARGET"]\n'),
    ],
)
def test_commands_are_judged(rule_id: str, text: str) -> None:
    expect(rule_id, BASE + text)


@pytest.mark.parametrize("rule_id", ["LAY001", "LAY004", "PIN003"])
def test_layers_and_files_are_of_other_builds(rule_id: str) -> None:
    silent(
        rule_id,
        BASE
        + "ONBUILD COPY requirements.txt .\nONBUILD RUN pip install -r requirements.txt\n"
        + "ONBUILD RUN apt-get update\nONBUILD RUN make\n",
    )


def test_settings_in_front_count() -> None:
    assert run(BASE + "ENV APT_FLAGS=-y\nONBUILD RUN apt-get $APT_FLAGS install curl\n", ["PKG001"]) == []
