"""The stage graph and the variables that instructions see."""

from __future__ import annotations

import pytest

from gate.build import Build
from gate.dockerfile.tree import Instruction
from gate.model import Unknown, Unset
from tests.dockerfile.reading import build

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def bases(text: str, **build_args: str) -> list[str]:
    """Each stage's parent as ``<label``, its base, or ``?why``."""
    return [
        f"<{stage.parent.label}" if stage.parent is not None else stage.base or f"?{stage.base_unknown}"
        for stage in build(text, None, **build_args).stages
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM debian:12", ["debian:12"]),
        ("FROM a AS x\nFROM x", ["a", "<x"]),
        ("FROM a AS X\nFROM x", ["a", "<x"]),
        ("FROM a AS x\nFROM X", ["a", "X"]),
        ("FROM x\nFROM a AS x\nFROM x", ["x", "a", "<x"]),
        ("FROM x AS x\nFROM x", ["x", "<x"]),
        ("FROM a AS x\nFROM b AS x\nFROM x", ["a", "b", "<x"]),
        ("FROM a\nFROM 0", ["a", "0"]),
        ("ARG V=12\nFROM debian:$V", ["debian:12"]),
        ("ARG V\nFROM debian:${V:-11}", ["debian:11"]),
        ("ARG V\nFROM debian:${V}", ["?ARG V has no default"]),
        ("ARG A=a\nARG B=${A}b\nFROM $B", ["ab"]),
        ("ARG A=a B=${A}b\nFROM $B", ["ab"]),
        ("FROM a\nARG V=1\nFROM b:$V", ["a", "b:"]),
        ("FROM x-$TARGETARCH AS b\nFROM b", ["x-amd64", "<b"]),
        ("FROM a AS b-amd64\nFROM b-${TARGETARCH}", ["a", "<b-amd64"]),
        ("FROM $BUILDPLATFORM", ["linux/amd64"]),
        ("FROM a-$TARGETSTAGE AS z", ["a-z"]),
        ("FROM a-$TARGETSTAGE", ["a-default"]),
        ('FROM "a"', ["a"]),
        ("FROM ${A:?gone}", ["?A: gone"]),
    ],
)
def test_parents_and_bases(text: str, expected: list[str]) -> None:
    assert bases(text) == expected


def test_build_arguments_choose_the_base() -> None:
    text = "ARG V=1\nARG W\nFROM a:$V$W AS x\nFROM b"
    assert bases(text, V="2", W="3") == ["a:23", "b"]


def test_lineage_runs_from_the_oldest() -> None:
    stages = build("FROM a AS x\nFROM x AS y\nFROM b\nFROM y").stages
    assert [stage.label for stage in stages[3].lineage()] == ["x", "y", "3"]
    assert stages[3].root is stages[0]


def last(found: Build) -> Instruction:
    return found.dockerfile.instructions[-1]


def seen(text: str, name: str, **build_args: str) -> tuple[object, object]:
    """What the last instruction sees: the judged value and the default one, the reason of an Unknown in its place."""
    found = build(text, None, **build_args)
    scope = found.scope(last(found))
    judged, default = scope.get(name), scope.default(name)
    return tuple(value.reason if isinstance(value, Unknown) else value for value in (judged, default))  # type: ignore[return-value]


S = "FROM scratch\n"


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (S + "ENV A=1\nRUN x", "A", ("1", "1")),
        (S + "ENV A=1", "A", (None, None)),
        (S + "ENV A=1\nENV A=2\nRUN x", "A", ("2", "2")),
        (S + "ENV A=x\nENV A=y C=$A\nRUN x", "C", ("x", "x")),
        (S + 'ENV A "q"\nRUN x', "A", ("q", "q")),
        (S + "ARG A=1 B=$A\nRUN x", "B", ("1", "1")),
        (S + "ARG A\nRUN x", "A", ("ARG A has no default", None)),
        (S + "ARG A\nENV B=x$A\nRUN x", "B", ("ARG A has no default", "x")),
        (S + "ENV A=1\nARG A\nRUN x", "A", ("1", "1")),
        (S + "ENV A=1\nARG A=2\nRUN x", "A", ("2", "2")),
        (S + "ARG A=1\nENV A=2\nRUN x", "A", ("2", "2")),
        ("ARG A=1\n" + S + "RUN x", "A", (None, None)),
        ("ARG A=1\n" + S + "ARG A\nRUN x", "A", ("1", "1")),
        ("ARG A=1\n" + S + "ARG A=2\nRUN x", "A", ("2", "2")),
        ("ARG A\n" + S + "ARG A\nRUN x", "A", ("ARG A has no default", None)),
        ("ARG A\nARG B=x$A\n" + S + "ARG B\nRUN x", "B", ("ARG A has no default", "x")),
        ("FROM scratch AS s\nARG A=1\nENV B=2\nFROM s\nRUN x", "A", ("1", "1")),
        ("FROM scratch AS s\nARG A=1\nENV B=2\nFROM s\nRUN x", "B", ("2", "2")),
        ("FROM scratch AS s\nENV A=1\nARG A=2\nFROM s\nRUN x", "A", ("1", "1")),
        ("FROM scratch AS s\nENV A=1\nFROM scratch\nRUN x", "A", (None, None)),
        ("FROM scratch AS s\nENV A=1\nFROM s\nENV A=2\nFROM s\nRUN x", "A", ("1", "1")),
        ("FROM scratch AS s\nONBUILD ENV A=1\nFROM s\nRUN x", "A", ("1", "1")),
        ("FROM scratch AS s\nONBUILD ENV A=1\nRUN x", "A", (None, None)),
        ("FROM scratch AS s\nONBUILD ENV A=1\nFROM s AS t\nENV A=2\nFROM t\nRUN x", "A", ("2", "2")),
        (S + "RUN x", "PATH", (PATH, PATH)),
        ("FROM debian\nRUN x", "PATH", (None, None)),
        (S + "ENV PATH=/o:$PATH\nRUN x", "PATH", ("/o:" + PATH, "/o:" + PATH)),
        ("FROM debian\nENV PATH=/o:$PATH\nRUN x", "PATH", ("inherited from debian", "inherited from debian")),
        ("FROM debian\nENV A=${B:-x}\nRUN x", "A", ("inherited from debian", "inherited from debian")),
        ("FROM debian\nENV A=a$$b\nRUN x", "A", ("ab", "ab")),
        (S + "ARG TARGETARCH\nRUN x", "TARGETARCH", ("TARGETARCH depends on the platform that is built for", "amd64")),
        (S + "RUN x", "TARGETARCH", (None, None)),
        ("ARG A=$TARGETARCH\n" + S + "ARG A\nRUN x", "A", ("amd64", "amd64")),
        (S + "ENV $A=1\nRUN x", "A", (None, None)),
        (S + "ENV A=B\nENV $A=1\nRUN x", "B", ("1", "1")),
    ],
)
def test_what_an_instruction_sees(text: str, name: str, expected: tuple[object, object]) -> None:
    assert seen(text, name) == expected


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (S + "ARG A=1\nRUN x", "A", "v"),
        (S + "ARG A\nRUN x", "A", "v"),
        (S + "ENV A=1\nARG A\nRUN x", "A", "v"),
        (S + "RUN x", "A", None),
        (S + "ENV A=1\nRUN x", "A", "1"),
        ("ARG A=1\n" + S + "ARG A=2\nRUN x", "A", "v"),
        (S + "ARG TARGETARCH\nRUN x", "TARGETARCH", "arm64"),
    ],
)
def test_build_arguments_win(text: str, name: str, expected: str | None) -> None:
    assert seen(text, name, A="v", TARGETARCH="arm64") == (expected, expected)


def test_the_environment_of_a_run() -> None:
    found = build("FROM debian\nENV A=1 B=2\nARG B=3\nARG C\nARG D=4\nRUN x\n")
    assert found.scope(last(found)).environment() == {
        "A": "1",
        "B": "3",
        "C": Unset("ARG C has no default", "--build-arg C=…"),
        "D": "4",
    }


def test_proxies_need_no_arg() -> None:
    found = build("FROM debian\nRUN x\n", None, HTTP_proxy="p", no_such="q")
    assert found.scope(last(found)).environment() == {"http_proxy": "p", "HTTP_PROXY": "p"}


def test_each_instruction_sees_what_stands_before_it() -> None:
    found = build("ARG V=1\nARG W=$V\nFROM scratch AS a\nENV A=1\nENV A=2\nFROM a\nENV A=3\n")
    values = [found.scope(each).get("A") for each in found.dockerfile.instructions]
    assert values == [None, None, None, None, "1", None, "2"]
    versions = [found.scope(each).get("V") for each in found.dockerfile.instructions]
    assert versions == [None, "1", "1", None, None, "1", None]


@pytest.mark.parametrize(
    ("text", "judged", "default"),
    [
        ("ARG A\nFROM x:$A", None, "x:"),
        (S + 'ARG A=1\nUSER "u$A"', "u1", "u1"),
        (S + "USER $NO", "", ""),
        ("FROM debian\nUSER $NO", None, None),
        (S + "USER ${", None, None),
        ("# escape=`\n" + S + "USER a`$b", "a$b", "a$b"),
    ],
)
def test_expand(text: str, judged: str | None, default: str | None) -> None:
    found = build(text)
    instruction = last(found)
    word = getattr(instruction, "image", None) or instruction.words[0]  # type: ignore[attr-defined]
    for value, wanted in (
        (found.expand(word, instruction), judged),
        (found.expand(word, instruction, defaults=True), default),
    ):
        assert (None if isinstance(value, Unknown) else value) == wanted


@pytest.mark.parametrize(
    ("target", "shipped", "needed"),
    [
        (None, {0, 2, 4}, {0, 1, 2, 3, 4}),
        ("c", {0, 2}, {0, 1, 2}),
        ("B", {1}, {1}),
        ("nothing", set(), set()),
    ],
)
def test_what_ships_and_what_is_needed(target: str | None, shipped: set[int], needed: set[int]) -> None:
    found = build(
        "FROM x AS a\nFROM y AS b\nFROM a AS c\nCOPY --from=b i j\nFROM z AS d\nFROM c\n"
        "RUN --mount=from=D,target=/d x\n",
        target,
    )
    assert found.shipped == shipped
    assert found.needed == needed


def test_an_unused_stage_is_not_needed() -> None:
    assert build("FROM a AS x\nFROM b\nCOPY --from=nginx c d\n").needed == {1}


def test_of_two_stages_of_one_name_the_last_is_the_target() -> None:
    target = build("FROM a AS x\nFROM b AS x\nFROM c\n", "x").target
    assert target is not None
    assert target.index == 1


def test_many_stages_cost_no_more_than_their_lines() -> None:
    text = "".join(f"FROM s{n - 1} AS s{n}\nENV V{n}=$V{n - 1}x\nARG A=$V1\n" for n in range(1, 3001))
    found = build(text)
    assert isinstance(found.scope(last(found)).get("V2000"), Unknown)
