"""Tables of cases for the rules about the file that a container starts."""

from __future__ import annotations

import pytest

from tests.rules.support import run, silent, undecided

RULES = ["ENT010", "ENT011", "ENT012", "ENT013", "ENT014", "ENT015"]
ENTRY = 'FROM debian:12\nCOPY entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]\n'

FILES = [
    ("entry.sh", "#!/bin/sh\n", {"ENT010"}),
    ("entry.sh*", "#!/bin/sh\n", set()),
    ("entry.sh*", "echo hi\n", {"ENT011"}),
    ("entry.sh*", "", {"ENT011"}),
    ("entry.sh*", "#!/bin/sh\r\necho\r\n", {"ENT012"}),
    ("entry.sh*", b"\xef\xbb\xbf#!/bin/sh\n", {"ENT012"}),
    ("entry.sh*", "#!/bin/sh\n".encode("utf-16"), {"ENT012"}),
    ("entry.sh*", "#!/usr/bin/env Rscript\n", {"ENT013"}),
    ("entry.sh*", "#!/bin/sh\nexec python /absent.py\n", {"ENT014"}),
    ("entry.sh*", b"\x7fELF\x02\x01\x01" + b"\0" * 200, {"ENT011"}),
]


@pytest.mark.parametrize(("name", "content", "expected"), FILES)
def test_each_fault_is_one_finding_of_one_rule(name: str, content: str | bytes, expected: set[str]) -> None:
    found = run(ENTRY, RULES, {name: content})
    assert {rule for rule, *_ in found} == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "dockerfile",
    [
        'FROM acme/base\nENTRYPOINT ["/entry.sh"]\n',
        'FROM debian:12\nRUN ./make-everything\nENTRYPOINT ["/entry.sh"]\n',
        'FROM debian:12\nCOPY --from=acme/x /entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]\n',
        "FROM debian:12\nENTRYPOINT $PROGRAM\n",
    ],
)
def test_nothing_is_said_where_nothing_can_be_seen(rule: str, dockerfile: str) -> None:
    silent(rule, dockerfile)


def test_a_build_script_that_sets_the_bit_leaves_it_open() -> None:
    files = {"entry.sh": "#!/bin/sh\n", "build.sh": "chmod +x entry.sh\ndocker build .\n"}
    assert run(ENTRY, ["ENT010"], files) == []
    assert [each.rule_id for each in undecided(ENTRY, ["ENT010"], files)] == ["ENT010"]
