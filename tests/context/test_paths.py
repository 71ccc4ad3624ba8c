"""Go's path rules."""

import pytest

from gate.context.paths import BadPattern, base, clean, has_wildcards, join, matches, parent, rooted, split_wildcards


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", "."),
        ("a/", "a"),
        ("a//b", "a/b"),
        ("./a", "a"),
        ("a/../b", "b"),
        ("//a", "/a"),
        ("/..", "/"),
        ("../a", "../a"),
        ("a/..", "."),
    ],
)
def test_clean(path: str, expected: str) -> None:
    assert clean(path) == expected


def test_joining() -> None:
    assert join("/", "a", "..", "b") == "/b"
    assert join("", "") == ""
    assert join(".", "/etc/x") == "etc/x"
    assert rooted("../../a") == "/a"
    assert (parent("/a"), parent("a"), parent("a/b"), base("/"), base("/a/b")) == ("/", ".", "a", "/", "b")


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("*", "a", True), ("*", "a/b", False), ("a*", "abc", True), ("a*/b", "abc/b", True), ("a?", "ab", True), ("a?", "a/", False),
        ("[a-c]", "b", True), ("[^a-c]", "b", False), ("[^a]", "/", True), ("[!a]", "!", True), ("\\*", "*", True), ("\\*", "a", False),
        ("**", "ab", True), ("**", "a/b", False), ("[\\]]", "]", True), ("[b-a]", "a", False), ("", "", True), ("", "a", False), ("é?", "éx", True),
    ],
)  # fmt: skip
def test_wildcards(pattern: str, name: str, expected: bool) -> None:
    assert matches(pattern, name) is expected


@pytest.mark.parametrize("pattern", ["[", "[]", "[]a]", "[a", "[^", "a\\", "[a-", "[\udc80]"])
def test_bad_wildcards(pattern: str) -> None:
    with pytest.raises(BadPattern):
        matches(pattern, "a")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/b*/c", ("/a", "b*/c")),
        ("/a/b", ("/a/b", "")),
        ("/*", ("/", "*")),
        ("/a\\*/b?", ("/a\\*", "b?")),
        ("/", ("/", "")),
    ],
)
def test_split(path: str, expected: tuple[str, str]) -> None:
    assert split_wildcards(path) == expected
    assert has_wildcards(path) is bool(expected[1])
