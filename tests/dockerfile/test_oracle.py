"""Made-up Dockerfiles: our reading and that of BuildKit's own parser must be the same."""

from __future__ import annotations

import re

import dockerfile as oracle
import pytest

from tests.dockerfile.agreement import difference
from tests.dockerfile.generate import dockerfile
from tests.dockerfile.reading import read
from tests.engines.frontend import Frontend

FILES = 3000
CHUNK = 250
BUILD_ARGS = ({"X": "q", "TARGETARCH": "t"}, {"A": "v1", "B": "v2", "X": "v3", "TARGETARCH": "t"})


@pytest.mark.parametrize("first", range(0, FILES, CHUNK))
def test_instructions_and_lines(first: int) -> None:
    for seed in range(first, first + CHUNK):
        text = dockerfile(seed)
        if re.search("<<-?[ \t]", text):
            continue  # the package has an older parser, for which a blank ends the word
        tree = read(text)
        try:
            theirs = [(each.cmd.upper(), each.start_line, each.end_line) for each in oracle.parse_string(text)]
        except oracle.GoParseError:
            assert tree.faults, f"seed {seed}"
            continue
        ours = [(each.head.value.upper(), each.line, each.end_line) for each in tree.instructions]
        assert theirs == ours, f"seed {seed}"


@pytest.mark.parametrize("first", range(0, FILES, CHUNK))
def test_everything_that_the_front_end_says(frontend: Frontend, first: int) -> None:
    for seed in range(first, first + CHUNK):
        assert difference(frontend, dockerfile(seed).encode(), BUILD_ARGS[seed % 2]) == "", f"seed {seed}"
