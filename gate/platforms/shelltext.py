"""What a shell text starts, as far as that can be seen: its last command, ``exec``, and what stands in front of ``&&``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase

from gate.dockerfile.command import Command, Node, Script, ShellWord
from gate.dockerfile.shell import parse_script
from gate.dockerfile.source import Source, Text
from gate.lazy import pattern
from gate.model import Place, Unknown
from gate.packages.options import listed
from gate.platforms.bases import MORE_PATH
from gate.platforms.filesystem import Errno, Found, NoEntry, NotAllowed, NotFolder
from gate.platforms.kernel import Process
from gate.platforms.outcome import Doubt, Fails, Fault
from gate.record import dataclass, field

BUILTINS = listed(
    """: . [ alias bg break cd chdir command continue echo eval exec exit export false fg getopts hash help jobs kill let
    local printf pwd read readonly return set shift source test times trap true type typeset ulimit umask unalias unset
    wait declare [[ (( pushd popd shopt mapfile readarray builtin enable caller compgen complete disown dirs fc history
    logout suspend"""
)
_POSITIONAL = pattern(r'"?\$(?:([0-9])|\{([0-9]+)\})"?')
_ALL = pattern(r"\$[@*]|\$\{[@*]\}")
_QUOTED_ALL = pattern(r'"\$@"|"\$\{@\}"')
_OWN_FOLDER = pattern(
    r'"?(?:\$\(dirname (?:-- )?"?\$(?:0|\{0\}|\{BASH_SOURCE(?:\[0\])?\}|BASH_SOURCE)"?\)|\$\{0%/\*\})"?'
)
_DEFAULTED = pattern(r'"?\$\{([0-9])(:?)-([^}$`"]*)\}"?')

_BY_SHELL = ("exec", "command", "builtin", "time")
"""Words in front of a command that the shell itself reads."""
_ASSIGNED = pattern(r"[A-Za-z_]\w*=", re.ASCII)
_MOUNTED = pattern(
    r"/(?:opt/ml|mnt|media|run|var|tmp|dev|proc|sys|etc|srv|home|root|workspace|(?:data|config|model|secret|volume|input|output|checkpoint)s?)\b"
)
"""Where volumes are mounted as a rule."""
MAX_COMMANDS = 20_000
_MAX_CALLS = 8
_LIMIT = 1 << 17

Start = Callable[[list[str], list[str], Process, int, Place, bool], None]
"""Looks up and follows a command that a shell starts: words, the programs in front of it, process, depth, place, by exec?"""


@dataclass(slots=True)
class Frame:
    """What a shell knows while it goes through a text: ``$0`` and the words behind it."""

    zero: str
    args: list[str] | None  # None: not known any more
    process: Process
    depth: int
    start: Start
    errexit: bool = False
    functions: dict[str, Node] = field(default_factory=dict)
    calls: int = 0
    budget: list[int] = field(default_factory=lambda: [MAX_COMMANDS])  # one for all that a launch follows
    own: frozenset[str] = frozenset()  # programs that the shell starts without a look at PATH
    strict: bool = True  # options that a builtin does not have end the shell; not so in bash


class Ended(Exception):
    """The shell is replaced, or has ended."""


class Returned(Exception):
    """A function or a sourced file ends here."""


_COMPOUND = frozenset({"if", "case", "for", "while", "until", "function", "group", "subshell"})


class Unparsed(Doubt):
    """The text is not of the shell's language, as far as its reader can tell."""


def run_text(text: str, shell: str, frame: Frame, source: Source | None = None) -> None:
    """Follow a shell text. Raises :class:`Fails` or :class:`Doubt` where what it starts does not, or may not."""
    frame.strict = shell != "bash"
    try:
        _follow_text(text, shell, frame, source, last=True)
    except (Ended, Returned):
        return


def _follow_text(text: str, shell: str, frame: Frame, source: Source | None, *, last: bool) -> None:
    source = source or Source("", text.encode("utf-8", "surrogateescape"))
    script = parse_script(Text(source, text, ((0, 0),)), shell=shell, environment=frame.process.env)
    walk = _Walk(frame, script)
    if not script.parsed and not walk.crlf:
        raise Unparsed(Unknown("the shell text could not be taken apart"))
    frame.errexit = frame.errexit or script.errexit
    frame.functions.update(script.functions())
    walk.node(script.root, last=last)
    if not script.parsed:
        raise Unparsed(Unknown("the shell text could not be taken apart"))


def _awaited(children: Sequence[Node]) -> Command | None:
    """``server & wait $!``: the job whose status is the shell's."""
    last = children[-1] if children else None
    jobs = [child for child in children if child.background]
    if not isinstance(last, Command) or last.name != "wait" or len(last.words) != 2 or not jobs:
        return None
    job = jobs[-1]
    known = last.words[1].text.value.strip('"') == "$!" or len(jobs) == 1
    return job if known and isinstance(job, Command) and job.name not in BUILTINS else None


class _Walk:
    def __init__(self, frame: Frame, script: Script) -> None:
        self.frame = frame
        self.script = script
        self.crlf = "\r\n" in script.text.value

    def node(self, node: Node, *, last: bool) -> None:
        """Go through a part that is certainly reached. ``last``: the shell ends with it."""
        if isinstance(node, Command):
            self._command(node, last=last and not node.background)
        elif self.crlf and node.kind in _COMPOUND:
            raise Fails("syntax error", 2, Fault.LINE_ENDS)  # `then\r` is no word of the language
        elif node.kind in ("script", "list", "group"):
            awaited = _awaited(node.children) if last else None
            for at, child in enumerate(node.children):
                if child is awaited:
                    with suppress(Ended):
                        self._command(awaited, last=True)
                    continue
                self.node(child, last=last and at == len(node.children) - 1 and not node.background)
        elif node.kind == "and":
            self._and(node, last)
        elif node.kind == "or":
            self._or(node, last)
        elif node.kind == "subshell":
            try:
                for at, child in enumerate(node.children):
                    self.node(child, last=last and at == len(node.children) - 1)
            except Ended:
                if last:
                    raise
        elif (node.kind == "case" and self._case(node, last)) or (node.kind == "if" and self._if(node, last)):
            return
        elif node.kind != "function":
            self._perhaps(node, last)

    def _and(self, node: Node, last: bool) -> None:
        left, right = node.children[0], node.children[-1]
        condition = self._test(left)
        if condition is False:
            return
        if condition is None:
            if _is_builtin(left) and not _names(left) & {
                "cd",
                "exec",
                "set",
                "shift",
                ".",
                "source",
                "export",
                ":",
                "true",
                "echo",
            }:
                self._perhaps(right, last)
                return
            self.node(left, last=last)
        self.node(right, last=last)

    def _or(self, node: Node, last: bool) -> None:
        left, right = node.children[0], node.children[-1]
        condition = self._test(left)
        if condition is True:
            return
        if condition is False:
            self.node(right, last=last)
            return
        if isinstance(left, Command) and "exec" not in left.wrappers and left.name not in BUILTINS:
            try:
                self._command(left, last=True)
            except Fails:
                self.node(right, last=last)
            except Doubt as doubt:
                self._either(right, last, doubt)
            except Ended:
                if last:
                    raise
            return
        with suppress(Doubt):
            self._perhaps(left, last)
        self._perhaps(right, last)

    def _either(self, right: Node, last: bool, doubt: Doubt) -> None:
        """What stands behind ``||``, where it is open whether it is reached."""
        try:
            self.node(right, last=last)
        except Fails:
            raise doubt from None

    def _perhaps(self, node: Node, last: bool) -> None:
        """A part that may be reached: what it would start is looked at, and a failure is only a doubt."""
        saved = self.frame.args
        for command in node.walk():
            if not isinstance(command, Command) or command.background:
                continue
            ends = last and command.parent is not None and _is_last(command, node)
            if not ("exec" in command.wrappers or ends):
                if command.name in ("shift", "set"):
                    saved = None
                continue
            try:
                self._command(command, last=True)
            except Ended:
                pass
            except Fails as failure:
                raise Doubt(
                    Unknown(f"on one of its ways the script starts {failure.program}: {failure.error}")
                ) from failure
        self.frame.args = saved

    def _case(self, node: Node, last: bool) -> bool:
        """``case "$1" in`` with plain patterns: the way that is taken. False when that cannot be told."""
        match = re.match(r"case\s+(\S+)\s+in\b", node.text.value)
        value = self._value_of(match[1]) if match else None
        bodies = [child for child in node.children if child.kind != "substitution"]
        if value is None:
            return False
        start = node.start + (match.end() if match else 0)
        for body in bodies:
            head = node.whole.value[start : body.start]
            pattern = re.search(r"(?:^|;;&?|;&|\n)\s*\(?\s*([^();&]+?)\)\s*\Z", head.lstrip("; \t\n"), re.DOTALL)
            if pattern is None:
                return False
            words = [word.strip() for word in pattern[1].split("|")]
            if any(re.search(r"[$`\\]", word) for word in words):
                return False
            if any(
                value == word.strip("\"'") or (word[:1] not in "\"'" and fnmatchcase(value, word)) for word in words
            ):
                self.node(body, last=last)
                return True
            start = body.end
        return bool(bodies)

    def _if(self, node: Node, last: bool) -> bool:
        children = node.children
        for at in range(0, len(children) - 1, 2):
            condition = self._test(children[at])
            if condition is None:
                return False
            if condition:
                self.node(children[at + 1], last=last)
                return True
        if len(children) % 2:
            self.node(children[-1], last=last)
        return True

    def _test(self, node: Node) -> bool | None:
        """``[ "$1" = train ]``, ``[ $# -gt 0 ]``: true, false, or not to be told."""
        if isinstance(node, Command) and node.values[:2] == ["command", "-v"] and len(node.values) == 3:
            return self._is_program(node.values[2])
        if not isinstance(node, Command) or node.name not in ("[", "[[", "test"):
            return None
        words = [self._one(word) for word in node.words[1:]]
        if node.name != "test" and words and words[-1] == "]" * len(node.name):
            words.pop()
        if any(word is None for word in words):
            return None
        if len(words) == 3 and words[1] in ("=", "==", "!="):
            if node.name == "[[" and re.search(r"[*?\[]", str(words[2])):
                return None
            return (words[0] == words[2]) == (words[1] != "!=")
        if len(words) == 2 and words[0] in ("-e", "-f", "-d", "-x"):
            return self._is_there(str(words[0]), str(words[1]))
        if len(words) == 2 and words[0] in ("-n", "-z"):
            return bool(words[1]) == (words[0] == "-n")
        if len(words) == 3 and str(words[0]).isdigit() and str(words[2]).isdigit():
            left, right = int(str(words[0])), int(str(words[2]))
            return {"-eq": left == right, "-ne": left != right, "-gt": left > right, "-lt": left < right,
                    "-ge": left >= right, "-le": left <= right}.get(str(words[1]))  # fmt: skip
        return None

    def _is_program(self, name: str | None) -> bool | None:
        """``command -v NAME``."""
        if name is None or "/" in name:
            return None
        if name in BUILTINS or name in self.frame.functions or name in self.frame.own:
            return True
        process = self.frame.process
        for folder in process.path.split(":"):
            try:
                found = process.stat(posixpath.join(folder or ".", name), searching=True)
                if not found.is_folder and process.files.check(found, process.user, 1):
                    return True
            except Errno:
                continue
            except Doubt:
                return None
        return False

    def _is_there(self, test: str, path: str) -> bool | None:
        """``[ -f PATH ]``. What is not in the image may be mounted when it runs, in the folders that are there for that."""
        process = self.frame.process
        try:
            found = process.stat(path)
            if found.node is None or (test == "-f" and found.is_folder) or (test == "-d" and not found.is_folder):
                return None
            return True if test != "-x" or process.files.check(found, process.user, 1) else None
        except Errno:
            whole = posixpath.join(process.cwd if isinstance(process.cwd, str) else "/mnt", path)
            return None if _MOUNTED.match(posixpath.normpath(whole)) else False
        except Doubt:
            return None

    # Words -----------------------------------------------------------------------------------------------------------

    def _one(self, word: ShellWord) -> str | None:
        return word.value if word.value is not None else self._value_of(word.text.value)

    def _value_of(self, raw: str) -> str | None:
        """One word made of a parameter, or plain."""
        if raw.endswith("\r"):
            value = self._value_of(raw[:-1])
            return None if value is None else value + "\r"
        args = self.frame.args
        bare = raw.strip('"')
        if _OWN_FOLDER.fullmatch(raw):
            return posixpath.dirname(self.frame.zero) or "."
        if bare == "$#":
            return str(len(args)) if args is not None else None
        match = _POSITIONAL.fullmatch(raw)
        default = _DEFAULTED.fullmatch(raw)
        if match or default:
            number = int((match[1] or match[2]) if match else default[1])  # type: ignore[index]
            if number == 0:
                return self.frame.zero
            if args is None:
                return None
            value = args[number - 1] if number <= len(args) else None
            if default and (value is None or (default[2] and not value)):
                return default[3]
            return value or ""
        if bare in ("$@", "$*") and args is not None and len(args) <= 1:
            return args[0] if args else ""
        return None if re.search(r"[$`]", raw) else bare.strip("'")

    def _expand(self, words: Sequence[ShellWord]) -> list[str] | None:
        """The words of a command; None where the program itself cannot be known."""
        found: list[str] = []
        for word in words:
            raw = word.text.value
            if word.value is not None:
                found.append(word.value)
            elif _ALL.search(raw) and self.frame.args is not None:
                found += self._all(raw)
            else:
                value = self._value_of(raw)
                if value is None:
                    if not found:
                        return None
                    value = raw
                if value or raw.startswith('"'):
                    found.append(value)
        return found

    def _all(self, raw: str) -> list[str]:
        """``"$@"`` alone or with text around it, ``$*``, ``"$*"``."""
        args = self.frame.args or []
        match = _QUOTED_ALL.search(raw)
        if match:
            before, after = raw[: match.start()].strip('"'), raw[match.end() :].strip('"')
            if not args:
                return [before + after] if before + after else []
            words = [*args]
            words[0] = before + words[0]
            words[-1] += after
            return words
        if raw.strip('"') in ("$*", "${*}") and raw.startswith('"'):
            return [" ".join(args)]
        return [part for word in args for part in word.split()]

    # Commands --------------------------------------------------------------------------------------------------------

    def _command(self, command: Command, *, last: bool) -> None:
        self.frame.budget[0] -= 1
        if self.frame.budget[0] < 0:
            raise Doubt(Unknown("there is more to follow than is followed"), command.place)
        replaced = "exec" in command.wrappers
        words = self._expand(command.words)
        if words is None:
            if last or replaced:
                raise Doubt(Unknown(f"what {command.words[0].text.value} is cannot be known"), command.place)
            return
        if not words:
            self._assign(command, self.frame.process)
            return  # assignments and redirections; exec without a program
        name = words[0]
        body = self.frame.functions.get(name)
        if body is not None and not command.wrappers and self.frame.calls < _MAX_CALLS:
            self._call(body, words[1:], last)
        elif name in BUILTINS and not replaced and "env" not in command.wrappers:
            self._builtin(name, words[1:], command, last)
        elif last or replaced or self.frame.errexit or _guards(command):
            external = [wrapper for wrapper in command.wrappers if wrapper not in _BY_SHELL]
            process = self.frame.process
            whole = self._with_wrappers(command, words) if external else None
            if whole is not None:
                words, external = whole, []
            elif command.assignments and not external:
                process = Process(process.files, process.user, process.cwd, dict(process.env))
                self._assign(command, process)
            self.frame.start(words, external, process, self.frame.depth, command.place, replaced)
            if last or replaced:
                raise Ended

    def _with_wrappers(self, command: Command, words: list[str]) -> list[str] | None:
        """The words with those of ``env``, ``nice`` and their kind in front; None where these are not plain."""
        before = command.whole.value[command.start : command.words[0].start]
        parts = before.split()
        if re.search(r"[$`\"'\\<>]", before):
            return None
        while parts and (parts[0] in _BY_SHELL or _ASSIGNED.match(parts[0])):
            parts.pop(0)
        return None if not parts or parts[0].startswith("-") else [*parts, *words]

    def _assign(self, command: Command, process: Process) -> None:
        """``NAME=value`` for a variable of the environment."""
        for name, word in command.assignments.items():
            if name in process.env:
                process.env[name] = word.value if word.value is not None else Unknown(f"{name} is set by the script")

    def _call(self, body: Node, args: list[str], last: bool) -> None:
        frame = self.frame
        saved, frame.args = frame.args, args
        frame.calls += 1
        try:
            self.node(body, last=last)
        except Returned:
            if last:
                raise Ended from None
        finally:
            frame.calls -= 1
            frame.args = saved

    def _builtin(self, name: str, args: list[str], command: Command, last: bool) -> None:
        frame = self.frame
        if name in ("exit", "return"):
            if args and args[0].endswith("\r"):
                raise Fails(f"Illegal number: {args[0]}", 2, Fault.LINE_ENDS, place=command.place)
            raise Ended if name == "exit" else Returned
        if name in ("cd", "chdir"):
            self._cd(args, command, must=last or self.frame.errexit or _guards(command))
        elif name in ("pushd", "popd"):
            frame.process.cwd = Unknown(f"{name} leads to a folder that is not known")
        elif name == "shift" and frame.args is not None:
            count = int(args[0]) if args and args[0].isdigit() else 1
            frame.args = frame.args[count:] if count <= len(frame.args) else frame.args
        elif name == "set":
            self._set(args, command)
        elif name == "export":
            self._export(command)
        elif name == "eval":
            self._eval(args, command, last)
        elif name in (".", "source") and args:
            self._source(args[0], command, last)

    def _eval(self, args: list[str], command: Command, last: bool) -> None:
        text = " ".join(args)
        if any("$" in (word.text.value if word.value is None else "") and not _ALL.search(word.text.value)
               for word in command.words[1:]) or self.frame.args is None or self.frame.calls >= _MAX_CALLS:  # fmt: skip
            if last or self.frame.errexit:
                raise Doubt(Unknown(f"what {command.text.value.strip()[:60]} does cannot be known"), command.place)
            return
        self.frame.calls += 1
        try:
            _follow_text(text, self.script.shell, self.frame, None, last=last)
        finally:
            self.frame.calls -= 1

    def _source(self, path: str, command: Command, last: bool) -> None:
        """``. FILE``: a missing file ends the shell, but not bash. What cannot be read is passed over."""
        frame = self.frame
        if "$" in path or frame.calls >= _MAX_CALLS:
            return
        try:
            found = self._sourced(path)
        except Doubt:
            return
        except Errno as error:
            if frame.strict or last or frame.errexit:
                code = 2 if frame.strict else 1
                raise Fails(
                    f".: can't open '{path}': {error}", code, Fault.MISSING, program=path, place=command.place
                ) from error
            return
        data = found.node.read(_LIMIT) if found.node is not None else None
        if data is None or b"\0" in data:
            return
        frame.calls += 1
        try:
            source = Source((found.node.source if found.node is not None else None) or found.path, data)
            _follow_text(source.text, self.script.shell, frame, source, last=last)
        except Returned:
            return
        except Unparsed:
            if last:
                raise
        finally:
            frame.calls -= 1

    def _sourced(self, path: str) -> Found:
        process = self.frame.process
        error: Errno = NoEntry()
        folders = process.path.split(":") if "/" not in path else [""]
        for folder in folders:
            if folder == MORE_PATH:
                raise Doubt(Unknown("the PATH of the base image is not known", "--image"))
            try:
                found = process.stat(posixpath.join(folder, path))
                if found.is_folder:
                    continue
                if not process.files.check(found, process.user, 4):
                    raise NotAllowed
                return found
            except Errno as missing:
                error = missing
        if "/" not in path and not self.frame.strict:
            return process.stat(path)
        raise error

    def _cd(self, args: list[str], command: Command, *, must: bool) -> None:
        process = self.frame.process
        if len(args) != 1 or "$" in args[0] or not isinstance(process.cwd, str):
            process.cwd = Unknown("cd leads to a folder that is not known")
            return
        path = posixpath.normpath(posixpath.join(process.cwd, args[0]))
        try:
            if not process.stat(path).is_folder:
                raise NotFolder
        except Errno as error:
            if must:
                raise Fails(
                    f"can't cd to {args[0]}: {error}", 2, Fault.MISSING, program=args[0], place=command.place
                ) from error
            return
        process.cwd = path

    def _set(self, args: list[str], command: Command) -> None:
        if self.frame.strict and args and args[0][:1] in "-+" and args[0].endswith("\r"):
            raise Fails("set: illegal option", 2, Fault.LINE_ENDS, place=command.place)
        if args and args[0] == "--":
            self.frame.args = (
                args[1:]
                if all(word.value is not None or _ALL.search(word.text.value) for word in command.words[2:])
                else None
            )
        elif any(word.startswith("-") and "e" in word.partition("o")[0] for word in args):
            self.frame.errexit = True
        elif any(word.startswith("+") and "e" in word.partition("o")[0] for word in args):
            self.frame.errexit = False

    def _export(self, command: Command) -> None:
        for word in command.words[1:]:
            name, equals, value = (word.value or word.text.value).partition("=")
            if equals:
                self.frame.process.env[name] = (
                    value if word.value is not None else Unknown(f"{name} is set by the script")
                )


def _is_builtin(node: Node) -> bool:
    return isinstance(node, Command) and node.name in BUILTINS


def _names(node: Node) -> set[str]:
    return {node.name or ""} if isinstance(node, Command) else set()


def _guards(command: Command) -> bool:
    """The left side of ``&&``: nothing behind it runs when it does not start."""
    parent = command.parent
    return parent is not None and parent.kind == "and" and parent.children[0] is command


def _is_last(command: Node, top: Node) -> bool:
    """Whether a command ends the part that it is in."""
    node: Node = command
    while node is not top and node.parent is not None:
        parent = node.parent
        if (
            parent.kind in ("script", "list", "group", "subshell", "and", "pipeline")
            and parent.children[-1] is not node
        ):
            return False
        if parent.kind in ("while", "until", "for", "function", "substitution", "not", "shell"):
            return False
        if parent.kind == "if" and parent.children.index(node) % 2 == 0 and node is not parent.children[-1]:
            return False
        node = parent
    return True
