"""Where exactly a row of hadolint belongs. hadolint itself names only the first line of the instruction.

Each id has a way to find the word or the command that the row is about; without one, or where nothing fits, it is the
instruction's keyword.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from gate.build import Build
from gate.dockerfile.command import Command, Script, ShellWord
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Copy, From, Instruction, Launch, Onbuild, Pairs, Run, Words
from gate.lazy import pattern
from gate.model import Place
from gate.record import dataclass

_NEAR = 200
"""Characters around a match that are looked at."""

Locator = Callable[["Row"], "Place | None"]


@dataclass(frozen=True, slots=True)
class Row:
    """What a locator looks at: ``instruction`` is the child of an ONBUILD, ``script`` that of a RUN."""

    build: Build
    instruction: Instruction
    script: Script | None
    message: str


def place_of(build: Build, instruction: Instruction, code: str, message: str) -> Place:
    """The place of the word that a row is about."""
    inner = instruction.child if isinstance(instruction, Onbuild) and instruction.child is not None else instruction
    script = build.script(inner) if isinstance(inner, Run) else None
    row = Row(build, inner, script, message)
    found = _LOCATORS.get(code, _by_message if code.startswith("SC") else _keyword)(row)
    return found or instruction.place


def _keyword(row: Row) -> Place | None:
    return row.instruction.place


# --- words of an instruction ---------------------------------------------------------------------------------------


def _words(row: Row) -> tuple[Text, ...]:
    return row.instruction.words if isinstance(row.instruction, Words) else ()


def _first_word(row: Row) -> Place | None:
    return next((word.place for word in _words(row)), None)


def _port(row: Row) -> Place | None:
    too_high = (word for word in _words(row) if any(int(n) > 65535 for n in re.findall(r"[0-9]{1,9}", word.value)))
    return next((word.place for word in too_high), None)


def _image(row: Row) -> Place | None:
    return row.instruction.image.place if isinstance(row.instruction, From) else _flag("from")(row)


def _stage_name(row: Row) -> Place | None:
    name = row.instruction.name_text if isinstance(row.instruction, From) else None
    return name.place if name is not None else None


def _flag(name: str) -> Locator:
    def locate(row: Row) -> Place | None:
        flag = row.instruction.flag(name)
        return flag.text.place if flag is not None else None

    return locate


def _source(row: Row) -> Place | None:
    return (
        next((source.place for source in row.instruction.sources), None) if isinstance(row.instruction, Copy) else None
    )


def _destination(row: Row) -> Place | None:
    return row.instruction.destination.place if isinstance(row.instruction, Copy) else None


def _launched(row: Row) -> Place | None:
    script = row.instruction.script if isinstance(row.instruction, Launch) else None
    return script.place if script is not None else None


def _pair(wanted: Callable[[str, str, set[str]], object]) -> Locator:
    """The first ``key=value`` that is ``wanted``, called with key, value and all keys of the instruction."""

    def locate(row: Row) -> Place | None:
        pairs = row.instruction.pairs if isinstance(row.instruction, Pairs) else ()
        keys = {pair.key.value for pair in pairs}
        for pair in pairs:
            if wanted(pair.key.value, pair.value.value if pair.value is not None else "", keys):
                return pair.key.place
        return None

    return locate


_VARIABLE = pattern(r"\$\{?(\w+)")
_SENSITIVE = pattern(r"pass|pw|secret|token|key|credential|auth|cert|user|login|private|account", re.IGNORECASE)


def _refers_to_its_own(key: str, value: str, keys: set[str]) -> bool:
    return bool(keys.intersection(_VARIABLE.findall(value)))


def _sensitive(key: str, value: str, keys: set[str]) -> object:
    return _SENSITIVE.search(key)


# --- commands of a RUN ---------------------------------------------------------------------------------------------


def _commands(row: Row, names: Iterable[str], subcommands: frozenset[str]) -> Iterator[Command]:
    wanted = frozenset(names)
    for command in row.script.commands if row.script is not None else ():
        name = (command.name or "").rstrip("0123456789.")
        if name in wanted and (not subcommands or subcommands.intersection(map(str, command.values))):
            yield command


def _command(names: str, subcommands: str = "") -> Locator:
    """The first command of one of the names that has one of the subcommands among its words."""
    wanted, among = names.split(), frozenset(subcommands.split())
    return lambda row: next((command.place for command in _commands(row, wanted, among)), None)


def _program(names: str) -> Locator:
    """The program's own word of the first command of one of the names."""
    wanted = names.split()
    return lambda row: next((c.words[0].place for c in _commands(row, wanted, frozenset())), None)


def _package(names: str, subcommands: str, pinned: str) -> Locator:
    """The first word behind the subcommand that is no option and has no version; else the command."""
    wanted, among = names.split(), frozenset(subcommands.split())
    version = pattern(pinned)

    def locate(row: Row) -> Place | None:
        commands = list(_commands(row, wanted, among))
        for command in commands:
            for word in _behind(command, among):
                if word.value is not None and not version.search(word.value):
                    return word.place
        return commands[0].place if commands else None

    return locate


def _behind(command: Command, subcommands: frozenset[str]) -> Iterator[ShellWord]:
    arguments = iter(command.arguments)
    for word in arguments:
        if word.value in subcommands:
            break
    for word in arguments:
        if not (word.value or "").startswith("-"):
            yield word


def _sudo(row: Row) -> Place | None:
    for command in row.script.commands if row.script is not None else ():
        if "sudo" in command.wrappers or command.name == "sudo":
            text = command.text
            found = re.search(r"\bsudo\b", text.value)
            return text.slice(*found.span()).place if found else command.place
    return None


def _unguarded_cd(row: Row) -> Place | None:
    """The first cd that nothing follows on success only; else the first."""
    commands = list(_commands(row, ("cd", "pushd", "popd"), frozenset()))
    loose = (c for c in commands if re.match(r"\s*(?:;|\n|\)|$)", c.whole.value[c.end : c.end + _NEAR]))
    found = next(loose, commands[0] if commands else None)
    return found.place if found is not None else None


def _pipeline(row: Row) -> Place | None:
    nodes = row.script.root.walk() if row.script is not None else ()
    return next((node.place for node in nodes if node.kind == "pipeline"), None)


# --- ShellCheck ----------------------------------------------------------------------------------------------------


def _text(expression: str, *, unquoted: bool = False) -> Locator:
    """The first match in the script's text; its first group where it has one. ``unquoted``: outside of any quotes."""
    compiled = pattern(expression)

    def locate(row: Row) -> Place | None:
        if row.script is None:
            return None
        text = row.script.text
        bare = _bare(text.value) if unquoted else None
        for found in compiled.finditer(text.value):
            group = 1 if compiled.groups else 0
            if bare is None or bare[found.start(group)]:
                return text.slice(*found.span(group)).place
        return None

    return locate


def _bare(text: str) -> bytearray:
    """For each character, whether it stands outside of quotes. ``"$( … )"`` begins afresh."""
    bare = bytearray(len(text))
    open_: list[str] = [""]
    at = 0
    while at < len(text):
        character, state = text[at], open_[-1]
        bare[at] = state == ""
        if character == "\\" and state != "'":
            at += 1
        elif state == "'":
            if character == "'":
                open_.pop()
        elif character == '"':
            _toggle(open_, '"')
        elif character == "'" and state == "":
            open_.append("'")
        elif text.startswith("$(", at):
            open_.append("")
            bare[at] = state == ""
            at += 1
        elif character == ")" and state == "" and len(open_) > 1:
            open_.pop()
        at += 1
    return bare


def _toggle(open_: list[str], quote: str) -> None:
    if open_[-1] == quote:
        open_.pop()
    else:
        open_.append(quote)


_NAMED = pattern(r"^(\w+) (?:is referenced but not assigned|appears unused)|misspelling: (\w+) may")
_QUOTED = pattern(r"'([^']+)'")


def _by_message(row: Row) -> Place | None:
    """The variable, or the first of the words in quotes, that the message names."""
    named = _NAMED.search(row.message)
    if named is not None:
        name = named[1] or named[2]
        return _text(rf"\$\{{?{name}\b")(row) or _text(rf"\b{name}\b")(row)
    for word in _QUOTED.findall(row.message):
        found = _text(rf"(?<![\w-]){re.escape(word)}(?![\w-])")(row)
        if found is not None:
            return found
    return None


_EXPANSION = pattern(r"\$(?:\{[#!]?(\w+)[^}]{0,200}\}|(\w+))")
_ASSIGNED = pattern(r"(?:^|[\s;&|(])\w+=[^\s\"']*$")
_NOT_SPLIT = pattern(r"\[\[(?!.*\]\])|^\s*(?:for\s+\w+\s+in|case)\s", re.DOTALL)
_STATEMENT = pattern(r"[;\n]|&&|\|\|")


def _split_expansion(row: Row) -> Place | None:
    """The first variable that the shell would split into words, one that nothing in the file gives a value if there is
    such a one: ShellCheck takes those of ENV and ARG for simple words."""
    if row.script is None:
        return None
    text, bare = row.script.text, _bare(row.script.text.value)
    scope = row.build.scope(row.instruction)
    places: list[Place] = []
    for found in _EXPANSION.finditer(text.value):
        before = text.value[max(found.start() - _NEAR, 0) : found.start()]
        if not bare[found.start()] or _NOT_SPLIT.search(_STATEMENT.split(before)[-1]):
            continue
        place = text.slice(*found.span()).place
        if scope.get(found[1] or found[2]) is None and not _ASSIGNED.search(before):
            return place
        places.append(place)
    return places[0] if places else None


_LOCATORS: dict[str, Locator] = {
    "DL3000": _first_word,
    "DL3001": _command("free kill mount ps service shutdown ssh top vim"),
    "DL3002": _first_word,
    "DL3003": _command("cd"),
    "DL3004": _sudo,
    "DL3006": _image,
    "DL3007": _image,
    "DL3008": _package("apt-get", "install", r"[=/]|\.deb$"),
    "DL3009": _command("apt-get apt aptitude", "update install"),
    "DL3010": _source,
    "DL3011": _port,
    "DL3013": _package("pip python", "install", r"[=<>@]=?|/|\.whl$"),
    "DL3014": _command("apt-get", "install"),
    "DL3015": _command("apt-get", "install"),
    "DL3016": _package("npm", "install", r".@|/|\.tgz$"),
    "DL3018": _package("apk", "add", r"[=~]|\.apk$"),
    "DL3019": _command("apk", "add"),
    "DL3021": _destination,
    "DL3022": _flag("from"),
    "DL3023": _flag("from"),
    "DL3024": _stage_name,
    "DL3025": _launched,
    "DL3026": _image,
    "DL3027": _program("apt"),
    "DL3028": _package("gem", "install i", r":|/"),
    "DL3029": _flag("platform"),
    "DL3030": _command("yum", "install groupinstall localinstall reinstall"),
    "DL3032": _command("yum", "install groupinstall localinstall"),
    "DL3033": _package("yum", "install", r"-\d|\.rpm$|/"),
    "DL3034": _command("zypper", "install in remove rm source-install si patch"),
    "DL3035": _command("zypper", "dist-upgrade dup"),
    "DL3036": _command("zypper", "install in"),
    "DL3037": _package("zypper", "install in", r"[=<>]|\.rpm$|/"),
    "DL3038": _command("dnf microdnf", "install groupinstall localinstall"),
    "DL3040": _command("dnf microdnf", "install groupinstall localinstall"),
    "DL3041": _package("dnf microdnf", "install", r"-\d|\.rpm$|/"),
    "DL3042": _command("pip python", "install"),
    "DL3044": _pair(_refers_to_its_own),
    "DL3045": _destination,
    "DL3046": _command("useradd"),
    "DL3047": _command("wget"),
    "DL3060": _command("yarn", "install"),
    "DL3062": _package("go", "install get run", r"@(?!latest)"),
    "DL3063": _stage_name,
    "DL3064": _pair(_sensitive),
    "DL3065": _flag("platform"),
    "DL3066": _first_word,
    "DL3067": _flag("from"),
    "DL4001": _command("wget curl"),
    "DL4005": _command("ln"),
    "DL4006": _pipeline,
    "SC1001": _text(r"\\[a-z]", unquoted=True),
    "SC1003": _text(r"\\'"),
    "SC1007": _text(r"(?:^|[\s;&|])(\w+=)\s"),
    "SC1075": _text(r"\b(else)\s+if\b"),
    "SC2002": _command("cat"),
    "SC2005": _command("echo"),
    "SC2006": _text("`"),
    "SC2009": _command("ps"),
    "SC2010": _command("ls"),
    "SC2012": _command("ls"),
    "SC2015": _text(r"\|\|", unquoted=True),
    "SC2016": _text(r"'[^']{0,400}[$`][^']{0,400}'"),
    "SC2028": _text(r"[\"'][^\"']{0,400}\\[abefnrtv0]"),
    "SC2035": _text(r"(?<=\s)[*?][\w.*?/-]*", unquoted=True),
    "SC2038": _command("find"),
    "SC2043": _text(r"\bfor\s+\w+\s+in\s+([^\s;]+)"),
    "SC2044": _text(r"\bfor\b", unquoted=True),
    "SC2046": _text(r"\$\(|`", unquoted=True),
    "SC2048": _text(r"\$\*", unquoted=True),
    "SC2053": _text(r"[!=]=?\s*(\$\{?\w+\}?)", unquoted=True),
    "SC2061": _text(r"-i?name\s+([^\s\"']*[*?]\S*)"),
    "SC2068": _text(r"\$@", unquoted=True),
    "SC2086": _split_expansion,
    "SC2102": _text(r"\[[^\]\s]{0,100}\]", unquoted=True),
    "SC2103": _command("cd"),
    "SC2114": _command("rm"),
    "SC2115": _command("rm"),
    "SC2116": _command("echo"),
    "SC2155": _text(r"\b(?:export|local|declare|readonly|typeset)\s+(\w+=)"),
    "SC2162": _command("read"),
    "SC2164": _unguarded_cd,
    "SC2174": _command("mkdir"),
    "SC2181": _text(r"\$\?"),
    "SC2196": _command("egrep"),
    "SC2197": _command("fgrep"),
    "SC2226": _command("ln"),
    "SC2261": _text(r">", unquoted=True),
    "SC2291": _text(r"\becho\b[^\n;&|]{0,400}?\S(\s{2,9})\S"),
    "SC3001": _text(r"[<>]\("),
    "SC3003": _text(r"\$'"),
    "SC3009": _text(r"\{[^}\s]{0,100}(?:,|\.\.)[^}\s]{0,100}\}", unquoted=True),
    "SC3010": _text(r"\[\["),
    "SC3011": _text(r"<<<"),
    "SC3014": _text(r"=="),
    "SC3020": _text(r"&>"),
    "SC3024": _text(r"\w\+="),
    "SC3028": _text(r"\$\{?(?:RANDOM|HOSTNAME|UID|EUID|SECONDS|BASH\w*|OSTYPE|MACHTYPE|HOSTTYPE|SHLVL|DIRSTACK)\b"),
    "SC3030": _text(r"\w+=\(", unquoted=True),
    "SC3036": _text(r"\becho\s+(-[neE]+)"),
    "SC3037": _text(r"\becho\s+(-[neE]+)"),
    "SC3040": _text(r"\bset\s[^\n;&|]{0,100}?(pipefail)\b"),
    "SC3045": _command("read export ulimit printf"),
    "SC3046": _text(r"(?<![\w-])source(?=\s)", unquoted=True),
    "SC3054": _text(r"\$\{\w+\["),
    "SC3057": _text(r"\$\{\w+:\d"),
    "SC3060": _text(r"\$\{\w+/"),
}
