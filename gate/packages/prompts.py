"""Which commands stop and ask, and what counts as the answer.

A build's standard input is empty. Each program here was tried with an empty input or read in its source: most give up,
conda takes its default answer, which is yes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gate.dockerfile.command import Command, ShellWord
from gate.lazy import pattern
from gate.packages.conda import CONDA
from gate.packages.installs import program
from gate.packages.node import NODE
from gate.packages.options import Arguments, Table, listed, scan
from gate.packages.pip import PIP
from gate.packages.system import APT, APTITUDE, DNF, ZYPPER
from gate.record import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question that a command would ask.

    ``what`` is what asks ("apt-get install"); ``answer`` what to add. ``variables`` are the environment variables that
    answer when they are true, ``tokens`` those that answer with any value; ``configuration`` names the files that may
    (:mod:`gate.packages.answers`). ``maybe`` is True when a word of unknown value may carry the answer. ``gives_up``
    is False when the program goes on with its default. ``piped`` is False when standard input does not answer.
    """

    what: str
    answer: str
    aliases: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    configuration: str = ""
    file: str | None = None
    maybe: bool = False
    gives_up: bool = True
    piped: bool = True


@dataclass(frozen=True, slots=True)
class Program:
    """A program that asks unless one of ``yes`` is among its options."""

    table: Table
    verbs: frozenset[str]
    yes: tuple[str, ...]
    answer: str
    pairs: dict[str, frozenset[str]] = field(default_factory=dict)  # two-word subcommands
    never: tuple[str, ...] = ()  # options with which nothing is asked
    aliases: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    configuration: str = ""
    gives_up: bool = True


_DNF_VERBS = listed(
    """install in localinstall reinstall rei update up upgrade upgrade-minimal update-minimal up-min upgrade-to
    localupdate downgrade dg remove rm erase autoremove distro-sync distrosync dsync
    distribution-synchronization swap builddep build-dep groupinstall groupupdate groupremove groupupgrade
    grouperase install-n install-na install-nevra remove-n remove-na remove-nevra debuginfo-install"""
)
_DNF_PAIRS = {
    "group": listed("install update upgrade remove erase"),
    "groups": listed("install update upgrade remove erase"),
    "module": listed("install enable disable reset remove update switch-to"),
    "history": listed("undo redo rollback replay"),
    "environment": listed("install upgrade remove"),
}
_DNF = Program(
    DNF,
    _DNF_VERBS,
    ("-y", "--assumeyes"),
    "-y",
    _DNF_PAIRS,
    ("-h", "--help"),
    ("DL3038",),
    (),
    "dnf",
)
_YUM = Program(DNF, _DNF_VERBS, ("-y", "--assumeyes"), "-y", _DNF_PAIRS, ("-h", "--help"), ("DL3030",), (), "dnf")
_CONDA = Program(
    CONDA,
    listed("install create update upgrade remove uninstall"),
    ("-y", "--yes"),
    "-y",
    {"env": listed("remove")},
    ("-d", "--dry-run", "-h", "--help"),
    (),
    ("CONDA_ALWAYS_YES", "MAMBA_ALWAYS_YES"),
    "conda",
    gives_up=False,
)
_CLEAN = replace(_CONDA, table=Table(frozenset()), verbs=frozenset({"clean"}))
_INSTALLERS = (".sh", ".run")
PROGRAMS: dict[str, Program] = {
    "dnf": _DNF,
    "tdnf": _DNF,
    "yum": _YUM,
    "aptitude": Program(
        APTITUDE,
        listed("install remove purge reinstall upgrade safe-upgrade full-upgrade dist-upgrade build-dep build-depends"),
        ("-y", "--assume-yes"),
        "-y",
        never=("-s", "--simulate", "-h", "--help"),
    ),
    "pip": Program(PIP, listed("uninstall"), ("-y", "--yes"), "-y", {}, ("-h", "--help"), (), ("PIP_YES",), "pip"),
    "yum-builddep": Program(DNF, frozenset(), ("-y", "--assumeyes"), "-y", configuration="dnf"),
    "debuginfo-install": Program(DNF, frozenset(), ("-y", "--assumeyes"), "-y", configuration="dnf"),
    "amazon-linux-extras": Program(Table(frozenset()), listed("install"), ("-y",), "-y", configuration="dnf"),
}


def programs() -> list[str]:
    """The names that programs begin or end with, marked by a ``*``, which :func:`prompt` knows."""
    return [*(f"{name}*" for name in (*PROGRAMS, *_SPECIAL)), *(f"*{end}" for end in _INSTALLERS)]


def prompt(command: Command, given: Arguments | None = None) -> Prompt | None:
    """What a command would ask, its own words taken into account; None when it asks nothing.

    ``given``: its arguments, where :mod:`gate.packages.installs` has taken them apart already.
    """
    name = command.name
    if not name:
        return None
    plain = name if name in _SPECIAL or name in PROGRAMS else program(name)
    special = _SPECIAL.get(plain)
    if special is not None:
        return special(command, name, given)
    known = PROGRAMS.get(plain)
    if known is not None:
        return _asks(command, name, known, command.arguments, given)
    if name.endswith(_INSTALLERS):
        return _installer(name, [word.value for word in command.arguments], command)
    return None


def _asks(
    command: Command, name: str, known: Program, behind: Sequence[ShellWord], given: Arguments | None = None
) -> Prompt | None:
    """``behind``: the words behind the program's name; ``given``: these taken apart."""
    if given is None:
        values = {word.value for word in behind}
        if known.verbs and known.verbs.isdisjoint(values) and known.pairs.keys().isdisjoint(values):
            return None  # most commands of a package manager: no need to take them apart
    arguments = given or scan(behind, known.table)
    operands = arguments.operands
    first = verb = (operands[0].value or "") if operands else ""
    if verb in known.pairs:
        second = operands[1].value if len(operands) > 1 else ""
        if second not in known.pairs[verb]:
            return None
        verb = f"{verb} {second}"
    elif known.verbs and verb not in known.verbs:
        return None
    if arguments.has(*known.yes, *known.never) or _set_true(arguments, "assumeyes"):
        return None
    return Prompt(
        f"{name} {verb}" if known.verbs else name,
        known.answer,
        known.aliases if first == "install" else (),
        known.variables,
        configuration=known.configuration,
        maybe=not arguments.complete,
        gives_up=known.gives_up,
    )


def _set_true(arguments: Arguments, key: str) -> bool:
    """``--setopt=assumeyes=1``, with or without a repository or ``main.`` in front."""
    given = [option.value or "" for option in arguments.all("--setopt")]
    return any(re.fullmatch(rf"(?:main\.)?{key}=(?:1|[Tt]rue|[Yy]es|on)", value) for value in given)


def _conda(command: Command, name: str, given: Arguments | None) -> Prompt | None:
    """``clean`` has letters of its own: in ``-afy`` and ``-tipy`` none takes a value."""
    if "clean" in command.values:
        arguments = scan(command.arguments, _CLEAN.table)
        if arguments.operands and arguments.operands[0].value == "clean":
            return _asks(command, name, _CLEAN, command.arguments, arguments)
    # What -yes means to conda is -y and then letters that it does not know.
    words = [word for word in command.arguments if word.value != "-yes"]
    if name == "micromamba":
        arguments = scan(words, _CONDA.table)
        if [word.value for word in arguments.operands] == ["create"] and not arguments.has("-f", "--file"):
            return None  # an empty environment
    return _asks(command, name, _CONDA, words)


# apt ------------------------------------------------------------------------------------------------------------------

_APT_VERBS = listed(
    """install reinstall upgrade dist-upgrade full-upgrade remove purge autoremove auto-remove autopurge satisfy
    build-dep dselect-upgrade"""
)
_APT_SILENT = {
    "-s",
    "--simulate",
    "--just-print",
    "--dry-run",
    "--recon",
    "--no-act",
    "--print-uris",
    "-h",
    "--help",
    "-v",
    "--version",
}
_TRUE = {"yes", "true", "with", "on", "enable", "1"}
_FALSE = {"no", "false", "without", "off", "disable", "0"}
_YES_KEY = "apt::get::assume-yes"


def _apt(command: Command, name: str, given: Arguments | None) -> Prompt | None:
    if given is None and _APT_VERBS.isdisjoint(command.values):
        return None  # apt-get update
    arguments = given or scan(command.arguments, APT)
    verb = (arguments.operands[0].value or "") if arguments.operands else ""
    if verb not in _APT_VERBS or any(option.name.lower() in _APT_SILENT for option in arguments.options):
        return None
    fixes = arguments.has("-f", "--fix-broken")
    if verb in {"install", "satisfy"} and len(arguments.operands) == 1 and command.complete and not fixes:
        return None
    if _apt_yes(name, arguments):
        return None
    file = arguments.last("-c", "--config-file")
    return Prompt(
        f"{name} {verb}",
        "-y",
        ("DL3014",) if verb == "install" else (),
        configuration="apt",
        file=file.value if file else None,
        maybe=not arguments.complete or bool(file and file.unknown),
    )


def _apt_yes(name: str, arguments: Arguments) -> bool:
    """apt's own evaluation: the last word on the key counts; apt-get also takes two levels of quiet for a yes."""
    yes = False
    quiet = 0
    for option in arguments.options:
        option_name, value = option.name.lower() if option.name.startswith("--") else option.name, option.value
        if option_name in {"-y", "--yes", "--assume-yes"}:
            yes = value is None or value.lower() not in _FALSE
        elif option_name in {"--no-yes", "--no-assume-yes", "-0"}:
            yes = False
        elif option_name in {"-q", "--quiet", "--silent"}:
            quiet = int(value) if value is not None and value.isdecimal() else quiet + 1
        elif re.fullmatch(r"-[1-9]", option_name) and quiet:
            quiet = int(option_name[1])
        elif option_name in {"-o", "--option"} and value is not None:
            key, _, given = value.partition("=")
            if key.lower() == _YES_KEY:
                yes = given.strip('"').lower() in _TRUE
            elif key.lower() == "quiet" and given.isdecimal():
                quiet = int(given)
    return yes or (quiet >= 2 and name == "apt-get")


# others with a grammar of their own -----------------------------------------------------------------------------------

_ZYPPER_VERBS = listed(
    """install in remove rm update up dist-upgrade dup patch source-install si install-new-recommends inr verify
    ve"""
)


_ZYPPER_HEAD = Table(ZYPPER.values - {"-p", "-t", "-r"}, stop=True)


def _zypper(command: Command, name: str, given: Arguments | None) -> Prompt | None:
    """``-n`` in front of the subcommand, ``-y`` behind it; ``-n`` behind it means something else."""
    head = scan(command.arguments, _ZYPPER_HEAD)
    verb = (head.operands[0].value or "") if head.operands else ""
    if verb not in _ZYPPER_VERBS or head.has("-n", "--non-interactive", "--help", "-h"):
        return None
    arguments = scan(head.operands[1:], ZYPPER)
    if arguments.has("-y", "--no-confirm", "--dry-run", "--help", "-h"):
        return None
    maybe = not (head.complete and arguments.complete)
    return Prompt(f"{name} {verb}", "-n before the subcommand, or -y after it", ("DL3034",), maybe=maybe)


_PACMAN = Table(listed("--config --root -r --dbpath -b --cachedir --hookdir --ask --ignore --overwrite"))


def _pacman(command: Command, name: str, given: Arguments | None) -> Prompt | None:
    arguments = scan(command.arguments, _PACMAN)
    letters = {option.name for option in arguments.options}
    if letters & {"--noconfirm", "--ask", "-p", "--print", "-h", "--help"}:
        return None
    if letters & {"-S", "--sync"}:
        asks = not letters & {"-s", "--search", "-i", "--info", "-l", "--list", "-g", "--groups"}
        asks = asks and bool(arguments.operands or letters & {"-u", "--sysupgrade", "-c", "--clean"})
    else:
        asks = bool(letters & {"-R", "--remove", "-U", "--upgrade"})
    return Prompt(name, "--noconfirm", maybe=not arguments.complete) if asks else None


def _npm(command: Command, name: str, given: Arguments | None) -> Prompt | None:
    arguments = given or scan(command.arguments, NODE)
    if not arguments.operands or arguments.operands[0].value != "init" or arguments.has("-y", "--yes", "-h", "--help"):
        return None
    if name == "yarn" and len(arguments.operands) > 1:
        return None
    return Prompt(
        f"{name} init",
        "-y",
        variables=("npm_config_yes", "NPM_CONFIG_YES"),
        configuration="npm",
        maybe=not arguments.complete,
    )


def _python(command: Command, name: str, given: Arguments | None) -> Prompt | None:
    words = command.arguments
    for index, word in enumerate(words):
        if word.value == "-m" and index + 1 < len(words) and words[index + 1].value == "pip":
            return _asks(command, "pip", PROGRAMS["pip"], words[index + 2 :])
        if word.value is None or not word.value.startswith("-"):
            break
    return None


_SCRIPT = pattern(r"(?i)(?:.*/)?(?P<name>[^/]*(?:conda|miniforge|mambaforge|cuda|nvidia|rustup)[^/]*\.(?:sh|run))")


def _shell(command: Command, name: str, given: Arguments | None) -> Prompt | None:
    """``bash Miniconda3.sh …``, and ``curl … rustup … | sh -s -- …``."""
    words = command.arguments
    for index, word in enumerate(words):
        if word.value is None or word.value == "-s" or word.value == "-":
            break
        if word.value.startswith("-"):
            continue
        match = _SCRIPT.fullmatch(word.value)
        return _installer(match["name"], [other.value for other in words[index + 1 :]], command) if match else None
    if not _reads_rustup(command):
        return None
    values = [word.value for word in words]
    rest = values[values.index("--") + 1 :] if "--" in values else values
    return _rustup("rustup's installer", rest, command)


def _reads_rustup(command: Command) -> bool:
    """True behind ``curl https://sh.rustup.rs |``."""
    parent = command.parent
    if parent is None or parent.kind != "pipeline":
        return False
    index = next((i for i, child in enumerate(parent.children) if child is command), 0)
    before = parent.children[index - 1] if index else None
    return (
        isinstance(before, Command)
        and before.name in {"curl", "wget", "cat"}
        and any("rustup" in (word.value or word.prefix) for word in before.words)
    )


def _rustup(what: str, values: list[str | None], command: Command) -> Prompt | None:
    if (
        "-y" in values
        or any(value is not None and re.fullmatch(r"-[qv]*y[qv]*", value) for value in values)
        or "--help" in values
    ):
        return None
    return Prompt(what, "-y (sh -s -- -y)", variables=("RUSTUP_INIT_SKIP_PROMPT",), maybe=None in values, piped=False)


def _installer(name: str, values: list[str | None], command: Command) -> Prompt | None:
    """The self-extracting installers: Miniconda and its kin, CUDA and the NVIDIA driver, rustup-init."""
    lower = name.lower()
    letters = [value for value in values if value is not None]
    short = "".join(value[1:] for value in letters if re.fullmatch(r"-[A-Za-z]+", value))
    if re.search(r"(?:conda|miniforge|mambaforge).*\.sh\Z", lower):
        if "b" in short or "h" in short or "-t" in letters:
            return None
        return Prompt(name, "-b", maybe=None in values)
    if re.search(r"(?:cuda|nvidia).*\.run\Z", lower):
        if "s" in short or any(
            re.match(r"--(?:silent|extract|help|tar|list|info|check|noexec|accept-eula|ui=none)", value)
            for value in letters
        ):
            return None
        return Prompt(name, "--silent", maybe=None in values)
    if lower.startswith("rustup"):
        return _rustup(name, values, command)
    return None


def _rustup_init(command: Command, name: str, given: Arguments | None) -> Prompt | None:
    return _rustup(name, [word.value for word in command.arguments], command)


_SSH_KEYGEN = Table(
    listed("-b -C -f -N -P -t -F -R -r -G -I -n -O -s -T -V -z -a -m -w -Z -Y -D -J -j -S -M -W -E -q=")
)


def _ssh_keygen(command: Command, name: str, given: Arguments | None) -> Prompt | None:
    """Making a key asks for a file name without -f; with it, an empty input is an empty pass phrase."""
    arguments = scan(command.arguments, _SSH_KEYGEN)
    other = listed("-A -l -F -R -y -e -i -H -L -D -r -s -Q -Y -k -M -p -c -B -K -?")
    if arguments.has("-f", *other):
        return None
    return Prompt(name, "-f FILE -N ''", maybe=not arguments.complete)


def _login(command: Command, name: str, given: Arguments | None) -> Prompt | None:
    """Logging in without the token at hand."""
    words = [word.value for word in command.arguments]
    verbs = [value for value in words if value is not None and not value.startswith("-")]
    if name == "wandb":
        if verbs != ["login"] or None in words or any("--" in (value or "") for value in words):
            return None
        return Prompt("wandb login", "the key: mount it as a secret and set WANDB_API_KEY", tokens=("WANDB_API_KEY",))
    if verbs not in (["login"], ["auth", "login"]) or any(
        (value or "--token").startswith("--token") for value in words
    ):
        return None
    return Prompt(f"{name} {' '.join(verbs)}", "--token: mount it as a secret")


_SPECIAL: dict[str, Callable[[Command, str, Arguments | None], Prompt | None]] = {
    "apt-get": _apt,
    "apt": _apt,
    "conda": _conda,
    "mamba": _conda,
    "micromamba": _conda,
    "zypper": _zypper,
    "pacman": _pacman,
    "npm": _npm,
    "yarn": _npm,
    "python": _python,
    "bash": _shell,
    "sh": _shell,
    "dash": _shell,
    "zsh": _shell,
    "rustup-init": _rustup_init,
    "ssh-keygen": _ssh_keygen,
    "wandb": _login,
    "huggingface-cli": _login,
    "hf": _login,
}
