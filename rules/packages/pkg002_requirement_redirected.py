"""PKG002 requirement-redirected: the shell takes a version bound without quotes for a redirection."""

from gate.build import Build
from gate.model import Severity
from gate.packages.installs import installs
from gate.rule import Results, Rule

rule = Rule(
    id="PKG002",
    name="requirement-redirected",
    severity=Severity.HIGH,
    summary="A version bound without quotes is a redirection for the shell.",
    reason="pip install boto3>=1.15 runs pip install boto3 and writes its output to a file called =1.15: any version is installed. "
    "With < the shell looks for a file to read, and the build fails.",
    fix='Quote the requirement: pip install "boto3>=1.15".',
    bad=[
        "FROM python:3.12\nRUN pip install »boto3>=1.15.0 requests==2.32.3\n",
        "FROM python:3.12\nRUN pip install »pandas<2\n",
    ],
    good=[
        'FROM python:3.12\nRUN pip install "boto3>=1.15.0"\n',
        "FROM python:3.12\nRUN pip install boto3==1.15.0 > /dev/null 2>&1\n",
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    for install in installs(build, triggers=True):
        for request in install.requests:
            if request.redirected:
                yield rule.finding(
                    request,
                    f"The shell takes the version bound of {request.name} for a redirection, so any version of it is installed.",
                    stage=install.stage,
                )
