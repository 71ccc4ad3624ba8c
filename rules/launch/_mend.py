"""The JSON form of a launch in shell form, where its words are plain enough to say what they are."""

from __future__ import annotations

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Command, ShellWord
from gate.dockerfile.tree import Instruction, Launch
from gate.model import Edit
from gate.packages.options import listed

_OF_THE_SHELL = listed(
    """. : [ [[ (( alias bg break case cd command continue declare dirs do done eval exec exit export fg for function getopts hash
    history if jobs let local logout popd pushd read readonly return select set shift shopt source suspend test time times trap
    type typeset ulimit umask unalias unset until wait while { ! echo printf true false kill pwd"""
)
"""What only a shell knows, or knows better."""


def plain_words(launch: Launch, build: Build) -> list[str]:
    """The words of a shell form that a program would be given just like that; none where a shell is needed.

    ``exec`` in front is dropped. A SHELL with a word of its own in this may do more than to run the text.
    """
    if launch.script is None or any(other.keyword == "SHELL" for other in build.dockerfile.instructions):
        return []
    script = build.script(launch)
    root = script.root.children[0] if len(script.root.children) == 1 else None
    if not script.parsed or not isinstance(root, Command) or root.redirects or root.background or root.children:
        return []
    if root.assignments or root.wrappers not in ((), ("exec",)) or not root.words:
        return []
    values = [_plain(word) for word in root.words]
    if None in values or root.name in _OF_THE_SHELL or "=" in (values[0] or "="):
        return []
    return [value for value in values if value is not None]


def _plain(word: ShellWord) -> str | None:
    """The value of a word that no shell changes but for its quotes."""
    if word.value is None:
        return None
    written = word.text.value
    if fixes.PLAIN.fullmatch(written):
        return word.value if word.value == written else None
    inner = written[1:-1]
    if len(written) > 1 and written[0] == written[-1] and written[0] in "\"'" and inner == word.value:
        return inner if inner.isprintable() and not set(inner) & set("\\\"'$`") else None
    return None


def json_form(launch: Launch, build: Build) -> Edit | None:
    """The edit that writes a shell form in JSON; None where a shell is needed."""
    words = plain_words(launch, build)
    if not words or launch.script is None:
        return None
    script = launch.script
    return fixes.replace(script.slice(0, len(script.value.rstrip())), fixes.exec_form(words))


def without_words(launch: Launch, number: int) -> Edit | None:
    """A JSON form without its first words."""
    words = launch.exec or ()
    source = launch.source
    if not words or not all(fixes.written(word) and _in_quotes(word.start, word.end, source.text) for word in words):
        return None
    start = words[0].start - 1
    end = words[number].start - 1 if number < len(words) else words[-1].end + 1
    if "#" in source.text[start:end] or "\n" in source.text[start:end]:
        return None
    return Edit(source.place(start, end), "")


def _in_quotes(start: int, end: int, text: str) -> bool:
    return text[start - 1 : start] == '"' == text[end : end + 1]


def set_flag(instruction: Instruction, name: str, value: str) -> Edit | None:
    """An instruction with a flag of this value."""
    flag = instruction.flag(name)
    if flag is not None:
        return fixes.replace(flag.value, value) if flag.value is not None else None
    if not fixes.written(instruction.head):
        return None
    return fixes.insert(instruction.source, instruction.head.end, f" --{name}={value}")
