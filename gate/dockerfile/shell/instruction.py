"""The scripts of instructions and of files: which shell reads them, and with which options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gate.dockerfile.command import Node, Script, ShellWord
from gate.dockerfile.shell import wrappers
from gate.dockerfile.shell.script import Environment, parse_program, parse_script
from gate.dockerfile.shell.status import Options, changed
from gate.dockerfile.source import Source, Text
from gate.dockerfile.tree import Dockerfile, Instruction, Launch, Pairs, Run, Stage, Words
from gate.lazy import pattern
from gate.model import Unknown
from gate.record import dataclass, field

_WINDOWS = pattern(r"nanoserver|windowsservercore|^mcr\.microsoft\.com/(?:windows|dotnet/framework)/")
_SHEBANG = pattern(r"#![ \t]*([^\n]*)")


@dataclass(frozen=True, slots=True)
class Shell:
    """A program that reads scripts: its name (``bash``, ``pwsh``) and the options that it was given."""

    name: str
    options: Options = field(default=Options())

    @property
    def posix(self) -> bool:
        return self.name in wrappers.SHELLS

    @staticmethod
    def of(argv: Sequence[str]) -> Shell:
        """The shell that an argument list starts (``["/bin/bash", "-o", "pipefail", "-c"]``), also behind wrappers."""
        nowhere = Text(Source("", b""), "", 0)
        words: Sequence[ShellWord] = [ShellWord(value, nowhere, 0, 0, prefix=value) for value in [*argv, ""]]
        while (peeled := wrappers.peel(words)) is not None and peeled.rest:
            words = peeled.rest
        name = (words[0].value or "").replace("\\", "/").rsplit("/", 1)[-1].lower().removesuffix(".exe")
        return Shell(_ALIASES.get(name, name), changed(Options(), words[1:]))


_DEFAULT = Shell("sh")
_WINDOWS_DEFAULT = Shell("cmd")
_ALIASES = {"_dockerfile_shell.sh": "bash"}  # the SHELL of micromamba's images: a script that ends in ``bash -c``


class Shells:
    """The SHELL in force at each instruction: per stage, inherited by the stages made from it.

    Without one it is ``sh``, and ``cmd`` on Windows.
    """

    def __init__(self, dockerfile: Dockerfile) -> None:
        self._by_stage: dict[int, list[Words]] = {}
        self._defaults: dict[int, Shell] = {}
        for instruction in dockerfile.instructions:
            if instruction.keyword == "SHELL" and isinstance(instruction, Words) and instruction.stage is not None:
                self._by_stage.setdefault(instruction.stage.index, []).append(instruction)

    def at(self, instruction: Instruction) -> Shell:
        stage: Stage | None = instruction.stage if self._by_stage else None
        before = instruction.index
        while stage is not None:
            for words in reversed(self._by_stage.get(stage.index, [])):
                if words.index < before and words.words:
                    return Shell.of([str(word) for word in words.words])
            stage = stage.parent
            before = 1 << 62
        return self._default(instruction.stage)

    def _default(self, stage: Stage | None) -> Shell:
        key = -1 if stage is None else stage.index
        shell = self._defaults.get(key)
        if shell is None:
            shell = self._defaults[key] = _WINDOWS_DEFAULT if _on_windows(stage) else _DEFAULT
        return shell


def _on_windows(stage: Stage | None) -> bool:
    if stage is None:
        return False
    platform = stage.root.from_.flag("platform")
    if platform is not None and platform.value is not None and platform.value.value.startswith("windows"):
        return True
    return _WINDOWS.search(stage.root.base or stage.root.from_.image.value) is not None


def instruction_script(instruction: Run | Launch, environment: Environment, shells: Shells) -> Script:
    """The script of a RUN, CMD, ENTRYPOINT or HEALTHCHECK; exec form is one command that no shell reads.

    ``environment``: the ENV and ARG values in force. A CMD runs later, where ARGs are gone: only ENV counts for it.
    """
    if isinstance(instruction, Launch):
        environment = _at_run_time(instruction, environment)
    if instruction.exec is not None:
        return parse_program(instruction.text, instruction.exec, environment=environment)
    shell = shells.at(instruction)
    text = instruction.script
    if text is None:
        return Script(instruction.text, shell.name, Node("script", instruction.text, 0, len(instruction.text)))
    if isinstance(instruction, Run) and instruction.heredocs:
        if instruction.script_is_heredoc:
            shell = _shebang(text) or shell
        else:
            text = _with_bodies(instruction, text)
    return _parse(text, shell, environment)


def file_script(source: Source) -> Script:
    """A free-standing script file, read by what its first line names; without one, by ``sh``."""
    text = Text(source, source.text, ((0, 0),))
    return _parse(text, _shebang(text) or _DEFAULT, {})


def _parse(text: Text, shell: Shell, environment: Environment) -> Script:
    if not shell.posix:
        return Script(text, shell.name, Node("script", text, 0, len(text)))
    return parse_script(text, shell=shell.name, environment=environment, options=shell.options)


def _shebang(text: Text) -> Shell | None:
    """The interpreter that a script's first line names."""
    match = _SHEBANG.match(text.value)
    argv = match[1].split() if match else []
    if not argv:
        return None
    return Shell.of([word for word in argv if word != "-S"])


def _with_bodies(run: Run, line: Text) -> Text:
    """What BuildKit hands to the shell: the line, then each here-document's body and terminator."""
    values, places, length = [], [], 0
    for part in (line, "\n", *(part for heredoc in run.heredocs for part in (heredoc.body, heredoc.name + "\n"))):
        values.append(str(part))
        if isinstance(part, Text):
            places += [(length + logical, physical) for logical, physical in _contiguous(part)]
            end = part.end
        else:
            places.append((length, end))
        length += len(values[-1])
    return Text(line.source, "".join(values), places)


def _contiguous(text: Text) -> Iterator[tuple[int, int]]:
    """Where each run of characters that stand side by side in the source begins: in the text, and in the source."""
    expected = -1
    for index in range(len(text)):
        offset = text.offset(index)
        if offset != expected:
            yield index, offset
        expected = offset + 1


def _at_run_time(instruction: Instruction, environment: Environment) -> Environment:
    """What is left of the variables when the container starts: those of ENV, also of an ENV further down."""
    found: dict[str, str | Unknown] = {}
    for stage in instruction.stage.lineage() if instruction.stage else ():
        for other in stage.instructions:
            if other.keyword == "ENV" and isinstance(other, Pairs):
                for pair in other.pairs:
                    name = str(pair.key)
                    later = stage is instruction.stage and other.index > instruction.index
                    found[name] = Unknown("set further down") if later else environment.get(name, Unknown("not known"))
    return found
