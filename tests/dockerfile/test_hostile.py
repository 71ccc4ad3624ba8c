"""Files made to hurt: nothing raises, nothing takes long, nothing fills the memory."""

from __future__ import annotations

import time
from random import Random

import pytest

from gate.dockerfile.shell import parse_script
from gate.dockerfile.source import Source, Text
from tests.dockerfile.generate import dockerfile
from tests.dockerfile.reading import build, read
from tests.rules.support import findings

MILLION = 1_000_000
LONG_LINES = {
    "run": b"RUN " + b"a b " * MILLION,
    "blanks": b"RUN " + b" " * 5 * MILLION,
    "escapes": b"ENV A=" + b"\\x" * MILLION,
    "quotes": b"ENV A=" + b'"' * MILLION,
    "variables": b"ENV A=" + b"${A:-" * MILLION,
    "array": b"CMD [" + b'"a",' * MILLION,
    "nested array": b"CMD " + b"[" * MILLION,
    "from": b"FROM " + b"a-" * MILLION,
    "keyword": b"x" * MILLION,
    "nul": b"\0" * MILLION,
    "bytes": b"\xff" * MILLION,
    "carriage returns": b"RUN a" + b"\r" * MILLION,
    "flags": b"RUN " + b"--mount=type=cache " * 100_000,
    "onbuild": b"ONBUILD " * 100_000,
    "heredocs": b"RUN " + b"<<E " * 100_000,
}
MANY_LINES = {
    "instructions": b"RUN apt-get update && x\n" * 100_000,
    "variables": b"".join(b"ENV V%d=$V%d\n" % (n, n - 1) for n in range(30_000)),
    "continuations": b"RUN a" + b" \\\n && b" * MILLION,
    "pairs": b"ENV a=b" + b" \\\n c=d" * 100_000,
    "comments": b"RUN a \\\n" + b"# c\n" * 300_000 + b" b\n",
    "empty lines": b"RUN a \\\n" + b"\n" * MILLION + b" b\n",
    "heredoc": b"RUN <<-E\n" + b"\tx\n" * 300_000 + b"E\n",
    "heredocs": b"RUN <<E\nx\nE\n" * 30_000,
    "open heredocs": b"RUN <<E\n" * 100_000,
    "stages": b"".join(b"FROM s%d AS s%d\nENV V%d=1\nARG A=$V1\n" % (n - 1, n, n) for n in range(20_000)),
    "circle": b"".join(b"FROM scratch AS s%d\nCOPY --from=s%d a b\n" % (n, n + 1) for n in range(20_000)),
    "doubling": b"ENV A=aaaaaaaaaa\n" + b"ENV A=$A$A$A$A\n" * 40,
    "wide values": b"ARG A=" + b"a" * 60_000 + b"\n" + b"".join(b"ENV B%d=$A$A\n" % n for n in range(3000)),
    "nested": b"ENV A=" + b"${A:-" * 10_000 + b"}" * 10_000 + b"\n",
    "pattern": b"ARG A=" + b"a" * 60_000 + b"\nENV B=${A#" + b"*a" * 20_000 + b"b} C=${A//" + b"*a" * 2000 + b"/b}\n",
    "ports": b"EXPOSE" + b" 1-65535" * 5000 + b"\n",
}
SECONDS = 20  # of processor time; all of them take one or two where nothing else runs


@pytest.mark.parametrize("name", LONG_LINES)
def test_a_line_too_long_for_buildkit_is_told_and_not_taken_apart(name: str) -> None:
    started = time.process_time()
    tree = read(b"FROM a\n" + LONG_LINES[name] + b"\nUSER x\n")
    assert "dockerfile line greater than max allowed size of 65535" in [fault.message for fault in tree.faults]
    assert tree.instructions[-1].keyword == "USER"
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("name", MANY_LINES)
def test_many_lines(name: str) -> None:
    started = time.process_time()
    found = build(b"FROM scratch\n" + MANY_LINES[name])
    for instruction in found.dockerfile.instructions[-3:]:
        found.scope(instruction).get("A")
    assert found.faults is not None
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize(("size", "too_long"), [(65535, False), (65536, True)])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_the_longest_line(size: int, too_long: bool, end: bytes) -> None:
    """The line end counts as well, unless it is the end of the file."""
    line = b"RUN " + b"x" * (size - 4)
    faults = read(b"FROM a\n" + line + end).faults
    assert bool(faults) == too_long


def test_the_longest_line_is_measured_in_bytes() -> None:
    assert read(b"FROM a\nRUN " + "é".encode() * 32766 + b"\n").faults
    assert not read(b"FROM a\nRUN " + "é".encode() * 32765 + b"\n").faults


def mutated(seed: int) -> bytes:
    """A made-up file with some bytes changed, doubled or cut out."""
    random = Random(seed)
    data = bytearray(dockerfile(seed).encode())
    for _ in range(random.randrange(1, 8)):
        at = random.randrange(len(data) + 1)
        data[at : at + random.choice((0, 0, 1, 5))] = random.choice(
            (
                bytes([random.randrange(256)]),
                b"\\\n",
                b"<<E",
                b"${",
                b'"',
                b"\n",
                b"\xc2\xa0",
                b"\xe2\x80",
                bytes(data[:40]),
            )
        )
    return bytes(data)


@pytest.mark.parametrize("first", range(0, 2000, 250))
def test_nothing_raises(first: int) -> None:
    for seed in range(first, first + 250):
        found = build(mutated(seed))
        for instruction in found.dockerfile.instructions:
            assert 1 <= instruction.line <= instruction.end_line <= found.dockerfile.source.line_count
            found.expand(instruction.text, instruction)
        assert found.faults is not None


@pytest.mark.parametrize(
    "opening, closing", [("if a; then ", "; fi"), ("{ ", "; }"), ("( ", ")"), ("for i in a; do ", "; done")]
)
def test_deep_compound_commands_take_no_time(opening: str, closing: str) -> None:
    started = time.process_time()
    text = f"FROM debian:12.5\nRUN {opening * 3000}b{closing * 3000}\n"
    assert isinstance(findings(text), list)
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("word", ["! ", "then "])
def test_many_reserved_words_take_no_time(word: str) -> None:
    source = Source("Dockerfile", word.encode() * (120_000 // len(word)))
    started = time.process_time()
    parse_script(Text(source, source.text, 0))
    assert time.process_time() - started < 2  # a tenth of a second, and not the square of it
