"""What hadolint is given to read: not the file itself, but two kinds of small Dockerfiles made from it.

The *outline* holds each instruction in one line, in a form that hadolint's parser takes, with ShellCheck switched off;
hadolint's own rules are read from it. A *script* is one RUN alone, with the shell that runs it and the variables that
it names; ShellCheck's rows, and DL4006, are read from it. Why not the file:

* hadolint 2.15.1 calls much a syntax error that BuildKit builds (most here-documents, ``FROM host:5000/x:tag``,
  ``EXPOSE "80"``), and then says nothing else about the file. It dies of ``WORKDIR x``.
* It forgets SHELL at the next ENV or ARG, and takes a here-document for /bin/sh whatever its first line says.
* It hands every variable of the stage to ShellCheck for every RUN: nearly half of its time. A RUN that stands in many
  files, or has not changed since, need not be read again at all; and every second one (``pip install a b``) has nothing
  in it that ShellCheck could speak of.

On files that hadolint itself can read, the rows are the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from gate.dockerfile.source import Text
from gate.dockerfile.tree import Copy, Dockerfile, From, Instruction, Launch, Onbuild, Pairs, Run, Stage, Words
from gate.lazy import pattern
from gate.record import dataclass

VERSION = "1"
"""Part of every cache key: to be changed with anything that changes what is given to hadolint."""

MOST_CHARACTERS, MOST_COMMANDS = 1 << 15, 700
"""Of one RUN that hadolint is asked about: its time and its memory grow with their square, to minutes and gigabytes. The
longest of 4,000 public files has 7,500 characters and 104 commands."""
MOST_OUTLINE = 400_000
"""Characters of an outline, which are five seconds of hadolint's; the longest of those files has 21,500."""
MOST_SECONDS = 4.0
"""What the scripts of one file may cost; those files cost 0.4 at the most."""

_NO_SHELLCHECK = 'SHELL ["powershell"]'
_FORGETS_SHELL = ("FROM", "ENV", "ARG")

_QUOTES = "\"'"
_WITHOUT_QUOTES = str.maketrans("", "", _QUOTES)
_NAME = pattern(r"[A-Za-z_][A-Za-z0-9_]*")
_MOUNT_FIELD = pattern(
    r"(?:^|(?<=,))(?:type=(?:bind|cache|tmpfs|secret|ssh)|(?:target|dst|destination|source|src|from|id)=[^\s,\"']+)(?=,|$)"
)
_SHELLS = pattern(r"(?:.*/)?(?:sh|bash|dash|ash|ksh)")
_INTERPRETER = pattern(r"\s*((?:/\S*/)?(?:sh|bash|dash|ash|ksh))((?:\s+-[a-z]+)*)\s*")
_WINDOWS = pattern(r"windows(?:/|servercore|:)|nanoserver")
_BARE_HOST = pattern(r"(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9_-]+)(:[0-9]+/)")
_PORT = pattern(r"(?:[0-9.]*:)*([0-9]+(?:-[0-9]+)?|\$\w+|\$\{\w+\})(?:/(tcp|udp))?", re.IGNORECASE)

_WORD = (
    r"(?:[A-Za-z0-9_./:@,+%-][A-Za-z0-9_./:=@,+%-]*"
    r"|'[A-Za-z0-9_./:=@,+%<>~!\[\];* -]*'|\"[A-Za-z0-9_./:=@,+%<>~\[\];* -]*\")"
)
_TOOL = (
    r"(?:apt-get|apt|apk|yum|dnf|microdnf|zypper|pip3?(?:\.\d+)?|python3?(?:\.\d+)?|conda|mamba|micromamba|uv|poetry"
    r"|npm|yarn|pnpm|gem|go|cargo|git|curl|wget|tar|unzip|make|cmake|chmod|chown|useradd|groupadd|ldconfig|touch|bash|true)"
)
_DULL = (
    rf"(?:(?:DEBIAN_FRONTEND=noninteractive[ \t]+)?{_TOOL}(?:[ \t]+{_WORD})*"
    rf"|rm -rf /var/lib/apt/lists/\*|mkdir -p {_WORD})"
)
_DULL_SCRIPT = pattern(rf"[ \t]*{_DULL}(?:[ \t]*&&[ \t]*{_DULL})*[ \t]*")
"""Tools without a ShellCheck rule of their own, with plain words only: no variable, glob, pipe, redirection, ``;``."""
_KEYWORD = pattern(
    r"(?:^|\s)(?:if|then|else|elif|fi|do|done|case|esac|while|until|for|in|select|function|time)(?:\s|$)"
)


@dataclass(frozen=True, slots=True)
class Outline:
    """``places``: the line on which an instruction stands in ``text`` → that instruction. ``without``: the indices of
    those that are left out."""

    text: str
    places: dict[int, Instruction]
    without: frozenset[int] = frozenset()

    @property
    def cost(self) -> float:
        """The seconds that hadolint needs for it, measured on real files on one core, within a factor of about two."""
        return 0.002 + len(self.text) * 1e-5

    def at(self, line: int) -> Instruction | None:
        """The instruction that a position in ``text`` belongs to."""
        before = [start for start in self.places if start <= line]
        return self.places[max(before)] if before else None


@dataclass(frozen=True, slots=True)
class Script:
    text: str
    instruction: Instruction

    @property
    def cost(self) -> float:
        """As for an outline. ShellCheck's time grows with the commands, in long scripts with their square."""
        commands = self.text.count("&&") + self.text.count(";") + self.text.count("|") + self.text.count("\n")
        return 0.002 + len(self.text) * 5e-6 + commands * 8e-4 + commands * commands * 1.4e-6


def outline(dockerfile: Dockerfile, without: frozenset[int] = frozenset()) -> Outline:
    """The outline of a file. ``without``: the indices of instructions to leave out."""
    lines: list[str] = []
    places: dict[int, Instruction] = {}
    if dockerfile.escape != "\\":
        lines.append("# escape=" + dockerfile.escape)
    for instruction in dockerfile.instructions:
        rendered = _rendered(instruction, dockerfile.escape)
        if not rendered or instruction.index in without:
            continue
        places[len(lines) + 1] = instruction
        lines += rendered
        if instruction.stage is not None and instruction.keyword in _FORGETS_SHELL:
            lines.append(_NO_SHELLCHECK)
    return Outline("\n".join(lines) + "\n", places, without)


@dataclass(frozen=True, slots=True)
class Question:
    """What hadolint is asked about a file. ``too_long`` are the instructions that it is not asked about, because it could
    not read them in a reasonable time."""

    outline: Outline
    scripts: tuple[Script, ...]
    too_long: tuple[Instruction, ...]


def question(dockerfile: Dockerfile) -> Question:
    """The outline and the scripts of a file, as far as hadolint can read them in a reasonable time."""
    too_long = [instruction for instruction in dockerfile.instructions if _is_too_long(instruction)]
    asked = outline(dockerfile, frozenset(instruction.index for instruction in too_long))
    if len(asked.text) > MOST_OUTLINE:
        return Question(Outline("FROM scratch\n", {}), (), tuple(dockerfile.instructions[:1]))
    left = MOST_SECONDS
    affordable = []
    for script in scripts(dockerfile):
        if script.instruction.index not in asked.without:
            left -= script.cost
            if left >= 0:
                affordable.append(script)
            else:
                too_long.append(script.instruction)
    return Question(asked, tuple(affordable), tuple(too_long))


def _is_too_long(instruction: Instruction) -> bool:
    run = instruction.child if isinstance(instruction, Onbuild) else instruction
    if not isinstance(run, Run):
        return False
    texts = [run.text.value, *(heredoc.body.value for heredoc in run.heredocs)]
    length = sum(map(len, texts))
    return length > MOST_CHARACTERS or (length > MOST_COMMANDS and sum(map(_commands, texts)) > MOST_COMMANDS)


def _commands(text: str) -> int:
    return sum(map(text.count, ("&&", ";", "|", "\n", "(", "{", "`")))


def scripts(dockerfile: Dockerfile) -> Iterator[Script]:
    """The scripts of a file that ShellCheck could have something to say about, in the order of its instructions."""
    ends: dict[int, tuple[tuple[str, ...] | None, frozenset[str]]] = {}
    for stage in dockerfile.stages:
        shell, inherited = ends[stage.parent.index] if stage.parent else (_first_shell(stage), frozenset())
        names = set(inherited)
        for instruction in stage.instructions:
            if isinstance(instruction, Words) and instruction.keyword == "SHELL":
                shell = _shell([word.value for word in instruction.words])
            elif isinstance(instruction, Pairs) and instruction.keyword != "LABEL":
                names.update(pair.key.value for pair in instruction.pairs)
            else:
                run = instruction.child if isinstance(instruction, Onbuild) else instruction
                if isinstance(run, Run) and run.script is not None:
                    text = _script(run, shell, names)
                    if text is not None:
                        yield Script(text, instruction)
        ends[stage.index] = (shell, frozenset(names))


def _first_shell(stage: Stage) -> tuple[str, ...] | None:
    image = stage.from_
    platform = image.flag("platform")
    windows = platform is not None and platform.value is not None and "windows" in platform.value.value
    return None if windows or _WINDOWS.search(image.image.value) else ()


def _shell(words: list[str]) -> tuple[str, ...] | None:
    """The words from the shell on (``conda run -n x bash -c``); None for a shell that ShellCheck does not know.

    hadolint makes a shebang of the first, and ShellCheck wants those to be absolute.
    """
    for at, word in enumerate(words):
        if _SHELLS.fullmatch(word):
            return (word if word.startswith("/") else f"/bin/{word.rpartition('/')[2]}", *words[at + 1 :])
    return None


def _script(run: Run, shell: tuple[str, ...] | None, names: set[str]) -> str | None:
    assert run.script is not None
    text = run.script.value
    body: str | None = None
    if run.script_is_heredoc:
        body = text
        if text.startswith("#!"):
            first, _, body = text.partition("\n")
            shell = _shell(first[2:].split())
    elif run.heredocs:
        command = _without_heredocs(text, run)
        interpreter = _INTERPRETER.fullmatch(command)
        if interpreter and len(run.heredocs) == 1:
            body, shell = run.heredocs[0].body.value, _shell([interpreter[1], *interpreter[2].split(), "-c"])
        else:
            body = text + "".join(f"\n{heredoc.body.value}{heredoc.name}" for heredoc in run.heredocs)
    if shell is None or (body is None and is_dull(text)):
        return None
    used = sorted(names.intersection(_NAME.findall(text if body is None else body)))
    lines = ["FROM scratch"]
    if used:
        lines.append("ENV " + " ".join(f"{name}=1" for name in used))
    if shell:
        lines.append("SHELL " + json.dumps(shell))
    keyword = "ONBUILD RUN" if run.onbuild else "RUN"
    lines += [f"{keyword} {_ended(text)}"] if body is None else _heredoc(keyword, body)
    return "\n".join(lines) + "\n"


def is_dull(script: str) -> bool:
    """Whether there is nothing in a script that ShellCheck has a rule about."""
    return _DULL_SCRIPT.fullmatch(script) is not None and _KEYWORD.search(script) is None


def _heredoc(command: str, body: str) -> list[str]:
    """A command with a here-document, in the one form that hadolint always takes: an empty line must follow."""
    lines = body.rstrip("\n").split("\n")
    name = "EOF"
    while name in lines:
        name += "F"
    return [f"{command} <<{name}", *lines, name, ""]


def _without_heredocs(text: str, instruction: Instruction) -> str:
    for heredoc in instruction.heredocs:
        text = text.replace(heredoc.word.value, "", 1)
    return text


def _ended(text: str, escape: str = "\\") -> str:
    """The text on a line of its own. Unlike BuildKit, hadolint goes on after two escape characters at the end."""
    return text.rstrip(f"{escape} \t").replace("\n", " ")


def _rendered(instruction: Instruction, escape: str) -> list[str]:
    """The lines of an instruction; none for one that BuildKit refuses."""
    if isinstance(instruction, Onbuild):
        child = _rendered(instruction.child, escape) if instruction.child is not None else []
        return [f"ONBUILD {child[0]}", *child[1:]] if child else []
    render = _RENDERERS.get(type(instruction))
    if render is not None:
        lines = render(instruction)
        return lines if len(lines) > 1 else [_ended(lines[0], escape)]
    # What BuildKit refuses is not hadolint's to judge, but what follows a refused FROM still stands in a stage.
    return ["FROM scratch"] if instruction.keyword == "FROM" else []


def _from(instruction: Instruction) -> list[str]:
    assert isinstance(instruction, From)
    platform = instruction.flag("platform")
    image = _BARE_HOST.match(instruction.image.value)
    words = ["FROM", platform.text.value if platform else ""]
    words.append(
        instruction.image.value if image is None else f"host.invalid{instruction.image.value[image.start(1) :]}"
    )
    if instruction.name_text is not None:
        words += ["AS", instruction.name_text.value]
    return [" ".join(filter(None, words))]


def _run(instruction: Instruction) -> list[str]:
    assert isinstance(instruction, Run)
    head = " ".join(("RUN", *_flags(instruction)))
    if not instruction.heredocs:
        return [f"{head} {_arguments(instruction)}"]
    command = _without_heredocs(_arguments(instruction), instruction)
    if len(instruction.heredocs) == 1 and (instruction.script_is_heredoc or _INTERPRETER.fullmatch(command)):
        return _heredoc(head, instruction.heredocs[0].body.value)
    return [f"{head} {command}"]


def _flags(run: Run) -> Iterator[str]:
    """The flags, with nothing in them that hadolint's parser refuses."""
    for flag in run.flags:
        value = flag.value.value if flag.value is not None else ""
        if flag.name == "mount":
            fields = _MOUNT_FIELD.findall(value)
            if not any(
                field.startswith(("target=", "dst=", "destination=", "type=secret", "type=ssh")) for field in fields
            ):
                fields.append("target=/")
            yield f"--mount={','.join(fields)}"
        elif flag.name == "network" and value in ("none", "host", "default"):
            yield f"--network={value}"


def _copy(instruction: Instruction) -> list[str]:
    assert isinstance(instruction, Copy)
    source = instruction.flag("from") if instruction.keyword == "COPY" else None
    arguments = _arguments(instruction)
    for heredoc in instruction.heredocs:
        arguments = arguments.replace(heredoc.word.value, "EOF", 1)
    return [" ".join(filter(None, (instruction.keyword, source.text.value if source else "", arguments)))]


def _words(instruction: Instruction) -> list[str]:
    assert isinstance(instruction, Words)
    if instruction.keyword == "SHELL":
        return [_NO_SHELLCHECK]
    text = _arguments(instruction)
    if instruction.keyword == "EXPOSE":
        ports = [_PORT.fullmatch(_unquoted(word)) for word in instruction.words]
        text = " ".join(f"{port[1]}/{port[2]}" if port[2] else port[1] for port in ports if port) or "80"
    elif instruction.keyword == "WORKDIR" and len(text.strip(_QUOTES)) < 2 and "/" not in text:
        text = f"{text.strip(_QUOTES) or '.'}/"  # as relative as it was
    return [f"{instruction.keyword} {text}"]


def _unquoted(word: Text) -> str:
    return word.value.translate(_WITHOUT_QUOTES)


def _plain(instruction: Instruction) -> list[str]:
    return [f"{instruction.keyword} {_arguments(instruction)}"]


def _arguments(instruction: Instruction) -> str:
    """The text behind the flags."""
    text = instruction.text.value
    for flag in instruction.flags:
        text = text.lstrip()[len(flag.text.value) :]
    return text.strip()


_RENDERERS: dict[type[Instruction], Callable[[Instruction], list[str]]] = {
    From: _from,
    Run: _run,
    Copy: _copy,
    Launch: _plain,
    Words: _words,
    Pairs: _plain,
}
