"""Patterns of `.dockerignore`, `--exclude` and `--parents`: one path at a time, then folder by folder."""

import itertools
import time

import pytest

from gate.context.glob import _Automaton, matcher
from gate.context.paths import BadPattern
from gate.context.patterns import Matcher


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("a", ["a"], ["b", "x/a", "ab"]),
        ("*", ["a", ".env"], ["a/b"]),
        ("*.md", ["README.md", ".md"], ["d/x.md", "md"]),
        ("**/*.md", ["README.md", "d/e/x.md"], ["README.mdx"]),
        ("**", ["a", "a/b/c"], []),
        ("d/**", ["d/a", "d/e/f"], ["d", "dx"]),
        ("d**", ["d", "dx", "d/e"], ["xd"]),
        ("**/a", ["a", "x/a", "x/y/a"], ["ba", "a/b"]),
        ("**a", ["a", "ba", "x/ba"], ["ab"]),
        ("d/**/f", ["d/f", "d/e/f", "d/e/g/f"], ["df", "d/fx"]),
        ("**/e/**", ["e/a", "x/e/a"], ["e"]),
        ("d/?", ["d/a"], ["d/", "d/ab", "d//"]),
        ("[a-c]*", ["a", "bx", "c"], ["d", "a/b"]),
        ("[^a]", ["b"], ["a"]),
        ("[!a]", ["!", "a"], ["b"]),
        ("./d/../a", ["a"], ["d"]),
        ("/a", ["/a"], ["a"]),
        ("a+b(c)", ["a+b(c)"], ["aab(c)"]),
        ("x\\[1\\]", ["x[1]"], ["x1"]),
        ("a\\*", ["a*"], ["ab"]),
        ("\\d", ["1"], ["d"]),
        ("[[:alpha:]]x", ["qx"], ["1x", ":x"]),
        ("a^*", [], ["a^", "a^b"]),
        ("a^", ["a^"], ["a"]),
        ("ü*", ["über"], ["uber"]),
        ("  b  ", ["b"], [" b"]),
        ("{a,b}", ["{a,b}"], ["a"]),
        ("*.*.*", ["a.b.c"], ["a.b"]),
        ("**/**/a", ["a", "x/y/a"], ["ab"]),
    ],
)
def test_one_pattern(pattern: str, yes: list[str], no: list[str]) -> None:
    matcher = Matcher([pattern])
    assert [path for path in yes + no if matcher.match(path, None)[0]] == yes


@pytest.mark.parametrize("pattern", ["[", "a[", "[]a]", "[a", "\\", "!", "[-a]", "[a-]"])
def test_malformed(pattern: str) -> None:
    with pytest.raises(BadPattern):
        Matcher([pattern])


@pytest.mark.parametrize("pattern", ["d\\e", "[b-a]", "a\\1"])
def test_broken_only_when_asked(pattern: str) -> None:
    matcher = Matcher(["a", pattern])
    assert matcher.broken
    assert matcher.match("a", None)[0]
    with pytest.raises(BadPattern):
        matcher.match("b", None)


def walk(patterns: list[str], path: str) -> bool:
    """What a walk from the top says of a path."""
    matcher = Matcher(patterns)
    parts = path.split("/")
    info = None
    matched = False
    for at in range(len(parts)):
        matched, info = matcher.match("/".join(parts[: at + 1]), info)
    return matched


@pytest.mark.parametrize(
    ("patterns", "path", "ignored"),
    [
        (["d"], "d/a/b", True),
        (["d", "!d/a"], "d/a", False),
        (["d", "!d/a"], "d/b", True),
        (["d", "!d/a", "d/a/x"], "d/a/x", True),
        (["!d/a", "d"], "d/a", True),
        (["*", "!src"], "src/deep/x", False),
        (["*", "!src", "src/deep"], "src/deep/x", True),
        (["*", "!*.md", "README*"], "README.md", True),
        (["**", "!**/a"], "x/a", False),
        (["d", "!d/f", "d"], "d/f", False),
    ],
)
def test_folder_by_folder(patterns: list[str], path: str, ignored: bool) -> None:
    assert walk(patterns, path) is ignored


def test_alone_and_folder_by_folder_can_disagree() -> None:
    assert walk(["d", "!d/f", "d"], "d/f") is False
    assert Matcher(["d", "!d/f", "d"]).match_alone("d/f") is True


def test_what_can_be_below() -> None:
    matcher = Matcher(["a/b", "c/*", "!d/e"])
    assert [folder for folder in "acde" if matcher.may_match_below(folder)] == ["a", "c"]
    assert [folder for folder in "acde" if matcher.may_except_below(folder)] == ["d"]


@pytest.mark.parametrize("pattern", ["*a" * 40 + "b", "**/a/" * 30 + "b", "?*" * 60 + "x", "a*" * 100])
def test_hostile_patterns_take_no_time(pattern: str) -> None:
    begin = time.process_time()
    assert not Matcher([pattern]).match("a" * 250 + "/" + "a" * 250, None)[0]
    assert not Matcher([pattern]).match("a/" * 200, None)[0]
    assert time.process_time() - begin < 2


@pytest.mark.parametrize(
    "pieces", [["[^/]*", "a", "[^/]*", "b"], ["(?:.*/)?", "a", "[^/]*", "b"], ["a", ".*"], ["(?:.*/)?", "[^/]*", "b"]]
)
def test_both_engines_agree(pieces: list[str]) -> None:
    for length in range(6):
        for letters in itertools.product("ab/", repeat=length):
            text = "".join(letters)
            assert bool(matcher(pieces)(text)) is _Automaton(pieces).fullmatch(text), text


def test_many_patterns_say_what_few_say(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        "*.md",
        "!a/*.md",
        "a/b",
        "**/c?d",
        "!**/x/**",
        "[ab]/*1",
        "d/**",
        "\\*",
        "e*f*g",
        "!d/keep",
        "**/long-name-of-it.txt",
    ]
    paths = ["x.md", "a", "a/r.md", "a/b", "a/b/c", "q/cxd", "q/x", "q/x/y", "b", "b/f1", "d", "d/keep", "*", "eXfYg", "long-name-of-it.txt",
             "p/long-name-of-it.txt"]  # fmt: skip

    def answers() -> list[object]:
        matcher = Matcher(texts)
        found: list[object] = []
        for path in paths:
            folder = matcher.match(path.rpartition("/")[0], None)[1] if "/" in path else None
            found += [matcher.match(path, folder), matcher.match_alone(path)]
        return found

    few = answers()
    monkeypatch.setattr("gate.context.patterns._MANY", 0)
    assert answers() == few
    assert Matcher([f"*x{number}*y*" for number in range(20_000)]).match("ax77by", None)[0]
