"""PIN003 unpinned-python-package: a Python package is installed in whatever version there is that day."""

from gate.build import Build
from gate.model import Severity, Unknown
from gate.packages.installs import installs
from gate.packages.locks import lock
from gate.packages.model import Install, Pin, Request
from gate.packages.resolve import wanted
from gate.rule import Example, Results, Rule
from gate.rules.pinning._packages import message, requests, severity, weak

rule = Rule(
    id="PIN003",
    name="unpinned-python-package",
    severity=Severity.MEDIUM,
    aliases=("DL3013",),
    summary="A Python package is installed without an exact version.",
    reason="The next build gets whatever was released in the meantime: the image that was tested cannot be built again, "
    "and nobody can tell which known vulnerabilities it will have.",
    fix="Write name==version, best in a requirements file with hashes (pip-compile --generate-hashes, uv pip compile), or install from a lock file.",
    bad=[
        "FROM python:3.12\nRUN pip install »pandas »flask scipy==1.14.1\n",
        'FROM python:3.12\nRUN pip install »"boto3>=1.15,<2"\n',
        "FROM python:3.12\nRUN pip install »git+https://github.com/org/repo@main\n",
        Example(
            "FROM python:3.12\nCOPY requirements.txt /app/\nWORKDIR /app\nRUN pip install -r requirements.txt\n",
            files={"requirements.txt": "numpy==1.26.4\n»torch\n"},
        ),
        Example("FROM python:3.12\nCOPY pyproject.toml .\nRUN »poetry install\n", files={"pyproject.toml": ""}),
    ],
    good=[
        "FROM python:3.12\nARG V=2.1.0\nRUN pip install pandas==2.2.3 torch==$V ./local .[dev]\n",
        "FROM python:3.12\nRUN pip install git+https://github.com/org/repo@0123456789abcdef0123456789abcdef01234567\n",
        Example("FROM python:3.12\nCOPY c.txt .\nRUN pip install -c c.txt flask\n", files={"c.txt": "flask==3.0.3\n"}),
        Example(
            "FROM python:3.12\nCOPY pyproject.toml uv.lock .\nRUN uv sync --frozen\n",
            files={"pyproject.toml": "", "uv.lock": ""},
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    for install, needs, request in requests(build, "pypi"):
        pin = needs.pin(request)
        if request.redirected:
            continue  # PKG002 says it: the version is written, and the shell takes it away
        if weak(pin, build):
            aliases = ("DL3013",) if install.manager == "pip" and request in install.requests else ()
            if pin is Pin.MOVABLE:
                aliases = (*aliases, "SEC004")
            yield rule.finding(
                request, message(request, pin), severity=severity(request, pin), stage=install.stage, aliases=aliases
            )
        elif pin is Pin.UNRESOLVED and _worth_saying(request):
            yield rule.undecided(
                request,
                f"the version of {request.name or 'the package'} is not known",
                "--build-arg, or write the version out",
            )
    for install in installs(build):
        if install.ecosystem == "pypi" and install.verb != "uninstall":
            yield from _files(install, build)
            yield from _locked(install, build)


def _worth_saying(request: Request) -> bool:
    """What pip refuses anyway is no question of versions."""
    return request.specifier != "" or not request.name


def _files(install: Install, build: Build) -> Results:
    for ref, why in wanted(install, build).unread:
        yield rule.undecided(ref, f"{ref.path or 'the file'} is not read: {why.reason}", why.settle)


def _locked(install: Install, build: Build) -> Results:
    """A tool that installs from a lock file, and no lock file in the image."""
    if not install.locks:
        return
    answer = lock(install, build)
    if isinstance(answer, Unknown):
        yield rule.undecided(
            install, f"whether a lock file fixes the versions is not known: {answer.reason}", answer.settle
        )
    elif answer is False:
        name = install.locks[0]
        what = f"no COPY brings {name}" if name else "the lock file is skipped"
        yield rule.finding(
            install,
            f"{install.manager} chooses the versions anew in each build: {what}.",
            help=f"Commit {name or 'Pipfile.lock'}, copy it in front of this command, and install from it.",
            stage=install.stage,
        )
