"""Words of a JSON form that only a shell would understand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gate.dockerfile.command import ShellWord
from gate.dockerfile.shell.wrappers import SHELLS, WRAPPERS, peel, shell_script
from gate.dockerfile.source import Text
from gate.lazy import pattern
from gate.packages.options import listed
from gate.record import dataclass
from gate.rules.launch._handover import INTERPRETERS, base_name, parameters_used, plain_name, shell_word

_VARIABLE = pattern(r"(?<![\\$])\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*[^}]*\}|\([^)]*\))|`[^`]+`")
_OPERATOR = pattern(r"&&|\|\|?|\|&|;|&|(?:\d*|&)(?:>>?|<)(?:&?[\w./${}-]*)|<<<?")
_GLOB = pattern(r"(?:[\w.-]*/)*[\w.-]*\*[\w.-]*")
_ASSIGNMENT = pattern(r"[A-Za-z_]\w*=")
_SPRING = pattern(r"--?[\w.-]+=.*\$\{")

_BUILTINS = listed(
    """. source cd export exec eval set unset ulimit umask alias trap shift return if for while until case function
    [[ let local declare readonly typeset pushd popd shopt"""
)
"""Words that exist in a shell only: there is no such program."""

_OWN_SYNTAX = listed(
    """find awk gawk mawk sed jq yq expr test [ envsubst grep egrep fgrep rg parallel psql mysql sqlite3 redis-cli
    mongo mongosh gomplate confd dockerize tmux screen watch ffmpeg tr bc dc printf echo xargs"""
)
"""Programs whose own language has the same signs, and programs for which it makes no difference."""

_READS_FILES = INTERPRETERS | listed("cat tail head ls cp mv rm tar gunzip unzip chmod chown")
_CODE = listed("-c -e -E -r --eval --exec -p --print")
_CLASS_PATH = listed("-cp -classpath --class-path --module-path")


@dataclass(frozen=True, slots=True)
class Misread:
    """A word and why it does not do what it says. ``fatal``: the program does not even start."""

    word: Text
    why: str
    fatal: bool = False


def misread_words(argv: Sequence[Text]) -> Iterator[Misread]:
    """The words of an argument list that are meant for a shell, in order."""
    words: Sequence[ShellWord] = [shell_word(word) for word in argv]
    while words:
        program = words[0].value or ""
        fatal = _not_a_program(program)
        if fatal:
            yield Misread(words[0].whole, fatal, fatal=True)
            return
        name = base_name(program)
        if name in SHELLS:
            yield from _shell_words(words)
            return
        peeled = peel(words) if name in WRAPPERS else None
        if peeled is None or peeled.text is not None or not peeled.rest:
            yield from _program_words(words, plain_name(program))
            return
        inner = len(words) - len(peeled.rest)
        yield from _program_words(words[:inner], name)
        words = words[inner:]


def misread_arguments(arguments: Sequence[Text], program: str) -> Iterator[Misread]:
    """The same for words that are arguments of a program."""
    return _program_words([shell_word(word) for word in arguments], plain_name(program))


def _not_a_program(program: str) -> str:
    if program in _BUILTINS:
        return f"{program!r} is a command of the shell itself: there is no such program"
    if _ASSIGNMENT.match(program):
        return "an assignment is no program"
    if " " in program.strip() and not program.startswith("-"):
        return "the whole command is one word, and no program has that name"
    return ""


def _shell_words(words: Sequence[ShellWord]) -> Iterator[Misread]:
    """``sh -c TEXT …``: TEXT is for the shell, what stands behind it is $0, $1 …"""
    text, _ = shell_script(words)
    at = next((index for index, word in enumerate(words) if word is text), None)
    if at is None:
        yield from _program_words(words, "sh")
        return
    behind = words[at + 1 :]
    for word in behind:
        why = _why(word.value or "", "", "sh")
        if why:
            yield Misread(word.whole, why)
            return
    if len(behind) > 1 or (behind and not _stands_for_zero(behind[0].value or "")):
        used = parameters_used((text.value or "") if text is not None else "")
        if not used:
            why = f"only one word behind -c is the script: {' '.join(word.value or '' for word in behind)!r} is no part of it"
            yield Misread(behind[0].whole, why)


def _stands_for_zero(word: str) -> bool:
    return word in ("--", "-", "_", "") or (base_name(word)) in SHELLS


def _program_words(words: Sequence[ShellWord], program: str) -> Iterator[Misread]:
    if program in _OWN_SYNTAX:
        return
    before = ""
    for word in words:
        value = word.value or ""
        if not (program in INTERPRETERS and before in _CODE):
            why = _why(value, before, program)
            if why:
                yield Misread(word.whole, why)
        before = value


def _why(value: str, before: str, program: str) -> str:
    if "$" in value or "`" in value:
        variable = _VARIABLE.search(value)
        if variable and not (program == "java" and _SPRING.match(value)):
            return f"{variable.group()} reaches {program} as it is written"
    if value[:1] == "~" and value[1:2] in ("", "/"):
        return f"~ reaches {program} as it is written"
    if value and _OPERATOR.fullmatch(value):
        return f"{value!r} reaches {program} as an argument"
    if "*" in value and program in _READS_FILES and _is_glob(value, before):
        return f"{value!r} reaches {program} as it is written, and names no file"
    return ""


def _is_glob(value: str, before: str) -> bool:
    """A pattern for file names; Java expands the ones of its class path itself."""
    return before not in _CLASS_PATH and ("/" in value or "*." in value) and bool(_GLOB.fullmatch(value))
