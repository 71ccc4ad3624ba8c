"""SMC004 sagemaker-shell-form-entrypoint: the shell swallows the platform's word."""

from gate import fixes
from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.launch._handover import parameters_used
from gate.rules.launch._launch import is_shell_form
from gate.rules.launch._mend import json_form
from gate.rules.sagemaker._answer import HOSTING, TRAINING, entrypoint_of

_FOR = (TRAINING, HOSTING, "sagemaker-processing")

rule = Rule(
    id="SMC004",
    name="sagemaker-shell-form-entrypoint",
    severity=Severity.MEDIUM,
    image=True,
    aliases=("DL3025",),
    platforms=_FOR,
    fixes=(fixes.UNSAFE,),
    summary="The ENTRYPOINT is in shell form.",
    reason="Docker runs /bin/sh -c with the text, and the word train or serve becomes $0 of that shell: the program never sees it, and does the same for "
    "both. SIGTERM may stop at the shell, so that the work is killed after 120 (training) or 30 seconds (hosting) and no checkpoint is written.",
    fix='Write the JSON form: ENTRYPOINT ["python", "/app/main.py"].',
    bad=[
        Example(
            "FROM python:3.12\nCOPY main.py /app/\n»ENTRYPOINT python /app/main.py\n",
            files={"main.py": ""},
            platforms=(TRAINING,),
            fixed='FROM python:3.12\nCOPY main.py /app/\nENTRYPOINT ["python", "/app/main.py"]\n',
        ),
        Example(
            "FROM python:3.12\nCOPY main.py /app/\n»ENTRYPOINT exec python /app/main.py\n",
            files={"main.py": ""},
            platforms=(TRAINING, HOSTING),
        ),
    ],
    good=[
        Example(
            'FROM python:3.12\nCOPY main.py /app/\nENTRYPOINT ["python", "/app/main.py"]\n',
            files={"main.py": ""},
            platforms=(TRAINING,),
        ),
        Example('FROM python:3.12\nENTRYPOINT ["/bin/bash", "-c", "exec my \\"$@\\"", "--"]\n', platforms=(TRAINING,)),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    entrypoint = entrypoint_of(build)
    if entrypoint is None or not is_shell_form(entrypoint):
        return
    text = str(entrypoint.script)
    if "0" in parameters_used(text):
        return  # the text takes its word from $0
    both = {TRAINING, HOSTING} <= build.platforms
    why = "it cannot tell train from serve" if both else "signals may stop at the shell"
    if not both and text.lstrip().startswith("exec "):
        why = "the program does get signals, thanks to exec"
    yield rule.finding(
        entrypoint,
        f"The ENTRYPOINT is in shell form: SageMaker's word is lost, and {why}.",
        severity=Severity.HIGH if both else None,
        stage=entrypoint.stage,
        fix=fixes.fix("write the JSON form", json_form(entrypoint, build), safe=False),  # the word arrives from now on
    )
