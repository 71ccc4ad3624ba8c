"""PKG001 missing-assume-yes: a package manager or an installer would stop and ask."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Command
from gate.image.base import identify
from gate.lazy import pattern
from gate.model import Fix, Severity, Unknown
from gate.packages.answers import answered
from gate.packages.installs import install_of
from gate.packages.model import Install, Pin, Request
from gate.packages.prompts import Prompt, programs, prompt
from gate.packages.where import earlier_commands, run_of, variable
from gate.rule import Example, Results, Rule

rule = Rule(
    id="PKG001",
    name="missing-assume-yes",
    severity=Severity.HIGH,
    aliases=("DL3014", "DL3030", "DL3034", "DL3038"),
    fixes=(fixes.SAFE, fixes.UNSAFE),
    summary="A package manager or an installer would stop and ask.",
    reason="A build has no terminal. The question gets an end of file for an answer, the program gives up, and the build fails.",
    fix="Give the answer on the command line: apt-get install -y, dnf install -y, zypper -n install, conda install -y.",
    bad=[
        Example(
            "FROM debian:12.5\nRUN »apt-get install curl\n", fixed="FROM debian:12.5\nRUN apt-get install -y curl\n"
        ),
        "FROM debian:12.5\nRUN apt-get install -y curl && »apt-get install git\n",
        "FROM rockylinux:9.3\nRUN »dnf upgrade\n",
        "FROM opensuse/leap:15.6\nRUN »zypper in -n curl\n",
        "FROM continuumio/miniconda3:24.1.2-0\nRUN »conda install -c conda-forge numpy\n",
        "FROM debian:12.5\nRUN curl -sSf https://sh.rustup.rs | »sh\n",
        "FROM python:3.12\nRUN »pip uninstall numpy\n",
        Example(
            "FROM debian:12.5\nRUN »bash Miniconda3-latest-Linux-x86_64.sh -p /opt/conda\n",
            fixed="FROM debian:12.5\nRUN bash Miniconda3-latest-Linux-x86_64.sh -b -p /opt/conda\n",
        ),
        Example(
            "FROM ubuntu:24.04\nRUN apt-get update && apt-get install -y curl »tzdata\n",
            fixed="FROM ubuntu:24.04\nRUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y curl tzdata\n",
        ),
    ],
    good=[
        "FROM debian:12.5\nRUN apt-get install -y curl && apt-get -qq install git\n",
        "FROM ubuntu:24.04\nRUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y tzdata\n",
        "FROM debian:12.5\nRUN yes | apt-get install curl\n",
        "FROM rockylinux:9.3\nRUN dnf -y upgrade\n",
        "FROM fedora:39\nRUN microdnf install curl\n",
        "FROM opensuse/leap:15.6\nRUN zypper -n in curl && zypper in -y git\n",
        "FROM continuumio/miniconda3:24.1.2-0\nENV CONDA_ALWAYS_YES=true\nRUN conda install numpy\n",
        Example(
            "FROM debian:12.5\nCOPY 90yes /etc/apt/apt.conf.d/90yes\nRUN apt-get install curl\n",
            files={"90yes": 'APT::Get::Assume-Yes "true";\n'},
        ),
    ],
)

_CONFIGURED = frozenset({"tzdata", "keyboard-configuration", "console-setup"})
_CONTRADICTS = pattern(r"-y=|--(?:assume-?yes|yes)=|--no-(?:assume-)?yes|--assume-?no|-0")
_QUIET = "DEBIAN_FRONTEND=noninteractive"
_ZONE = pattern(r"/etc/(?:localtime|timezone)\b")


@rule.on_command(*programs())
def check(command: Command, build: Build) -> Results:
    install = install_of(command, build)
    question = prompt(command, install.arguments if install is not None else None)
    if question is None:
        return
    run = run_of(command, build)
    if run is None:
        return
    answer = answered(question, command, run, build)
    if isinstance(answer, Unknown):
        yield rule.undecided(command, f"{question.what} asks, and {answer.reason}", answer.settle)
    elif not answer:
        yield rule.finding(
            command,
            f"{question.what} stops and asks. {_outcome(question, command, build)}",
            help=f"Add {question.answer}.",
            severity=None if question.gives_up and not _alone(command, build) else Severity.MEDIUM,
            stage=run.stage,
            aliases=question.aliases,
            fix=_fix(question, command),
        )


def _fix(question: Prompt, command: Command) -> Fix | None:
    """The answer as a word of the command. Unsafe for installers, for which it decides more than to go on."""
    answer = question.answer.partition(" ")[0]
    if any(_CONTRADICTS.match(word.value or "") for word in command.arguments):
        return None
    if question.what == "rustup's installer":
        given = [word.value for word in command.arguments]
        place = command.words[-1] if given in ([], ["-s"], ["-s", "--"]) else None
        added = " ".join(["-s", "--", "-y"][len(given) :])
        return fixes.fix("answer with -y", fixes.after(command, place, added))
    if answer in ("-b", "--silent"):
        place = next((word for word in command.words if (word.base_name or "") == question.what), None)
        return fixes.fix(f"add {answer}", fixes.after(command, place, answer), safe=False)
    if answer == "-n":  # zypper
        answer = "-y"
    if answer not in ("-y", "--noconfirm"):
        return None
    verbs = question.what.split()[1:]
    place = fixes.argument(command, verbs[-1]) if verbs else command.words[0]
    return fixes.fix(f"add {answer}", fixes.after(command, place, answer))


def _outcome(question: Prompt, command: Command, build: Build) -> str:
    if not question.gives_up:
        return "Without a terminal it goes on with its default answer, which nobody has promised to keep."
    if _alone(command, build):
        return "As long as nothing else has to come with the package it does not ask; then it gives up, and the build fails."
    return "Without a terminal it gives up, and the build fails."


def _alone(command: Command, build: Build) -> bool:
    """True for apt with nothing but repository keys and local files, which seldom bring anything along."""
    install = install_of(command, build)
    if install is None or install.ecosystem != "deb" or not install.requests:
        return False
    return all(request.pin is Pin.LOCAL or "keyring" in request.name for request in install.requests)


@rule.on_command("apt-get", "apt")
def check_configuration(command: Command, build: Build) -> Results:
    """Packages that ask while they are configured, whatever -y says: with an empty input the wrong answer is taken."""
    install = install_of(command, build)
    if install is None or install.run is None or install.verb != "install":
        return
    asking = [request for request in install.requests if request.name in _CONFIGURED]
    if not asking or not _asks_here(asking, install, build):
        return
    value = variable("DEBIAN_FRONTEND", command, install.run, build)
    if value is None:
        names = " and ".join(request.name for request in asking)
        yield rule.finding(
            asking[0],
            f"{names} asks while it is configured, and without an answer is configured wrongly.",
            help="Put DEBIAN_FRONTEND=noninteractive in front of the command, or declare it with ARG.",
            severity=Severity.MEDIUM,
            stage=install.stage,
            aliases=(),
            fix=_quiet(command),
        )


def _quiet(command: Command) -> Fix | None:
    """The variable in front of the program; not behind sudo, which may drop it, and not in JSON."""
    text = command.words[0].text
    if command.wrappers or command.words[0].quoted or not fixes.written(text) or text.start != command.text.start:
        return None
    return fixes.fix(f"set {_QUIET}", fixes.insert(text.source, text.start, f"{_QUIET} "))


def _asks_here(asking: list[Request], install: Install, build: Build) -> bool:
    """Debian's images bring tzdata along; Ubuntu's do not. A time zone that is set already is taken over."""
    base = install.stage.root.base if install.stage else None
    release = identify(base).distribution if base else None
    if release is None or release.product != "ubuntu":
        return False
    assert install.run is not None
    for _, other in earlier_commands(install.command, install.run, build):
        if any(_ZONE.search(word.value or word.prefix) for word in other.words) or any(
            redirect.target is not None and _ZONE.search(redirect.target.value or "") for redirect in other.redirects
        ):
            return False
        if other.name == "debconf-set-selections":
            return False
    return True
