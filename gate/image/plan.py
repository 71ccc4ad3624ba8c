"""From instructions to a configuration and a list of file operations: the half of a build that needs no file.

A stage is gone through once, with the variables as the builder keeps them: one environment in which the later of ARG and
ENV wins, and which a stage made FROM another takes over with the image's own ENV on top.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gate.context.paths import clean, join
from gate.dockerfile.expand import SubstitutionError, Value, expand, expand_words
from gate.dockerfile.go import duration, integer, quote
from gate.dockerfile.parse import parse
from gate.dockerfile.ports import PortError, parse_port
from gate.dockerfile.source import Source, Text
from gate.dockerfile.stages import DEFAULT_PATH, PLATFORM, no_default
from gate.dockerfile.tree import Copy, Flag, Instruction, Launch, Onbuild, Pairs, Run, Stage, Words
from gate.dockerfile.words import SPACE
from gate.image.model import Config, Fault, Inherited
from gate.image.references import ReferenceFault, mount_sources, source_stage
from gate.model import Unknown
from gate.record import dataclass, field

if TYPE_CHECKING:
    from gate.build import Build

_SHELL = ["/bin/sh", "-c"]
_HEALTH_FLAGS = {
    "interval": "Interval", "timeout": "Timeout", "start-period": "StartPeriod", "start-interval": "StartInterval",
}  # fmt: skip


class Refused(Exception):
    """The builder stops here. Why is among ``Build.faults`` already, but for the triggers of a parent stage."""


@dataclass(slots=True)
class SourceWord:
    """A source operand after expansion, and where it stands: a word, or the instruction around a trigger."""

    value: Value
    at: Text | Instruction


@dataclass(slots=True)
class InlineFile:
    """A here-document that becomes a file, and where it stands."""

    name: str
    data: bytes | Unknown
    at: Text | Instruction


@dataclass(slots=True)
class MakeFolder:
    """WORKDIR."""

    instruction: Instruction
    path: str | Unknown
    owner: Value  # the USER at that point
    based: bool  # False while the image has no layer yet: then no name can be looked up


@dataclass(slots=True)
class CopyFiles:
    """COPY or ADD. ``stage``: the source stage's index; ``image``: an image that is not read; both None: the context."""

    instruction: Instruction
    destination: str | Unknown
    sources: list[SourceWord]
    inline: list[InlineFile]
    stage: int | None
    image: str | None
    owner: Value
    mode: Value
    exclude: tuple[str, ...]
    parents: bool
    link: bool
    unpack: bool
    unpack_urls: bool
    based: bool


@dataclass(slots=True)
class RunCommands:
    """RUN. ``origin``: the instruction of the file that it comes from, an ONBUILD for a trigger; ``argv``: what is
    executed, a shell's script as one word; ``search``: PATH at that point."""

    instruction: Run
    origin: Instruction
    directory: str | Unknown
    user: Value
    argv: list[str]
    search: Value

    @property
    def why(self) -> Unknown:
        """Why something may be there that nobody has put there."""
        return Unknown(f"RUN on line {self.origin.line} may have put something there", "--image")


Operation = MakeFolder | CopyFiles | RunCommands


@dataclass(slots=True)
class Plan:
    """One stage worked out. ``wanted``: the context paths that it asks for, absolute."""

    stage: Stage
    parent: Plan | None
    config: Config = field(default_factory=Config)
    environment: dict[str, Value] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    wanted: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    undecided: list[tuple[str, int, Unknown]] = field(default_factory=list)
    based: bool = False
    closed: bool = False  # FROM scratch, directly or not: the files are all here
    plain: bool = False

    @property
    def last(self) -> Operation | None:
        """The operation that makes the stage's files what they are; None when none was needed."""
        plan: Plan | None = self
        while plan is not None and not plan.operations:
            plan = plan.parent
        return plan.operations[-1] if plan is not None else None


def make_plan(build: Build, stage: Stage, parent: Plan | None, inherited: Inherited | None) -> Plan:
    """Go through one stage, whose parent's plan is made."""
    plan = Plan(stage, parent)
    _start(plan, inherited)
    planner = _Planner(build, plan)
    for instruction, origin in planner.instructions():
        try:
            planner.dispatch(instruction, origin)
        except Refused as refused:
            if origin is not instruction:
                plan.faults.append(Fault(str(refused), stage.from_.place))
    return plan


def _start(plan: Plan, inherited: Inherited | None) -> None:
    parent, stage = plan.parent, plan.stage
    if parent is not None:
        plan.config = parent.config.child()
        plan.environment = {**parent.environment, **plan.config.env}
        plan.based, plan.closed, plan.plain = parent.based, parent.closed, parent.plain
    elif stage.base == "scratch":
        plan.config = Config(env={"PATH": DEFAULT_PATH})
        plan.environment = {"PATH": DEFAULT_PATH}
        plan.closed = True
    else:
        plan.config = _external(stage, inherited)
        plan.environment = dict(plan.config.env)
        plan.based = True
        plan.plain = inherited is not None and inherited.plain


def _reason(stage: Stage) -> Unknown:
    if stage.base is None:
        return Unknown(f"base image is {stage.from_.image}", "--build-arg or --image")
    return Unknown(f"inherited from {stage.base}", "--image")


def _external(stage: Stage, inherited: Inherited | None) -> Config:
    reason = _reason(stage)
    if inherited is None:
        inherited = Inherited(entrypoint=reason, cmd=reason, working_dir=reason, user=reason)
    env = dict(inherited.env)
    if "PATH" not in env:
        env["PATH"] = DEFAULT_PATH if inherited.complete else reason
    rest = None if inherited.complete else reason
    return Config(
        env=env, entrypoint=inherited.entrypoint, cmd=inherited.cmd, working_dir=inherited.working_dir,
        user=inherited.user, stop_signal=rest, shell=rest, healthcheck=rest, inherited=rest,
    )  # fmt: skip


class _Planner:
    def __init__(self, build: Build, plan: Plan) -> None:
        self.build = build
        self.plan = plan
        self.config = plan.config
        self.cmd_is_own = False
        self.escape = build.dockerfile.escape

    def instructions(self) -> Iterator[tuple[Instruction, Instruction]]:
        """What is built, and the instruction of this file that it comes from: first the triggers of the parent stage."""
        parent = self.plan.stage.parent
        for onbuild in parent.instructions if parent is not None else ():
            if isinstance(onbuild, Onbuild):
                yield from self._trigger(onbuild)
        for instruction in self.plan.stage.instructions:
            yield instruction, instruction

    def _trigger(self, onbuild: Onbuild) -> Iterator[tuple[Instruction, Instruction]]:
        """The builder reads a trigger's text anew, as a file of its own."""
        text = "FROM scratch\n" + trigger_text(onbuild)
        tree = parse(Source(onbuild.source.path, text.encode("utf-8", "surrogateescape")))
        for instruction in () if tree.faults else tree.instructions[1:]:
            yield instruction, onbuild

    def dispatch(self, instruction: Instruction, origin: Instruction) -> None:
        """Raises :class:`Refused`."""
        handler = _HANDLERS.get(instruction.keyword)
        if handler is not None and type(instruction) is not Instruction:  # a plain one is a syntax fault
            handler(self, instruction, origin)

    # Words -----------------------------------------------------------------------------------------------------------

    def _lookup(self, name: str) -> Value | None:
        value = self.plan.environment.get(name)
        if value is None and name.isidentifier():  # $1, $@, $$ are never set
            return self.config.inherited
        return value

    def _expand(self, text: str) -> Value:
        try:
            return expand(text, self._lookup, self.escape)
        except SubstitutionError as error:
            raise Refused(f"failed to process {quote(text)}: {error}") from error

    def _option(self, flag: Flag | None) -> Value:
        return self._expand(flag.value.value) if flag is not None and flag.value is not None else ""

    def _undecided(self, what: str, origin: Instruction, why: Unknown) -> None:
        self.plan.undecided.append((what, origin.line, why))

    # Variables -------------------------------------------------------------------------------------------------------

    def _pairs(self, instruction: Pairs) -> list[tuple[Value, Value]]:
        return [
            (self._expand(pair.key.value), self._expand(pair.value.value) if pair.value is not None else "")
            for pair in instruction.pairs
        ]

    def _env(self, instruction: Pairs, origin: Instruction) -> None:
        for key, value in self._pairs(instruction):
            if isinstance(key, Unknown):
                self._undecided("config.Env", origin, key)
                continue
            self.config.env[key] = value
            self.plan.environment[key] = value
            self.config.set_by[f"Env.{key}"] = origin

    def _label(self, instruction: Pairs, origin: Instruction) -> None:
        for key, value in self._pairs(instruction):
            if isinstance(key, Unknown):
                self._undecided("config.Labels", origin, key)
                continue
            self.config.labels[key] = value
            self.config.set_by[f"Labels.{key}"] = origin

    def _arg(self, instruction: Pairs, origin: Instruction) -> None:
        for pair in instruction.pairs:
            name = pair.key.value
            given = self.build.build_args.get(name)
            value: Value | None
            if given is not None:
                value = given
            elif pair.value is not None:
                value = self._expand(pair.value.value)
            else:
                value = self._global(name)
            if value is not None:
                self.plan.environment[name] = value

    def _global(self, name: str) -> Value | None:
        """``ARG NAME``: the value from in front of the first FROM; None leaves the variable as it is."""
        scope = self.build.scope(self.plan.stage.from_)
        plain = self.build.plain
        if scope.default(name) is None:
            return None if plain or name in self.plan.environment else no_default(name)
        if name in PLATFORM and name not in self.build.build_args and not plain:
            return Unknown(f"{name} depends on the platform that is built for", f"--build-arg {name}=…")
        return scope.get(name)

    # Configuration ---------------------------------------------------------------------------------------------------

    def _expose(self, instruction: Words, origin: Instruction) -> None:
        for word in sorted(instruction.words, key=lambda word: word.value.encode("utf-8", "surrogateescape")):
            try:
                values = expand_words(word.value, self.escape, self._lookup)
            except SubstitutionError as error:
                raise Refused(str(error)) from error
            for value in values:
                if isinstance(value, Unknown):
                    self._undecided("config.ExposedPorts", origin, value)
                    continue
                try:
                    ports = parse_port(value)
                except PortError as error:
                    raise Refused(str(error)) from error
                for port in ports:
                    self.config.exposed_ports[port] = None
                    self.config.set_by[f"ExposedPorts.{port}"] = origin

    def _volume(self, instruction: Words, origin: Instruction) -> None:
        for value in [self._expand(word.value.strip(SPACE)) for word in instruction.words]:
            if isinstance(value, Unknown):
                self._undecided("config.Volumes", origin, value)
            elif not value:
                raise Refused("VOLUME specified can not be an empty string")
            else:
                self.config.volumes[value] = None
                self.config.set_by[f"Volumes.{value}"] = origin

    def _user(self, instruction: Words, origin: Instruction) -> None:
        self.config.user = self._expand(instruction.words[0].value)
        self.config.set_by["User"] = origin

    def _stopsignal(self, instruction: Words, origin: Instruction) -> None:
        self.config.stop_signal = self._expand(instruction.words[0].value)
        self.config.set_by["StopSignal"] = origin

    def _shell(self, instruction: Words, origin: Instruction) -> None:
        self.config.shell = [word.value for word in instruction.words]
        self.config.set_by["Shell"] = origin

    def _command(self, instruction: Launch | Run) -> list[str]:
        if instruction.exec is not None:
            return [word.value for word in instruction.exec]
        shell = self.config.shell
        # A base image that sets another shell is so rare that its default is taken for granted.
        return [*(shell if isinstance(shell, list) else _SHELL), instruction.script.value if instruction.script else ""]

    def _cmd(self, instruction: Launch, origin: Instruction) -> None:
        self.config.cmd = self._command(instruction)
        self.config.set_by["Cmd"] = origin
        self.cmd_is_own = True

    def _entrypoint(self, instruction: Launch, origin: Instruction) -> None:
        self.config.entrypoint = self._command(instruction) or None
        self.config.set_by["Entrypoint"] = origin
        if not self.cmd_is_own:
            self.config.cmd = None
            self.config.set_by["Cmd"] = origin

    def _healthcheck(self, instruction: Launch, origin: Instruction) -> None:
        self.config.set_by["Healthcheck"] = origin
        if instruction.none:
            self.config.healthcheck = {"Test": ["NONE"]}
            return
        if instruction.exec is not None:
            test = ["CMD", *(word.value for word in instruction.exec)]
        else:
            test = ["CMD-SHELL", instruction.script.value if instruction.script else ""]
        check: dict[str, object] = {"Test": test}
        try:
            for flag, key in _HEALTH_FLAGS.items():
                value = _flag(instruction, flag)
                if value and (nanoseconds := duration(value)):
                    check[key] = nanoseconds
            retries = _flag(instruction, "retries")
            if retries and (count := integer(retries, 32)):
                check["Retries"] = count
        except ValueError:
            return  # a syntax fault
        self.config.healthcheck = check

    def _onbuild(self, instruction: Onbuild, origin: Instruction) -> None:
        self.config.on_build.append(trigger_text(instruction))

    # Files -----------------------------------------------------------------------------------------------------------

    def _workdir(self, instruction: Words, origin: Instruction) -> None:
        path = self._expand(instruction.words[0].value)
        current = self.config.working_dir
        if isinstance(path, str) and not path.startswith("/"):
            path = self._below(current, path)
        self.config.working_dir = path
        self.config.set_by["WorkingDir"] = origin
        if path != "/":
            resolved = clean(path) if isinstance(path, str) else path
            self._operate(MakeFolder(origin, resolved, self.config.user, self.plan.based))

    def _below(self, folder: str | Unknown, path: str) -> Value:
        if isinstance(folder, Unknown):
            return folder
        folder = folder or "/"
        return join(folder if folder.startswith("/") else "/" + folder, path) if path else folder

    def _operate(self, operation: Operation) -> None:
        self.plan.operations.append(operation)
        self.plan.based = True

    def _run(self, instruction: Run, origin: Instruction) -> None:
        if instruction.flags:
            self.plan.wanted.update(mount_sources(self.build, instruction)[1])
        config, argv = self.config, self._command(instruction)
        search = config.env.get("PATH", "")
        self._operate(RunCommands(instruction, origin, config.working_dir, config.user, argv, search))

    def _copy(self, instruction: Copy, origin: Instruction) -> None:
        own = origin is instruction  # the words of a trigger stand in a text of their own
        flags = {flag.name: flag for flag in instruction.flags}  # the last of a name counts
        owner, mode = (self._option(flags.get(name)) for name in ("chown", "chmod"))
        sources = [SourceWord(self._expand(word.value), word if own else origin) for word in instruction.sources]
        destination = self._destination(self._expand(instruction.destination.value))
        inline = [
            self._inline(instruction, number, None if own else origin) for number in range(len(instruction.heredocs))
        ]
        stage, image = self._source_stage(instruction)
        is_add = instruction.keyword == "ADD"
        unpack = flags.get("unpack")
        operation = CopyFiles(
            origin, destination, sources, inline, stage, image, owner, mode, _strings(instruction, "exclude"),
            _boolean(flags.get("parents")), _boolean(flags.get("link")) and mode == "",
            _boolean(unpack) if unpack else is_add, _boolean(unpack), self.plan.based,
        )  # fmt: skip
        self._operate(operation)
        if stage is None and image is None:
            self.plan.wanted.update(_wanted(sources, is_add))

    def _source_stage(self, instruction: Copy) -> tuple[int | None, str | None]:
        try:
            stage, image = source_stage(self.build, instruction)
        except ReferenceFault as error:
            raise Refused(str(error)) from error
        if stage is not None and stage >= self.plan.stage.index:
            name, own = quote(str(instruction.from_)), quote(self.plan.stage.label)
            raise Refused(f"cannot copy from stage {name}, it needs to be defined before current stage {own}")
        return stage, image

    def _destination(self, path: Value) -> Value:
        """Absolute, its trailing ``/`` or ``/.`` kept; an empty one or ``.`` is the working folder."""
        if isinstance(path, Unknown) or path.startswith("/"):
            return path
        path = "./" if path in ("", ".") else path
        below = self._below(self.config.working_dir, path)
        if isinstance(below, Unknown):
            return below
        if path.endswith("/."):
            return "/." if below == "/" else below + "/."
        return below + "/" if path.endswith("/") and below != "/" else below

    def _inline(self, instruction: Copy, number: int, origin: Instruction | None) -> InlineFile:
        heredoc = instruction.heredocs[number]
        # Of several bodies with one name, the last counts for all.
        body = next(other for other in reversed(instruction.heredocs) if other.name == heredoc.name).body
        value: Value = body.value
        if heredoc.expand:
            try:
                value = expand(body.value, self._lookup, "\\", quotes=False)
            except SubstitutionError as error:
                raise Refused(f"failed to process {quote(body.value)}: {error}") from error
        data = value if isinstance(value, Unknown) else value.encode("utf-8", "surrogateescape")
        return InlineFile(heredoc.name, data, origin or heredoc.word)


_HANDLERS: dict[str, Callable[..., None]] = {
    "ENV": _Planner._env, "ARG": _Planner._arg, "LABEL": _Planner._label, "EXPOSE": _Planner._expose,
    "VOLUME": _Planner._volume, "USER": _Planner._user, "WORKDIR": _Planner._workdir,
    "STOPSIGNAL": _Planner._stopsignal, "SHELL": _Planner._shell, "CMD": _Planner._cmd,
    "ENTRYPOINT": _Planner._entrypoint, "HEALTHCHECK": _Planner._healthcheck, "ONBUILD": _Planner._onbuild,
    "COPY": _Planner._copy, "ADD": _Planner._copy, "RUN": _Planner._run,
}  # fmt: skip


def _wanted(sources: list[SourceWord], is_add: bool) -> Iterator[str]:
    """The context paths that the words ask for; a repository counts as one, too."""
    for source in sources:
        if isinstance(source.value, Unknown):
            yield "/"
        elif not (is_add and source.value.startswith(("http://", "https://"))):
            yield join("/", source.value)


def trigger_text(onbuild: Onbuild) -> str:
    """What the image records of an ONBUILD: the text behind the keyword, its last blanks and here-documents included."""
    text = onbuild.text.value
    whole = onbuild.source.text
    end = start = onbuild.text.end
    while end < len(whole) and whole[end] != "\n" and whole[end] in SPACE:
        end += 1
    text += whole[start:end].rstrip("\r")
    child = onbuild.child
    for heredoc in child.heredocs if child is not None else ():
        body = heredoc.body
        value = body.value
        if heredoc.chomp and value:  # recorded with the tabs that the file has
            value = whole[whole.rfind("\n", 0, body.start) + 1 : body.end]
        text += "\n" + value + heredoc.name
    return text


def _flag(instruction: Instruction, name: str) -> str:
    flag = instruction.flag(name)
    return flag.value.value if flag is not None and flag.value is not None else ""


def _strings(instruction: Instruction, name: str) -> tuple[str, ...]:
    return tuple(flag.value.value for flag in instruction.flags if flag.name == name and flag.value is not None)


def _boolean(flag: Flag | None) -> bool:
    return flag is not None and (flag.value is None or flag.value.value.lower() == "true")
