"""BLD006 build-typo: a slip of the finger that only the build finds."""

import re
from collections.abc import Iterator

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Command, ShellWord
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Copy, Instruction, Run
from gate.lazy import pattern
from gate.model import Finding, Fix, Severity
from gate.packages.options import listed
from gate.rule import Example, Results, Rule
from gate.rules.build._sources import UNKNOWN, entry_fault, misspelt, unread_file
from gate.words import closest

rule = Rule(
    id="BLD006",
    name="build-typo",
    fixes=(fixes.SAFE, fixes.UNSAFE),
    severity=Severity.HIGH,
    summary="A command, a path of apt or a line of its sources is misspelt.",
    reason="A command that does not exist ends the build with 127. A source file in a folder that apt does not know is never read, so that its packages "
    "are not found.",
    fix="Correct the text: | tee /etc/apt/sources.list.d/x.list, deb URL suite component.",
    bad=[
        Example(
            "FROM debian:12.5\nRUN echo x | »tee/etc/apt/sources.list.d/x.list\n",
            fixed="FROM debian:12.5\nRUN echo x | tee /etc/apt/sources.list.d/x.list\n",
        ),
        'FROM debian:12.5\nRUN echo "deb https://example.com/apt stable main" > »/etc/apt/sources.lost.d/x.list\n',
        'FROM debian:12.5\nRUN echo "deb https://packages.cloud.google.com/apt »coral-edgetpu-stable/main" > /etc/apt/sources.list.d/c.list\n',
        "FROM debian:12.5\nRUN »apt-get isntall -y curl\n",
        "FROM debian:12.5\nRUN »rm-rf /tmp/x\n",
    ],
    good=[
        'FROM debian:12.5\nRUN echo "deb https://packages.cloud.google.com/apt coral-edgetpu-stable main" | tee /etc/apt/sources.list.d/coral-edgetpu.list\n',
        "FROM debian:12.5\nWORKDIR /x\nCOPY . .\nRUN ./configure && scripts/install && bin/app --version\n",
        'FROM debian:12.5\nRUN echo "deb https://example.com/debian binary/" > /etc/apt/sources.list.d/x.list\n',
        "FROM debian:12.5\nRUN mv /etc/apt/sources.list /etc/apt/sources.list.bak\n",
    ],
)

_ROOTS = "etc|usr|opt|var|tmp|home|root|bin|lib|mnt|srv|app|data|dev|proc"
_JOINED = pattern(
    rf"(tee|cat|cd|rm|cp|mv|ls|echo|mkdir|chmod|chown|tar|curl|wget|source|bash|sh|ln|touch|python3?|pip3?|apt-get|apt|sed|grep)/(?:{_ROOTS})(?:/.*)?"
)
_GLUED = {
    "rm-rf": "rm -rf", "rm-r": "rm -r", "rm-f": "rm -f", "mkdir-p": "mkdir -p", "cp-r": "cp -r", "cd..": "cd ..", "ls-l": "ls -l",
    "chmod+x": "chmod +x", "apt-getinstall": "apt-get install", "apt-get-install": "apt-get install", "apt-getupdate": "apt-get update",
    "apt-get-update": "apt-get update", "aptget": "apt-get", "apt-install": "apt install", "pipinstall": "pip install",
    "pip-install": "pip install", "pip3install": "pip3 install", "yuminstall": "yum install", "gitclone": "git clone",
}  # fmt: skip
_VERBS = {
    "apt-get": listed(
        """update upgrade dselect-upgrade dist-upgrade full-upgrade install reinstall remove purge source build-dep satisfy check
        download clean autoclean auto-clean distclean autoremove auto-remove autopurge changelog indextargets markauto
        unmarkauto moo help"""
    ),
    "apk": listed(
        "add del fix update upgrade cache info list dot policy search index fetch manifest verify audit stats version convdb convndx mkndx mkpkg extract adbsign adbdump adbgen adbquery query"
    ),
    "pip": listed(
        "install download uninstall freeze inspect list show check config search cache index wheel hash completion debug help lock"
    ),
}
_VERBS["apt"] = _VERBS["apt-get"] | listed(
    "list search show showsrc edit-sources policy depends rdepends madison why why-not history"
)
_VERBS["pip3"] = _VERBS["pip"]


@rule.on_command(*_VERBS)
def check_verb(command: Command, build: Build) -> Results:
    words = command.arguments
    word = words[0] if words else None
    if word is None or not word.value or not word.value.isalpha() or word.value in _VERBS[command.name or ""]:
        return
    meant = closest(word.value, _VERBS[command.name or ""])
    if meant is not None:
        yield rule.finding(
            command,
            f"{command.name} has no command {word.value!r}.",
            help=f"Write {command.name} {meant}.",
            fix=fixes.fix(f"write {meant}", fixes.replace(word.text, meant), safe=False),
        )


@rule.on_instruction("COPY", "ADD")
def check_copy(copy: Instruction, build: Build) -> Results:
    if isinstance(copy, Copy) and "/etc/apt/" in copy.destination.value:
        yield from _path_findings(copy.destination.value, copy.destination, written=True)
        for heredoc in copy.heredocs:
            yield from _entries(heredoc.body)


@rule.on_instruction("RUN")
def check(run: Instruction, build: Build) -> Results:
    if not isinstance(run, Run):
        return
    apt = _mentions_apt(run)
    for command in build.script(run).commands:
        program = command.words[0].value if command.words else None
        if program and ("/" in program or program in _GLUED) and program[0] not in "/.~":
            yield from _program(command, program)
        if apt:
            yield from _apt(command)


def _mentions_apt(run: Run) -> bool:
    text = run.text.value
    if run.heredocs:
        text += "".join(f"\n{heredoc.body}" for heredoc in run.heredocs)
    return "/etc/apt/" in text or "deb " in text or "deb-src" in text


def _apt(command: Command) -> Iterator[Finding]:
    """Paths of apt, and lines of its sources."""
    for word in command.arguments:
        if word.value and "/etc/apt/" in word.value:
            yield from _path_findings(word.value, word.text, written=command.name == "tee")
    for redirect in command.redirects:
        target = redirect.target
        if target is not None and target.value and "/etc/apt/" in target.value:
            yield from _path_findings(target.value, target.text, written=redirect.operator != "<")
        if redirect.heredoc is not None and command.name in ("cat", "tee"):
            yield from _entries(redirect.heredoc)
    if command.name in ("echo", "printf", "add-apt-repository", "apt-add-repository"):
        yield from _echoed(command)


def _program(command: Command, program: str) -> Iterator[Finding]:
    if program in _GLUED:
        yield rule.finding(
            command.words[0],
            f"There is no program {program!r}.",
            help=f"Write {_GLUED[program]}.",
            fix=_fix(command.words[0], _GLUED[program]),
        )
    elif match := _JOINED.fullmatch(program):
        name = match[1]
        yield rule.finding(
            command.words[0],
            f"{program!r} is taken for one program, which does not exist: a blank is missing behind {name}.",
            help=f"Write {name} {program[len(name) :]}",
            fix=_fix(command.words[0], f"{name} {program[len(name) :]}"),
        )


def _fix(word: ShellWord, meant: str) -> Fix | None:
    """The blank that is missing; not in JSON, where it would be part of the word."""
    return fixes.fix(f"write {meant}", fixes.replace(word.text, meant)) if not word.quoted else None


def _path_findings(path: str, at: Text, *, written: bool) -> Iterator[Finding]:
    wrong = misspelt(path)
    if wrong is not None:
        yield rule.finding(at, f"apt does not read /etc/apt/{wrong[0]}.", help=f"The name is /etc/apt/{wrong[1]}.")
    elif written and (name := unread_file(path)) is not None:
        yield rule.finding(
            at,
            f"apt reads only files that end in .list or .sources: {name} is ignored.",
            help=f"Call it {name.rpartition('.')[0] or name}.list.",
            severity=Severity.MEDIUM,
        )


def _echoed(command: Command) -> Iterator[Finding]:
    """A ``deb`` line that is printed, as one word or as several."""
    words = command.arguments
    text = [_literal(word) for word in words]
    line = next((at for at, part in enumerate(text) if part.startswith(("deb ", "deb-src ", "deb\t"))), None)
    if line is not None:
        for one in text[line].replace("\\n", "\n").split("\n"):
            yield from _entry(one, words[line].text)
    elif any(part in ("deb", "deb-src") for part in text[:2]):
        at = next(at for at, part in enumerate(text) if part in ("deb", "deb-src"))
        fault = entry_fault(" ".join(text[at:]))
        if fault is not None and fault[0] in text:
            yield _entry_finding(words[text.index(fault[0])].text, fault)


def _literal(word: ShellWord) -> str:
    """A word's value; where it is not known whole, as written, with each expansion as one unknown sign."""
    if word.value is not None:
        return word.value
    written = word.text.value.strip("\"'")
    return re.sub(r"\$\([^)]*\)|\$\{[^}]*\}|\$\w+|`[^`]*`", UNKNOWN, written)


def _entries(body: Text) -> Iterator[Finding]:
    for line in body.value.split("\n"):
        if line.lstrip().startswith("deb"):
            yield from _entry(re.sub(r"\$\([^)]*\)|\$\{[^}]*\}|\$\w+|`[^`]*`", UNKNOWN, line), body)


def _entry(line: str, text: Text) -> Iterator[Finding]:
    fault = entry_fault(line)
    if fault is not None:
        start = max(text.value.find(line), 0)
        at = text.value.rfind(fault[0], start, start + len(line))
        yield _entry_finding(text.slice(at, at + len(fault[0])) if at >= 0 else text, fault)


def _entry_finding(at: Text, fault: tuple[str, str]) -> Finding:
    return rule.finding(at, f"apt refuses this line: {fault[0]} {fault[1]}.", help="Write deb URL suite component.")
