"""Text → tree: logical lines, directives, comments, here-documents, and one typed instruction after the other.

What is read, and where an instruction begins and ends, is what BuildKit's parser does; nothing here raises.
"""

from __future__ import annotations

import re
from itertools import count

from gate.dockerfile import go
from gate.dockerfile.expand import SubstitutionError
from gate.dockerfile.heredoc import Opener, openers, parse_opener
from gate.dockerfile.instructions import build
from gate.dockerfile.source import Source, Text
from gate.dockerfile.stages import link
from gate.dockerfile.tree import Comment, Copy, Dockerfile, From, Heredoc, Instruction, Onbuild, Run, Stage, SyntaxFault
from gate.dockerfile.words import SPACE, SPACE_PATTERN, SPACES
from gate.lazy import pattern

_DIRECTIVE = pattern(rf"#{SPACE_PATTERN}*([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*([^\t\n\f\r ].*)", re.DOTALL)
_DIRECTIVES = ("syntax", "escape", "check")
_HEREDOC_KEYWORDS = ("RUN", "COPY", "ADD")
_LONGEST_LINE = 65536
"""Bytes, its line end included: what BuildKit's line reader takes."""
_LONG_LINE = _LONGEST_LINE // 4
"""Characters, which may be four bytes each: no shorter line is too long."""


def parse(source: Source) -> Dockerfile:
    """The whole file. What BuildKit refuses is in ``faults``, in the order in which it would find it."""
    reader = _Reader(source)
    reader.read()
    tree = Dockerfile(
        source=source,
        instructions=reader.instructions,
        stages=[],
        comments=reader.comments,
        directives=reader.directives,
        escape=reader.escape,
        faults=reader.faults,
    )
    _assign_stages(tree)
    if "check" in tree.directives:  # the one thing that BuildKit looks at first
        tree.faults[:0] = _check_options(tree.directives["check"])
    # The whole file is read before BuildKit looks at any instruction.
    tree.faults.extend(reader.refused)
    if not tree.stages and not tree.faults:
        tree.faults.append(SyntaxFault("dockerfile contains no stages to build", source.place(0, 0)))
    link(tree)
    return tree


def _assign_stages(tree: Dockerfile) -> None:
    stage: Stage | None = None
    for index, instruction in enumerate(tree.instructions):
        instruction.index = index
        if isinstance(instruction, From):
            stage = Stage(index=len(tree.stages), from_=instruction, instructions=[])
            tree.stages.append(stage)
        elif stage is not None:
            stage.instructions.append(instruction)
        instruction.stage = stage
        if isinstance(instruction, Onbuild) and instruction.child is not None:
            instruction.child.stage = stage
            instruction.child.index = index


class _Reader:
    """The state of one reading. ``at`` is the number of lines that have been read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.size = len(self.text)
        lines, self.starts = source.lines(), source.starts()
        self.unread = zip(count(1), self.starts, lines, strict=False)  # ``at`` behind each, where it begins, the line
        self.long = any(len(line) > _LONG_LINE for line in lines) if self.size > _LONG_LINE else False
        self.returns = "\r" in self.text
        self.at = 0
        self.instructions: list[Instruction] = []
        self.comments: list[Comment] = []
        self.directives: dict[str, Text] = {}
        self.escape = "\\"
        self.faults: list[SyntaxFault] = []
        self.refused: list[SyntaxFault] = []
        self.staged = False
        self.too_long = False  # a line of the instruction that is being read is

    def read(self) -> None:
        source, unread, long, returns = self.source, self.unread, self.long, self.returns
        directives_possible = True
        for self.at, begin, raw in unread:
            if long:
                self.too_long = self._is_too_long(raw)
            start, line = begin, raw
            if raw and raw[0] in SPACES:
                line = raw.lstrip(SPACE)
                start += len(raw) - len(line)
            if returns:
                line = line.rstrip("\r")
            if line and line[0] == "#":
                if directives_possible and self._directive(line, start):
                    continue
                self.comments.append(Comment(Text(source, line, start)))
            elif line:
                self._logical(line, start, begin + len(raw))
            directives_possible = False
        if not self.instructions:
            message = "file with no instructions" if source.data else "the Dockerfile cannot be empty"
            self.faults.append(SyntaxFault(message, source.place(max(self.size - 1, 0), max(self.size - 1, 0))))

    def _next(self) -> int:
        """Where the next unread line begins."""
        return self.starts[self.at] if self.at < len(self.starts) else self.size

    def _is_too_long(self, line: str) -> bool:
        """Whether BuildKit's line reader refuses the line that was just read."""
        if len(line) < _LONGEST_LINE and len(line.encode("utf-8", "surrogateescape")) < _LONGEST_LINE:
            return False
        begin = self.starts[self.at - 1]
        message = f"dockerfile line greater than max allowed size of {_LONGEST_LINE - 1}"
        self.faults.append(SyntaxFault(message, self.source.place(begin, begin)))
        return True

    def _directive(self, line: str, start: int) -> bool:
        match = _DIRECTIVE.fullmatch(line)
        if match is None or match[1].lower() not in _DIRECTIVES:
            return False
        name, given = match[1].lower(), match[2].rstrip("\t\n\f\r ")
        place = self.source.place(start, start + len(line))
        if name in self.directives:
            self.faults.append(SyntaxFault(f"only one {name} parser directive can be used", place))
            return True
        self.directives[name] = Text(self.source, given, start + match.start(2))
        if name == "escape":
            if given in ("\\", "`"):
                self.escape = given
            else:
                message = f"invalid escape token '{given}' does not match ` or \\"
                self.faults.append(SyntaxFault(message, place))
        return True

    def _logical(self, line: str, start: int, end: int) -> None:
        """One instruction: its first line is read; the lines that continue it and its here-documents follow."""
        cut = _continued(line, self.escape) if self.escape in line else -1
        if cut < 0:
            text = Text(self.source, line, start)
        else:
            text, end = self._joined(line[:cut], start, end)
        in_full = not self.too_long
        instruction, draft = build(text, self.escape, in_full=in_full)
        self.faults += draft.parser_faults
        self.refused += draft.faults
        if instruction.keyword == "FROM":
            self.staged = True
        elif not (self.staged or draft.faults or instruction.keyword == "ARG"):
            self.refused.append(SyntaxFault("no build stage in current context", instruction.place))
        instruction.start = start
        opens = instruction.child if isinstance(instruction, Onbuild) else instruction
        if "<<" in text.value and opens is not None and in_full and _takes_heredocs(opens):
            end = self._heredocs(instruction, opens, text, end)
        instruction.end = end
        if opens is not None and opens is not instruction:
            opens.start, opens.end = opens.head.start, end
        self.instructions.append(instruction)

    def _joined(self, first: str, start: int, end: int) -> tuple[Text, int]:
        """The lines up to one that does not end in the escape character. Comments and empty lines are passed over."""
        source, unread, escape = self.source, self.unread, self.escape
        long, returns = self.long, self.returns
        chunks, pieces = [first], [(0, start)]
        length = len(first)
        for self.at, begin, line in unread:
            end = begin + len(line)
            if long:
                self.too_long = self._is_too_long(line) or self.too_long
            if returns:
                line = line.rstrip("\r")
            kept = line.lstrip()  # which also takes what is no white space for Go, but no "#"
            if not kept or kept[0] == "#":
                kept = line.lstrip(SPACE)
                if not kept or kept[0] == "#":
                    if kept:
                        self.comments.append(Comment(Text(source, kept, begin + len(line) - len(kept))))
                    end = max(end, min(begin + 1, self.size))
                    continue
            cut = _continued(line, escape) if escape in line else -1
            pieces.append((length, begin))
            if cut < 0:
                chunks.append(line)
                break
            chunks.append(line[:cut])
            length += cut
        return Text(source, "".join(chunks), pieces), end

    def _heredocs(self, instruction: Instruction, opens: Instruction, line: Text, end: int) -> int:
        """Read the bodies that follow, and give them to ``opens``; the end of the last one."""
        try:
            found = openers(line.value)
        except SubstitutionError as error:
            self.faults.append(SyntaxFault(str(error), opens.head.place))
            return end
        heredocs = []
        for opener in found:
            body, end, terminated = self._body(opener, end)
            word = line.slice(opener.start, opener.end)
            heredocs.append(Heredoc(opener.name, opener.expand, opener.chomp, opener.fd, body, word))
            if not terminated:
                self.faults.append(SyntaxFault("unterminated heredoc", word.place))
                break
        instruction.heredocs = opens.heredocs = tuple(heredocs)
        if heredocs and isinstance(opens, Run) and opens.script is not None:
            try:
                alone = parse_opener(opens.script.value)
            except SubstitutionError:
                alone = None
            if alone is not None:
                opens.script = heredocs[0].body
                opens.script_is_heredoc = True
        return end

    def _body(self, opener: Opener, end: int) -> tuple[Text, int, bool]:
        """The lines up to the terminator: the body, the offset where the terminator ends, and whether there is one."""
        text, unread, first = self.text, self.unread, self._next()
        chunks: list[str] = []
        pieces: list[tuple[int, int]] = []
        length = 0
        for self.at, begin, raw in unread:
            if self.long:
                self.too_long = self._is_too_long(raw) or self.too_long
            end = begin + len(raw)
            line = raw.rstrip("\r")
            tabs = len(line) - len(line.lstrip("\t")) if opener.chomp else 0
            if line[tabs:] == opener.name:
                return self._body_text(opener, first, begin, chunks, pieces), max(end, min(begin + 1, self.size)), True
            if opener.chomp:
                pieces.append((length, begin + tabs))
                chunks.append(text[begin + tabs : self._next()])
                length += len(chunks[-1])
        return self._body_text(opener, first, self.size, chunks, pieces), max(end, self.size), False

    def _body_text(
        self, opener: Opener, start: int, end: int, chunks: list[str], pieces: list[tuple[int, int]]
    ) -> Text:
        if opener.chomp:
            return Text(self.source, "".join(chunks), pieces or start)
        return Text(self.source, self.text[start:end], start)


def _check_options(value: Text) -> list[SyntaxFault]:
    """``# check=``: only its first word counts."""
    for part in value.value.partition(" ")[0].split(";", 2):
        key, equals, given = part.partition("=")
        key = key.strip()
        problem = ""
        if not equals:
            problem = f"invalid check option {go.quote(part)}"
        elif key == "error":
            given = given.strip()
            if not go.is_bool(given):
                syntax = f"strconv.ParseBool: parsing {go.quote(given)}: invalid syntax"
                problem = f"failed to parse check option {go.quote(part)}: {syntax}"
        elif key not in ("skip", "experimental"):
            problem = f"invalid check option {go.quote(key)}"
        if problem:
            return [SyntaxFault(f"failed to parse check options: {problem}", value.place)]
    return []


def _takes_heredocs(instruction: Instruction) -> bool:
    if instruction.keyword not in _HEREDOC_KEYWORDS:
        return False
    if isinstance(instruction, Run):
        return instruction.exec is None
    return not (isinstance(instruction, Copy) and instruction.json)


def _continued(line: str, escape: str) -> int:
    """Where the escape character stands that continues a line; -1 when there is none."""
    kept = line.rstrip(" \t")
    last = len(kept) - 1
    if last < 0 or kept[last] != escape or (last > 0 and kept[last - 1] == escape):
        return -1
    return last
