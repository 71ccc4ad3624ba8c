"""ENT003 shell-form-cmd-after-entrypoint: the ENTRYPOINT gets /bin/sh -c … for its arguments."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.tree import Launch
from gate.model import Finding, Fix, Severity, Undecided
from gate.rule import Example, Results, Rule
from gate.rules.launch._entryfile import runs_arguments
from gate.rules.launch._handover import Handover, handover, handover_of_words, plain_name
from gate.rules.launch._launch import effective, is_shell_form, of_base_image, words
from gate.rules.launch._mend import json_form, plain_words

rule = Rule(
    id="ENT003",
    name="shell-form-cmd-after-entrypoint",
    severity=Severity.HIGH,
    image=True,
    aliases=("DL3025",),
    fixes=(fixes.SAFE, fixes.UNSAFE),
    needs=("ENTRYPOINT", "CMD"),
    summary="A CMD in shell form stands behind an ENTRYPOINT in JSON form.",
    reason="Docker puts the two together: the ENTRYPOINT's program is started with the arguments /bin/sh, -c and the text of CMD, and knows nothing "
    "to do with them.",
    fix='Write CMD in JSON form: CMD ["--port", "8080"].',
    bad=[
        Example(
            'FROM python:3.12\nENTRYPOINT ["python"]\n»CMD app.py --x\n',
            fixed='FROM python:3.12\nENTRYPOINT ["python"]\nCMD ["app.py", "--x"]\n',
        ),
        'FROM python:3.12\nENTRYPOINT ["python", "app.py"]\n»CMD serve --port 8080\n',
        'FROM python:3.12 AS base\nENTRYPOINT ["python"]\nFROM base\n»CMD app.py\n',
        Example(
            'FROM python:3.12\nCOPY entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]\n»CMD serve --port 8080\n',
            files={"entry.sh*": '#!/bin/sh\nexec python app.py "$@"\n'},
        ),
        "FROM vllm/vllm-openai:v0.10.0\n»CMD python -m vllm.entrypoints.openai.api_server\n",
    ],
    good=[
        'FROM python:3.12\nENTRYPOINT ["python"]\nCMD ["app.py", "--x"]\n',
        "FROM python:3.12\nCMD python app.py\n",
        "FROM python:3.12\nENTRYPOINT []\nCMD python app.py\n",
        "FROM python:3.12\nENTRYPOINT [\"python\"]\nCMD ['app.py']\n",
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    launch = effective(build)
    entrypoint, cmd = launch.entrypoint, launch.cmd
    if cmd is None or not is_shell_form(cmd):
        return
    inherited = of_base_image(build)
    if inherited:
        use = handover_of_words(inherited)
    elif entrypoint is not None and words(entrypoint):
        use = handover(entrypoint)
    else:
        return
    if use.drops_all or use.drops_first:
        return  # ENT002 says it
    yield _judge(cmd, " ".join(inherited or words(entrypoint)), use, build)


def _judge(cmd: Launch, program: str, use: Handover, build: Build) -> Finding | Undecided:
    runs = runs_arguments(use, build)
    if runs is None:
        return rule.undecided(
            cmd,
            f"CMD is in shell form: the ENTRYPOINT gets /bin/sh, -c and the text as its arguments, and what {use.file or use.words[0]} does with them is not known",
            "write CMD in JSON form, or --image REF",
        )
    if runs:
        return rule.finding(
            cmd,
            "CMD is in shell form: the ENTRYPOINT runs /bin/sh -c, and the shell runs the program. Signals may stop at the shell.",
            severity=Severity.LOW,
            confidence="low",
            stage=cmd.stage,
            fix=_fix(cmd, build, safe=False),
        )
    return rule.finding(
        cmd,
        f"CMD is in shell form: the container runs {program} /bin/sh -c {str(cmd.script)!r}.",
        stage=cmd.stage,
        fix=None if _names_program(cmd, program, build) else _fix(cmd, build, safe=not of_base_image(build)),
    )


def _fix(cmd: Launch, build: Build, *, safe: bool) -> Fix | None:
    return fixes.fix("write CMD in JSON form", json_form(cmd, build), safe=safe)


def _names_program(cmd: Launch, program: str, build: Build) -> bool:
    """Whether CMD would name the program of the ENTRYPOINT again: then it has more wrong with it than its form."""
    first = next(iter(plain_words(cmd, build)), "")
    return plain_name(first) in {plain_name(word) for word in program.split()}
