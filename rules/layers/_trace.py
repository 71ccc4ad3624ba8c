"""The layers of the image one after the other: what each RUN finds there, makes, removes and changes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache

from gate.build import Build
from gate.context.model import Entry
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Copy, Instruction, Run
from gate.image.base import identify
from gate.memo import memo
from gate.model import Unknown
from gate.packages.where import mentions
from gate.record import dataclass
from gate.rules.build._effects import Effect, effect
from gate.rules.layers import _caches as caches
from gate.rules.layers import _makers as makers
from gate.rules.layers._changers import CHANGERS, TAKERS, Change, Removal, changes_of, removals_of, takes
from gate.rules.layers._made import Made
from gate.rules.layers._makers import made_by
from gate.rules.layers._paths import Place, builder_word, covers, inside, written

_MAX_MADE = 3000
"""Things that are remembered; hostile files make more."""

_CONDA_IMAGES = ("continuumio/", "condaforge/", "pytorch/pytorch", "mambaorg/")


@dataclass(slots=True)
class Event:
    """One command of a RUN, the ``number``-th of them."""

    number: int
    command: Command
    made: list[Made]
    removals: list[Removal]
    changes: list[Change]
    takes: bool  # it may take something away, packages too


@dataclass
class Layer:
    """One RUN that takes something away or changes something. ``found`` is what earlier layers hold."""

    run: Run
    events: list[Event]
    commands: tuple[Command, ...]
    _found: tuple[list[Made], int]  # the list is shared by all layers: this one sees its beginning

    @property
    def found(self) -> list[Made]:
        return self._found[0][: self._found[1]]

    @cached_property
    def produces(self) -> int:
        """The number of its first command that may make anything; of one behind the last where none does."""
        numbers = (number for number, command in enumerate(self.commands) if _produces(command))
        return next(numbers, len(self.commands))


def _produces(command: Command) -> bool:
    return command.name not in ("cd", "pushd") and effect(command) > Effect.CLEANUP


def layers(build: Build) -> list[Layer]:
    """The RUNs whose layers reach the image and that may take something away from earlier ones, in order."""
    kept = memo(build, "layers")
    found: list[Layer] | None = kept.get("all")
    if found is None:
        found = kept["all"] = list(_Tracer(build).run())
    return found


class _Tracer:
    def __init__(self, build: Build) -> None:
        self.build = build
        self.place = Place()
        self.found: list[Made] = []
        self.volumes: list[str] = []

    def run(self) -> Iterator[Layer]:
        lineage = self.build.target.lineage() if self.build.target is not None else []
        if lineage and lineage[0].base is not None:
            repository = identify(lineage[0].base).repository
            if repository.startswith(_CONDA_IMAGES):
                self.found.append(Made("/opt/conda", "tree", "the installation of the base image"))
        instructions = [instruction for stage in lineage for instruction in stage.instructions]
        while instructions and not self._takes(instructions[-1]):
            instructions.pop()  # nobody asks what the last ones make
        if sum(isinstance(instruction, (Run, Copy)) for instruction in instructions) == 1 and not self.found:
            return  # the first layer has no earlier one
        for instruction in instructions:
            if isinstance(instruction, Run):
                yield from self._run(instruction)
            else:
                self._other(instruction)

    def _takes(self, instruction: Instruction) -> bool:
        return isinstance(instruction, Run) and any(map(takes, self.build.script(instruction).commands))

    def _other(self, instruction: Instruction) -> None:
        place, keyword = self.place, instruction.keyword
        if isinstance(instruction, Copy):
            self._keep(self._copied(instruction))
        elif keyword == "WORKDIR":
            place.cwd = place.workdir
            place.workdir = place.absolute(builder_word(instruction.text, instruction, self.build))
        elif keyword == "USER":
            place.enter_user(builder_word(instruction.text, instruction, self.build))
        elif keyword == "VOLUME":
            words = getattr(instruction, "words", ())
            self.volumes += [builder_word(word, instruction, self.build) for word in words]

    def _keep(self, made: Iterable[Made]) -> None:
        if len(self.found) < _MAX_MADE:
            self.found += [one for one in made if not self._apart(one.path, self.volumes)] if self.volumes else made

    def _apart(self, path: str, folders: list[str]) -> bool:
        return any(path == folder or inside(path, folder) for folder in folders)

    def _run(self, run: Run) -> Iterator[Layer]:
        commands = self.build.script(run).commands
        events = self._events(run, commands)
        if any(event.takes for event in events):
            yield Layer(run, events, commands, (self.found, len(self.found)))
            self._keep(_left_behind(events))
        else:
            self._keep([one for event in events for one in event.made])

    def _events(self, run: Run, commands: Iterable[Command]) -> list[Event]:
        """What the commands of a RUN make, remove and change, as far as their words tell."""
        place, build, line = self.place, self.build, run.line
        place.begin_run()
        apart = _mounts(run) + self.volumes

        def get(name: str) -> str | None:
            value = build.scope(run).get(name) if mentions(build, name) else None
            return "?" if isinstance(value, Unknown) else value

        events: list[Event] = []
        fresh: set[str] = set()  # folders that this RUN makes
        for number, command in enumerate(commands):
            name = command.name or ""
            if not fresh and not _speaks(name):
                continue
            place.leave_scopes(command)
            if name in ("cd", "pushd"):
                place.change(command)
                continue
            if name == "mkdir":
                fresh.update(place.absolute(written(word)) for word in command.arguments)
            elif fresh and effect(command) is Effect.COMPILE:
                built = [Made(path, "tree", "what is built there", line) for path in _built_in(command, place, fresh)]
                events.append(Event(number, command, built, [], [], False))
                continue
            taking = takes(command)
            made = made_by(command, place, get) if _makes(name) else []
            for one in made:
                one.line = line
            changing = name in CHANGERS
            removals = [*removals_of(command, place)] if taking and not changing else []
            changes = [*changes_of(command, place)] if changing else []
            if apart:
                made = [one for one in made if not self._apart(one.path, apart)]
                removals = [removal for removal in removals if not self._apart(removal.path, apart)]
                changes = [change for change in changes if not self._apart(change.path, apart)]
            if made or taking:
                events.append(Event(number, command, made, removals, changes, taking))
        return events

    def _copied(self, copy: Copy) -> Iterator[Made]:
        build, line = self.build, copy.line
        self.place.cwd = self.place.workdir
        target = builder_word(copy.destination, copy, build)
        into = target.endswith(("/", "/.")) or target in (".", "") or len(copy.sources) > 1
        for word in copy.sources:
            source = builder_word(word, copy, build)
            name = posixpath.basename(source.partition("?")[0])
            path = self.place.absolute(posixpath.join(target, name) if into else target)
            entry = self._entry(source, copy)
            if "://" in source or source.startswith("git@"):
                yield Made(path, "file", "the downloaded file", line)
            elif entry.type == "directory" if entry is not None else _looks_like_folder(source):
                yield Made(self.place.absolute(target), "copy tree", "the copy", line, source=_in_context(source, copy))
            else:
                yield Made(path, "copy", "the copy", line, size=entry.size if entry is not None else 0)

    def _entry(self, source: str, copy: Copy) -> Entry | None:
        """The file of the context that a word names without a pattern."""
        context = self.build.context
        if context is None or copy.from_ is not None:
            return None
        return context.get(_in_context(source, copy))


def _built_in(command: Command, place: Place, folders: set[str]) -> Iterator[str]:
    """The new folder that a compiler works in: the current one, or that of ``-C``, ``-B`` and the like."""
    words = [place.absolute(written(word)) for word in command.arguments if not written(word).startswith("-")]
    yield from (path for path in (place.cwd, *words) if path in folders)


def _left_behind(events: list[Event]) -> Iterable[Made]:
    """What a RUN makes and does not remove itself."""
    gone: list[str] = []
    left: list[Made] = []
    for event in reversed(events):
        left += [one for one in event.made if not any(covers(path, one.path) for path in gone)] if gone else event.made
        gone += [removal.path for removal in event.removals]
    return reversed(left)


def _in_context(source: str, copy: Copy) -> str:
    """A source's path in the context; empty for the context itself, and for other stages."""
    return "" if copy.from_ is not None else posixpath.normpath("/" + source).strip("/")


def _looks_like_folder(source: str) -> bool:
    return source.rstrip("/.") == "" or source.endswith(("/", "/.", "*")) or "." not in posixpath.basename(source)


@lru_cache(maxsize=1024)
def _makes(name: str) -> bool:
    """Whether a program leaves behind what can be told from its words."""
    return name in _MAKERS or name.startswith(("pip", "python")) or name.endswith(".sh")


_MAKERS = makers.PROGRAMS | caches.PROGRAMS


@lru_cache(maxsize=1024)
def _speaks(name: str) -> bool:
    """Whether a program may change the folder, or leave something behind, or take something away."""
    return _makes(name) or name in _MOVES or name in TAKERS


_MOVES = ("cd", "pushd", "mkdir")


def _mounts(run: Run) -> list[str]:
    """The folders of a RUN that are no part of its layer."""
    found: list[str] = []
    for flag in run.flags:
        if flag.name == "mount" and flag.value is not None:
            options = dict(part.partition("=")[::2] for part in flag.value.value.split(","))
            target = options.get("target") or options.get("dst") or options.get("destination")
            if target:
                found.append(posixpath.normpath(target) if target.startswith("/") else "/" + target)
    return found
