"""What an ENTRYPOINT does with the words behind it: CMD, or the arguments of ``docker run``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from gate.dockerfile.command import ShellWord
from gate.dockerfile.shell.wrappers import SHELLS, peel, shell_script
from gate.dockerfile.source import Source, Text
from gate.dockerfile.tree import Launch
from gate.lazy import pattern
from gate.packages.options import listed
from gate.record import dataclass

Words = Sequence[ShellWord]


class Fate(Enum):
    """What becomes of the words behind the ENTRYPOINT."""

    COMMAND = "command"  # they are run as a command: init programs, env, gosu, poetry run
    ARGUMENTS = "arguments"  # a program gets them
    SHELL_TEXT = "shell text"  # the first one is the script of sh -c
    PARAMETERS = "parameters"  # the script of sh -c gets them as $0, $1 …
    FILE = "file"  # a script gets them: what it does is in the file


@dataclass(frozen=True, slots=True)
class Handover:
    """``words`` are those of the program that decides, wrappers peeled off: ``python app.py``. ``file`` is the one of them
    that names a script. ``text`` is the script of ``sh -c``, ``given`` the number of parameters that the ENTRYPOINT itself
    gives it ($0 first)."""

    fate: Fate
    words: tuple[str, ...] = ()
    file: str = ""
    text: str = ""
    given: int = 0

    @property
    def program(self) -> str:
        """The basename of the program that decides."""
        return base_name(self.words[0]) if self.words else ""

    @property
    def drops_all(self) -> bool:
        """The words become parameters of a text that uses none."""
        return self.fate is Fate.PARAMETERS and not parameters_used(self.text)

    @property
    def drops_first(self) -> bool:
        """The first of the words becomes a $0 that the text does not use."""
        return self.fate is Fate.PARAMETERS and self.given == 0 and "0" not in parameters_used(self.text)


INTERPRETERS = listed("python node nodejs java Rscript julia ruby perl php deno bun")
"""Programs that read a program from a file (without the digits of their version)."""

_RUNNERS = listed(
    """docker-init init my_init with-contenv nvidia_entrypoint.sh _entrypoint.sh ddtrace-run opentelemetry-instrument
    npx mpirun mpiexec strace valgrind nvprof ncu prlimit unshare aws-lambda-rie authbind envdir run-one pidproxy
    tsp wait-for-it.sh wait-for wait-for-it dockerize firejail"""
)
"""Programs that run the rest of their words, beside those that :func:`peel` knows."""

_RUNNERS_WITH_WORD = {
    "poetry": "run", "pipenv": "run", "uv": "run", "pdm": "run", "hatch": "run", "rye": "run", "pixi": "run", "bundle": "exec",
    "newrelic-admin": "run-program", "chamber": "exec", "aws-vault": "exec", "doppler": "run", "op": "run", "dotenv": "run",
    "nsys": "profile", "infisical": "run", "conda": "run", "mamba": "run", "micromamba": "run",
}  # fmt: skip

_SCRIPT_NAME = pattern(r"entry|\.(?:ba|z|k)?sh$|start|launch|init|wrapper|bootstrap|run[-_]|^run$|boot")
_WRAPPING_PROGRAM = pattern(r"entry|wrapper|launcher|bootstrap")


def _word(value: str, whole: Text) -> ShellWord:
    return ShellWord(value, whole, 0, len(value), True, False, value)


_REST = _word("\0rest", Text(Source("", b""), "\0rest", ()))
"""Stands for the first word that the ENTRYPOINT does not say."""


def shell_word(text: Text) -> ShellWord:
    """A word of an exec form, which no shell reads."""
    return _word(text.value, text)


def handover(entrypoint: Launch) -> Handover:
    """Read an ENTRYPOINT that is neither empty nor malformed."""
    if entrypoint.exec is None:
        return Handover(Fate.PARAMETERS, text=str(entrypoint.script))
    return _read([*map(shell_word, entrypoint.exec), _REST])


def handover_of_words(entrypoint: Sequence[str]) -> Handover:
    """The same for the ENTRYPOINT of a base image."""
    return _read([*(_word(word, _REST.whole) for word in entrypoint), _REST])


def _read(words: Words) -> Handover:
    while True:
        if words[0] is _REST:
            return Handover(Fate.COMMAND)
        name = base_name(words[0].value)
        if name in SHELLS:
            return _shell(words)
        peeled = peel(words)
        if peeled is not None and peeled.text is None and peeled.rest:
            words = peeled.rest
        elif name in _RUNNERS:
            words = _behind_options(words, 1)
        elif _RUNNERS_WITH_WORD.get(name, "") == words[1].value:
            words = _behind_options(words, 2)
        else:
            return _program(words)


def _program(words: Words) -> Handover:
    values = tuple(str(word.value) for word in words if word is not _REST)
    if plain_name(values[0]) in INTERPRETERS:
        at = _first_operand(words)
        return Handover(Fate.FILE if at else Fate.ARGUMENTS, values, file=values[at] if at else "")
    if "/" in values[0] or looks_like_script(values[0]):
        return Handover(Fate.FILE, values, file=values[0])
    return Handover(Fate.ARGUMENTS, values)


def _shell(words: Words) -> Handover:
    """``bash``, ``bash -c …``, ``bash file``."""
    values = tuple(str(word.value) for word in words if word is not _REST)
    text, _ = shell_script(words)
    if text is _REST:
        return Handover(Fate.SHELL_TEXT, values)
    if text is not None:
        at = next(index for index, word in enumerate(words) if word is text)
        return Handover(Fate.PARAMETERS, values, text=text.value or "", given=len(words) - at - 2)
    at = next((at for at, word in enumerate(words) if at and not str(word.value).startswith(("-", "+"))), 0)
    if words[at] is _REST or not at:
        return Handover(Fate.ARGUMENTS, values)
    return Handover(Fate.FILE, values, file=values[at])


def _first_operand(words: Words) -> int:
    """Where an interpreter's script stands; 0 when something else says what to run (``-m``, ``-c``, ``-jar``)."""
    for at, word in enumerate(words):
        value = str(word.value)
        if at and not value.startswith("-"):
            return 0 if word is _REST else at
        if at and value.lstrip("-")[:4] in ("m", "c", "e", "eval", "jar", "r", "p", "cp", "clas"):
            return 0
    return 0


def _behind_options(words: Words, at: int) -> Words:
    for index in range(at, len(words) - 1):
        if words[index].value == "--":
            return words[index + 1 :]
    while at < len(words) - 1 and str(words[at].value).startswith("-"):
        at += 1
    return words[at:]


def base_name(program: str | None) -> str:
    """``/opt/venv/bin/pip`` → ``pip``."""
    return (program or "").rsplit("/", 1)[-1]


def looks_like_script(program: str) -> bool:
    """Whether a program's name is one that people give to scripts of their own."""
    return bool(_SCRIPT_NAME.search(base_name(program)))


def may_wrap(use: Handover) -> bool:
    """Whether a script that nobody has seen is likely to run its arguments, going by its name."""
    if plain_name(use.words[0]) in INTERPRETERS:
        return bool(_WRAPPING_PROGRAM.search(base_name(use.file)))
    return looks_like_script(use.file) or use.program in SHELLS


def plain_name(program: str) -> str:
    """The basename without a version: ``/usr/bin/python3.11`` → ``python``."""
    name = base_name(program)
    return re.sub(r"(?<=[a-z])[\d.]+$", "", name) if name.startswith(("python", "pypy", "node", "pip", "php")) else name


_PARAMETER = pattern(r"\$(?:([0-9@*#])|\{[#!]?([0-9@*#]+))")
_SINGLE_QUOTED = pattern(r"'[^']*'")
_SHIFT = pattern(r"\bshift\b")


def parameters_used(text: str) -> set[str]:
    """The positional parameters that a shell text uses: ``0``, ``1``, ``@``, ``*`` … ``shift`` counts as ``@``; what is in
    single quotes belongs to another program."""
    bare = _SINGLE_QUOTED.sub("", text)
    found = {match[1] or match[2] for match in _PARAMETER.finditer(bare)}
    return found | {"@"} if _SHIFT.search(bare) else found
