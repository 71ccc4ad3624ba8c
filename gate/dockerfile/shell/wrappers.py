"""Programs that run another program: which of their words are theirs, and where the other program begins."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gate.dockerfile.command import ShellWord
from gate.lazy import pattern
from gate.record import dataclass

_ASSIGNMENT = pattern(r"[A-Za-z_]\w*=", re.ASCII)
_NUMBER = pattern(r"[0-9.]+[a-z]?")

SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "rbash", "hush"})
"""Programs that read the language of this package."""


@dataclass(frozen=True, slots=True)
class Wrapper:
    """How a program that runs another one reads its own words."""

    values: frozenset[str] = frozenset()
    """Its options whose value is the next word, or the rest of their own."""
    texts: frozenset[str] = frozenset()
    """Those of its options whose value is shell text to run."""
    queries: frozenset[str] = frozenset()
    """Options with which it runs nothing."""
    needs: frozenset[str] = frozenset()
    """It runs a program only with one of these options."""
    places: frozenset[str] = frozenset()
    """Options whose value is what stands in the program's words for something unknown (``xargs -I``)."""
    operands: int = 0
    """How many words that are no options stand in front of the program."""
    first: str = ""
    """The word that must come first (``conda run``)."""
    assignments: bool = False
    """``NAME=value`` may stand in front of the program."""
    numbers: bool = False
    """Numbers may stand in front of the program."""
    anywhere: bool = False
    """It runs shell text only, and its options may stand behind its operands."""
    open: bool = False
    """The program gets more arguments than are written."""
    text: bool = False
    """One word alone is shell text."""


def _wrapper(
    values: str = "", *, texts: str = "", queries: str = "", needs: str = "", places: str = "", **more: bool | int | str
) -> Wrapper:
    names = (frozenset(text.split()) for text in (values, texts, queries, needs, places))
    return Wrapper(*names, **more)  # type: ignore[arg-type]


_SU = _wrapper(
    "-g --group -G --supp-group -s --shell -w --whitelist-environment",
    texts="-c --command --session-command",
    anywhere=True,
)
_PLAIN = (
    "builtin nohup setsid eatmydata chronic unbuffer fakeroot dbus-run-session linux32 linux64 catchsegv catatonit "
    "busybox toybox noglob nocorrect"
)

WRAPPERS: dict[str, tuple[Wrapper, ...]] = {
    name: tuple(wrappers)
    for names, *wrappers in (
        (_PLAIN, _wrapper()),
        (
            "sudo",
            _wrapper(
                "-u --user -g --group -h --host -p --prompt -C --close-from -D --chdir -R --chroot -r --role -t --type "
                "-T --command-timeout -U --other-user -a --auth-type -c --login-class",
                queries="-l --list -v --validate -K --remove-timestamp -V --version -e --edit",
                assignments=True,
            ),
        ),
        ("doas", _wrapper("-u", queries="-L -s -C")),
        ("env", _wrapper("-u --unset -C --chdir", texts="-S --split-string", assignments=True)),
        ("command", _wrapper(queries="-v -V")),
        ("exec", _wrapper("-a")),
        ("time", _wrapper("-f --format -o --output")),
        ("nice", _wrapper("-n --adjustment")),
        ("ionice", _wrapper("-c --class -n --classdata", queries="-p --pid -P --pgid -u --uid")),
        ("timeout", _wrapper("-s --signal -k --kill-after", operands=1)),
        ("stdbuf", _wrapper("-i --input -o --output -e --error")),
        ("taskset", _wrapper(queries="-p --pid", operands=1)),
        ("setarch", _wrapper(operands=1)),
        (
            "numactl",
            _wrapper(
                "-i --interleave -p --preferred -P --preferred-many -C --physcpubind -N --cpunodebind -m --membind",
                queries="-s --show -H --hardware",
            ),
        ),
        ("gosu su-exec s6-setuidgid", _wrapper(operands=1)),
        (
            "setpriv",
            _wrapper(
                "--ambient-caps --inh-caps --bounding-set --ruid --euid --rgid --egid --reuid --regid --groups "
                "--securebits --pdeathsig --selinux-label --apparmor-profile",
                queries="-d --dump",
            ),
        ),
        ("chpst", _wrapper("-u -U -b -e -/ -n -l -L -m -d -o -p -f -c -r -t")),
        ("su", _SU),
        ("runuser", _wrapper("-u --user -g --group -G --supp-group -w", needs="-u --user"), _SU),
        ("sg", _wrapper(texts="-c", operands=1, text=True)),
        ("chroot", _wrapper("--userspec --groups", operands=1)),
        ("flock", _wrapper("-w --wait --timeout -E --conflict-exit-code", texts="-c --command", operands=1)),
        (
            "script",
            _wrapper(
                "-E --echo -I --log-in -O --log-out -B --log-io -T --log-timing -m --logging-format -o --output-limit",
                texts="-c --command",
                anywhere=True,
            ),
        ),
        ("watch", _wrapper("-n --interval -q --equexit", text=True)),
        (
            "xargs",
            _wrapper(
                "-L -n -P -d -a -E -s --max-args --max-procs --max-chars --delimiter --arg-file --process-slot-var",
                places="-I --replace -i",
                open=True,
            ),
        ),
        ("tini tini-static", _wrapper("-p -e", queries="-h --version")),
        ("dumb-init", _wrapper("-r --rewrite", queries="-h --help -V --version")),
        ("ssh-agent", _wrapper("-a -t -P -E", queries="-k")),
        (
            "xvfb-run",
            _wrapper(
                "-n --server-num -s --server-args -e --error-file -f --auth-file -p --xauth-protocol -w --wait",
            ),
        ),
        (
            "retry with_retry with_retries retry.sh",
            _wrapper("-t --tries -s --sleep -m --max -d --delay -n", numbers=True),
        ),
        (
            "conda mamba micromamba",
            _wrapper("-n --name -p --prefix --cwd -r --root-prefix -e --env --attach -a", first="run"),
        ),
    )
    for name in names.split()
}


@dataclass(slots=True)
class Peeled:
    """What is left when one wrapper is taken off: the words of a program, or instead one word of shell text."""

    rest: Sequence[ShellWord] = ()
    text: tuple[ShellWord, int] | None = None  # with the characters of its value in front of the text (``--command=``)
    assignments: Sequence[ShellWord] = ()
    open: bool = False


def peel(words: Sequence[ShellWord]) -> Peeled | None:
    """Take one wrapper off. None where ``words[0]`` is not one, or runs nothing that can be seen."""
    for wrapper in WRAPPERS.get(words[0].base_name or "", ()):
        peeled = _Peeler(wrapper, words).run()
        if peeled is not None:
            return peeled
    return None


class _Peeler:
    def __init__(self, wrapper: Wrapper, words: Sequence[ShellWord]) -> None:
        self.wrapper = wrapper
        self.words = words
        self.at = 1
        self.operands = wrapper.operands
        self.seen: set[str] = set()
        self.assignments: list[ShellWord] = []
        self.text: tuple[ShellWord, int] | None = None
        self.place = ""

    def run(self) -> Peeled | None:
        wrapper, words = self.wrapper, self.words
        if wrapper.first:
            if len(words) < 2 or words[1].value != wrapper.first:
                return None
            self.at = 2
        if not self._own_words() or (wrapper.needs and not wrapper.needs & self.seen):
            return None
        if self.text is not None:
            return Peeled(text=self.text)
        self.at += self.operands
        rest = words[self.at :]
        if wrapper.anywhere or not rest:
            return None
        if wrapper.text and len(rest) == 1:
            return Peeled(text=(rest[0], 0))
        if self.place:
            return Peeled([_filled(word, self.place) for word in rest], assignments=self.assignments)
        return Peeled(rest, assignments=self.assignments, open=wrapper.open)

    def _own_words(self) -> bool:
        """Step over the wrapper's own words; False where it runs nothing."""
        wrapper, words = self.wrapper, self.words
        while self.at < len(words) and self.text is None:
            word = words[self.at]
            value = word.prefix if word.value is None else word.value
            if word.value == "--":
                self.at += 1
                break
            if value.startswith("-") and len(value) > 1:
                if not self._option(value):
                    return False
            elif wrapper.assignments and _ASSIGNMENT.match(value):
                self.assignments.append(word)
                self.at += 1
            elif self._is_operand(value):
                self.operands -= 1 if self.operands else 0
                self.at += 1
            else:
                break
        return True

    def _is_operand(self, value: str) -> bool:
        wrapper = self.wrapper
        if self.operands or wrapper.anywhere or value == "-":
            return True
        return wrapper.numbers and _NUMBER.fullmatch(value) is not None

    def _option(self, value: str) -> bool:
        """Step over one option; False where it makes the wrapper run nothing."""
        wrapper = self.wrapper
        self.at += 1
        name, equals, _ = value.partition("=")
        if value.startswith("--"):
            self.seen.add(name)
            return self._named(name, len(name) + 1 if equals else 0)
        for index in range(1, len(value)):
            name = "-" + value[index]
            self.seen.add(name)
            if name in wrapper.queries:
                return False
            if name in wrapper.values or name in wrapper.texts or name in wrapper.places:
                return self._named(name, index + 1 if index + 1 < len(value) else 0)
        return True

    def _named(self, name: str, offset: int) -> bool:
        """An option with a value, which begins at ``offset`` of its own word or is the next one (``offset`` 0)."""
        wrapper, words = self.wrapper, self.words
        if name in wrapper.queries:
            return False
        own = words[self.at - 1]
        if name in wrapper.places and name != "-I" and not offset:
            self.place = "{}"  # the value of -i and --replace may be missing, and is never the next word
        elif name in wrapper.values or name in wrapper.texts or name in wrapper.places:
            if not offset and self.at >= len(words):
                return False
            word = own if offset else words[self.at]
            self.at += 0 if offset else 1
            if name in wrapper.texts:
                self.text = word, offset
            elif name in wrapper.places:
                self.place = (word.value or "")[offset:]
        return True


def _filled(word: ShellWord, place: str) -> ShellWord:
    """A word of a program that xargs puts something into."""
    if place not in (word.value or ""):
        return word
    prefix = (word.value or "").partition(place)[0]
    return ShellWord(None, word.whole, word.start, word.end, True, word.glob, prefix)


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
        elif value.startswith("--"):
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
