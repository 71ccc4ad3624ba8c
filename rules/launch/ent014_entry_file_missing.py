"""ENT014 entry-file-missing: what ENTRYPOINT or CMD names is not in the image."""

from gate.build import Build
from gate.dockerfile.tree import Pairs
from gate.model import Severity
from gate.platforms.filesystem import Errno, FileSystem, User
from gate.platforms.image import launch_image
from gate.platforms.outcome import Doubt, Fault, Outcome, Verdict
from gate.rule import Example, Results, Rule
from gate.rules.launch._outcome import failures, is_word, outcomes
from gate.rules.launch._repetition import repetition

rule = Rule(
    id="ENT014",
    name="entry-file-missing",
    severity=Severity.HIGH,
    image=True,
    summary="The file that the container starts is not in the image.",
    reason="The container ends at once: exit code 127 for a program, 2 or 1 for the script of an interpreter. A relative name counts from the WORKDIR in "
    "force at the end of the file, and upper and lower case matter.",
    fix="Copy the file, or correct its path, its case, or WORKDIR.",
    bad=[
        Example(
            'FROM python:3.12\nWORKDIR /app\nCOPY main.py .\n»ENTRYPOINT ["python", "serve.py"]\n',
            files={"main.py": ""},
        ),
        Example('FROM debian:12\nCOPY start.sh /opt/\n»CMD ["/opt/run.sh"]\n', files={"start.sh*": "#!/bin/sh\n"}),
        Example('FROM python:3.12\nCOPY app.py /app/\nWORKDIR /srv\n»CMD ["python", "app.py"]\n', files={"app.py": ""}),
        Example(
            "FROM python:3.12\nRUN pip install sagemaker-training==4.7.4\nCOPY train.py /opt/\n»ENV SAGEMAKER_PROGRAM=train.py\n",
            files={"train.py": ""},
            platforms=("sagemaker-training",),
        ),
    ],
    good=[
        Example(
            'FROM python:3.12\nWORKDIR /app\nCOPY main.py .\nENTRYPOINT ["python", "main.py"]\n', files={"main.py": ""}
        ),
        Example('FROM python:3.12\nRUN make\nENTRYPOINT ["python", "/app/main.py"]\n'),
        Example('FROM acme/base\nENTRYPOINT ["/app/main"]\n'),
        Example(
            "FROM python:3.12\nRUN pip install sagemaker-training==4.7.4\nCOPY train.py /opt/ml/code/train.py\nENV SAGEMAKER_PROGRAM=train.py\n",
            files={"train.py": ""},
            platforms=("sagemaker-training",),
        ),
    ],
)

_TOLD_ELSEWHERE = frozenset({"sagemaker-training", "sagemaker-hosting"})
"""Platforms whose undecided launches another rule tells."""


@rule.on_build
def check(build: Build) -> Results:
    for outcome in failures(build, Fault.MISSING, Fault.NOT_FOUND, Fault.USER):
        if outcome.place is not None and not is_word(outcome) and not _told(outcome, build):
            yield rule.finding(outcome.place, _message(outcome))
    for outcome in outcomes(build):
        if (
            outcome.verdict is Verdict.UNDECIDED
            and outcome.argv
            and outcome.platform not in _TOLD_ELSEWHERE
            and build.platforms
        ):
            why = outcome.unknown
            assert why is not None and outcome.place is not None
            yield rule.undecided(outcome.place, f"what {outcome.argv[0]} is: {why.reason}", why.settle)
    if "sagemaker-training" in build.platforms:
        yield from _program(build)


def _told(outcome: Outcome, build: Build) -> bool:
    """Whether another rule names the reason: a variable that no shell reads (ENT008), a program named twice (ENT004)."""
    if outcome.program.startswith(("$", "~", "`")) or "${" in outcome.program:
        return True
    twice = repetition(build)
    return twice is not None and str(twice.word) == outcome.program


def _message(outcome: Outcome) -> str:
    if outcome.fault is Fault.USER:
        return f"The container has no such user: {outcome.error}."
    return f"{outcome.program} is not in the image: {outcome.error}."


def _program(build: Build) -> Results:
    """``SAGEMAKER_PROGRAM`` names a file of ``/opt/ml/code``."""
    if build.target is None or build.faults:
        return
    image = launch_image(build)
    value = image.config.env.get("SAGEMAKER_PROGRAM")
    instruction = image.config.set_by.get("Env.SAGEMAKER_PROGRAM")
    if not isinstance(value, str) or not value or not isinstance(instruction, Pairs) or image.first_fault is not None:
        return
    try:
        files = FileSystem(image.root, image.supply, image.supply.module, image.suspicion)
        files.find(value, "/opt/ml/code", User())
    except Errno:
        yield rule.finding(instruction, f"SAGEMAKER_PROGRAM names {value}, and there is no such file in /opt/ml/code.")
    except Doubt as doubt:
        yield rule.undecided(
            instruction, f"whether /opt/ml/code holds {value}: {doubt.unknown.reason}", doubt.unknown.settle
        )
