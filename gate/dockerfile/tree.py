"""The typed tree of a Dockerfile.

Built once by :mod:`gate.dockerfile.parse`, then only read. Every :class:`~gate.dockerfile.source.Text` in it is as
written (quotes and variables still in it) and knows its place; values come from ``Build.expand`` (builder variables) or
from the shell commands of a RUN (:mod:`gate.dockerfile.command`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.dockerfile.source import Source, Text
from gate.model import Place
from gate.record import dataclass, field

if TYPE_CHECKING:
    from gate.dockerfile.stages import Variables


@dataclass(slots=True, eq=False)
class Heredoc:
    """One here-document of an instruction: ``<<[-][quote]name[quote]`` and its body."""

    name: str
    expand: bool  # False when the word was quoted: the builder leaves the body alone
    chomp: bool  # <<- : leading tabs are stripped from body and terminator
    fd: int
    body: Text  # as BuildKit records it (after chomp), without the terminator line
    word: Text  # the ``<<EOF`` token in the instruction


@dataclass(slots=True, eq=False)
class Flag:
    """``--name=value`` in front of an instruction's arguments. ``value`` is None for a bare ``--name``."""

    name: str
    value: Text | None
    text: Text


@dataclass(slots=True, eq=False)
class Instruction:
    """One instruction. Subclasses add what their keyword means; an unknown or refused one stays a plain Instruction."""

    keyword: str  # upper case
    source: Source
    head: Text  # the keyword as written
    text: Text  # everything after the keyword and its blanks, flags included, lines joined, comments gone
    start: int  # source offsets of the whole instruction, heredoc bodies included
    end: int
    flags: tuple[Flag, ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    stage: Stage | None = None  # None in front of the first FROM
    index: int = 0  # position among the file's instructions
    onbuild: bool = False  # the child of an ONBUILD: it runs in the builds of other images

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def end_line(self) -> int:
        return self.source.position(max(self.start, self.end - 1))[0]

    @property
    def place(self) -> Place:
        """The keyword: where a finding about the instruction as a whole stands."""
        return self.head.place

    def flag(self, name: str) -> Flag | None:
        """The last flag of that name."""
        for flag in reversed(self.flags):
            if flag.name == name:
                return flag
        return None


@dataclass(slots=True, eq=False)
class From(Instruction):
    image: Text = field(kw_only=True)
    name: str | None = field(default=None, kw_only=True)  # stage name, lower case as BuildKit stores it
    name_text: Text | None = field(default=None, kw_only=True)


@dataclass(slots=True, eq=False)
class Run(Instruction):
    """``exec`` is the JSON form's words. Otherwise ``script`` is the shell text (flags cut off); a RUN that is only a
    heredoc has the heredoc's body as its script and ``script_is_heredoc`` set."""

    exec: tuple[Text, ...] | None = field(default=None, kw_only=True)
    script: Text | None = field(default=None, kw_only=True)
    script_is_heredoc: bool = field(default=False, kw_only=True)


@dataclass(slots=True, eq=False)
class Launch(Instruction):
    """CMD, ENTRYPOINT, or the test of a HEALTHCHECK (its ``none`` is True for ``HEALTHCHECK NONE``).

    ``exec`` are the words of the JSON form (contents of the strings, JSON escapes resolved); None means shell form, and
    then ``script`` is the text. An empty tuple is ``[]``.
    """

    exec: tuple[Text, ...] | None = field(default=None, kw_only=True)
    script: Text | None = field(default=None, kw_only=True)
    none: bool = field(default=False, kw_only=True)


@dataclass(slots=True, eq=False)
class Copy(Instruction):
    """COPY and ADD. Heredoc sources are in ``heredocs``, not in ``sources``."""

    sources: tuple[Text, ...] = field(kw_only=True)
    destination: Text = field(kw_only=True)
    json: bool = field(default=False, kw_only=True)

    @property
    def from_(self) -> Text | None:
        flag = self.flag("from") if self.flags else None
        return flag.value if flag else None


@dataclass(slots=True, eq=False)
class Pair:
    """``key=value`` of ENV, LABEL and ARG, as written. ``value`` is None for ``ARG NAME``; ``legacy``: ``ENV K v``."""

    key: Text
    value: Text | None
    legacy: bool = False

    @property
    def place(self) -> Place:
        end = self.value.end if self.value is not None else self.key.end
        return self.key.source.place(self.key.start, end)


@dataclass(slots=True, eq=False)
class Pairs(Instruction):
    """ENV, LABEL, ARG."""

    pairs: tuple[Pair, ...] = field(kw_only=True)


@dataclass(slots=True, eq=False)
class Words(Instruction):
    """USER, WORKDIR, STOPSIGNAL, MAINTAINER (one word: the rest of the line), EXPOSE, VOLUME, SHELL (several)."""

    words: tuple[Text, ...] = field(kw_only=True)
    json: bool = field(default=False, kw_only=True)


@dataclass(slots=True, eq=False)
class Onbuild(Instruction):
    """``refused``: what BuildKit says about the child, when an image is built from this one. This build takes it."""

    child: Instruction | None = field(default=None, kw_only=True)
    refused: str = field(default="", kw_only=True)


@dataclass(slots=True, eq=False)
class Stage:
    """One build stage. ``parent`` is the local stage that FROM names; then ``base`` is None.

    ``base`` is the image reference after global ARG substitution (``"scratch"`` included), or None where it cannot be
    known (``base_unknown`` says why).
    """

    index: int
    from_: From
    instructions: list[Instruction]  # in order, FROM not among them
    parent: Stage | None = None
    base: str | None = None
    base_unknown: str = ""

    @property
    def name(self) -> str | None:
        return self.from_.name

    @property
    def label(self) -> str:
        """What users call it: its name, or its index."""
        return self.from_.name or str(self.index)

    def lineage(self) -> list[Stage]:
        """This stage and its local FROM ancestors, the oldest first."""
        chain: list[Stage] = [self]
        while chain[-1].parent is not None:
            chain.append(chain[-1].parent)
        return chain[::-1]

    @property
    def root(self) -> Stage:
        """The stage of the lineage that starts from an external image or scratch."""
        return self.lineage()[0]


@dataclass(slots=True, eq=False)
class SyntaxFault:
    """What BuildKit would refuse: its message (without its "dockerfile parse error on line N: " prefix) and its
    place."""

    message: str
    place: Place


@dataclass(slots=True, eq=False)
class Comment:
    """A whole-line comment, wherever it stands (also between continued lines). ``text`` starts at the ``#``."""

    text: Text


@dataclass(slots=True, eq=False)
class Dockerfile:
    """A parsed file. With faults, the instructions that BuildKit would have understood are still here."""

    source: Source
    instructions: list[Instruction]
    stages: list[Stage]
    comments: list[Comment]
    directives: dict[str, Text]  # syntax, escape, check
    escape: str
    faults: list[SyntaxFault]
    variables: Variables | None = None  # those with which the stages were linked
    _runs: list[Run] | None = field(default=None, init=False, repr=False)

    @property
    def path(self) -> str:
        return self.source.path

    def close(self) -> None:
        """Take the tree apart where an instruction refers back to its stage."""
        self.variables = None
        for instruction in self.instructions:
            instruction.stage = None
            if isinstance(instruction, Onbuild) and instruction.child is not None:
                instruction.child.stage = None

    @property
    def runs(self) -> list[Run]:
        """Every RUN, also behind ONBUILD: one list for all who ask."""
        if self._runs is None:
            each = (one.child if isinstance(one, Onbuild) else one for one in self.instructions)
            self._runs = [one for one in each if isinstance(one, Run)]
        return self._runs

    @property
    def header(self) -> list[Instruction]:
        """The instructions in front of the first FROM (global ARGs)."""
        return [instruction for instruction in self.instructions if instruction.stage is None]
