"""What BuildKit refuses after it has read the file: stages, sources, substitutions, values.

The order is BuildKit's, so the first fault is the one that it stops at. A value that cannot be known is never a fault,
and neither is anything in a stage that the target does not need: BuildKit does not look there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress

from gate.dockerfile import go
from gate.dockerfile.expand import SubstitutionError, Value, expand, expand_words, is_plain
from gate.dockerfile.image_ref import ImageRefError, check_digest, parse_image_ref
from gate.dockerfile.mounts import MountError, parse_mount
from gate.dockerfile.platform import platform_problem
from gate.dockerfile.ports import PortError, port_range
from gate.dockerfile.source import Text
from gate.dockerfile.stages import Variables, VariableScope, may_be_given
from gate.dockerfile.suggest import did_you_mean
from gate.dockerfile.tree import Copy, Dockerfile, Instruction, Launch, Onbuild, Pairs, Run, Stage, SyntaxFault, Words
from gate.dockerfile.words import trim
from gate.lazy import pattern
from gate.model import Place, Unknown
from gate.record import dataclass, field

_SCP = pattern(r"[a-zA-Z0-9-_]+@[a-zA-Z0-9-.]+:")
_URL = pattern(r"([a-zA-Z0-9]+)://[^/?#]*([^?#]*)")
_MODE = pattern(r"[augo]*(?:[-+=][rwxXstugo]*)+(?:,[augo]*(?:[-+=][rwxXstugo]*)+)*")
_SIGNALS = frozenset((
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
    "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1",
    "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
    *(f"RTMIN+{number}" for number in range(1, 16)), *(f"RTMAX-{number}" for number in range(1, 15)),
))  # fmt: skip


class Refused(ValueError):
    """BuildKit refuses; the message is BuildKit's, ``at`` the word (None: the instruction)."""

    def __init__(self, message: str, at: Text | None = None) -> None:
        super().__init__(message)
        self.at = at


@dataclass(slots=True, eq=False)
class _Node:
    """A stage, or an image that is only copied or mounted from: what BuildKit numbers together."""

    name: str
    stage: Stage | None = None
    needs: dict[_Node, Instruction] = field(default_factory=dict)  # … and the last instruction that needs it


def conversion_faults(tree: Dockerfile, variables: Variables, target: str | None = None) -> Iterator[SyntaxFault]:
    """Every fault, in BuildKit's order. Meant for a file that could be read: without ``tree.faults``."""
    yield from _global_args(tree, variables)
    for stage in tree.stages:
        yield from _from(tree, stage, variables)
    graph = Graph(tree, variables)
    wanted = graph.target(target)
    if wanted is None:
        message = f"target stage {go.quote(target or '')} could not be found{did_you_mean(target or '', graph.names())}"
        yield SyntaxFault(message, tree.source.place(0, 0))
        return
    yield from graph.link()
    yield from graph.circles()
    yield from graph.references()
    needed = graph.reachable(wanted)
    yield from graph.triggers(needed)
    for node in graph.nodes:
        if node.stage is not None and node in needed:
            yield from _Stage(tree, variables, graph, node).faults()


def _word(text: str, lookup: Callable[[str], Value | None], escape: str, *, quotes: bool = True) -> Value:
    """Expand, with BuildKit's words around an error."""
    try:
        return expand(text, lookup, escape, quotes=quotes)
    except SubstitutionError as error:
        raise Refused(f"failed to process {go.quote(text)}: {error}") from None


def _global_args(tree: Dockerfile, variables: Variables) -> Iterator[SyntaxFault]:
    for instruction in tree.header:
        for text, message in variables.errors.get((-1, instruction.index), ()):
            yield SyntaxFault(f"failed to process {go.quote(text.value)}: {message}", text.place)


def _from(tree: Dockerfile, stage: Stage, variables: Variables) -> Iterator[SyntaxFault]:
    image, escape = stage.from_.image, tree.escape
    scope = variables.scope(stage.from_)
    lookup = scope.lookup
    try:
        blank = _word(image.value, lookup, escape) == ""
        if blank and (variables.plain or not may_be_given(image.value, scope, escape)):
            yield SyntaxFault(f"base name ({image}) should not be blank", image.place)
    except Refused as error:
        yield SyntaxFault(str(error), image.place)
    flag = stage.from_.flag("platform")
    if flag is None or flag.value is None or not flag.value.value:
        return
    try:
        platform = _word(flag.value.value, lookup, escape)
    except Refused as error:
        yield SyntaxFault(f"failed to process arguments for platform : {error}", flag.text.place)
        return
    if platform == "":
        yield SyntaxFault(f"empty platform value from expression {flag.value}", flag.text.place)
    elif isinstance(platform, str) and (problem := platform_problem(platform)):
        yield SyntaxFault(f"failed to parse platform {flag.value}: {problem}", flag.text.place)


def needed_stages(tree: Dockerfile, variables: Variables, target: str | None = None) -> frozenset[int]:
    """The indices of the stages that the target needs, itself among them. A source that BuildKit refuses is none."""
    graph = Graph(tree, variables)
    wanted = graph.target(target)
    for _ in graph.link():
        pass
    nodes = graph.reachable(wanted) if wanted is not None else ()
    return frozenset(node.stage.index for node in nodes if node.stage is not None)


def stage_uses(tree: Dockerfile, variables: Variables) -> Iterator[tuple[Stage, Stage, Instruction]]:
    """Each use of a stage by another: the one that is used, the one that uses it, and the instruction that does. A source
    that BuildKit refuses is none."""
    graph = Graph(tree, variables)
    for stage in tree.stages:
        if stage.parent is not None:
            yield stage.parent, stage, stage.from_
        for instruction in stage.instructions:
            with suppress(Refused):
                for source in graph.sources(instruction):
                    if source.stage is not None:
                        yield source.stage, stage, instruction


class Graph:
    """Which stage needs which."""

    def __init__(self, tree: Dockerfile, variables: Variables) -> None:
        self.tree = tree
        self.variables = variables
        self.nodes = [_Node(stage.name or f"stage-{stage.index}", stage) for stage in tree.stages]
        self.by_name = {node.stage.name: node for node in self.nodes if node.stage is not None and node.stage.name}
        self._images: list[tuple[_Node, Text]] = []
        self._stages = len(self.nodes)

    def names(self) -> list[str]:
        return [node.name for node in self.nodes]

    def target(self, name: str | None) -> _Node | None:
        if name is None:
            return self.nodes[-1] if self.nodes else None
        return self.by_name.get(name.lower())

    def link(self) -> Iterator[SyntaxFault]:
        """Find what every COPY and every mount takes from."""
        for node in self.nodes[: self._stages]:
            if node.stage is None:
                continue
            for instruction in node.stage.instructions:
                if instruction.flags:  # only with one it takes from elsewhere
                    try:
                        self._sources(node, instruction)
                    except Refused as error:
                        yield SyntaxFault(str(error), (error.at or instruction.head).place)

    def _sources(self, node: _Node, instruction: Instruction) -> None:
        for source in self.sources(instruction):
            node.needs[source] = instruction

    def sources(self, instruction: Instruction) -> Iterator[_Node]:
        """What an instruction copies or mounts from. Raises Refused."""
        if isinstance(instruction, Copy) and instruction.keyword == "COPY":
            name = instruction.from_
            if name is not None and name.value:
                yield self._copied(name)
        elif isinstance(instruction, Run):
            for flag in instruction.flags:
                if flag.name == "mount" and flag.value is not None:
                    name = _mounted(flag.value)
                    found = self.by_name.get((name.value if name is not None else "scratch").lower())
                    yield found or self._image(name or flag.value, name is not None)

    def _copied(self, name: Text) -> _Node:
        written = name.value
        if _word(written, lambda _: None, self.tree.escape) != written:
            raise Refused(
                "variable expansion is not supported for --from, define a new stage with FROM using ARG from global "
                "scope as a workaround",
                name,
            )
        index = go.atoi(written)
        if index is None:
            return self.by_name.get(written.lower()) or self._image(name, True)
        if not 0 <= index < len(self.nodes):
            raise Refused(f"invalid stage index {index}", name)
        return self.nodes[index]

    def _image(self, name: Text, named: bool) -> _Node:
        """Something that is no stage: BuildKit gives it a number all the same."""
        node = _Node("")
        self.nodes.append(node)
        if named:
            self._images.append((node, name))
        return node

    def circles(self) -> Iterator[SyntaxFault]:
        """The stage from which BuildKit's walk first comes upon a circle, and the first step of that walk."""
        done: set[_Node] = set()
        for start in self.nodes:
            culprit = self._circle(start, done)
            if culprit is not None:
                yield SyntaxFault(f"circular dependency detected on stage: {start.name}", culprit.head.place)
                return
        if len(self.nodes) == 1:
            self.nodes[0].name = ""  # from here on BuildKit has no name for an only stage

    def _circle(self, start: _Node, done: set[_Node]) -> Instruction | None:
        if start in done:
            return None
        done.add(start)
        path = {start}
        stack = [(start, iter(start.needs.items()))]
        first: Instruction | None = None
        while stack:
            node, needs = stack[-1]
            for needed, instruction in needs:
                if node is start:
                    first = instruction
                if needed in path:
                    return first
                if needed not in done:
                    done.add(needed)
                    path.add(needed)
                    stack.append((needed, iter(needed.needs.items())))
                    break
            else:
                path.discard(node)
                stack.pop()
        return None

    def references(self) -> Iterator[SyntaxFault]:
        """Base images and images copied from, needed or not, must be image references."""
        for stage in self.tree.stages:
            if stage.base:
                yield from _reference(stage.base, stage.from_.image.place)
        for _, name in self._images:
            yield from _reference(name.value, name.place)

    def reachable(self, target: _Node) -> set[_Node]:
        found = {target}
        stack = [target]
        while stack:
            node = stack.pop()
            parent = node.stage.parent if node.stage is not None else None
            for needed in (*node.needs, *([self.nodes[parent.index]] if parent is not None else [])):
                if needed not in found:
                    found.add(needed)
                    stack.append(needed)
        return found

    def triggers(self, needed: set[_Node]) -> Iterator[SyntaxFault]:
        """What a parent's ONBUILD brings into a stage: it is read there and then."""
        for node in self.nodes[: self._stages]:
            stage = node.stage
            if stage is None or stage.parent is None or node not in needed:
                continue
            for instruction in stage.parent.instructions:
                if isinstance(instruction, Onbuild) and instruction.child is not None:
                    try:
                        if instruction.refused:
                            raise Refused(instruction.refused)
                        self._sources(node, instruction.child)
                    except Refused as error:
                        yield SyntaxFault(str(error), stage.from_.place)


def _reference(image: str, place: Place) -> Iterator[SyntaxFault]:
    if image == "scratch":
        return
    try:
        parse_image_ref(image)
    except ImageRefError as error:
        yield SyntaxFault(f"failed to parse stage name {go.quote(image)}: {error}", place)


def _mounted(value: Text) -> Text | None:
    """The ``from=`` of a mount."""
    match = re.search(r"(?:^|,)from=([^,]+)", value.value, re.IGNORECASE)
    return value.slice(*match.span(1)) if match else None


class _Stage:
    """The instructions of one stage, one after the other."""

    def __init__(self, tree: Dockerfile, variables: Variables, graph: Graph, node: _Node) -> None:
        assert node.stage is not None
        self.tree = tree
        self.variables = variables
        self.graph = graph
        self.node = node
        self.stage = node.stage

    def faults(self) -> Iterator[SyntaxFault]:
        for trigger in self.stage.parent.instructions if self.stage.parent is not None else ():
            if isinstance(trigger, Onbuild) and trigger.child is not None and not trigger.refused:
                try:
                    self._check(trigger.child, self.variables.trigger_scope(self.stage, trigger))
                except Refused as error:
                    yield SyntaxFault(str(error), self.stage.from_.place)
        for instruction in self.stage.instructions:
            if isinstance(instruction, (Run, Launch)) and not instruction.flags:
                continue  # the builder works nothing out in it
            try:
                self._check(instruction, self.variables.scope(instruction))
            except Refused as error:
                yield SyntaxFault(str(error), (error.at or instruction.head).place)

    def _check(self, instruction: Instruction, scope: VariableScope) -> None:
        if isinstance(instruction, Copy):
            self._copy(instruction, scope)
        elif isinstance(instruction, Run):
            self._run(instruction, scope)
        elif isinstance(instruction, Pairs):
            self._pairs(instruction, scope)
        elif isinstance(instruction, Words):
            self._words(instruction, scope)

    def _expand(self, text: Text | None, scope: VariableScope) -> Value:
        if text is None:
            return ""
        if is_plain(text.value, self.tree.escape):
            return text.value
        try:
            return _word(text.value, scope.lookup, self.tree.escape)
        except Refused as error:
            error.at = text
            raise

    def _pairs(self, instruction: Pairs, scope: VariableScope) -> None:
        if instruction.keyword != "LABEL":  # they were worked out before
            for text, message in self.variables.errors.get((self.stage.index, instruction.index), ()):
                raise Refused(f"failed to process {go.quote(text.value)}: {message}", text)
            return
        for pair in instruction.pairs:
            self._expand(pair.key, scope)
            self._expand(pair.value, scope)

    def _words(self, instruction: Words, scope: VariableScope) -> None:
        keyword = instruction.keyword
        if keyword == "EXPOSE":
            self._expose(instruction, scope)
        elif keyword in ("USER", "WORKDIR", "VOLUME", "STOPSIGNAL"):
            for word in instruction.words:
                value = self._expand(word.slice(*_trimmed(word.value)) if keyword == "VOLUME" else word, scope)
                if keyword == "VOLUME" and value == "":
                    raise Refused("VOLUME specified can not be an empty string", word)
                if keyword == "STOPSIGNAL" and isinstance(value, str) and not _is_signal(value):
                    raise Refused(f"invalid signal: {value}", word)

    def _expose(self, instruction: Words, scope: VariableScope) -> None:
        found: list[tuple[Value, Text]] = []
        for word in sorted(instruction.words, key=lambda word: word.value):
            try:
                values = expand_words(word.value, self.tree.escape, scope.lookup)
            except SubstitutionError as error:
                raise Refused(f"failed to process {go.quote(word.value)}: {error}", word) from None
            found.extend((value, word) for value in values)
        for value, word in found:
            if isinstance(value, str):
                try:
                    port_range(value)
                except PortError as error:
                    raise Refused(str(error), word) from None

    def _run(self, instruction: Run, scope: VariableScope) -> None:
        parsed = []
        for flag in instruction.flags:
            if flag.name == "mount":
                try:
                    mount = parse_mount(flag, lambda text: _word(text, scope.lookup, self.tree.escape))
                except (MountError, Refused) as error:
                    raise Refused(str(error), flag.text) from None
                parsed.append(mount)
        for mount in parsed:
            name = mount.from_
            if name and self._is_late(self.graph.by_name.get(name.lower())):
                raise Refused(
                    f"cannot mount from stage {go.quote(name)} to {go.quote(str(mount.target or ''))}, "
                    "stage needs to be defined before current command",
                    mount.flag.text,
                )
            if mount.type in ("bind", "cache", "tmpfs") and _is_root(mount.target):
                raise Refused('invalid mount target "/"', mount.flag.text)
        syntax = self.tree.directives.get("syntax")
        device = instruction.flag("device")
        if device is not None and syntax is None:
            raise Refused("device feature is only supported in Dockerfile frontend 1.14.0-labs or later", device.text)

    def _is_late(self, source: _Node | None) -> bool:
        """The source is a stage that BuildKit has not built at this point."""
        return source is not None and source.stage is not None and source.stage.index >= self.stage.index

    def _copy(self, instruction: Copy, scope: VariableScope) -> None:
        add = instruction.keyword == "ADD"
        flags = {flag.name: flag.value for flag in instruction.flags}
        self._expand(flags.get("chown"), scope)
        mode = self._expand(flags.get("chmod"), scope)
        checksum = self._expand(flags.get("checksum"), scope) if add else ""
        sources = [(self._expand(word, scope), word) for word in instruction.sources]
        self._expand(instruction.destination, scope)
        for heredoc in instruction.heredocs:
            if heredoc.expand:
                _word_in_body(heredoc.body, heredoc.word, scope)
        name = instruction.from_
        if not add and name is not None and name.value:
            index = go.atoi(name.value)
            if index is None:
                source = self.graph.by_name.get(name.value.lower())
            else:  # one out of range was refused before
                source = self.graph.nodes[index] if 0 <= index < len(self.graph.nodes) else None
            if self._is_late(source):
                raise Refused(
                    f"cannot copy from stage {go.quote(name.value)}, it needs to be defined before current stage "
                    f"{go.quote(self.node.name)}",
                    name,
                )
        if isinstance(mode, str) and mode:
            _check_mode(mode, flags["chmod"])
        _check_sources(add, sources, checksum, flags.get("checksum"))


def _word_in_body(body: Text, word: Text, scope: VariableScope) -> None:
    try:
        _word(body.value, scope.lookup, "\\", quotes=False)
    except Refused as error:
        error.at = word
        raise


def _trimmed(text: str) -> tuple[int, int]:
    return trim(text, 0, len(text))


def _is_signal(text: str) -> bool:
    number = go.atoi(text)
    if number is not None:
        return number != 0
    return text.upper().removeprefix("SIG") in _SIGNALS


def _is_root(target: Value | None) -> bool:
    if not isinstance(target, str) or not target.startswith("/"):
        return False
    depth = 0
    for part in target.split("/"):
        if part == "..":
            depth = max(depth - 1, 0)
        elif part not in ("", "."):
            depth += 1
    return depth == 0


def _check_mode(mode: str, at: Text | None) -> None:
    if mode.isascii() and mode[0].isdigit():
        if mode.strip("01234567") or int(mode, 8) > 0o7777:
            raise Refused(f"invalid chmod parameter: '{mode}'. it should be octal string and between 0 and 07777", at)
    elif not _MODE.fullmatch(mode):
        raise Refused("invalid syntax", at)


def is_git(source: str) -> bool:
    """A source that BuildKit fetches with git."""
    if ":" not in source:  # as nearly every path
        return False
    match = _URL.match(source)
    if match is None:
        return not source.startswith(("./", "../")) and _SCP.match(source) is not None
    scheme = match[1].lower()
    return scheme in ("git", "ssh") or (scheme in ("http", "https") and match[2].endswith(".git"))


def is_remote(source: str) -> bool:
    """A source that does not come from the build context."""
    return source.startswith(("http://", "https://")) or is_git(source)


def _check_sources(add: bool, sources: list[tuple[Value, Text]], checksum: Value, at: Text | None) -> None:
    if checksum:
        if len(sources) != 1:
            raise Refused("checksum can't be specified for multiple sources", at)
        only = sources[0][0]
        if isinstance(only, str) and not is_remote(only):
            raise Refused("checksum requires HTTP(S) or Git sources", at)
    for source, word in sources:
        if isinstance(source, Unknown) or not is_remote(source):
            continue
        if is_git(source):
            if not add:
                raise Refused("source can't be a git ref for COPY", word)
        elif not add:
            raise Refused("source can't be a URL for COPY", word)
        elif isinstance(checksum, str) and checksum:
            try:
                check_digest(checksum)
            except ImageRefError as error:
                raise Refused(str(error), at) from None
