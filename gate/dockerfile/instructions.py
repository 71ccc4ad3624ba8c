"""One logical line → one typed instruction, and what BuildKit says where it refuses it.

Two kinds of refusal, as in BuildKit: the *parser's* (the file is not read any further: ``Draft.unreadable``) and the
*instruction's* (found when the whole file has been read: ``Draft.refuse``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from gate.dockerfile import words
from gate.dockerfile.expand import SubstitutionError
from gate.dockerfile.flags import check_flags, health_problem
from gate.dockerfile.go import quote as go_quote
from gate.dockerfile.heredoc import parse_opener
from gate.dockerfile.source import Text
from gate.dockerfile.suggest import did_you_mean
from gate.dockerfile.tree import (
    Copy,
    Flag,
    From,
    Instruction,
    Launch,
    Onbuild,
    Pair,
    Pairs,
    Run,
    SyntaxFault,
    Words,
)
from gate.lazy import pattern
from gate.model import Place

Span = tuple[int, int]
Kind = TypeVar("Kind", bound=Instruction)

_STAGE_NAME = pattern(r"[a-z][a-z0-9-_.]*")


class Draft:
    """An instruction on its way: its keyword and flags are read, its arguments are ``value[start:end]`` of ``line``."""

    __slots__ = (
        "arguments", "end", "escape", "faults", "flag_list", "head", "keyword", "line", "parser_faults", "start", "text",
        "value",
    )  # fmt: skip

    def __init__(self, line: Text, escape: str, start: int, end: int, in_full: bool = True) -> None:
        value = line.value
        blank = words.BLANK.search(value, start, end)
        keyword_end, begin = blank.span() if blank else (end, end)
        self.line = line
        self.value = value
        self.escape = escape
        self.keyword = value[start:keyword_end].upper()
        self.head = line.slice(start, keyword_end)
        self.faults: tuple[SyntaxFault, ...] = ()
        self.parser_faults: tuple[SyntaxFault, ...] = ()
        self.flag_list: tuple[Flag, ...] = ()
        self.text = self.arguments = line.slice(begin, end)
        if in_full and value.startswith("--", begin):
            found, begin = words.flags(value, begin, end, escape)
            self.flag_list = tuple(map(self._flag, found))
            begin, end = words.trim(value, begin, end)
            self.arguments = line.slice(begin, end)
        elif begin < end and value[begin] in words.SPACES:
            begin = words.trim(value, begin, end)[0]
            self.arguments = line.slice(begin, end)
        self.start, self.end = begin, end

    def _flag(self, word: words.Word) -> Flag:
        value = self.line.assemble(word.runs)
        name, equals, _ = value.value.partition("=")
        given = value.slice(len(name) + 1, len(value)) if equals else None
        return Flag(name[2:], given, self.line.slice(word.start, word.end))

    def slice(self, span: Span) -> Text:
        return self.line.slice(span[0], span[1])

    def blank_separated(self) -> list[Text]:
        slice_ = self.line.slice
        return [slice_(*match.span()) for match in words.WORD.finditer(self.value, self.start, self.end)]

    def refuse(self, message: str, place: Place | None = None) -> None:
        """Only the first refusal counts: it is the one that BuildKit stops at."""
        if not self.faults and not self.parser_faults:
            self.faults = (SyntaxFault(message, place or self.head.place),)

    def unreadable(self, message: str, place: Place | None = None) -> None:
        self.parser_faults += (SyntaxFault(message, place or self.head.place),)

    def json(self, start: int) -> tuple[Text, ...] | None:
        """The JSON form's strings from ``start`` on; None: another form."""
        if not self.value.startswith("[", start):
            return None
        try:
            found = words.json_words(self.value, start, self.end)
        except words.NotStrings as error:
            self.unreadable(str(error))
            return None
        if found is None:
            return None
        return tuple([self.line.assemble(word.runs) if word.runs else self._empty(word) for word in found])

    def _empty(self, word: words.Word) -> Text:
        return self.line.slice(word.start + 1, word.start + 1)

    def check_flags(self) -> None:
        if self.flag_list:
            check_flags(self.keyword, self.flag_list, self.refuse)

    def make(self, kind: type[Kind], **parts: Any) -> Kind:
        """The typed instruction; where it starts and ends is told later."""
        return kind(self.keyword, self.line.source, self.head, self.text, 0, 0, self.flag_list, **parts)

    def plain(self) -> Instruction:
        return self.make(Instruction)


def build(line: Text, escape: str, *, in_full: bool = True) -> tuple[Instruction, Draft]:
    """The instruction on a logical line (white space at its ends is ignored). Not ``in_full``: its keyword only."""
    value = line.value
    start, end = 0, len(value)
    if value[:1] in words.SPACES or value[-1:] in words.SPACES:
        start, end = words.trim(value, start, end)
    draft = Draft(line, escape, start, end, in_full)
    return (construct(draft) if in_full else draft.plain()), draft


def construct(draft: Draft) -> Instruction:
    builder = _BUILDERS.get(draft.keyword)
    if builder is None:
        name = draft.head.value
        draft.refuse(f"unknown instruction: {name}{did_you_mean(name, _BUILDERS, match_case=True)}")
        return draft.plain()
    return builder(draft)


def _exactly_one(draft: Draft) -> bool:
    if draft.start == draft.end:
        draft.refuse(f"{draft.keyword} requires exactly one argument")
        return False
    return True


def _at_least_one(draft: Draft) -> bool:
    if draft.start == draft.end:
        draft.refuse(f"{draft.keyword} requires at least one argument")
        return False
    return True


def _from(draft: Draft) -> Instruction:
    found = draft.blank_separated()
    name: str | None = None
    name_text: Text | None = None
    if len(found) == 3 and found[1].value.lower() == "as":
        name_text = found[2]
        name = name_text.value.lower()
        if not _STAGE_NAME.fullmatch(name):
            name = None
            draft.refuse(
                f"invalid name for build stage: {go_quote(name_text.value)}, "
                "name can't start with a number or contain symbols",
                name_text.place,
            )
    elif len(found) != 1:
        draft.refuse("FROM requires either one or three arguments")
    draft.check_flags()
    if not found:
        return draft.plain()
    return draft.make(From, image=found[0], name=name, name_text=name_text)


def _command(draft: Draft) -> Instruction:
    """RUN, CMD, ENTRYPOINT."""
    exec_form = draft.json(draft.start)
    draft.check_flags()
    script = draft.arguments if exec_form is None else None
    return draft.make(Run if draft.keyword == "RUN" else Launch, exec=exec_form, script=script)


def _healthcheck(draft: Draft) -> Instruction:
    if not _at_least_one(draft):
        return draft.plain()
    value, start, end = draft.value, draft.start, draft.end
    blank = words.BLANK.search(value, start, end)
    stop, begin = blank.span() if blank else (end, end)
    kind = value[start:stop]
    exec_form = draft.json(begin)
    if kind.upper() == "NONE":
        if begin < end and exec_form != ():
            draft.refuse("HEALTHCHECK NONE takes no arguments")
        return draft.make(Launch, none=True)
    draft.check_flags()
    if kind.upper() != "CMD":
        draft.refuse(f"Unknown type {go_quote(kind.upper())} in HEALTHCHECK (try CMD)")
        return draft.plain()
    if begin == end or exec_form == ():
        draft.refuse("Missing command after HEALTHCHECK CMD")
    problem = health_problem(draft.flag_list)
    if problem is not None:
        draft.refuse(problem[0], problem[1].text.place)
    script = draft.line.slice(begin, end) if exec_form is None else None
    return draft.make(Launch, exec=exec_form, script=script)


def _copy(draft: Draft) -> Instruction:
    exec_form = draft.json(draft.start)
    found = list(exec_form) if exec_form is not None else draft.blank_separated()
    if len(found) < 2:
        draft.refuse(
            f"{draft.keyword} requires at least two arguments, but only one was provided. "
            "Destination could not be determined"
        )
        draft.check_flags()
        return draft.plain()
    draft.check_flags()
    if _opens(found[-1].value):
        draft.refuse(f"{draft.keyword} cannot accept a heredoc as a destination")
    sources = tuple([word for word in found[:-1] if not _opens(word.value)])
    return draft.make(Copy, sources=sources, destination=found[-1], json=exec_form is not None)


def _opens(word: str) -> bool:
    if "<<" not in word:
        return False
    try:
        return parse_opener(word) is not None
    except SubstitutionError:
        return False


def _key_values(draft: Draft) -> Instruction:
    """ENV and LABEL. A first word without ``=`` is the old form ``KEY the rest of the line``."""
    value, start, end = draft.value, draft.start, draft.end
    found = words.quoted_words(value, start, end, draft.escape)
    pairs: list[Pair] = []
    if found and value.find("=", *found[0]) < 0:
        blank = words.BLANK.search(value, start, end)
        if blank is None:
            draft.unreadable(f"{draft.keyword} must have two arguments")
            return draft.plain()
        pairs.append(Pair(draft.line.slice(start, blank.start()), draft.line.slice(blank.end(), end), legacy=True))
    for word in () if pairs else found:
        equals = value.find("=", *word)
        if equals < 0:
            draft.unreadable(
                f"Syntax error - can't find = in {go_quote(value[word[0] : word[1]])}. Must be of the form: name=value",
                draft.slice(word).place,
            )
            break
        pairs.append(Pair(draft.line.slice(word[0], equals), draft.line.slice(equals + 1, word[1])))
    draft.check_flags()
    if not pairs:
        draft.refuse(f"{draft.keyword} requires at least one argument")
        return draft.plain()
    if "" in [pair.key.value for pair in pairs]:
        draft.refuse(f"{draft.keyword} names can not be blank")
    return draft.make(Pairs, pairs=tuple(pairs))


def _arg(draft: Draft) -> Instruction:
    value = draft.value
    pairs: list[Pair] = []
    for start, end in words.quoted_words(value, draft.start, draft.end, draft.escape):
        equals = value.find("=", start, end)
        if equals == start:
            draft.refuse("ARG names can not be blank")
        if equals < 0:
            pairs.append(Pair(draft.line.slice(start, end), None))
        else:
            pairs.append(Pair(draft.line.slice(start, equals), draft.line.slice(equals + 1, end)))
    if not pairs:
        draft.refuse("ARG requires at least one argument")
        return draft.plain()
    return draft.make(Pairs, pairs=tuple(pairs))


def _single(draft: Draft) -> Instruction:
    """USER, WORKDIR, STOPSIGNAL, MAINTAINER: the rest of the line is one word."""
    if not _exactly_one(draft):
        return draft.plain()
    if draft.keyword != "STOPSIGNAL":
        draft.check_flags()
    return draft.make(Words, words=(draft.arguments,))


def _expose(draft: Draft) -> Instruction:
    if not _at_least_one(draft):
        return draft.plain()
    draft.check_flags()
    return draft.make(Words, words=tuple(draft.blank_separated()))


def _volume(draft: Draft) -> Instruction:
    exec_form = draft.json(draft.start)
    found = draft.blank_separated() if exec_form is None else exec_form
    if not found:
        draft.refuse("VOLUME requires at least one argument")
        return draft.plain()
    draft.check_flags()
    if any(not word.value.strip(words.SPACE) for word in found):
        draft.refuse("VOLUME specified can not be an empty string")
    return draft.make(Words, words=tuple(found), json=exec_form is not None)


def _shell(draft: Draft) -> Instruction:
    exec_form = draft.json(draft.start)
    draft.check_flags()
    if exec_form is None and draft.start < draft.end:
        draft.refuse("SHELL requires the arguments to be in JSON form")
        return draft.plain()
    if not exec_form:
        draft.refuse("SHELL requires at least one argument")
        return draft.plain()
    return draft.make(Words, words=exec_form, json=True)


def _onbuild(draft: Draft) -> Instruction:
    """The child is read like any instruction, but only its parser may refuse it: the rest is the business of the build
    that it runs in. A chain of ONBUILD is followed without recursion."""
    if not _at_least_one(draft):
        return draft.plain()
    inner = Draft(draft.line, draft.escape, draft.start, draft.end)
    draft.check_flags()
    trigger = inner.keyword.strip(words.SPACE)
    if trigger == "ONBUILD":
        draft.refuse("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    elif trigger in ("MAINTAINER", "FROM"):
        draft.refuse(f"{trigger} isn't allowed as an ONBUILD trigger")
    while inner.keyword == "ONBUILD" and inner.start < inner.end:
        inner = Draft(inner.line, inner.escape, inner.start, inner.end)
    child = construct(inner)
    child.onbuild = True
    draft.parser_faults += inner.parser_faults
    refused = inner.faults[0].message if inner.faults else ""
    child_or_none = child if trigger != "ONBUILD" else None
    return draft.make(Onbuild, child=child_or_none, refused=refused)


_BUILDERS: dict[str, Callable[[Draft], Instruction]] = {
    "ADD": _copy,
    "ARG": _arg,
    "CMD": _command,
    "COPY": _copy,
    "ENTRYPOINT": _command,
    "ENV": _key_values,
    "EXPOSE": _expose,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _key_values,
    "MAINTAINER": _single,
    "ONBUILD": _onbuild,
    "RUN": _command,
    "SHELL": _shell,
    "STOPSIGNAL": _single,
    "USER": _single,
    "VOLUME": _volume,
    "WORKDIR": _single,
}
