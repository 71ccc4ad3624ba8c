"""ENT001 shell-form-entrypoint: a shell stands between the container and its program."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Launch, Onbuild
from gate.model import Finding, Severity
from gate.rule import Example, Results, Rule
from gate.rules.launch._handover import parameters_used
from gate.rules.launch._launch import effective, has_posix_shell, is_shell_form
from gate.rules.launch._mend import json_form

SAGEMAKER = frozenset({"sagemaker-training", "sagemaker-hosting", "sagemaker-processing"})

rule = Rule(
    id="ENT001",
    name="shell-form-entrypoint",
    severity=Severity.MEDIUM,
    image=True,
    aliases=("DL3025",),
    fixes=(fixes.UNSAFE,),
    silent_for=tuple(sorted(SAGEMAKER)),
    needs=("ENTRYPOINT", "CMD"),
    summary="The ENTRYPOINT is in shell form.",
    reason="The container then runs /bin/sh -c with the text: CMD and the arguments of docker run do not reach the program, and SIGTERM goes "
    "to the shell, which may not pass it on. A stopped container loses its work when it is killed 10 seconds later.",
    fix='Write the JSON form: ENTRYPOINT ["python", "serve.py"]. Where the shell is needed for a variable: ENTRYPOINT ["sh", "-c", "exec python serve.py '
    '--port \\"$PORT\\" \\"$@\\"", "--"].',
    bad=[
        Example(
            "FROM python:3.12\n»ENTRYPOINT python serve.py\n",
            fixed='FROM python:3.12\nENTRYPOINT ["python", "serve.py"]\n',
        ),
        'FROM python:3.12\nSHELL ["/bin/bash", "-c"]\n»ENTRYPOINT python serve.py --port $PORT\n',
        "FROM python:3.12\n»ENTRYPOINT exec python serve.py\n",
        "FROM python:3.12 AS base\n»ENTRYPOINT python serve.py\nFROM base\nENV A=1\n",
    ],
    good=[
        'FROM python:3.12\nENTRYPOINT ["python", "serve.py"]\n',
        'FROM python:3.12 AS test\nENTRYPOINT pytest\nFROM python:3.12\nENTRYPOINT ["python", "serve.py"]\n',
        'FROM python:3.12\nENTRYPOINT ["sh", "-c", "exec python serve.py \\"$@\\"", "--"]\n',
        Example("FROM python:3.12\nENTRYPOINT python serve.py\n", platforms=("sagemaker-hosting",)),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    if not SAGEMAKER.isdisjoint(build.platforms):
        return  # SMC004 says it there
    entrypoint = effective(build).entrypoint
    if entrypoint is not None and is_shell_form(entrypoint) and has_posix_shell(entrypoint, build):
        yield _finding(entrypoint, build)
    for instruction in build.target.instructions if build.target is not None else ():
        if isinstance(instruction, Onbuild) and isinstance(instruction.child, Launch):
            child = instruction.child
            if child.keyword == "ENTRYPOINT" and is_shell_form(child):
                yield rule.finding(
                    child,
                    "Images built from this one get an ENTRYPOINT in shell form.",
                    severity=Severity.LOW,
                    confidence="low",
                    stage=build.target,
                )


def _finding(entrypoint: Launch, build: Build) -> Finding:
    script = build.script(entrypoint)
    last = script.commands[-1] if script.commands else None
    lost = "CMD and the arguments of docker run are ignored"
    severity, signals = None, "signals may stop at it"
    if isinstance(last, Command) and "exec" in last.wrappers:
        severity, signals = Severity.LOW, "signals do reach the program, thanks to exec"
    if parameters_used(str(entrypoint.script)):
        lost = "the first word of CMD becomes $0"
    # A CMD in shell form would be no arguments; and what is behind it reaches the program from now on: not safe.
    mended = json_form(entrypoint, build) if not is_shell_form(effective(build).cmd) else None
    return rule.finding(
        entrypoint,
        f"The ENTRYPOINT is in shell form: a shell stands in front of the program, {lost}, and {signals}.",
        severity=severity,
        stage=entrypoint.stage,
        fix=fixes.fix("write the JSON form", mended, safe=False),
    )
