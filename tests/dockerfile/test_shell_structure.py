"""How commands hang together, and what hostile or broken text does."""

from __future__ import annotations

import time

import pytest

from gate.dockerfile.command import Command, Node, Script
from gate.dockerfile.shell import parse_script
from gate.dockerfile.source import Source, Text


def parsed(text: str, shell: str = "bash") -> Script:
    source = Source("Dockerfile", text.encode("utf-8", "surrogateescape"))
    return parse_script(Text(source, source.text, ((0, 0),)), shell=shell)


def shape(node: Node) -> str:
    """The tree in one line: ``and(a,b)``; commands by name."""
    name = node.name or "?" if isinstance(node, Command) else node.kind
    inner = ",".join(shape(child) for child in node.children)
    return name + (f"({inner})" if inner or not isinstance(node, Command) else "") + ("&" if node.background else "")


def tree(text: str) -> str:
    script = parsed(text)
    assert script.parsed, text
    return shape(script.root).removeprefix("script(").removesuffix(")")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("# only", ""),
        ("a", "a"),
        ("a; b", "list(a,b)"),
        ("a\n\nb;", "list(a,b)"),
        ("a && b || c", "or(and(a,b),c)"),
        ("a | b && c", "and(pipeline(a,b),c)"),
        ("a |& b", "pipeline(a,b)"),
        ("! a | b", "not(pipeline(a,b))"),
        ("! ! a", "a"),
        ("a & b", "list(a&,b)"),
        ("a && b &", "and(a,b)&"),
        ("a && # it's\n\n b", "and(a,b)"),
        ("(a; b) && c", "and(subshell(list(a,b)),c)"),
        ("((a); b)", "subshell(list(subshell(a),b))"),
        ("((a); (b))", "subshell(list(subshell(a),subshell(b)))"),
        ("a $((b); (c)) $(((1 + 2) * 3))", "a(substitution(list(subshell(b),subshell(c))))"),
        ("((1 + (2 * 3))) && a", "and(((,a)"),
        ("{ a; b; } | c", "pipeline(group(list(a,b)),c)"),
        ("{ { a; } }", "group(group(a))"),
        ("if a; then b; fi", "if(a,b)"),
        ("if a; b; then c; elif d; then e; else f; g; fi", "if(list(a,b),c,d,e,list(f,g))"),
        ("while a; do b; done", "while(a,b)"),
        ("until a\ndo b\ndone", "until(a,b)"),
        ("for x in 1 2; do a; b; done", "for(list(a,b))"),
        ("for x\ndo a; done", "for(a)"),
        ("for x in $(a); do b; done", "for(substitution(a),b)"),
        ("for ((i = 0; i < 3; i++)); do a; done", "for(a)"),
        ("for x in 1; { a; }", "for(group(a))"),
        ("case $(a) in b|c) d;; (e) f; g;; *) ;; esac", "case(substitution(a),d,list(f,g),list())"),
        ("case x in a) b\nesac", "case(b)"),
        ("case x in esac", "case()"),
        ("f() { a; }; f", "list(function(group(a)),f)"),
        ("f () ( a )", "function(subshell(a))"),
        ("function f { a; }", "function(group(a))"),
        ("function f() { a; } > x", "function(group(a))"),
        ("f() if a; then b; fi", "function(if(a,b))"),
        ("time { a; }", "group(a)"),
        ("time a | b", "pipeline(a,b)"),
        ("a $(b && c)", "a(substitution(and(b,c)))"),
        ("sh -c 'a; b'", "sh(shell(list(a,b)))"),
        ("a && b <<X || c\nX\nd", "list(or(and(a,b),c),d)"),
        ("a <<X\n)'\"\nX\nb", "list(a,b)"),
        ("a >f 2>&1 | b", "pipeline(a,b)"),
        ("a &>f; b", "list(a,b)"),
        ("[[ a || (b && c) ]] || d", "or([[,d)"),
        ("echo if then fi; a", "list(echo,a)"),
        ("echo } { !; a", "list(echo,a)"),
        ("a=(b c) d", "d"),
        ("a \\\n&& b", "and(a,b)"),
        ("$(a)", "?(substitution(a))"),
    ],
)
def test_tree(text: str, expected: str) -> None:
    assert tree(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a 'b", 'a "b', "a `b", "a $(b", "a ${b", "if a; then b", "if a; fi)", "fi", "a; }", "(a", "a)", "a && ", "a |", "&& a",
        "a; ; b", "a ;; b", "for x in; do", "case x", "case x in a b) c;; esac", "while a; done", "{ a", "do a; done", "f() ", "[[ a",
        "then", "a (b)", "( ) a", "for 1 in 2; do a; done", "a <<", "for x in a; b; done",
    ],
)  # fmt: skip
def test_syntax_errors(text: str) -> None:
    assert not parsed(text).parsed


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a && b 'c", ["a", "b"]),
        ("a; if b; then c", ["a", "b", "c"]),
        ("a; fi; b", ["a", "b"]),
        ("a $(b", ["a"]),
    ],
)
def test_what_is_certain_survives_errors(text: str, names: list[str]) -> None:
    assert [command.name for command in parsed(text).commands] == names


def test_parents_and_text() -> None:
    script = parsed("a && (b; c 'd') | e")
    for node in script.root.walk():
        assert all(child.parent is node for child in node.children)
    assert [node.text.value for node in script.root.walk() if node.kind == "subshell"] == ["(b; c 'd')"]
    assert all(command.script is script for command in script.commands)


HOSTILE = [
    "(", "((", "((a);", "$(", "$((", "`a", "{ ", "if ", "while ", "for x in a; do ", "case a in ", "case a in (a|b) ", "f() { ", "f() { a; };",
    "function f ", "[[ ", '"', "'", "\\", "<", "<<A ", "cat <<A\nb\nA\n", "a=(", "a[", "a+(", "${", "${a:-", "${V%*a*b*c}", "${V//a*/b}",
    "{a,", "{a,b}", "{1..9}", "$'\\x41' ", "a && ", "a | ", "a || ", "a | b; ", "! ", "& ", "; ", "a\n", "# a\n", " ", "\t", "\\\n", "é ", "\x00", "\r",
    "sudo ", "env ", "env A=b ", "xargs ", "find -exec ", "find . -exec a ; ", "eval ", 'eval "', "sh -c '", "bash <<A\n", "time ",
    "A=$A$A;", "A=x;", "set -e;", "$a ", '"$a" ', "<(a) ", "a $(b) ", "\udcff", "retry 1 ", "a && X=$(b) && ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text(piece: str) -> None:
    text = piece * (30_000 // len(piece))
    start = time.process_time()
    parsed(text)
    assert time.process_time() - start < 5


def test_too_long_text_is_not_read() -> None:
    start = time.process_time()
    script = parsed("a " * 25_000_000)
    assert time.process_time() - start < 2
    assert not script.parsed
    assert script.commands == ()


def test_many_commands() -> None:
    script = parsed(" && ".join(f"c{number} a b" for number in range(3_000)))
    assert script.parsed
    assert len(script.commands) == 3_000
    assert sum(1 for _ in script.root.walk()) == 2 * 3_000
