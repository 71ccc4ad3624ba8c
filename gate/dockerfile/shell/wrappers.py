"""Programs that run another program: which of their words are theirs, and where the other program begins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gate.dockerfile.command import ShellWord

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=", re.ASCII)
_NUMBER = re.compile(r"[0-9.]+[a-z]?")

SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "rbash", "hush"})
"""Programs that read the language of this package."""


@dataclass(frozen=True, slots=True)
class Wrapper:
    """How a wrapper reads its own words.

    ``values``: its options whose value is the next word. ``texts``: those whose value is shell text to run. ``operands``:
    how many words that are no options stand in front of the program. ``first``: words that must come first (``conda run``).
    ``queries``: options with which it runs nothing. ``assignments``: ``NAME=value`` may stand in front of the program.
    ``numbers``: so may numbers. ``anywhere``: its options may stand behind its operands, and only they run something.
    ``open``: the program gets more arguments than are written. ``text``: one word alone is shell text.
    """

    values: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    operands: int = 0
    first: str = ""
    queries: frozenset[str] = frozenset()
    assignments: bool = False
    numbers: bool = False
    anywhere: bool = False
    open: bool = False
    text: bool = False


def _wrapper(values: str = "", *, texts: str = "", queries: str = "", **more: object) -> Wrapper:
    sets = {
        "values": frozenset(values.split()),
        "texts": frozenset(texts.split()),
        "queries": frozenset(queries.split()),
    }
    return Wrapper(**sets, **more)  # type: ignore[arg-type]


_RUN_IN_ENVIRONMENT = "-n --name -p --prefix --cwd -r --root-prefix -e --env --attach -a"

WRAPPERS: dict[str, tuple[Wrapper, ...]] = {
    name: tuple(wrappers)
    for names, *wrappers in (
        (
            "sudo",
            _wrapper(
                "-u --user -g --group -h --host -p --prompt -C --close-from -D --chdir -R --chroot -r --role -t --type "
                "-T --command-timeout -U --other-user -a --auth-type -c --login-class",
                queries="-l --list -v --validate -K --remove-timestamp -V --version -e --edit",
                assignments=True,
            ),
        ),
        ("doas", _wrapper("-u -C -a", queries="-L -s")),
        ("env", _wrapper("-u --unset -C --chdir", texts="-S --split-string", assignments=True)),
        ("command", _wrapper(queries="-v -V")),
        ("exec", _wrapper("-a")),
        (
            "builtin nohup setsid eatmydata chronic unbuffer fakeroot dbus-run-session linux32 linux64 catchsegv",
            _wrapper(),
        ),
        ("time", _wrapper("-f --format -o --output")),
        ("nice", _wrapper("-n --adjustment")),
        ("ionice", _wrapper("-c --class -n --classdata -p --pid -P --pgid -u --uid", queries="-p --pid")),
        ("timeout", _wrapper("-s --signal -k --kill-after", operands=1)),
        ("stdbuf", _wrapper("-i --input -o --output -e --error")),
        ("taskset", _wrapper(queries="-p --pid", operands=1)),
        (
            "numactl",
            _wrapper("-i -N -m -C -p --interleave --cpunodebind --membind --physcpubind --preferred", queries="-H -s"),
        ),
        ("gosu su-exec s6-setuidgid", _wrapper(operands=1)),
        ("setpriv", _wrapper("--reuid --regid --groups --inh-caps --ambient-caps --bounding-set --securebits")),
        ("chpst", _wrapper("-u -U -b -e -/ -n -l -L -m -d -o -p -f -c -r -t")),
        (
            "su",
            _wrapper("-g --group -G --supp-group -s --shell -w", texts="-c --command --session-command", anywhere=True),
        ),
        (
            "runuser",
            _wrapper("-u --user -g --group -G --supp-group -s --shell -w", texts="-c --command --session-command"),
        ),
        ("sg", _wrapper(texts="-c", operands=1)),
        ("chroot", _wrapper("--userspec --groups", operands=1)),
        ("flock", _wrapper("-w --wait --timeout -E --conflict-exit-code", texts="-c --command", operands=1)),
        (
            "script",
            _wrapper("-E --echo -I --log-in -O --log-out -B --log-io -T -m -o", texts="-c --command", anywhere=True),
        ),
        ("watch", _wrapper("-n --interval -q --equexit", text=True)),
        (
            "xargs",
            _wrapper("-I -i -n -P -L -d -a -E -s --max-args --max-procs --delimiter --arg-file --max-lines", open=True),
        ),
        ("tini tini-static catatonit dumb-init", _wrapper("-p -r --rewrite", queries="-V --version -h --version")),
        (
            "xvfb-run",
            _wrapper("-n --server-num -s --server-args -e --error-file -f --auth-file -p --xauth-protocol -w --wait"),
        ),
        (
            "retry with_retry with_retries retry.sh",
            _wrapper("-t --tries -s --sleep -m --max -d --delay -n", numbers=True),
        ),
        ("conda mamba micromamba", _wrapper(_RUN_IN_ENVIRONMENT, first="run")),
        ("busybox toybox", _wrapper()),
    )
    for name in names.split()
}


@dataclass(slots=True)
class Peeled:
    """What is left when one wrapper is taken off.

    ``rest``: the words of the program. ``text``: instead, one word of shell text.
    """

    rest: Sequence[ShellWord] = ()
    text: ShellWord | None = None
    text_offset: int = 0  # characters of the word's value in front of the text (``--command=``)
    assignments: Sequence[ShellWord] = ()
    open: bool = False


def peel(words: Sequence[ShellWord]) -> Peeled | None:
    """Take one wrapper off. None where ``words[0]`` is not one, or runs nothing that can be seen."""
    name = base_name(words[0].value)
    wrappers = WRAPPERS.get(name or "")
    if wrappers is None:
        return None
    for wrapper in wrappers:
        peeled = _Peeler(wrapper, words).run()
        if peeled is not None:
            return peeled
    return None


def base_name(program: str | None) -> str | None:
    """``/opt/venv/bin/pip`` → ``pip``."""
    return None if program is None else program.rsplit("/", 1)[-1]


class _Peeler:
    def __init__(self, wrapper: Wrapper, words: Sequence[ShellWord]) -> None:
        self.wrapper = wrapper
        self.words = words
        self.at = 1
        self.result = Peeled(open=wrapper.open)

    def run(self) -> Peeled | None:
        wrapper, words = self.wrapper, self.words
        if wrapper.first:
            if len(words) < 2 or words[1].value != wrapper.first:
                return None
            self.at = 2
        operands = wrapper.operands
        assignments: list[ShellWord] = []
        while self.at < len(words):
            value = words[self.at].value
            if value is None:
                if not operands and not wrapper.anywhere:
                    break
                operands -= 1 if operands else 0
                self.at += 1
            elif value == "--":
                self.at += 1
                break
            elif value.startswith("-") and len(value) > 1:
                if not self._option(value):
                    return None
                if self.result.text is not None:
                    return self.result
            elif wrapper.assignments and _ASSIGNMENT.match(value):
                assignments.append(words[self.at])
                self.at += 1
            elif operands or wrapper.anywhere or (wrapper.numbers and _NUMBER.fullmatch(value)) or value == "-":
                operands -= 1 if operands else 0
                self.at += 1
            else:
                break
        self.at += operands
        if wrapper.anywhere or self.at >= len(words):
            return None
        self.result.rest = words[self.at :]
        self.result.assignments = assignments
        if wrapper.text and self.at == len(words) - 1:
            self.result.text = words[self.at]
        return self.result

    def _option(self, value: str) -> bool:
        """Step over one option; False where it makes the wrapper run nothing."""
        wrapper, words = self.wrapper, self.words
        name, equals, _ = value.partition("=")
        if name in wrapper.queries:
            return False
        if equals and name.startswith("--"):
            if name in wrapper.texts:
                self.result.text, self.result.text_offset = words[self.at], len(name) + 1
            self.at += 1
            return True
        letters = [value] if value.startswith("--") else ["-" + letter for letter in value[1:]]
        for index, option in enumerate(letters):
            last = index == len(letters) - 1
            if option in wrapper.queries:
                return False
            if option in wrapper.texts:
                return self._text(value, index, last)
            if option in wrapper.values:
                self.at += 2 if last else 1
                return True
        self.at += 1
        return True

    def _text(self, value: str, index: int, last: bool) -> bool:
        """The option's value is shell text: the next word, or the rest of this one."""
        if not last:
            self.result.text, self.result.text_offset = self.words[self.at], index + 2
            return True
        if self.at + 1 >= len(self.words):
            return False
        self.result.text = self.words[self.at + 1]
        return True


def shell_script(words: Sequence[ShellWord]) -> tuple[ShellWord | None, bool]:
    """What ``sh …`` runs: the word behind ``-c``, or (second value) its standard input. Neither for a script file."""
    command = stdin = False
    at = 1
    while at < len(words):
        value = words[at].value
        if value is None:
            return None, False
        at += 1
        if value in ("-", "--"):
            break
        if value in ("--rcfile", "--init-file"):
            at += 1
        elif value.startswith("--") and len(value) > 2:
            continue
        elif value[:1] in ("-", "+") and len(value) > 1:
            command = command or (value[0] == "-" and "c" in value)
            stdin = stdin or (value[0] == "-" and "s" in value)
            at += value.count("o") + value.count("O")
        else:
            at -= 1
            break
    if command:
        return (words[at] if at < len(words) else None), False
    return None, stdin or at >= len(words)


def find_programs(words: Sequence[ShellWord]) -> list[Sequence[ShellWord]]:
    """The programs that ``find … -exec … ;`` runs."""
    programs: list[Sequence[ShellWord]] = []
    at = 1
    while at < len(words):
        at += 1
        if words[at - 1].value not in ("-exec", "-execdir", "-ok", "-okdir"):
            continue
        start = at
        while at < len(words) and words[at].value != ";":
            if words[at].value == "+" and words[at - 1].value == "{}":
                break
            at += 1
        if start < at:
            programs.append(words[start:at])
    return programs
