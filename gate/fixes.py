"""Making fixes: what rule authors call.

Each function gives an edit of the text as it stands in the file, or None where that text is not what it stands for: a
word out of a variable, one that goes over a line end. :func:`fix` puts edits together, and gives None when one of them
is missing, so that a finding without a sure mending has no fix. All of this costs a few look-ups per finding, and is
done while the rules run; what the edits make of a file is :mod:`gate.fixing`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.lazy import pattern
from gate.model import Edit, Fix

if TYPE_CHECKING:
    from gate.build import Build
    from gate.dockerfile.command import Command, Script, ShellWord
    from gate.dockerfile.source import Source, Text
    from gate.dockerfile.tree import Instruction, Pair, Pairs, Run

SAFE, UNSAFE = "safe", "unsafe"
"""What :attr:`gate.rule.Rule.fixes` names."""

PLAIN = pattern(r"[A-Za-z0-9_@%+=:,./-]+")
"""Words that no shell changes, and that need no escape in JSON."""


def fix(title: str, *edits: Edit | None, safe: bool = True) -> Fix | None:
    """The fix of these edits, None when one of them cannot be made."""
    made = [edit for edit in edits if edit is not None]
    return Fix(title, tuple(made), safe) if made and len(made) == len(edits) else None


def insert(source: Source, offset: int, text: str) -> Edit:
    """Text in front of an offset of the source."""
    return Edit(source.place(offset, offset), text)


def replace(text: Text, new: str) -> Edit | None:
    """Something else for a text that is written as it reads."""
    return Edit(text.place, new) if written(text) else None


def written(text: Text) -> bool:
    """Whether a text stands in its source in one piece, just as it reads."""
    start = text.start
    return bool(text.value) and text.source.text.startswith(text.value, start) and text.end == start + len(text.value)


def argument(command: Command, *values: str) -> ShellWord | None:
    """The first argument with one of these values: a subcommand."""
    return next((word for word in command.arguments if word.value in values), None)


def after(command: Command, word: ShellWord | None, added: str) -> Edit | None:
    """Another word, which needs no quotes, behind one of a command's: in JSON, too, but not inside of a variable."""
    if word is None:
        return None
    text = word.text
    if not written(text) or _is_shared(word, text, command):
        return None
    source, end = text.source, text.end
    if not _is_json(word, text):
        return insert(source, end, f" {added}")
    return insert(source, end + 1, f', "{added}"') if source.text[end : end + 1] == '"' else None


def without(command: Command, word: ShellWord) -> Edit | None:
    """A command without one of its words, and without the blanks in front of it."""
    text = word.text
    whole, start = text.source.text, text.start
    if not written(text) or _is_json(word, text) or _is_shared(word, text, command):
        return None
    blank = start
    while whole[blank - 1] in " \t":
        blank -= 1
    if (
        blank == start or whole[blank - 1] == "\n"
    ):  # alone at the start of a line: the line goes, if nothing else is on it
        line_end = whole.find("\n", text.end)
        rest = whole[text.end : line_end].rstrip("\r") if line_end >= 0 else ""
        if blank == start or rest.strip() not in ("\\", "`"):
            return None
        return Edit(text.source.place(blank, line_end + 1), "")
    return Edit(text.source.place(blank, text.end), "")


def _is_shared(word: ShellWord, text: Text, command: Command) -> bool:
    """Whether another word of the command comes from the same variable; one that is written as it reads comes from none."""
    return text.value != word.value and any(
        other is not word and other.whole is word.whole and (other.start, other.end) == (word.start, word.end)
        for other in command.words
    )


def _is_json(word: ShellWord, text: Text) -> bool:
    """Whether a word is a string of an exec form: quoted, with the quotes not part of it."""
    return word.quoted and word.whole.start == text.start and text.source.text[text.start - 1 : text.start] == '"'


def exec_form(words: list[str]) -> str:
    """The JSON form of a command."""
    import json

    return json.dumps(words, ensure_ascii=False)


def line_end(source: Source) -> str:
    """How the lines of a file end: as its first does."""
    at = source.text.find("\n")
    return "\r\n" if at > 0 and source.text[at - 1] == "\r" else "\n"


def without_instruction(instruction: Instruction) -> Edit | None:
    """A file without one of its instructions, its lines and all. None for the child of an ONBUILD."""
    if instruction.onbuild:
        return None
    source = instruction.source
    start = source.text.rfind("\n", 0, instruction.start) + 1
    at = source.text.find("\n", instruction.end)
    return Edit(source.place(start, at + 1 if at >= 0 else len(source.text)), "")


def without_pair(instruction: Pairs, pair: Pair) -> Edit | None:
    """An ENV or LABEL without one of its pairs, and without itself when there is no other."""
    pairs = instruction.pairs
    at = next(at for at, each in enumerate(pairs) if each is pair)
    if len(pairs) == 1:
        return without_instruction(instruction)
    start, end = (pairs[at - 1], pair) if at else (pair, pairs[1])
    first = _end_of(start) if at else pair.key.start
    last = _end_of(end) if at else end.key.start
    whole = instruction.source.text[first:last]
    if "#" in whole.replace(pair.value.value if pair.value is not None else "", ""):
        return None  # a comment would go, too
    return Edit(instruction.source.place(first, last), "")


def _end_of(pair: Pair) -> int:
    return pair.value.end if pair.value is not None else pair.key.end


def line_before(instruction: Instruction, line: str) -> Edit | None:
    """A new instruction in front of one, and of the comments right above it."""
    if instruction.onbuild:
        return None
    source = instruction.source
    start = source.text.rfind("\n", 0, instruction.start) + 1
    while start and source.text[(above := source.text.rfind("\n", 0, start - 1) + 1) : start].lstrip().startswith("#"):
        start = above
    return insert(source, start, line + line_end(source))


def line_after(instruction: Instruction, line: str) -> Edit | None:
    """A new instruction behind one."""
    if instruction.onbuild:
        return None
    source = instruction.source
    at = source.text.find("\n", instruction.end)
    if at < 0:
        return insert(source, len(source.text), line_end(source) + line)
    return insert(source, at + 1, line + line_end(source))


def and_then(run: Run, build: Build, command: str) -> Edit | None:
    """One more command at the end of a RUN, if all in front of it succeeds: on a line of its own where the RUN has
    several. None where the text behind the last command is not known to the letter."""
    script = build.script(run)
    end = len(script.text.value.rstrip())
    if not _ends_plainly(run, script, end):
        return None
    source, at = script.text.source, script.text.slice(0, end).end
    first = source.position(run.start)[0]
    number = source.position(at)[0]
    if number == first:
        return insert(source, at, f" && {command}")
    line = source.line(number)
    indent = line[: len(line) - len(line.lstrip())] or "    "
    broken = f" {build.dockerfile.escape}{line_end(source)}{indent}"
    return insert(source, at, f"{broken}&& {command}" if line.lstrip().startswith("&&") else f" &&{broken}{command}")


def _ends_plainly(run: Run, script: Script, end: int) -> bool:
    """Whether ``&&`` may stand behind all that a RUN says: no comment, no ``;``, nothing that is not waited for."""
    if run.exec is not None or run.heredocs or script.shell not in _SHELLS or not script.parsed:
        return False
    last = script.root.children[-1] if script.root.children else None
    return last is not None and last.end == end and not any(n.background for n in (last, *last.children[-1:]))


def joined(first: Run, second: Run, build: Build) -> Edit | None:
    """Two RUNs, one right below the other, as one: what the first does to its shell must not matter to the second."""
    source = first.source
    if first.flags or second.flags or second.script is None or first.onbuild or second.onbuild:
        return None
    before, after_ = build.script(first), build.script(second)
    last = len(before.text.value.rstrip())
    if not _ends_plainly(first, before, last):
        return None
    if second.exec is not None or second.heredocs or after_.shell != before.shell or not after_.parsed:
        return None
    root = after_.root.children[0] if len(after_.root.children) == 1 else None
    if root is None or root.kind not in _ONE or root.background or root.start:
        return None
    if any(not command.name or command.name in _LASTING or command.assignments for command in before.commands):
        return None
    above = source.line(first.line - 1).lstrip()
    if above.startswith("#") and "ignore" in above:
        return None  # what quiets the first would quiet the second
    start, end = before.text.slice(0, last).end, second.script.start
    if source.text[start : second.start].strip():
        return None  # a comment, at the end of the first or between the two
    return Edit(source.place(start, end), f" && {build.dockerfile.escape}{line_end(source)}    ")


_ONE = ("command", "and", "pipeline", "subshell", "group", "if", "for", "while", "until", "case")
_LASTING = frozenset({
    "cd", "pushd", "popd", "export", "unset", "set", "shopt", "exec", "exit", "return", "source", ".", "eval",
    "umask", "ulimit", "trap", "alias", "unalias", "readonly", "declare", "typeset", "local", "read", "wait",
    "hash", "type",
})  # fmt: skip
"""What changes the shell for the commands behind it."""

_SHELLS = ("sh", "bash", "dash", "ash", "zsh")
