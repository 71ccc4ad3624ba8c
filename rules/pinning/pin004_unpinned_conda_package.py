"""PIN004 unpinned-conda-package: a conda package is installed in whatever version there is that day."""

from gate.build import Build
from gate.model import Severity, Unknown
from gate.packages.installs import installs
from gate.packages.locks import lock
from gate.packages.model import Pin
from gate.packages.resolve import wanted
from gate.rule import Example, Results, Rule
from gate.rules.pinning._packages import message, requests, severity, weak

rule = Rule(
    id="PIN004",
    name="unpinned-conda-package",
    severity=Severity.MEDIUM,
    summary="A conda package is installed without an exact version.",
    reason="The solver takes what the channels hold that day. name=1.2 is any 1.2.x, and even python=3.11 moves.",
    fix="Write name==version or name=version=build, or install an explicit list (conda list --explicit, conda-lock).",
    bad=[
        "FROM continuumio/miniconda3:24.1.2-0\nRUN conda install -y -c conda-forge »numpy »scipy=1.11 pandas==2.2.3\n",
        Example(
            "FROM continuumio/miniconda3:24.1.2-0\nCOPY environment.yml .\nRUN conda env create -f environment.yml\n",
            files={"environment.yml": "dependencies:\n  - »python=3.11\n  - numpy=1.26.4\n"},
        ),
    ],
    good=[
        "FROM continuumio/miniconda3:24.1.2-0\nRUN conda install -y numpy==1.26.4 scipy=1.11.4=py311h64a7726_0\n",
        Example(
            "FROM continuumio/miniconda3:24.1.2-0\nCOPY spec.txt .\nRUN conda create -n e --file spec.txt\n",
            files={"spec.txt": "@EXPLICIT\nhttps://repo.example.com/linux-64/numpy-1.26.4-py311h64a7726_0.conda\n"},
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    for install, needs, request in requests(build, "conda"):
        pin = needs.pin(request)
        if weak(pin, build) and not request.redirected:
            yield rule.finding(request, message(request, pin), severity=severity(request, pin), stage=install.stage)
        elif pin is Pin.UNRESOLVED:
            yield rule.undecided(
                request,
                f"the version of {request.name or 'the package'} is not known",
                "--build-arg, or write the version out",
            )
    for install in installs(build):
        if install.ecosystem != "conda":
            continue
        for ref, why in wanted(install, build).unread:
            yield rule.undecided(ref, f"{ref.path or 'the file'} is not read: {why.reason}", why.settle)
        if install.locks and install.manager == "pixi":
            answer = lock(install, build)
            if answer is False:
                yield rule.finding(
                    install,
                    f"{install.manager} chooses the versions anew in each build: no COPY brings {install.locks[0]}.",
                    stage=install.stage,
                )
            elif isinstance(answer, Unknown):
                yield rule.undecided(
                    install, f"whether a lock file fixes the versions is not known: {answer.reason}", answer.settle
                )
