"""Text → tree: instructions, their words and where they stand."""

from __future__ import annotations

import pytest

from gate.dockerfile.source import Text
from gate.dockerfile.tree import Copy, From, Instruction, Launch, Onbuild, Pairs, Run, Words
from gate.model import Span
from tests.dockerfile.reading import only, read


def value(text: Text | None) -> str | None:
    return None if text is None else text.value


def shape(text: str) -> list[tuple[str, int, int]]:
    return [(each.keyword, each.line, each.end_line) for each in read(text).instructions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a\nRUN b\n", [("FROM", 1, 1), ("RUN", 2, 2)]),
        ("FROM a", [("FROM", 1, 1)]),
        ("\n\n  from a\n", [("FROM", 3, 3)]),
        ("FROM a\r\nRUN b\r\n", [("FROM", 1, 1), ("RUN", 2, 2)]),
        ("FROM a\nRUN b \\\n c\n", [("FROM", 1, 1), ("RUN", 2, 3)]),
        ("FROM a\nRUN b \\ \t\n c\n", [("FROM", 1, 1), ("RUN", 2, 3)]),
        ("FROM a\nRUN b \\\r\n c\r\n", [("FROM", 1, 1), ("RUN", 2, 3)]),
        ("FROM a\nRUN b \\\n\n\n c\nUSER d", [("FROM", 1, 1), ("RUN", 2, 5), ("USER", 6, 6)]),
        ("FROM a\nRUN b \\\n# x\n  # y \\\n c\n", [("FROM", 1, 1), ("RUN", 2, 5)]),
        ("FROM a\nRUN b \\\n", [("FROM", 1, 1), ("RUN", 2, 2)]),
        ("FROM a\nRUN b \\\n\n", [("FROM", 1, 1), ("RUN", 2, 3)]),
        ("FROM a\nRUN b \\\\\nUSER c\n", [("FROM", 1, 1), ("RUN", 2, 2), ("USER", 3, 3)]),
        ("FROM a\nRUN b \\ x\nUSER c\n", [("FROM", 1, 1), ("RUN", 2, 2), ("USER", 3, 3)]),
        ("\\\nFROM a\n", [("FROM", 1, 2)]),
        ("# escape=`\nFROM a\nRUN b \\\nUSER c `\n d\n", [("FROM", 2, 2), ("RUN", 3, 3), ("USER", 4, 5)]),
        ("FROM a\nRUN <<E\nUSER x\nE\nUSER y\n", [("FROM", 1, 1), ("RUN", 2, 4), ("USER", 5, 5)]),
        ("FROM a\nRUN <<E\r\nUSER x\r\nE\r\n", [("FROM", 1, 1), ("RUN", 2, 4)]),
        ("FROM a\nFR\\\nOM b\n", [("FROM", 1, 1), ("FROM", 2, 3)]),
    ],
)
def test_instructions_and_their_lines(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert shape(text) == expected


def test_a_split_word_is_one_word_with_two_places() -> None:
    run = only("RUN apt-get in\\\nstall \\\n  # why\n  curl\n")
    assert isinstance(run, Run)
    assert run.script is not None
    assert run.script.value == "apt-get install   curl"
    assert run.script.slice(8, 15).place.span == Span(2, 13, 3, 6)
    curl = run.script.slice(18, 22).place.span
    assert (curl.line, curl.column) == (5, 3)


def test_the_place_of_an_instruction_is_its_keyword() -> None:
    span = only("  Run x\n").place.span
    assert (span.line, span.column, span.end_column) == (2, 3, 6)


@pytest.mark.parametrize(
    ("text", "directives", "escape"),
    [
        ("# syntax=docker/dockerfile:1\nFROM a", {"syntax": "docker/dockerfile:1"}, "\\"),
        ("#escape=`\nFROM a", {"escape": "`"}, "`"),
        ("# Escape = ` \r\nFROM a", {"escape": "`"}, "`"),
        ("  # escape=`\nFROM a", {"escape": "`"}, "`"),
        ("\ufeff# escape=`\nFROM a", {"escape": "`"}, "`"),
        ("# syntax=x\n# escape=`\n# check=skip=all\nFROM a", {"syntax": "x", "escape": "`", "check": "skip=all"}, "`"),
        ("# c\n# escape=`\nFROM a", {}, "\\"),
        ("\n# escape=`\nFROM a", {}, "\\"),
        ("#\n# escape=`\nFROM a", {}, "\\"),
        ("# foo=bar\n# escape=`\nFROM a", {}, "\\"),
        ("FROM a\n# escape=`", {}, "\\"),
    ],
)
def test_directives_stand_at_the_top_only(text: str, directives: dict[str, str], escape: str) -> None:
    tree = read(text)
    assert {name: value.value for name, value in tree.directives.items()} == directives
    assert tree.escape == escape


def test_comments_are_kept_wherever_they_stand_outside_of_heredocs() -> None:
    tree = read("# one\nFROM a\n  # two\nRUN b \\\n # three\n c # not this\nRUN <<E\n# not that\nE\n")
    assert [(comment.text.value, comment.text.line) for comment in tree.comments] == [
        ("# one", 1),
        ("# two", 3),
        ("# three", 5),
    ]


def words(instruction: Instruction) -> list[str]:
    assert isinstance(instruction, Words)
    return [word.value for word in instruction.words]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("USER  a b ", ["a b"]),
        ('WORKDIR "/a b"', ['"/a b"']),
        ("EXPOSE 80\t90", ["80", "90"]),
        ("VOLUME /a /b", ["/a", "/b"]),
        ('VOLUME ["/a b", "c"]', ["/a b", "c"]),
        ('SHELL ["/bin/bash","-c"]', ["/bin/bash", "-c"]),
        ("STOPSIGNAL KILL", ["KILL"]),
        ("MAINTAINER A B <c@d>", ["A B <c@d>"]),
        ("USER \u00a0x", ["x"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(only(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ENV A=b", [("A", "b", False)]),
        ('ENV A="b c" D=e\\ f', [("A", '"b c"', False), ("D", "e\\ f", False)]),
        ("ENV A b  c=d ", [("A", "b  c=d", True)]),
        ('ENV A "b"', [("A", '"b"', True)]),
        ("ENV A= B=", [("A", "", False), ("B", "", False)]),
        ("ENV A=b \\\n  # x\n  C=d", [("A", "b", False), ("C", "d", False)]),
        ("ENV A='b\\' C=d", [("A", "'b\\'", False), ("C", "d", False)]),
        ("LABEL a.b=c", [("a.b", "c", False)]),
        ("LABEL a b c", [("a", "b c", True)]),
        ("ARG A", [("A", None, False)]),
        ("ARG A=1 B C=$A", [("A", "1", False), ("B", None, False), ("C", "$A", False)]),
        ("ARG A=a=b", [("A", "a=b", False)]),
        ("ENV A=b\\", [("A", "b", False)]),
    ],
)
def test_pairs(text: str, expected: list[tuple[str, str | None, bool]]) -> None:
    instruction = only(text)
    assert isinstance(instruction, Pairs)
    assert [(pair.key.value, value(pair.value), pair.legacy) for pair in instruction.pairs] == expected


@pytest.mark.parametrize("keyword", ["CMD", "ENTRYPOINT", "RUN"])
@pytest.mark.parametrize(
    ("arguments", "exec_form"),
    [
        ('["a", "b c"]', ["a", "b c"]),
        ('[ "a" ,"b" ]', ["a", "b"]),
        ("[]", []),
        ('["\\u00e9\\ud83d\\ude00\\n\\"\\/"]', ['é😀\n"/']),
        ('["\\ud800"]', ["\ufffd"]),
        ('["a",]', None),
        ('["a"] b', None),
        ("['a']", None),
        ('["a"', None),
        ("a b", None),
        ('["a\tb"]', None),
    ],
)
def test_exec_and_shell_form(keyword: str, arguments: str, exec_form: list[str] | None) -> None:
    instruction = only(f"{keyword} {arguments}")
    assert isinstance(instruction, Run | Launch)
    if exec_form is None:
        assert instruction.exec is None
        assert str(instruction.script) == arguments
    else:
        assert instruction.exec is not None
        assert [word.value for word in instruction.exec] == exec_form
        assert instruction.script is None


def test_the_words_of_the_exec_form_know_their_place() -> None:
    launch = only('CMD ["a\\u0041b", \\\n "c"]')
    assert isinstance(launch, Launch)
    assert launch.exec is not None
    first, second = launch.exec
    assert [first.offset(index) - first.offset(0) for index in (0, 1, 2)] == [0, 1, 7]
    assert second.place.span.line == 3


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("RUN --mount=type=cache,target=/a --network=none x", [("mount", "type=cache,target=/a"), ("network", "none")]),
        ("COPY --chown=\"1\":'2' --link a b", [("chown", "1:2"), ("link", None)]),
        ("COPY --from=a\\ b a b", [("from", "a b")]),
        ("COPY -- --from=a b c", []),
        ("RUN -- --mount=x", []),
        ("COPY --from= a b", [("from", "")]),
    ],
)
def test_flags(text: str, flags: list[tuple[str, str | None]]) -> None:
    assert [(flag.name, value(flag.value)) for flag in only(text).flags] == flags


def test_a_flag_stands_where_it_is_written() -> None:
    flag = only("COPY \\\n  --from=x a b").flags[0]
    assert flag.value is not None
    assert (flag.text.place.span.line, flag.text.place.span.column) == (3, 3)
    assert (flag.value.place.span.line, flag.value.place.span.column) == (3, 10)


def test_copy_has_sources_and_a_destination() -> None:
    copy = only("COPY --from=s a  b /c/")
    assert isinstance(copy, Copy)
    assert [source.value for source in copy.sources] == ["a", "b"]
    assert copy.destination.value == "/c/"
    assert str(copy.from_) == "s"
    array = only('ADD ["a b", "/c"]')
    assert isinstance(array, Copy)
    assert array.json
    assert [source.value for source in array.sources] == ["a b"]


@pytest.mark.parametrize(
    ("text", "script", "exec_form", "none"),
    [
        ("HEALTHCHECK NONE", None, None, True),
        ("HEALTHCHECK none", None, None, True),
        ("HEALTHCHECK --interval=5s CMD curl x", "curl x", None, False),
        ('HEALTHCHECK CMD ["a","b"]', None, ["a", "b"], False),
    ],
)
def test_healthcheck(text: str, script: str | None, exec_form: list[str] | None, none: bool) -> None:
    launch = only(text)
    assert isinstance(launch, Launch)
    assert (value(launch.script), launch.none) == (script, none)
    assert (launch.exec and [word.value for word in launch.exec]) == exec_form


def test_the_child_of_onbuild_is_a_whole_instruction() -> None:
    onbuild = only("ONBUILD COPY --from=x <<E b /c\nbody\nE\n")
    assert isinstance(onbuild, Onbuild)
    child = onbuild.child
    assert isinstance(child, Copy)
    assert child.onbuild
    assert not onbuild.onbuild
    assert [source.value for source in child.sources] == ["b"]
    assert child.heredocs == onbuild.heredocs
    assert child.place.span.column == 9
    assert (child.line, child.end_line) == (2, 4)
    assert child.stage is onbuild.stage


def test_stages_hold_their_instructions() -> None:
    tree = read("ARG A\nFROM a AS One\nRUN x\nFROM b\nUSER c\nUSER d\n")
    assert [each.keyword for each in tree.header] == ["ARG"]
    assert [(stage.name, stage.label, [each.keyword for each in stage.instructions]) for stage in tree.stages] == [
        ("one", "one", ["RUN"]),
        (None, "1", ["USER", "USER"]),
    ]
    assert [each.stage and each.stage.index for each in tree.instructions] == [None, 0, 0, 1, 1, 1]
    assert [each.index for each in tree.instructions] == [0, 1, 2, 3, 4, 5]


def test_a_stage_name_is_lower_case_and_keeps_its_text() -> None:
    instruction = read("FROM --platform=linux/arm64 a As MyStage").instructions[0]
    assert isinstance(instruction, From)
    assert (instruction.name, str(instruction.name_text), str(instruction.image)) == ("mystage", "MyStage", "a")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("FOO bar", Instruction),
        ("COPY a", Instruction),
        ("ENV", Instruction),
        ("EXPOSE", Instruction),
        ("ONBUILD", Instruction),
        ("ONBUILD FOO", Onbuild),
        ("FROM a AS 1x", From),
    ],
)
def test_what_is_refused_is_in_the_tree_as_far_as_it_can_be(text: str, kind: type) -> None:
    assert type(only(text)) is kind


def test_undecodable_bytes_stay_in_their_place() -> None:
    tree = read(b"FROM a\nENV A=\xff\xfeb C=d\n")
    pairs = tree.instructions[1]
    assert isinstance(pairs, Pairs)
    assert [pair.place.span.column for pair in pairs.pairs] == [5, 11]
