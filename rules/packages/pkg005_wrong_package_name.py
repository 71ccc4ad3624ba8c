"""PKG005 wrong-package-name: a PyPI name that is refused, renamed, or not what it seems."""

import operator

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import ShellWord
from gate.dockerfile.source import Text
from gate.facts import facts
from gate.lazy import pattern
from gate.model import Fix, Severity
from gate.packages.installs import installs
from gate.packages.model import Install, Pin, Request
from gate.packages.requirement import normalized
from gate.packages.resolve import wanted
from gate.packages.where import variable
from gate.rule import Example, Results, Rule

rule = Rule(
    id="PKG005",
    name="wrong-package-name",
    fixes=(fixes.UNSAFE,),
    severity=Severity.HIGH,
    security=True,
    summary="A Python package is asked for by a name that is refused, renamed, or not what it seems.",
    reason="Placeholder packages raise an error while they are installed, and the build fails. A name that nobody guards is what "
    "typosquatters wait for.",
    fix="Use the name that the message gives.",
    bad=[
        Example(
            "FROM python:3.12\nRUN pip install »sklearn\n", fixed="FROM python:3.12\nRUN pip install scikit-learn\n"
        ),
        "FROM python:3.12\nRUN pip install numpy==1.26.4 »tensorflow-gpu\n",
        Example(
            "FROM python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n",
            files={"requirements.txt": "»pytorch==1.0.2\n"},
        ),
    ],
    good=[
        "FROM python:3.12\nRUN pip install scikit-learn==1.5.2\n",
        "FROM python:3.7\nRUN pip install tensorflow==2.11.0\n",
        "FROM python:3.12\nRUN pip install --index-url https://pypi.example.com/simple sklearn\n",
    ],
)

_NAME = pattern(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_RELEASE = pattern(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,9}")
_COMPARISONS = {">=": operator.ge, "!=": operator.ne}
_PRIVATE = ("--index-url", "-i", "--default-index", "--pypi-url", "--no-index", "--find-links", "-f")


@rule.on_build
def check(build: Build) -> Results:
    seen = set()
    for install in installs(build, triggers=True):
        if install.ecosystem != "pypi" or install.verb == "uninstall":
            continue
        for request in (*install.requests, *wanted(install, build).from_files):
            row = facts("packages")["pypi"].get(normalized(request.name)) if request.name and not request.url else None
            if row is None or request.ecosystem != "pypi" or request.place in seen or _own_index(install, build):
                continue
            seen.add(request.place)
            refused = _refused(request, row) and not _allowed(row, install, build)
            yield rule.finding(
                request,
                f"{request.name} {'cannot be installed' if refused else 'is not the package to install'}: {row['why']}.",
                help=f"Use {row['use']}.",
                severity=None if refused else Severity.MEDIUM,
                stage=install.stage,
                fix=_fix(request, row["use"]),
            )


def _fix(request: Request, use: str) -> Fix | None:
    """The other name, where no version goes with the wrong one. Nobody knows that it is what was meant: not safe."""
    at = request.at
    text = at.text if isinstance(at, ShellWord) else at if isinstance(at, Text) else None
    if request.pin is not Pin.NONE or request.extras or text is None or not _NAME.fullmatch(use):
        return None
    start = 1 if text.value[:1] in {"'", '"'} else 0
    name = text.slice(start, start + len(request.name))
    return fixes.fix(f"ask for {use}", fixes.replace(name, use), safe=False) if name.value == request.name else None


def _own_index(install: Install, build: Build) -> bool:
    """A private index may have a package of that name."""
    if install.arguments.has(*_PRIVATE):
        return True
    names = ("PIP_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX_URL", "UV_DEFAULT_INDEX")
    if install.run is not None and any(variable(name, install.command, install.run, build) for name in names):
        return True
    return any("--index-url" in file.options or "--find-links" in file.options for file in wanted(install, build).files)


def _refused(request: Request, row: dict[str, str]) -> bool:
    """Whether every version that the request allows is in the refused range."""
    span = row.get("refused")
    if span is None or request.pin is Pin.UNRESOLVED:
        return False
    if span == "*" or (request.version is None and not request.specifier):
        return True
    release, bound = _release(request.version or ""), _release(span[2:])
    if release is not None and bound is not None and span[:2] in _COMPARISONS:
        return bool(_COMPARISONS[span[:2]](release, bound))  # the usual case, which needs no reader of specifiers
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        if request.version is not None:
            return SpecifierSet(span).contains(request.version, prereleases=True)
        # Without an upper bound the newest release is taken, and that one is refused.
        return not any(
            clause.operator in {"<", "<=", "~=", "=="} for clause in SpecifierSet(request.specifier.strip("()"))
        )
    except (InvalidSpecifier, InvalidVersion):
        return False


def _release(version: str) -> tuple[int, ...] | None:
    """The numbers of a plain version without zeros at its end; None for any other."""
    if not _RELEASE.fullmatch(version):
        return None
    numbers = [int(number) for number in version.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _allowed(row: dict[str, str], install: Install, build: Build) -> bool:
    name = row.get("allowed-by")
    return name is not None and install.run is not None and bool(variable(name, install.command, install.run, build))
