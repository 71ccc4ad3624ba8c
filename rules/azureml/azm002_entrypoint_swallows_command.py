"""AZM002 entrypoint-swallows-command: the job's command becomes an argument of the image's program."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.launch._entryfile import runs_arguments
from gate.rules.launch._handover import handover
from gate.rules.launch._launch import effective, is_broken, words
from gate.servers.serving import serving

_FOR = ("azureml",)

rule = Rule(
    id="AZM002",
    name="entrypoint-swallows-command",
    severity=Severity.MEDIUM,
    image=True,
    platforms=_FOR,
    summary="The ENTRYPOINT does not run the command that a job gives.",
    reason="A job of Azure ML runs its own command in the image. An ENTRYPOINT that is a program of its own takes that for arguments, and does what it always does.",
    fix='Leave ENTRYPOINT out, or end the script of it with exec "$@".',
    bad=[
        Example(
            'FROM python:3.12\nCOPY train.py .\n»ENTRYPOINT ["python", "train.py"]\n',
            files={"train.py": "print(1)\n"},
            platforms=_FOR,
        ),
    ],
    good=[
        Example("FROM python:3.12\nCOPY train.py .\n", files={"train.py": ""}, platforms=_FOR),
        Example(
            'FROM python:3.12\nCOPY e.sh .\nENTRYPOINT ["./e.sh"]\n',
            files={"e.sh*": '#!/bin/sh\nexec "$@"\n'},
            platforms=_FOR,
        ),
        Example(
            'FROM python:3.12\nRUN pip install uvicorn==0.34.0\nCOPY app.py .\nENTRYPOINT ["uvicorn", "app:app", "--host", "0.0.0.0"]\n',
            files={"app.py": "from fastapi import FastAPI\napp = FastAPI()\n"},
            platforms=_FOR,
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    entrypoint = effective(build).entrypoint
    if entrypoint is None or is_broken(entrypoint) or (entrypoint.exec is not None and not words(entrypoint)):
        return
    found = serving(build, "azureml")
    if found is not None and found.servers:
        return  # an image for endpoints, whose own ENTRYPOINT is what runs
    if runs_arguments(handover(entrypoint), build) is False:
        yield rule.finding(
            entrypoint,
            "The ENTRYPOINT does not run the command of a job, it takes it for arguments.",
            stage=entrypoint.stage,
        )
