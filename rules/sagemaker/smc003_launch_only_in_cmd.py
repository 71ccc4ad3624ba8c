"""SMC003 launch-only-in-cmd: the platform's word takes the place of CMD."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.tree import Launch
from gate.model import Fix, Severity
from gate.platforms.outcome import Verdict
from gate.rule import Example, Results, Rule
from gate.rules.launch._mend import json_form
from gate.rules.sagemaker._answer import HOSTING, TRAINING, WORDS, judged_anywhere, launching_cmd, unanswered

_FOR = (TRAINING, HOSTING)

rule = Rule(
    id="SMC003",
    name="launch-only-in-cmd",
    severity=Severity.HIGH,
    image=True,
    platforms=_FOR,
    fixes=(fixes.UNSAFE,),
    summary="The launch command is in CMD, which SageMaker replaces.",
    reason="docker run IMAGE train puts the word train in the place of CMD: the command in CMD never runs, and the word is looked up as a program.",
    fix="Write ENTRYPOINT in place of CMD, and keep CMD for default arguments.",
    bad=[
        Example(
            'FROM python:3.12\nCOPY train.py /app/\n»CMD ["python3", "/app/train.py"]\n',
            files={"train.py": ""},
            platforms=(TRAINING,),
            fixed='FROM python:3.12\nCOPY train.py /app/\nENTRYPOINT ["python3", "/app/train.py"]\n',
        ),
        Example(
            "FROM python:3.12\nCOPY app.py /app/\n»CMD python3 /app/app.py\n",
            files={"app.py": ""},
            platforms=(HOSTING,),
        ),
    ],
    good=[
        Example(
            'FROM python:3.12\nCOPY train.py /app/\nENTRYPOINT ["python3", "/app/train.py"]\n',
            files={"train.py": ""},
            platforms=(TRAINING,),
        ),
        Example(
            'FROM python:3.12\nCOPY e.sh /\nENTRYPOINT ["/e.sh"]\nCMD ["train"]\n',
            files={"e.sh*": "#!/bin/sh\npython /t.py\n"},
            platforms=(TRAINING,),
        ),
        Example('FROM python:3.12\nCMD ["python3", "/app/train.py"]\n', platforms=("sagemaker-processing",)),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    cmd = launching_cmd(build)
    if cmd is None:
        return
    for outcome in judged_anywhere(build):
        word = WORDS[outcome.platform]
        if unanswered(outcome):
            yield rule.finding(
                cmd,
                f"SageMaker replaces this CMD by {word!r}, and nothing answers that: {outcome.error}.",
                fix=_fix(cmd, build),
            )
            return
        if outcome.verdict is Verdict.WORKS:
            yield rule.finding(
                cmd, f"SageMaker replaces this CMD by {word!r}; it runs elsewhere only.", severity=Severity.INFO
            )
            return


def _fix(cmd: Launch, build: Build) -> Fix | None:
    """The same as the ENTRYPOINT. It gets the word as an argument then, which it may not know: not safe."""
    form = () if cmd.exec else (json_form(cmd, build),)
    return fixes.fix("make it the ENTRYPOINT", fixes.replace(cmd.head, "ENTRYPOINT"), *form, safe=False)
