"""Here-documents: which lines they take, and what is in them."""

from __future__ import annotations

import pytest

from gate.dockerfile.heredoc import parse_opener
from gate.dockerfile.tree import Copy, Run
from tests.dockerfile.reading import only, read


@pytest.mark.parametrize(
    ("line", "body", "expected"),
    [
        ("RUN <<E", "x\nE\n", [("E", True, False, 0, "x\n")]),
        ("RUN <<E", "E\n", [("E", True, False, 0, "")]),
        ("RUN <<-E", "\t\tx\n\ty\n\tE\n", [("E", True, True, 0, "x\ny\n")]),
        ("RUN <<'E'", "$x\nE\n", [("E", False, False, 0, "$x\n")]),
        ('RUN <<"E F"', "x\nE F\n", [("E F", False, False, 0, "x\n")]),
        ("RUN <<E\\ F", "x\nE F\n", [("E F", True, False, 0, "x\n")]),
        ("RUN cat << E", "x\nE\n", [("E", True, False, 0, "x\n")]),
        ("RUN cat 3<<A 4<<B", "a\nA\nb\nB\n", [("A", True, False, 3, "a\n"), ("B", True, False, 4, "b\n")]),
        ("RUN cat <<E;", "x\nE\nE;\n", [("E;", True, False, 0, "x\nE\n")]),
        ("RUN cat <<E", "E \nE\r\n", [("E", True, False, 0, "E \n")]),
        ("RUN <<E", "x\r\nE\n", [("E", True, False, 0, "x\r\n")]),
        ("RUN <<E", "# c\n\nx \\\nE\n", [("E", True, False, 0, "# c\n\nx \\\n")]),
        ("COPY <<a.txt <<b /d/", "1\na.txt\n2\nb\n", [("a.txt", True, False, 0, "1\n"), ("b", True, False, 0, "2\n")]),
        ("ADD <<E /d", "x\nE\n", [("E", True, False, 0, "x\n")]),
        ("ONBUILD RUN <<E", "x\nE\n", [("E", True, False, 0, "x\n")]),
        ("RUN cat \\\n <<E \\\n # c\n && y", "x\nE\n", [("E", True, False, 0, "x\n")]),
        ("RUN <<$x", "y\n$x\n", [("$x", True, False, 0, "y\n")]),
    ],
)
def test_bodies(line: str, body: str, expected: list[tuple[str, bool, bool, int, str]]) -> None:
    tree = read(f"FROM a\n{line}\n{body}USER after\n")
    assert [each.keyword for each in tree.instructions] == ["FROM", line.split()[0], "USER"]
    heredocs = tree.instructions[1].heredocs
    assert [(each.name, each.expand, each.chomp, each.fd, each.body.value) for each in heredocs] == expected
    assert not tree.faults


@pytest.mark.parametrize(
    "line",
    [
        "RUN cat <<<E",
        "RUN a<<E",
        "RUN x << 'a",
        "RUN it's <<E",
        'RUN ["a", "<<E"]',
        'COPY ["<<E", "/x"]',
        "ENV A=<<E",
        "CMD cat <<E",
        "RUN echo ${x^^} <<E",
        "RUN echo ${#x} <<E",
        "RUN echo ${a[0]} <<E",
        "RUN '<<E'",
        "RUN \\<<E",
        "ONBUILD ONBUILD RUN <<E",
        "# RUN <<E",
    ],
)
def test_what_opens_none(line: str) -> None:
    tree = read(f"FROM a\n{line}\nUSER after\n")
    assert not any(each.heredocs for each in tree.instructions)
    assert tree.instructions[-1].keyword == "USER"


def test_a_run_that_is_only_a_heredoc_has_its_body_as_script() -> None:
    run = only("RUN --network=none <<-E\n\techo $x\n\tE\n")
    assert isinstance(run, Run)
    assert run.script_is_heredoc
    assert run.script is not None
    assert run.script.value == "echo $x\n"
    assert run.script.slice(0, 4).place.span.line == 3
    assert run.script.slice(0, 4).place.span.column == 2


def test_a_heredoc_that_feeds_a_command_is_not_its_script() -> None:
    run = only("RUN bash <<E\necho\nE\n")
    assert isinstance(run, Run)
    assert not run.script_is_heredoc
    assert str(run.script) == "bash <<E"


def test_heredocs_are_no_sources() -> None:
    copy = only("COPY a <<E b /d/\nx\nE\n")
    assert isinstance(copy, Copy)
    assert [source.value for source in copy.sources] == ["a", "b"]
    assert copy.heredocs[0].word.value == "<<E"
    assert copy.heredocs[0].word.place.span.column == 8


def test_an_unterminated_heredoc_takes_the_rest() -> None:
    tree = read("FROM a\nRUN <<E\nx\nUSER y\n")
    assert [fault.message for fault in tree.faults] == ["unterminated heredoc"]
    assert tree.instructions[-1].heredocs[0].body.value == "x\nUSER y\n"
    assert tree.instructions[-1].end_line == 4


@pytest.mark.parametrize(
    ("word", "name", "expand", "chomp", "fd"),
    [
        ("<<EOF", "EOF", True, False, 0),
        ("12<<-EOF", "EOF", True, True, 12),
        ("<< \tEOF", "EOF", True, False, 0),
        ('<<"E"OF', "EOF", False, False, 0),
        ("<<''x", "x", False, False, 0),
    ],
)
def test_openers(word: str, name: str, expand: bool, chomp: bool, fd: int) -> None:
    opener = parse_opener(word)
    assert opener is not None
    assert (opener.name, opener.expand, opener.chomp, opener.fd) == (name, expand, chomp, fd)


@pytest.mark.parametrize("word", ["<<", "<<-", "<<''", "<<a b", "x<<a", "<<<a", "<a", "<<a<b"])
def test_no_openers(word: str) -> None:
    assert parse_opener(word) is None
