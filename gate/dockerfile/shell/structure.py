"""How the commands of a script hang together: where each begins and ends, and the compound commands around them.

One pass from left to right with a stack of open compound commands, and no recursion, because the text may be hostile.
(A grammar for editors, tree-sitter's, was tried first: it loses newlines between commands without reporting an error,
reads no second here-document of a line, and needs gigabytes for a long pipeline.)
"""

from __future__ import annotations

import re

from gate.dockerfile.command import Command, Loop, Node
from gate.dockerfile.shell import lexer
from gate.dockerfile.shell.lexer import DECLARING, Unclosed
from gate.dockerfile.source import Text
from gate.lazy import pattern
from gate.record import dataclass

_MAX_NESTING = 300
"""Compound commands inside one another: what asks for every command's surroundings takes their depth squared."""

_BLANK = pattern(r"(?:[ \t]|\\\n)*")
# Text that ends no word and no command, up to the next character that may.
_QUOTED = r"""'[^']*'|"[^"\\$`]*"|\\.|\$(?:\w+|\{\w+\})"""
_WORDS = pattern(rf"""[^\\'"`$;&|()<>\n#]*(?:(?:{_QUOTED})[^\\'"`$;&|()<>\n#]*)*""", re.DOTALL)
_WORD = pattern(rf"""[^\\'"`$;&|()<> \t\n#]*(?:(?:{_QUOTED})[^\\'"`$;&|()<> \t\n#]*)*""", re.DOTALL)
_TEST_HOP = pattern(r"""[\\'"`$]|[ \t\n]\]\](?=[ \t\n;&|()<>]|\Z)""")
_REDIRECTION = pattern(r"&>>|&>|<<<|<>|>>|>\||[<>]&|[<>]")
_TARGET = pattern(r"(?:[ \t]|\\\n)*(?:[^ \t\n;&|()<>]|[<>]\()")
_TRAILER = pattern(r"\d*[<>]|&>")
# The blanks in front of a statement or an operator, and what stands there if it is no simple command.
_TOKEN = pattern(
    r"""(?:[ \t]|\\\n)*(?:(?P<newline>\n)|(?P<comment>\#)|(?P<bracket>[()])
        |(?P<operator>&&|\|\||;;&|;;|;&|\|&|[;|]|&(?!>))
        |(?P<reserved>(?:if|then|elif|else|fi|while|until|do|done|for|select|case|esac|function|time|coproc|[{}]|\[\[)
            (?=[\ \t\n;&|()<>]|\\\n|\Z)|!(?=[\ \t\n(]|\\\n|\Z)))?""",
    re.VERBOSE,
)
# The same for what nearly all scripts consist of: (1) a simple command, (2) its first word as far as it is plain, (3) what
# is left of it where some word has a meaning to the shell, (4) the operator behind it; None where something else stands there.
_COMMAND = pattern(
    rf"""[ \t]*(?:\\\n[ \t]*)*
        ((?:([A-Za-z0-9_./:+,@%^-]+)(?:[ \t][A-Za-z0-9_./:+,@%^= \t-]*)?)?
         ([^\\'"`$;&|()<>\n\#]*(?:(?:'[^']*'|"{lexer.PLAIN_QUOTED}|\\.|\$(?:\w|\{{\w+\}})
            |[<>][>&]?(?=[ \t]*[^ \t\n;&|()<>\\\#]))[^\\'"`$;&|()<>\n\#]*)*))
        (&&|\|\||\|&?|;(?![;&])|&(?!>)|\n|\Z)?""",
    re.VERBOSE | re.DOTALL,
)
_RESERVED = frozenset((
    "if", "then", "elif", "else", "fi", "while", "until", "do", "done", "for", "select", "case", "esac", "function", "time",
    "coproc",
))  # fmt: skip
"""First words that may be no command's name; others begin with a brace, a bracket or ``!``."""

_COMPOUND = pattern(r"[ \t]+(?:-p[ \t]+)?(?=[({]|(?:if|while|until|for|case)\b)")
_FUNCTION = pattern(r"\([ \t]*\)")
_FUNCTION_NAME = pattern(r"""[ \t]*[^ \t\n'"`$\\;&|()<>]+[ \t]*(?:\([ \t]*\))?""")
_NAME = pattern(r"[ \t]*[A-Za-z_]\w*", re.ASCII)
_IN = pattern(r"in(?=[ \t\n;]|\Z)")
_ESAC = pattern(r"esac(?=[ \t\n;&|)<>]|\Z)")

# The reserved words that may follow: after a compound command's first word, and after those in the middle of it.
_FIRST_WANTED: dict[str, tuple[str, ...]] = {
    "if": ("then",),
    "while": ("do",),
    "until": ("do",),
    "for": ("do",),
    "case": ("esac",),
    "group": ("}",),
}
_NEXT_WANTED = {"then": ("elif", "else", "fi"), "elif": ("then",), "else": ("fi",), "do": ("done",)}
_ENDS = frozenset({"fi", "done", "esac", "}"})
_PARTED = frozenset({"if", "while", "until", "for", "case"})


@dataclass(slots=True, eq=False)
class HeredocBody:
    """Where a here-document's body stands in the script, and whether the shell expands it."""

    start: int
    end: int
    expand: bool


class _Frame:
    """A compound command that is being read."""

    __slots__ = ("header", "items", "kind", "parts", "pattern", "single", "start", "wanted")

    def __init__(self, kind: str, start: int) -> None:
        self.kind = kind
        self.start = start
        self.items: list[Node | str] = []  # commands and the operators between them
        self.parts: list[Node] = []
        self.header: tuple[int, int] | None = None
        self.pattern = False  # in a case: a pattern comes next
        self.single = False  # it ends with its first command: the body of a function
        self.wanted = _FIRST_WANTED.get(kind, ())


class Structure:
    """The nodes of ``whole.value[start:end]``. Commands in it have a place and nothing else yet.

    ``node`` is None for an empty stretch. ``headers``: by the id of a ``for`` or ``case`` node, where its words stand.
    ``trailers``: by the id of a compound command, where the redirections behind it stand. ``heredocs``: by the index of
    the ``<<``. ``plain``: the ids of the commands whose words have no meaning to the shell. ``parsed`` is False when
    something is not shell syntax; what could be read is there nevertheless.
    """

    def __init__(self, whole: Text, start: int, end: int) -> None:
        self.parsed = True
        self.heredocs: dict[int, HeredocBody] = {}
        self.headers: dict[int, tuple[int, int]] = {}
        self.trailers: dict[int, tuple[int, int]] = {}
        self.plain: set[int] = set()
        self._whole = whole
        self._text = whole.value
        self._end = end
        self._looking = 2 * (end - start)  # characters to spend on telling arithmetic from two subshells
        self._trying = 4 * (end - start)  # characters to spend on matching what turns out to be no simple command
        self._pending: list[tuple[int, str, bool, bool]] = []  # index of <<, name, strip tabs, expand
        self._frames: list[_Frame] = []
        self._frame = _Frame("script", start)
        try:
            self._read(start)
        except Unclosed:
            self.parsed = False
        while self._frames:  # a compound command that never ends
            self.parsed = False
            self._close(end)
        if self._frame.items and self._frame.items[-1] in ("&&", "||", "|", "|&", "!"):
            self.parsed = False
        self.node = self._sequence(self._frame.items)

    # -- reading -------------------------------------------------------------------------------------------------------

    def _read(self, at: int) -> None:
        text, end, tokens = self._text, self._end, _TOKEN.match
        while (at := self._ordinary(at)) < end and (token := tokens(text, at, end)) is not None:
            kind, at = token.lastgroup, token.end()
            if kind == "newline":
                at = self._newline(at)
            elif kind == "comment":
                at = self._line_end(at)
            elif kind is None and at >= end:
                return
            elif self._frame.pattern:
                at = self._pattern(token.start(kind) if kind else at)
            elif kind is None:
                at = self._simple(at)
            elif kind == "operator":
                self._operator(token["operator"])
            elif kind == "bracket":
                at = self._parenthesis(at - 1)
            else:
                at = self._reserved(token["reserved"], token.start("reserved"), at)

    def _ordinary(self, at: int) -> int:
        """Simple commands, each with an operator behind it; the index at which something else begins."""
        frame, text, end, match = self._frame, self._text, self._end, _COMMAND.match
        items = frame.items
        if self._trying < 0 or frame.pattern or frame.single or (items and not isinstance(items[-1], str)):
            return at
        while at < end and (found := match(text, at, end)) is not None:
            start, stop = found.span(1)
            name, operator = found[2], found[4]
            while stop > start and text[stop - 1] in " \t" and text[stop - 2] != "\\":
                stop -= 1
            if operator is None or start == stop or name in _RESERVED or text[start] in "{}[!":
                self._trying -= found.end() - at
                break
            command = Command("command", self._whole, start, stop)
            if not found[3] and name not in DECLARING:
                self.plain.add(id(command))
            items.append(command)
            at = found.end()
            if operator == "\n":
                at = self._newline(at)
            elif operator:
                items.append(operator)
        return at

    def _skip(self, at: int) -> int:
        """The next index that is no blank, no newline and no comment."""
        text, end = self._text, self._end
        while True:
            at = self._blanks(at)
            if at >= end:
                return end
            if text[at] == "\n":
                at = self._newline(at + 1)
            elif text[at] == "#":
                at = self._line_end(at)
            else:
                return at

    def _line_end(self, at: int) -> int:
        newline = self._text.find("\n", at, self._end)
        return self._end if newline < 0 else newline

    def _newline(self, at: int) -> int:
        """A newline ends a statement, and here-documents that the line announced begin."""
        items = self._frame.items
        if items and not isinstance(items[-1], str):
            items.append("\n")
        for where, name, tabs, expand in self._pending:
            stop, after = lexer.heredoc_end(self._text, at, self._end, name, tabs)
            self.heredocs[where] = HeredocBody(at, stop, expand)
            at = after
        self._pending.clear()
        return at

    def _simple(self, start: int) -> int:
        """A simple command, a function's head, or the redirections behind a compound command."""
        text, items = self._text, self._frame.items
        last = items[-1] if items else ""
        adjacent = not isinstance(last, str)
        try:
            at = self._scan(start, _WORDS)
        except Unclosed:
            self._append(Command("command", self._whole, start, self._end))
            raise
        stop = at
        while stop > start and text[stop - 1] in " \t" and text[stop - 2] != "\\":
            stop -= 1
        if at < self._end and text[at] == "(" and not text[start:stop].count(" "):
            head = _FUNCTION.match(text, at, self._end)
            if head is not None and stop > start:
                return self._function(start, head.end())
        if adjacent and isinstance(last, Node) and last.kind != "command" and _TRAILER.match(text, start, self._end):
            self.trailers[id(last)] = (start, stop)
            last.end = stop
            return at
        if adjacent or stop == start:
            self.parsed = False
        if stop > start:
            self._append(Command("command", self._whole, start, stop))
        return max(at, start + 1)

    def _scan(self, start: int, harmless: re.Pattern[str]) -> int:
        """The index of the operator, newline or comment (of a single word, also blank) that ends what begins here."""
        text, end = self._text, self._end
        at = start
        while True:
            match = harmless.match(text, at, end)
            at = match.end() if match else at
            if at >= end:
                return end
            char = text[at]
            if char == "\\":
                at += 1  # the last character
            elif char == '"':
                at = lexer.closing(text, at + 1, end, '"')
            elif char == "'":
                at = lexer.single_end(text, at + 1, end)
            elif char == "$":
                at = lexer.dollar_end(text, at + 1, end)
            elif char == "`":
                at = lexer.backquote_end(text, at + 1, end)
            elif char == "#" and at > start and text[at - 1] not in " \t\n":
                at += 1
            elif char in "<>" or text.startswith("&>", at):
                at = self._redirection(at)
            elif char == "(" and at > start and text[at - 1] in "=?*+@!":
                at = lexer.closing(text, at + 1, end, "(")
            else:
                return at

    def _redirection(self, at: int) -> int:
        """The index after a redirection's operator, a here-document's word, or a process substitution."""
        text, end = self._text, self._end
        if text.startswith("(", at + 1):
            return lexer.closing(text, at + 2, end, "(")
        if text.startswith("<<", at) and not text.startswith("<<<", at):
            tabs = text.startswith("-", at + 2)
            match = lexer.delimiter_at(text, at + 2 + tabs, end)
            if match is None:
                self.parsed = False
                return at + 2
            name = match.group(1)
            self._pending.append((at, lexer.unquoted(name), tabs, not lexer.is_quoted(name)))
            return match.end()
        operator = _REDIRECTION.match(text, at, end)
        at = operator.end() if operator else at + 1
        if _TARGET.match(text, at, end) is None:
            self.parsed = False
        return at

    # -- operators and brackets ----------------------------------------------------------------------------------------

    def _operator(self, operator: str) -> None:
        frame = self._frame
        if operator.startswith(";") and len(operator) > 1:
            if frame.kind == "case":
                self._end_part()
                frame.pattern = True
            else:
                self.parsed = False
            return
        if not frame.items or isinstance(frame.items[-1], str):
            self.parsed = False
        frame.items.append(operator)

    def _parenthesis(self, at: int) -> int:
        text, end = self._text, self._end
        if text[at] == ")":
            if self._frame.kind == "subshell":
                self._close(at + 1)
            else:
                self.parsed = False
            return at + 1
        if text.startswith("((", at) and self._looking > 0:
            stop, arithmetic = lexer.arithmetic_end(text, at, end)
            self._looking -= stop - at
            if arithmetic:
                self._append(Command("command", self._whole, at, stop))
                return stop
        self._open("subshell", at)
        return at + 1

    # -- reserved words ------------------------------------------------------------------------------------------------

    def _reserved(self, word: str, at: int, after: int) -> int:
        if word == "!":
            self._frame.items.append("!")
        elif word in _ENDS or word in _NEXT_WANTED:
            self._continue(word, after)
        elif word in ("if", "while", "until"):
            self._open(word, at)
        elif word == "{":
            self._open("group", at)
        elif word in ("for", "select"):
            return self._for(at, after)
        elif word == "case":
            return self._case(at, after)
        elif word == "function":
            name = _FUNCTION_NAME.match(self._text, after, self._end)
            return self._function(at, name.end() if name else after)
        elif word == "[[":
            return self._test(at, after)
        else:  # time, coproc
            compound = _COMPOUND.match(self._text, after, self._end)
            return compound.end() if compound else self._simple(at)
        return after

    def _continue(self, word: str, after: int) -> None:
        """A reserved word in the middle or at the end of a compound command."""
        frame = self._frame
        if word not in frame.wanted:
            self.parsed = False
        elif word in _ENDS:
            self._close(after)
        else:
            frame.wanted = _NEXT_WANTED[word]
            if frame.kind != "for":
                self._end_part()
            elif frame.items:
                self.parsed = False

    def _for(self, start: int, at: int) -> int:
        """``for NAME in words;`` up to ``do``."""
        text, end = self._text, self._end
        frame = self._open("for", start)
        at = self._skip(at)
        if text.startswith("((", at):
            at = lexer.closing(text, at + 1, end, "(")
        else:
            name = _NAME.match(text, at, end)
            if name is None:
                self.parsed = False
                return at
            at = self._skip(name.end())
            given = _IN.match(text, at, end)
            if given is not None:
                at = self._scan(given.end(), _WORDS)
                frame.header = (given.end(), at)
        at = self._skip(at)
        if text.startswith(";", at, end):
            at = self._skip(at + 1)
        frame.single = text.startswith("{", at, end)
        return at

    def _case(self, start: int, at: int) -> int:
        """``case word in``."""
        frame = self._open("case", start)
        begin = self._skip(at)
        stop = self._scan(begin, _WORD)
        frame.header = (begin, stop)
        at = self._skip(stop)
        given = _IN.match(self._text, at, self._end)
        frame.pattern = given is not None
        if given is None:
            self.parsed = False
            return max(at, start + 4)
        return given.end()

    def _pattern(self, at: int) -> int:
        """The patterns in front of a case's body, or its end."""
        text, end = self._text, self._end
        esac = _ESAC.match(text, at, end)
        if esac is not None:
            self._close(esac.end())
            return esac.end()
        at += text[at] == "("
        stop = self._word(at)
        while text.startswith("|", stop, end):
            stop = self._word(stop + 1)
        self._frame.pattern = False
        if text.startswith(")", stop, end):
            return stop + 1
        self.parsed = False
        return max(stop, at)

    def _word(self, at: int) -> int:
        """The index after one word and the blanks around it."""
        return self._blanks(self._scan(self._blanks(at), _WORD))

    def _blanks(self, at: int) -> int:
        match = _BLANK.match(self._text, at, self._end)
        return match.end() if match else at

    def _test(self, start: int, at: int) -> int:
        """``[[ … ]]``: one command, whatever stands in it."""
        text, end = self._text, self._end
        while (match := _TEST_HOP.search(text, at, end)) is not None:
            char, at = match.group(), match.end()
            if char == "\\":
                at += 1
            elif char == '"':
                at = lexer.closing(text, at, end, '"')
            elif char == "'":
                at = lexer.single_end(text, at, end)
            elif char == "$":
                at = lexer.dollar_end(text, at, end)
            elif char == "`":
                at = lexer.backquote_end(text, at, end)
            else:
                self._append(Command("command", self._whole, start, at))
                return at
        raise Unclosed

    def _function(self, start: int, at: int) -> int:
        self._open("function", start).single = True
        return at

    # -- nodes ---------------------------------------------------------------------------------------------------------

    def _open(self, kind: str, start: int) -> _Frame:
        items = self._frame.items
        if items and not isinstance(items[-1], str):
            self.parsed = False
        if len(self._frames) >= _MAX_NESTING:
            raise Unclosed
        self._frames.append(self._frame)
        self._frame = _Frame(kind, start)
        return self._frame

    def _append(self, node: Node) -> None:
        self._frame.items.append(node)
        while self._frame.single:
            node = self._closed(node.end)
            self._frame.items.append(node)

    def _end_part(self) -> None:
        frame = self._frame
        node = self._sequence(frame.items)
        if node is None and frame.kind != "case":
            self.parsed = False
        frame.parts.append(node or Node("list", self._whole, frame.start, frame.start))
        frame.items = []

    def _close(self, end: int) -> None:
        self._append(self._closed(end))

    def _closed(self, end: int) -> Node:
        """Leave the compound command that is being read; its node."""
        frame = self._frame
        if frame.kind in _PARTED:
            if frame.items or frame.kind != "case":
                self._end_part()
            children = frame.parts
        else:
            body = self._sequence(frame.items)
            self.parsed = self.parsed and body is not None
            children = [] if body is None else [body]
        self._frame = self._frames.pop()
        node = self._join(frame.kind, children, frame.start, end)
        if frame.header is not None:
            self.headers[id(node)] = frame.header
        return node

    def _join(self, kind: str, children: list[Node], start: int, end: int) -> Node:
        node = (Loop if kind == "for" else Node)(kind, self._whole, start, end, children)
        for child in children:
            child.parent = node
        return node

    def _sequence(self, items: list[Node | str]) -> Node | None:
        """Commands and the operators between them, put together."""
        if len(items) == 1 and not isinstance(items[0], str):
            return items[0]
        nodes = [item for item in items if not isinstance(item, str)]
        if 2 * len(nodes) == len(items) + 1 and items[1::2] == ["&&"] * (len(nodes) - 1):  # as most scripts are
            node = nodes[0]
            for right in nodes[1:]:
                node = self._join("and", [node, right], node.start, right.end)
            return node
        statements: list[Node] = []
        current: list[Node | str] = []
        for item in [*items, ";"]:
            ends = item in (";", "&", "\n")
            if ends or (current and not isinstance(item, str) and not isinstance(current[-1], str)):
                statement = self._statement(current)
                if statement is not None:
                    statement.background = item == "&"
                    statements.append(statement)
                current = []
            if not ends:
                current.append(item)
        if len(statements) < 2:
            return statements[0] if statements else None
        return self._join("list", statements, statements[0].start, statements[-1].end)

    def _statement(self, items: list[Node | str]) -> Node | None:
        """Pipelines between ``&&`` and ``||``, which bind equally strongly from left to right."""
        node: Node | None = None
        joint: Node | str = ""
        pipeline: list[Node | str] = []
        for item in [*items, "&&"]:
            if item not in ("&&", "||"):
                pipeline.append(item)
                continue
            right = self._pipeline(pipeline)
            if node is None or right is None:
                node = node or right
            else:
                node = self._join("and" if joint == "&&" else "or", [node, right], node.start, right.end)
            joint, pipeline = item, []
        return node

    def _pipeline(self, items: list[Node | str]) -> Node | None:
        if len(items) == 1 and not isinstance(items[0], str):
            return items[0]
        nodes = [item for item in items if not isinstance(item, str)]
        if not nodes:
            return None
        node = nodes[0] if len(nodes) == 1 else self._join("pipeline", nodes, nodes[0].start, nodes[-1].end)
        if items.count("!") % 2:
            node = self._join("not", [node], node.start, node.end)
        return node
