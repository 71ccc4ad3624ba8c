"""PKG002 requirement-redirected: the shell takes a version bound without quotes for a redirection."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import ShellWord
from gate.lazy import pattern
from gate.model import Fix, Severity
from gate.packages.installs import installs
from gate.packages.model import Install, Request
from gate.rule import Example, Results, Rule

rule = Rule(
    id="PKG002",
    name="requirement-redirected",
    severity=Severity.HIGH,
    aliases=("SC2210",),
    summary="A version bound without quotes is a redirection for the shell.",
    reason="pip install boto3>=1.15 runs pip install boto3 and writes its output to a file called =1.15: any version is installed. "
    "With < the shell looks for a file to read, and the build fails.",
    fix='Quote the requirement: pip install "boto3>=1.15".',
    fixes=(fixes.SAFE,),
    bad=[
        Example(
            "FROM python:3.12\nRUN pip install »boto3>=1.15.0 requests==2.32.3\n",
            fixed='FROM python:3.12\nRUN pip install "boto3>=1.15.0" requests==2.32.3\n',
        ),
        "FROM python:3.12\nRUN pip install »pandas<2\n",
    ],
    good=[
        'FROM python:3.12\nRUN pip install "boto3>=1.15.0"\n',
        "FROM python:3.12\nRUN pip install boto3==1.15.0 > /dev/null 2>&1\n",
    ],
)

_BOUND = pattern("[<>]")
_WORD = pattern(r"[\w.\[\],<>=!~*+-]+(?=[\s;&|)]|\Z)")


@rule.on_build
def check(build: Build) -> Results:
    for install in installs(build, triggers=True):
        for request in install.requests:
            if request.redirected:
                yield rule.finding(
                    request,
                    f"The shell takes the version bound of {request.name} for a redirection, so any version of it is installed.",
                    stage=install.stage,
                    fix=_fix(request, install),
                )


def _fix(request: Request, install: Install) -> Fix | None:
    """Quotes around the word, from its beginning to the next blank; not within other quotes."""
    command, word = install.command, request.at
    if not isinstance(word, ShellWord) or command.script is None or word.whole is not command.script.text:
        return None
    text = word.whole.slice(word.start, word.whole.value.find(" ", word.start) % (len(word.whole) + 1))
    match = _WORD.match(text.value)
    if match is None or not _BOUND.search(match[0]) or not fixes.written(text.slice(0, match.end())):
        return None
    source, start = text.source, text.start
    return fixes.fix(
        "quote the requirement", fixes.insert(source, start, '"'), fixes.insert(source, start + match.end(), '"')
    )
