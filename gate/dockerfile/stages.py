"""The stage graph, and the variables that each instruction sees.

ARG and ENV as BuildKit has them: one environment per stage, in which the later of two assignments wins, be it ARG or
ENV. A stage made FROM another begins with that one's environment, ARGs included, and with the image's ENV laid over it:
there an ENV comes back that an ARG had hidden. Every variable has two values:

* the *judged* one: Unknown for an ARG without default that no build argument sets, and for a platform variable
  (``TARGETARCH``) inside a stage, because other builds of the same file have other values;
* the *default* one: what ``docker build .`` makes of it on linux/amd64.

In front of the stages and in FROM, platform variables are known (linux/amd64): there the file must decide one way.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

from gate.dockerfile.expand import SubstitutionError, Value, expand, is_plain, parse_word
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Dockerfile, From, Instruction, Onbuild, Pairs, Stage
from gate.model import Unknown, Unset

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PLATFORM = {
    "BUILDPLATFORM": "linux/amd64",
    "BUILDOS": "linux",
    "BUILDOSVERSION": "",
    "BUILDARCH": "amd64",
    "BUILDVARIANT": "",
    "TARGETPLATFORM": "linux/amd64",
    "TARGETOS": "linux",
    "TARGETOSVERSION": "",
    "TARGETARCH": "amd64",
    "TARGETVARIANT": "",
}

_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")
_ROOM = 20_000_000
"""Characters by which all values together may outgrow what is written; beyond it they are Unknown."""


class Setting(NamedTuple):
    """What a variable is set to. ``default`` is None where a plain build leaves it unset."""

    judged: Value
    default: Value | None
    image: tuple[Value, Value | None] | None = None  # both values of the ENV of that name, if there is one
    arg: bool = False

    @property
    def hides(self) -> bool:
        """An ARG in front of an ENV."""
        return self.arg and self.image is not None


def _argument(value: str) -> Setting:
    return Setting(value, value, arg=True)


_PLATFORM_ARGS = {name: _argument(value) for name, value in PLATFORM.items()}


class Timeline:
    """Every assignment of some scope, each at a time of its own, so that any earlier state can be asked for.

    A stage's assignments are taken back (:meth:`rewind`) when everything made from it is done, so the whole costs no
    more than the file has assignments, however its stages hang together.
    """

    def __init__(self, first: Mapping[str, Setting] | None = None) -> None:
        """``first``: what is set in front of everything."""
        self.now = 0
        self.current: dict[str, Setting] = dict(first or {})
        self._first = first or {}
        self.hidden: dict[str, Setting] = {}
        """The names whose ENV an ARG hides at the moment."""
        self._times: dict[str, list[int]] = {}
        self._settings: dict[str, list[Setting | None]] = {}
        self._undo: list[tuple[str, Setting | None]] = []
        self._judged: dict[int, dict[str, Value]] = {}

    def set_arg(self, name: str, judged: Value, default: Value | None) -> None:
        before = self.current.get(name)
        self.set(name, Setting(judged, default, before.image if before is not None else None, arg=True))

    def set_env(self, name: str, judged: Value, default: Value | None) -> None:
        self.set(name, Setting(judged, default, (judged, default)))

    def set(self, name: str, setting: Setting) -> None:
        self._undo.append((name, self.current.get(name)))
        self.current[name] = setting
        self._record(name, setting)

    def mark(self) -> int:
        return len(self._undo)

    def rewind(self, mark: int) -> None:
        """Take back every assignment since ``mark``."""
        while len(self._undo) > mark:
            name, before = self._undo.pop()
            if before is None:
                del self.current[name]
            else:
                self.current[name] = before
            self._record(name, before)

    def _record(self, name: str, setting: Setting | None) -> None:
        if setting is not None and setting.hides:
            self.hidden[name] = setting
        elif name in self.hidden:
            del self.hidden[name]
        self.now += 1
        self._times.setdefault(name, []).append(self.now)
        self._settings.setdefault(name, []).append(setting)

    def at(self, name: str, time: int) -> Setting | None:
        times = self._times.get(name)
        index = bisect_right(times, time) if times is not None else 0
        return self._settings[name][index - 1] if index else self._first.get(name)

    def judged(self, time: int) -> Mapping[str, Value]:
        """The judged values of a time, by the names in the order of the file."""
        found = self._judged.get(time)
        if found is None:
            settings = ((name, self.at(name, time)) for name in {**self._first, **self._times})
            found = self._judged[time] = {name: setting.judged for name, setting in settings if setting is not None}
        return found


class VariableScope:
    """The variables at one time of a time line. ``inherited`` says why a name that the file never sets may be set
    nevertheless (by the base image); None when it cannot be."""

    __slots__ = ("_proxies", "_time", "_timeline", "inherited")

    def __init__(
        self, timeline: Timeline, time: int, inherited: Unknown | None = None, proxies: Mapping[str, str] | None = None
    ) -> None:
        self._proxies = proxies
        self._timeline = timeline
        self._time = time
        self.inherited = inherited

    def get(self, name: str) -> Value | None:
        """The value; Unknown when it cannot be known; None when nothing in this file sets it (the base image may)."""
        setting = self._timeline.at(name, self._time)
        return setting.judged if setting is not None else None

    def default(self, name: str) -> Value | None:
        """The value in a build without build arguments; None where that leaves it unset (the base image may set it)."""
        setting = self._timeline.at(name, self._time)
        return setting.default if setting is not None else None

    def lookup(self, name: str) -> Value | None:
        """:meth:`get`, but Unknown where the base image may have set the name. What expansion wants."""
        value = self.get(name)
        return self._base(name) if value is None else value

    def default_lookup(self, name: str) -> Value | None:
        """The same for :meth:`default`."""
        value = self.default(name)
        return self._base(name) if value is None else value

    def _base(self, name: str) -> Unknown | None:
        """``$1``, ``$@``, ``$$`` … are never set."""
        return self.inherited if name.isidentifier() else None

    def environment(self) -> Mapping[str, Value]:
        """What a RUN's shell starts with, as far as the file sets it: ENV and the stage's ARGs, the later one
        winning."""
        found = self._timeline.judged(self._time)
        return {**self._proxies, **found} if self._proxies else found


class Variables:
    """The variables of a whole file. :meth:`scope` gives what one instruction sees. ``plain``: the default values are
    the judged ones, too."""

    def __init__(
        self, tree: Dockerfile, build_args: Mapping[str, str], target: str | None, plain: bool = False
    ) -> None:
        self.made_for = (build_args, target, plain)
        self._tree = tree
        self._args = build_args
        self.plain = plain
        self._globals = Timeline(_before_stages(tree, build_args, target))
        self._stages = Timeline()
        self._times: dict[int, int] = {}
        self._scopes: dict[Instruction, VariableScope] = {}
        self.errors: dict[tuple[int, int], list[tuple[Text, str]]] = {}
        """(stage index, instruction index) → the words of an ARG or ENV that BuildKit refuses; -1: in front of FROM."""
        self._trigger_times: dict[tuple[int, int], int] = {}
        self._inherited: dict[int, Unknown | None] = {}
        self._walked = False
        self._room = _ROOM
        self._proxies = _proxies(build_args)
        self._start()

    def scope(self, instruction: Instruction) -> VariableScope:
        """The ARG and ENV values from before an instruction. A FROM sees what stands in front of the first stage."""
        scope = self._scopes.get(instruction)
        if scope is None:
            scope = self._scopes[instruction] = self._scope(instruction)
        return scope

    def _scope(self, instruction: Instruction) -> VariableScope:
        stage = instruction.stage
        if stage is None or isinstance(instruction, From):
            return VariableScope(self._globals, self._times.get(instruction.index, self._globals.now))
        if not self._walked:
            self._walk()
        inherited = self._inherited[stage.index]
        return VariableScope(self._stages, self._times[instruction.index], inherited, self._proxies)

    def trigger_scope(self, stage: Stage, onbuild: Onbuild) -> VariableScope:
        """What an ONBUILD of the stage's parent sees when it runs at the beginning of the stage."""
        if not self._walked:
            self._walk()
        time = self._trigger_times[stage.index, onbuild.index]
        return VariableScope(self._stages, time, self._inherited[stage.index], self._proxies)

    # In front of the stages ------------------------------------------------------------------------------------------

    def _start(self) -> None:
        for instruction in self._tree.header:
            self._times[instruction.index] = self._globals.now
            if instruction.keyword == "ARG" and isinstance(instruction, Pairs):
                self._declare(instruction, self._globals, None, -1)

    # Inside the stages -----------------------------------------------------------------------------------------------

    def _walk(self) -> None:
        """Every stage in front of those that are made from it, without recursion."""
        self._walked = True
        children: dict[int, list[Stage]] = {}
        roots: list[Stage] = []
        for stage in self._tree.stages:
            (roots if stage.parent is None else children.setdefault(stage.parent.index, [])).append(stage)
        stack: list[Stage | int] = list(reversed(roots))
        while stack:
            item = stack.pop()
            if isinstance(item, int):
                if stack:
                    self._stages.rewind(item)
                continue
            stack.append(self._stages.mark())
            self._enter(item)
            stack.extend(reversed(children.get(item.index, [])))

    def _enter(self, stage: Stage) -> None:
        timeline = self._stages
        if stage.parent is None:
            inherited = None
            if stage.base == "scratch":
                timeline.set_env("PATH", DEFAULT_PATH, DEFAULT_PATH)
            else:
                inherited = Unknown(f"inherited from {stage.base or stage.from_.image}", "--image")
        else:
            inherited = self._inherited[stage.parent.index]
            for name, setting in list(timeline.hidden.items()):
                timeline.set_env(name, *(setting.image or setting[:2]))
            for instruction in stage.parent.instructions:  # its triggers run first
                if isinstance(instruction, Onbuild):
                    self._trigger_times[stage.index, instruction.index] = timeline.now
                    if isinstance(instruction.child, Pairs):
                        self._assign(instruction.child, inherited, stage.index)
        self._inherited[stage.index] = inherited
        for instruction in stage.instructions:
            self._times[instruction.index] = timeline.now
            if isinstance(instruction, Pairs):
                self._assign(instruction, inherited, stage.index)

    def _assign(self, instruction: Pairs, inherited: Unknown | None, stage: int) -> None:
        if instruction.keyword == "ARG":
            self._declare(instruction, self._stages, inherited, stage)
        elif instruction.keyword == "ENV":
            scope = VariableScope(self._stages, self._stages.now, inherited)
            where = (stage, instruction.index)
            settings = []
            for pair in instruction.pairs:
                key = self._expand(pair.key, scope, where)[1]
                value = pair.value if pair.value is not None else pair.key
                settings.append((key, self._expand(value, scope, where)))
            for key, setting in settings:
                if isinstance(key, str):
                    self._stages.set_env(key, *setting)

    def _declare(self, instruction: Pairs, timeline: Timeline, inherited: Unknown | None, stage: int) -> None:
        """An ARG: each of its names sees those in front of it, which ENV's do not."""
        for pair in instruction.pairs:
            name = pair.key.value
            given = self._args.get(name)
            if given is not None:
                timeline.set_arg(name, given, given)
            elif pair.value is not None:
                scope = VariableScope(timeline, timeline.now, inherited)
                timeline.set_arg(name, *self._expand(pair.value, scope, (stage, instruction.index)))
            elif timeline is self._stages:
                self._redeclare(name)
            elif name not in timeline.current and not self.plain:
                timeline.set_arg(name, no_default(name), None)

    def _redeclare(self, name: str) -> None:
        """``ARG NAME`` in a stage: the global value, else what the stage already has, else nothing that is known."""
        found = self._globals.current.get(name)
        if found is not None and found.default is not None:
            judged = found.judged
            if name in PLATFORM and name not in self._args and not self.plain:
                judged = Unknown(f"{name} depends on the platform that is built for", f"--build-arg {name}=…")
            self._stages.set_arg(name, judged, found.default)
        elif name not in self._stages.current and not self.plain:
            self._stages.set_arg(name, no_default(name), None)

    def _expand(self, text: Text, scope: VariableScope, where: tuple[int, int]) -> tuple[Value, Value]:
        if is_plain(text.value, self._tree.escape):
            return text.value, text.value
        try:
            judged = expand(text.value, scope.lookup, self._tree.escape)
            if isinstance(judged, str):
                self._room -= max(len(judged) - len(text.value), 0)
                if self._room < 0:
                    judged = Unknown("the values of this file are too long to work out")
                return judged, judged
            return judged, expand(text.value, scope.default_lookup, self._tree.escape)
        except SubstitutionError as error:
            self.errors.setdefault(where, []).append((text, str(error)))
            unknown = Unknown(str(error))
            return unknown, unknown


def _before_stages(tree: Dockerfile, build_args: Mapping[str, str], target: str | None) -> dict[str, Setting]:
    """What BuildKit sets: the platform, and the name of the stage that is built."""
    if target is None:
        target = (tree.stages[-1].name if tree.stages else None) or "default"
    given = {name: _argument(build_args[name]) for name in (*PLATFORM, "TARGETSTAGE") if name in build_args}
    return {**_PLATFORM_ARGS, "TARGETSTAGE": _argument(target), **given}


def _proxies(build_args: Mapping[str, str]) -> dict[str, str]:
    """The proxy arguments, which a RUN gets in both cases without any ARG."""
    given = {name.lower(): value for name, value in sorted(build_args.items()) if name.lower() in _PROXIES}
    return {written: value for name, value in given.items() for written in (name, name.upper())}


def no_default(name: str) -> Unknown:
    return Unset(f"ARG {name} has no default", f"--build-arg {name}=…")


def link(
    tree: Dockerfile, build_args: Mapping[str, str] | None = None, target: str | None = None, plain: bool = False
) -> Variables:
    """Find each stage's parent or base image; the variables are worked out on the way and given back."""
    build_args = build_args or {}
    if tree.variables is not None and tree.variables.made_for == (build_args, target, plain):
        return tree.variables
    variables = tree.variables = Variables(tree, build_args, target, plain)
    by_name: dict[str, Stage] = {}
    for stage in tree.stages:
        _link(stage, variables.scope(stage.from_), by_name, tree.escape)
        if stage.name is not None:
            by_name[stage.name] = stage
    return variables


def _has_own_defaults(written: str, scope: VariableScope, escape: str) -> bool:
    """Whether each variable without a value says itself what it is then: ``${BASE:-debian:12}``."""
    variables = parse_word(written, escape).variables()
    return all(
        variable.operator in (":-", "-") for variable in variables if not isinstance(scope.get(variable.name), str)
    )


def may_be_given(written: str, scope: VariableScope, escape: str) -> bool:
    """Whether a build argument can change what a FROM names."""
    return any(scope.get(variable.name) is not None for variable in parse_word(written, escape).variables())


def _link(stage: Stage, scope: VariableScope, by_name: Mapping[str, Stage], escape: str) -> None:
    image: Value
    try:
        written = stage.from_.image.value
        image = expand(written, scope.lookup, escape)
        if isinstance(image, Unknown) and _has_own_defaults(written, scope, escape):
            image = expand(written, scope.default_lookup, escape)
    except SubstitutionError as error:
        image = Unknown(str(error))
    stage.parent, stage.base, stage.base_unknown = None, None, ""
    if image == "":
        image = Unknown("its name is empty unless a build argument gives one")
    if isinstance(image, Unknown):
        stage.base_unknown = image.reason
    elif image in by_name:
        # The operand is compared as it is; the names are lower case.
        stage.parent = by_name[image]
    else:
        stage.base = image
