"""Dockerfiles that no one would write: whatever the bytes, the rules neither break nor hang."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from gate import policy, policyfinder
from gate.discover import Input
from gate.model import PLATFORMS
from gate.share import Options, Share
from gate.work import do

ROOT = Path(__file__).parents[1]
CASES = 400
PIECES = [
    b"$(", b"`", b"'", b'"', b"\\", b"\\\n", b"\n", b"<<EOF\n", b"<<-'X'", b"\nEOF\n", b"\nFROM ", b"\nCOPY ", b"--from=",
    b"\nRUN ", b"\nENTRYPOINT [", b"]", b",", b"${", b"}", b":-", b"\0", b"\xff", b"\r\n", b"\xef\xbb\xbf", b" && ", b" || ",
    b" | ", b"; ", b"(", b")", b"{", b"# mlgate: ignore[", b"# escape=`\n", b"\nONBUILD ", b"\nCMD ", b"\nLABEL ", b"=",
    b"\nSHELL [", b"apt-get install ", b"pip install ", b"conda install ", b"\nUSER ", b"train", b"\nHEALTHCHECK ",
    b"--mount=type=", b"\nADD ", b"/opt/ml", b"\nARG ", b"\nENV ", b"chmod ", b"mkdir -m ", b"ln -s ", b"> ", b"-c ",
]  # fmt: skip


def sources() -> list[bytes]:
    """What is changed: the Dockerfiles of the examples, and those of every rule's examples."""
    files = [path.read_bytes() for path in sorted((ROOT / "examples").rglob("Dockerfile*"))]
    rules = [path.read_bytes() for path in sorted((ROOT / "rules").rglob("*.py"))]
    return [*files, *(text[text.find(b"FROM ") :][:2000] for text in rules if b"FROM " in text)]


def changed(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    for _ in range(chance.choice((1, 2, 5, 20))):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(6)
        if kind <= 1:
            data = data[:at] + chance.choice(PIECES) + data[at:]
        elif kind == 2:
            data = data[:at] + data[at + chance.choice((1, 3, 40, 400)) :]
        elif kind == 3:
            data = data[:at] + chance.choice(PIECES) * chance.choice((2, 50, 300)) + data[at:]
        elif kind == 4:
            data = data[:at] + bytes((chance.randrange(256),)) + data[at + 1 :]
        else:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            data = data[:at] + other[start : start + 300] + data[at:]
    return data


@pytest.mark.parametrize("part", range(4))
def test_no_rule_breaks_on_any_bytes(part: int) -> None:
    chance = random.Random(part)
    texts = sources()
    off = {name: policy.EngineChoice("off") for name in policy.ENGINES}
    for number in range(CASES // 4):
        data = changed(chance.choice(texts), chance, texts)
        used = policy.overridden(policyfinder.named("strict"), engines=off, platforms=(chance.choice(PLATFORMS),))
        begin = time.process_time()
        done = do(Share((Input("Dockerfile", None, data),), used, Options(cache=False)))
        broken = [
            failure for failure in done.files[0].failures if "rule " in failure.reason or "Error" in failure.reason
        ]
        assert not broken, (part, number, data)
        assert time.process_time() - begin < 10, (part, number, data)  # seconds, of an ordinary millisecond
