"""Quotes, escapes and variables. Every word here is also put to BuildKit."""

from __future__ import annotations

import pytest

from gate.dockerfile.expand import SubstitutionError, expand, expand_words, names
from gate.model import Unknown
from tests.engines.frontend import Frontend

ENV = {"A": "va", "E": "", "P": "a.b.c.tar.gz", "S": "x  y", "star": "a*b"}
UNKNOWN = Unknown("not given")

WORDS = [
    ("plain", "plain"),
    ("", ""),
    ("$A", "va"),
    ("${A}", "va"),
    ("$Ab", ""),
    ("${A}b", "vab"),
    ("$A$A", "vava"),
    ("$NO", ""),
    ("x$", "x$"),
    ("$", "$"),
    ("$ a", "$ a"),
    ("$$", ""),
    ("$$A", "A"),
    ("$1x", "x"),
    ("$12x", "x"),
    ("$@$*$#$?$-$!", ""),
    ("'$A'", "$A"),
    ('"$A"', "va"),
    ('"a\'b"', "a'b"),
    ("'a\"b'", 'a"b'),
    ("'a\\'", "a\\"),
    ('"a\\"b\\$A\\\\c\\d"', 'a"b$A\\c\\d'),
    ("a\\nb", "anb"),
    ("a\\$A", "a$A"),
    ("a\\\\b", "a\\b"),
    ("a\\ b", "a b"),
    ("'a'\"b\"c", "abc"),
    ("a  b", "a  b"),
    ("<<x", "<<x"),
    ("a<b", "a<b"),
    ("é$A", "éva"),
    ("${A:-d}", "va"),
    ("${NO:-d}", "d"),
    ("${E:-d}", "d"),
    ("${E-d}", ""),
    ("${NO-d}", "d"),
    ("${NO:-}", ""),
    ("${A:+d}", "d"),
    ("${E:+d}", ""),
    ("${E+d}", "d"),
    ("${NO+d}", ""),
    ("${A:?d}", "va"),
    ("${E?d}", ""),
    ("${NO:-$A}", "va"),
    ("${NO:-${NO2:-${A}}}", "va"),
    ("${NO:-'a}b'}", "a}b"),
    ('${NO:-"a}b"}', "a}b"),
    ("${NO:-a\\}b}", "a}b"),
    ("${NO:-a b}", "a b"),
    ('"${NO:-a"b"c}"', "abc"),
    ("${P#*.}", "b.c.tar.gz"),
    ("${P##*.}", "gz"),
    ("${P%.*}", "a.b.c.tar"),
    ("${P%%.*}", "a"),
    ("${P#x}", "a.b.c.tar.gz"),
    ("${P#?.?}", ".c.tar.gz"),
    ("${P%.??}", "a.b.c.tar"),
    ("${NO#x}", ""),
    ("${P#$A}", "a.b.c.tar.gz"),
    ("${A#v}", "a"),
    ("${A#'v'}", "a"),
    ("${star#a\\*}", "b"),
    ("${star%\\*b}", "a"),
    ("${star##*\\*}", "b"),
    ("${P/./-}", "a-b.c.tar.gz"),
    ("${P//./-}", "a-b-c-tar-gz"),
    ("${P/a/}", ".b.c.tar.gz"),
    ("${P//[a-c]/x}", "a.b.c.tar.gz"),
    ("${P/b*/X}", "a.X"),
    ("${P//?/x}", "xxxxxxxxxxxx"),
    ("${A///-}", "-v-a-"),
    ("${A//v*/-}", "-"),
    ("${A/\\//x}", "va"),
    ("${NO/a/b}", ""),
    ("${S}", "x  y"),
]
REFUSED = [
    "${",
    "${}",
    "${A",
    "${A:",
    "${A:-",
    "${A^^}",
    "${A:=b}",
    "${A,}",
    "${:x}",
    "'a",
    '"a',
    "${A/b}",
    "${NO?}",
    "${A#\\q}",
]
SPLIT = [
    ("80 90", ["80", "90"]),
    ("$S", ["x", "y"]),
    ('"$S"', ["x  y"]),
    ("'a b' c", ["a b", "c"]),
    ("a\\ b", ["a b"]),
    ("$NO", []),
    ('""', []),
    ("1${NO:-2}", ["2"]),
    ("1$A", ["1va"]),
    ('1"2${NO:-3}"', ["23"]),
]


def lookup(name: str) -> str | None:
    return ENV.get(name)


@pytest.mark.parametrize(("word", "value"), WORDS)
def test_words(word: str, value: str) -> None:
    assert expand(word, lookup) == value


@pytest.mark.parametrize("word", REFUSED)
def test_refused_words(word: str) -> None:
    with pytest.raises(SubstitutionError):
        expand(word, lookup)


@pytest.mark.parametrize(("word", "values"), SPLIT)
def test_words_that_are_split(word: str, values: list[str]) -> None:
    assert expand_words(word, "\\", lookup) == values


def dockerfile(instruction: str) -> bytes:
    lines = ["FROM scratch", *(f'ENV {name}="{value}"' for name, value in ENV.items()), "ENV PATH=", instruction]
    return "\n".join([*lines, ""]).encode()


@pytest.mark.parametrize(("word", "value"), [(word, value) for word, value in WORDS if word.strip() == word != ""])
def test_buildkit_says_the_same(frontend: Frontend, word: str, value: str) -> None:
    answer = frontend(dockerfile(f"USER {word}"))
    assert answer.image is not None, answer.error
    assert answer.image["config"].get("User", "") == value


@pytest.mark.parametrize("word", REFUSED)
def test_buildkit_refuses_it(frontend: Frontend, word: str) -> None:
    answer = frontend(dockerfile(f"USER {word}"))
    with pytest.raises(SubstitutionError) as refused:
        expand(word, lookup)
    assert answer.error.endswith(f": {refused.value}")


def test_backtick_as_escape() -> None:
    assert expand("a`$A\\$A", lookup, "`") == "a$A\\va"


def test_heredoc_bodies_keep_their_quotes() -> None:
    assert expand("'$A' \"${A}\" \\$A \\x\n", lookup, quotes=False) == "'va' \"va\" $A x\n"


def some(name: str) -> str | Unknown | None:
    return UNKNOWN if name == "U" else ENV.get(name)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("$U", UNKNOWN),
        ("a${U}b", UNKNOWN),
        ('"$U"', UNKNOWN),
        ("'$U'", "$U"),
        ("${U:-x}", UNKNOWN),
        ("${U:+x}", UNKNOWN),
        ("${U:?x}", UNKNOWN),
        ("${U#x}", UNKNOWN),
        ("${A:-$U}", "va"),
        ("${NO:-$U}", UNKNOWN),
        ("${NO:+$U}", ""),
        ("${A:+$U}", UNKNOWN),
        ("${A#$U}", UNKNOWN),
        ("${A/v/$U}", UNKNOWN),
    ],
)
def test_what_is_unknown_stays_unknown(word: str, value: str | Unknown) -> None:
    assert expand(word, some) == value


def test_an_error_is_an_error_whatever_is_unknown() -> None:
    with pytest.raises(SubstitutionError):
        expand("$U${", some)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("a", []),
        ("$A/${B}", ["A", "B"]),
        ("'$A'\\$B", []),
        ("${A:-${B:-$C}}$A", ["A", "B", "C"]),
        ('"x${A/$B/$C}"', ["A", "B", "C"]),
        ("$1$$", ["1", "$"]),
        ("${A", ["A"]),
    ],
)
def test_names(word: str, expected: list[str]) -> None:
    assert names(word) == expected


def test_a_value_cannot_grow_without_end() -> None:
    value = expand("$A$A", lambda _: "x" * 100_000)
    assert isinstance(value, Unknown)


def test_deep_nesting_is_unknown() -> None:
    assert isinstance(expand("${NO:-" * 5000 + "}" * 5000, lookup), Unknown)


@pytest.mark.parametrize("word", ["${A" + "#*a" * 20000 + "}", "${P//" + "*a" * 20000 + "/b}"])
def test_patterns_cost_little(word: str) -> None:
    assert expand(word, lambda _: "a" * 60000) is not None
