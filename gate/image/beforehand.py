"""What can be said of a build's files before any instruction is carried out, which costs far more.

Each answer is a necessary condition: where it says no, the files need not be asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from gate.context.paths import BadPattern, join
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Run
from gate.image.copy import find_sources
from gate.image.copy_files import select
from gate.image.output import is_to_file
from gate.image.plan import CopyFiles, SourceWord
from gate.image.sources import file_name, kind
from gate.image.tree import Tree, TreeError, TreeUnknown

if TYPE_CHECKING:
    from gate.image.evaluate import World

_PRINTS = frozenset({"echo", "printf", "cat", ":", "true"})
"""Programs whose output is known, as :mod:`gate.image.output` has it."""
_MOVERS = frozenset({"cp", "install", "ln", "mv", "touch", "update-alternatives"})
"""Programs that give a file of known content a name."""


class Beforehand:
    """The stages of one build, foreseen from the words of their instructions alone."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._build = world.evaluator.build

    @property
    def from_context(self) -> bool:
        """Whether a COPY or ADD brings anything of the context."""
        return self._asked[0]

    @property
    def missing(self) -> bool:
        """Whether the builder stops at a COPY or ADD, as the context has not what it asks for."""
        return self._asked[1]

    def may_make(self, name: str) -> bool:
        """Whether a file of that name can come about."""
        return self.from_context or _says(self._text, name)

    def may_read(self, name: str) -> bool:
        """Whether a file of that name, and of known content, can come about."""
        return self.from_context or name in self._written

    @cached_property
    def _text(self) -> str:
        """What instructions say that make files of other things than the context's: a name is said there, or in the
        value of a variable."""
        values = (value for plan in self._world.plans.values() for value in plan.environment.values())
        said = [value for value in values if isinstance(value, str)]
        for run in self._runs():
            said += [run.text.value, *(heredoc.body.value for heredoc in run.heredocs)]
        for copy in self._copies():
            foreign = [str(source.value) for source in copy.sources if not _is_local(copy, source)]
            if foreign or copy.inline:
                said += [str(copy.destination), *foreign, *map(file_name, foreign), *_heredocs(copy)]
        return "\n".join(said)

    @cached_property
    def _written(self) -> str:
        """What the instructions say that write files of known content, or put such files elsewhere, and what these files
        say: they may be scripts that do so."""
        commands = [command for run in self._runs() for command in self._build.script(run).commands]
        said = [text for copy in self._copies() for text in _heredocs(copy)]
        if not said and not any(map(_writes, commands)):
            return ""
        for command in commands:
            if command.name in _PRINTS or command.name in _MOVERS:
                said += [value or "" for value in command.values]
            for redirect in command.redirects:
                said += [text.value or "" for text in (redirect.target, redirect.heredoc) if text is not None]
        said += [str(copy.destination) for copy in self._copies() if copy.stage is not None or copy.inline]
        return "\n".join(said)

    @cached_property
    def _asked(self) -> tuple[bool, bool]:
        found = missing = False
        for copy, text in self._local_sources():
            if self._is_absent(copy, text):
                missing = True
                continue
            try:
                root = self._world.context
                if root is None:
                    break
                tree = Tree(root)
                operand, _, _ = select(copy, tree, text, digest=True)
                found = bool(find_sources(tree, operand)) or found
            except (TreeError, BadPattern):
                missing = True
            except TreeUnknown:
                continue
        return found, missing

    def _is_absent(self, copy: CopyFiles, text: str) -> bool:
        """A first look at the disk, before it is worked out what the builder would be sent."""
        context = self._build.context
        return context is not None and not copy.parents and not copy.exclude and context.lacks(join("/", text))

    def _local_sources(self) -> Iterator[tuple[CopyFiles, str]]:
        """The paths that an instruction looks for in the context."""
        for copy in self._copies():
            for source in copy.sources:
                if isinstance(source.value, str) and _is_local(copy, source):
                    yield copy, source.value

    def _runs(self) -> Iterator[Run]:
        for index in self._world.stages:
            for instruction in self._build.stages[index].instructions:
                if isinstance(instruction, Run):
                    yield instruction

    def _copies(self) -> Iterator[CopyFiles]:
        for plan in self._world.plans.values():
            for operation in plan.operations:
                if isinstance(operation, CopyFiles) and isinstance(operation.destination, str):
                    yield operation


def _is_local(copy: CopyFiles, source: SourceWord) -> bool:
    """Whether a source is one of the context, if it is known."""
    if copy.stage is not None or copy.image is not None:
        return False
    return not isinstance(source.value, str) or kind(source.value) == "local"


def _heredocs(copy: CopyFiles) -> Iterator[str]:
    """The names and the content of what stands in the Dockerfile itself."""
    for file in copy.inline:
        yield file.name
        if isinstance(file.data, bytes):
            yield file.data.decode("utf-8", "surrogateescape")


def _says(text: str, name: str) -> bool:
    """Whether a text has a name that is no part of a longer word; the letter of an option may stand right before it."""
    # A pattern that begins with plain text is found quickly.
    word = rf"{name}(?![A-Za-z])(?:(?<![A-Za-z]{name})|(?<=-[A-Za-z]{name}))"
    return name in text and re.search(word, text) is not None


def _writes(command: Command) -> bool:
    """Whether a command makes a file of known content."""
    return command.name == "touch" or (command.name in _PRINTS and any(map(is_to_file, command.redirects)))
