"""GitHub's line fingerprint: values that its own action computes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.reports._linehash import line_hashes

_GREETING = [
    "e9496ae3ebfced30:1", "fb7c023a8b9ccb3f:1", "ce8ba1a563dcdaca:1", "e20e36e16fcb0cc8:1", "b3edc88f2938467e:1",
    "c8e28b0b4002a3a0:1", "c129715d7a2bc9a3:1",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", ["c129715d7a2bc9a3:1"]),
        (" a\nb\n  \t\tc\n d", ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]),
        (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", _GREETING),
        (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", _GREETING),
        (" hello; \t\r\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", _GREETING),
        (
            "Lorem ipsum dolor sit amet.\n" * 10,
            [*(f"a7f2ff13bc495cf2:{count}" for count in range(1, 7)), "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1",
             "55ec222b86bcae53:1", "cc97dc7b1d7d8f7b:1", "c129715d7a2bc9a3:1"],
        ),
    ],
)  # fmt: skip
def test_known_values(text: str, hashes: list[str]) -> None:
    assert list(line_hashes(text).values()) == hashes


@given(st.text(alphabet=st.sampled_from("ab \t\r\n😀é"), max_size=400))
def test_every_line_has_a_hash_of_its_own(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    hashes = line_hashes(text)
    assert list(hashes) == list(range(1, lines + 1)) or "\r \n" in text or "\r\t\n" in text
    assert len(set(hashes.values())) == len(hashes)
