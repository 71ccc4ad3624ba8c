"""PIN006 unpinned-other-package: a package of Node, Ruby, Go, Rust or R is installed without a version."""

from gate.build import Build
from gate.model import Severity, Unknown
from gate.packages.files import Missing, find
from gate.packages.installs import installs
from gate.packages.locks import lock
from gate.packages.model import Install, Pin, Request
from gate.packages.where import variable
from gate.rule import Example, Results, Rule
from gate.rules.pinning._packages import message, requests, severity, weak

rule = Rule(
    id="PIN006",
    name="unpinned-other-package",
    severity=Severity.MEDIUM,
    aliases=("DL3016", "DL3028", "DL3062"),
    summary="A package of Node, Ruby, Go, Rust or R is installed without an exact version.",
    reason="The next build gets whatever was released in the meantime; @latest, ^1 and ~1.2 move as well.",
    fix="Name the version (npm install -g pkg@1.2.3, gem install pkg:1.2.3, go install path@v1.2.3, cargo install pkg --version 1.2.3, "
    "remotes::install_version), or install from a lock file (npm ci).",
    bad=[
        "FROM node:20.11.1\nRUN npm install -g »yarn@^1 »serve »typescript@latest\n",
        Example("FROM node:20.11.1\nCOPY package.json .\nRUN »npm install\n", files={"package.json": "{}"}),
        "FROM ruby:3.3.0\nRUN gem install »bundler rake:13.1.0\n",
        "FROM golang:1.22.1\nRUN go install »example.com/tool@latest\n",
        "FROM r-base:4.3.2\nRUN R -e \"install.packages('»ggplot2')\"\n",
    ],
    good=[
        "FROM node:20.11.1\nRUN npm install -g serve@14.2.1 @scope/pkg@1.0.0 ./local\n",
        Example(
            "FROM node:20.11.1\nCOPY package*.json ./\nRUN npm ci\n",
            files={"package.json": "{}", "package-lock.json": "{}"},
        ),
        "FROM ruby:3.3.0\nRUN gem install bundler -v 2.5.6\n",
        "FROM golang:1.22.1\nRUN go install example.com/tool@v1.2.3 && go install ./...\n",
        "FROM rust:1.77.0\nRUN cargo install --locked ripgrep --version 14.1.0\n",
    ],
)

_ALIASES = {"npm": "DL3016", "gem": "DL3028", "go": "DL3062"}
_ECOSYSTEMS = ("npm", "gem", "golang", "cargo", "cran")


@rule.on_build
def check(build: Build) -> Results:
    for install, _, request in requests(build, *_ECOSYSTEMS):
        if weak(request.pin, build) and not request.redirected and not _by_module(request, install, build):
            alias = _ALIASES.get(install.manager)
            yield rule.finding(
                request,
                message(request, request.pin),
                severity=severity(request, request.pin),
                stage=install.stage,
                aliases=(alias,) if alias else (),
            )
        elif request.pin is Pin.UNRESOLVED:
            yield rule.undecided(
                request,
                f"the version of {request.name or 'the package'} is not known",
                "--build-arg, or write the version out",
            )
    for install in installs(build):
        if install.locks and install.ecosystem == "npm":
            yield from _project(install, build)


def _by_module(request: Request, install: Install, build: Build) -> bool:
    """A Go package without @version: the go.mod of the project decides, where there is one or may be one.

    ``go get -u`` takes the newest in any case, and so does every command with modules switched off.
    """
    run = install.run
    if install.ecosystem != "golang" or request.specifier or run is None or install.arguments.has("-u"):
        return False
    if variable("GO111MODULE", install.command, run, build) == "off":
        return False
    answer = find("go.mod", install.command, run, build)
    return not isinstance(answer, Missing) or answer.made


def _project(install: Install, build: Build) -> Results:
    answer = lock(install, build)
    if isinstance(answer, Unknown):
        yield rule.undecided(
            install, f"whether a lock file fixes the versions is not known: {answer.reason}", answer.settle
        )
    elif answer is False:
        yield rule.finding(
            install,
            f"{install.manager} chooses the versions anew in each build: no COPY brings {' or '.join(install.locks)}.",
            help=f"Commit {install.locks[0]}, copy it in front of this command, and install from it.",
            stage=install.stage,
            aliases=(),
        )
