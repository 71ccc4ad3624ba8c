"""PKG001 missing-assume-yes: a package manager or an installer would stop and ask."""

from gate.build import Build
from gate.dockerfile.command import Command
from gate.model import Severity, Unknown
from gate.packages.answers import answered
from gate.packages.prompts import prompt
from gate.packages.where import run_of
from gate.rule import Example, Results, Rule

rule = Rule(
    id="PKG001",
    name="missing-assume-yes",
    severity=Severity.HIGH,
    aliases=("DL3014", "DL3030", "DL3034", "DL3038"),
    summary="A package manager or an installer would stop and ask.",
    reason="A build has no terminal. The question gets an end of file for an answer, the program gives up, and the build fails.",
    fix="Give the answer on the command line: apt-get install -y, dnf install -y, zypper -n install, conda install -y.",
    bad=[
        "FROM debian:12.5\nRUN »apt-get install curl\n",
        "FROM debian:12.5\nRUN apt-get install -y curl && »apt-get install git\n",
        "FROM rockylinux:9.3\nRUN »dnf upgrade\n",
        "FROM opensuse/leap:15.6\nRUN »zypper in -n curl\n",
        "FROM continuumio/miniconda3:24.1.2-0\nRUN »conda install -c conda-forge numpy\n",
        "FROM debian:12.5\nRUN curl -sSf https://sh.rustup.rs | »sh\n",
        "FROM python:3.12\nRUN »pip uninstall numpy\n",
    ],
    good=[
        "FROM debian:12.5\nRUN apt-get install -y curl && apt-get -qq install git\n",
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


@rule.on_command()
def check(command: Command, build: Build) -> Results:
    question = prompt(command)
    if question is None:
        return
    run = run_of(command, build)
    if run is None:
        return
    answer = answered(question, command, run, build)
    if isinstance(answer, Unknown):
        yield rule.undecided(command, f"{question.what} asks, and {answer.reason}", answer.settle)
    elif not answer:
        gives_up = question.gives_up
        yield rule.finding(
            command,
            f"{question.what} stops and asks. "
            + (
                "Without a terminal it gives up, and the build fails."
                if gives_up
                else "Without a terminal it goes on with its default answer, for the time being."
            ),
            help=f"Add {question.answer}.",
            severity=None if gives_up else Severity.MEDIUM,
            stage=run.stage,
            aliases=question.aliases,
        )
