"""Words: quotes, variables, splitting, places."""

from __future__ import annotations

import pytest

from gate.dockerfile.command import Command, Script
from gate.dockerfile.shell import parse_script
from gate.dockerfile.source import Source, Text
from gate.model import Unknown

ENVIRONMENT = {"V": "1.2", "P": "b  c", "E": "", "U": Unknown("no value"), "PIP": "python -m pip", "G": "*.txt"}


def parsed(text: str, shell: str = "sh") -> Script:
    source = Source("Dockerfile", text.encode())
    return parse_script(Text(source, source.text, ((0, 0),)), shell=shell, environment=ENVIRONMENT)


def last(text: str, shell: str = "sh") -> Command:
    """The last command whose name is one letter."""
    return [command for command in parsed(text, shell).commands if len(command.name or "") == 1][-1]


def argv(text: str, shell: str = "sh") -> list[str | None]:
    return last(text, shell).values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b c", ["b", "c"]),
        ("a 'b c' \"d e\"", ["b c", "d e"]),
        ("a b'c'\"d\"\\e", ["bcde"]),
        ("a foo[bar]==1", ["foo[bar]==1"]),
        ("a x==$V", ["x==1.2"]),
        ("a $P", ["b", "c"]),
        ('a "$P"', ["b  c"]),
        ("a x$P", ["xb", "c"]),
        ("a $E", []),
        ("a '$V' \\$V \"\\$V\"", ["$V", "$V", "$V"]),
        ("a $U", [None]),
        ("a $NOBODY", [None]),
        ("a ${NOBODY:--y}", ["-y"]),
        ("a ${NOBODY-}", []),
        ("a ${U:--y}", [None]),
        ("a ${E:-x} ${E-x}", ["x"]),
        ("a ${V:+--flag} ${NOBODY:+--flag}", ["--flag"]),
        ("a ${V%.*} ${V##*.} ${V//./_}", ["1", "2", "1_2"]),
        ("a ${V%%[.]*}", ["1"]),
        ("a ~/x", ["~/x"]),
        ("a $(b2 c)", [None]),
        ("a `b2 c`", [None]),
        ("a $((1 + 1))", [None]),
        ("a 'x\ny'", ["x\ny"]),
        ("a \\\n  b", ["b"]),
        ("a b # c", ["b"]),
        ("a b#c", ["b#c"]),
        ("a '' \"\"", ["", ""]),
        ("W=1; a $W", ["1"]),
        ("W=1 && a $W", ["1"]),
        ("W=1 a $W", [None]),
        ("W=a; W=${W}b; a $W", ["ab"]),
        ("V=2; (V=3); a $V", ["2"]),
        ("V=2 | x; a $V", ["1.2"]),
        ("V=2 & a $V", ["1.2"]),
        ("b2 && V=2 && a $V", ["2"]),
        ("b2 && V=2; a $V", [None]),
        ("b2 || V=2; a $V", [None]),
        ("if b2; then V=2; fi; a $V", [None]),
        ("if b2; then V=2; else a $V; fi", ["1.2"]),
        ("if V=2; then a $V; fi", ["2"]),
        ("for V in x y; do :; done; a $V", [None]),
        ("while a $V; do V=$V.1; done", [None]),
        ("case x in x) V=2;; esac; a $V", [None]),
        ("read V; a $V", [None]),
        ("unset V; a $V x", ["x"]),
        ("unset V; a ${V-d}", ["d"]),
        ("export V=3; a $V", ["3"]),
        ("local V=3 W; a $V", ["3"]),
        ("f() { V=2; }; a $V", [None]),
        ("IFS=:; a $P", [None]),
        (": ${NEW:=x}; a $NEW", ["x"]),
        ("V=$(b2); a $V", [None]),
        ("V=$(b2)/bin; a \"$V/x\"", [None]),
    ],
)  # fmt: skip
def test_values(text: str, expected: list[str | None]) -> None:
    assert argv(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a {b,c}d", ["bd", "cd"]),
        ("a {1..3}", ["1", "2", "3"]),
        ("a $'x\\ty'", ["x\ty"]),
        ("a ${V^^} ${V:0:1}", ["1.2", "1"]),
        ("a x{$P,d}", ["xb", "c", "xd"]),
    ],
)
def test_bash(text: str, expected: list[str | None]) -> None:
    assert argv(text, "bash") == expected


@pytest.mark.parametrize("text", ["a {b,c}", "a {1..3}"])
def test_no_braces_in_sh(text: str) -> None:
    assert argv(text) == [text[2:]]


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("a $U", False),
        ("a b$U", True),
        ('a "$U"', True),
        ("a $(b2)", False),
        ('a "$(b2)"', True),
        ('a "$@"', False),
        ("a $@", False),
        ("a x=$U", True),
        ("a $U$NOBODY", False),
        ("a $P", True),
        ("a $? $#", True),
        ("a ${U:+-y}", False),
        ("a {b,c}", True),
    ],
)
def test_complete(text: str, complete: bool) -> None:
    assert last(text).complete is complete


def test_parts_of_unknown_words() -> None:
    word = last("a x/$U-$U/y.txt").words[1]
    assert (word.value, word.prefix, word.suffix) == (None, "x/", "/y.txt")
    assert word.base_name == "y.txt"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("/opt/venv/bin/pip install x", "pip"),
        ("$PIP install x", "python"),
        ("$U/bin/pip install x", "pip"),
        ('"${U}/bin/pip" install x', "pip"),
        ("$U install x", None),
        ("pip$U install x", None),
        ("V=1", ""),
        ("> file", ""),
        ("'a b' c", "a b"),
        ("[ -f x ]", "["),
        ("[[ a && b ]]", "[["),
        ("((1 + 1))", "(("),
    ],
)
def test_names(text: str, name: str | None) -> None:
    assert parsed(text).commands[0].name == name


def test_quoted_and_glob() -> None:
    words = last("a *.txt '*.txt' $G \\* x").words[1:]
    assert [(word.quoted, word.glob) for word in words] == [
        (False, True),
        (True, False),
        (False, True),
        (True, False),
        (False, False),
    ]


def test_redirections() -> None:
    command = last("a b 2>&1 >out x <<< 'y z' 3<$U")
    assert command.values == ["b", "x"]
    assert [(r.operator, r.fd, r.target and r.target.value) for r in command.redirects] == [
        (">&", 2, "1"), (">", None, "out"), ("<<<", None, "y z"), ("<", 3, None),
    ]  # fmt: skip


def test_unquoted_version_is_a_redirection() -> None:
    command = parsed("pip install foo>=1").commands[0]
    assert command.values == ["install", "foo"]
    assert command.redirects[0].target is not None
    assert command.redirects[0].target.value == "=1"


def test_heredocs() -> None:
    script = parsed("a <<X <<-'Y' >f && b\n$V\nX\n\t$V\n\tY\nc")
    assert [command.name for command in script.commands] == ["a", "b", "c"]
    bodies = [redirect.heredoc.value for redirect in script.commands[0].redirects if redirect.heredoc is not None]
    assert bodies == ["$V\n", "\t$V\n"]


def test_redirections_of_a_compound_command() -> None:
    script = parsed("{ a; b; } > f 2>&1; for i in x; do c; done < $(d)")
    group, loop = script.root.children[0].children
    assert [redirect.operator for redirect in group.redirects] == [">", ">&"]
    assert [redirect.operator for redirect in loop.redirects] == ["<"]
    assert [command.name for command in script.commands] == ["a", "b", "d", "c"]


def test_assignments() -> None:
    command = last("A=1 B='x y' C=$(b2) a A=2")
    assert {name: word.value for name, word in command.assignments.items()} == {"A": "1", "B": "x y", "C": None}
    assert command.values == ["A=2"]


def test_places() -> None:
    text = "a && \\\n  b 'x' \\\n    \"$P\"y $P"
    command = last(text)
    spans = [word.place.span for word in command.words]
    assert [(span.line, span.column, span.end_column) for span in spans] == [
        (2, 3, 4),
        (2, 5, 8),
        (3, 5, 10),
        (3, 11, 13),
        (3, 11, 13),
    ]
    assert (command.place.span.line, command.place.span.end_line, command.place.span.end_column) == (2, 3, 13)


def test_substitutions_are_commands_too() -> None:
    names = [
        command.name
        for command in parsed('a $(b "$(c)") `d \\`e\\`` "${X:-$(f)}" <(g) $((1 + $(h))) <<E\n$(i)\nE').commands
    ]
    assert sorted(name or "" for name in names) == list("abcdefghi")


@pytest.mark.parametrize("text", ["echo 'a && b'", 'echo "a; b"', "echo a\\;b", "echo # && b", "echo <<'E'\n$(b)\nE"])
def test_quoted_text_is_no_command(text: str) -> None:
    assert [command.name for command in parsed(text).commands] == ["echo"]
