"""ENT002 cmd-ignored: the ENTRYPOINT drops what CMD says."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.tree import Launch
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.launch._handover import Fate, handover, parameters_used
from gate.rules.launch._launch import effective, has_posix_shell, is_broken, is_shell_form, words
from gate.rules.launch._mend import json_form

rule = Rule(
    id="ENT002",
    name="cmd-ignored",
    severity=Severity.HIGH,
    image=True,
    fixes=(fixes.UNSAFE,),
    needs=("ENTRYPOINT", "CMD"),
    summary="The ENTRYPOINT is a shell's -c text, which drops CMD.",
    reason="ENTRYPOINT in shell form becomes /bin/sh -c with the text, and Docker appends CMD behind it, where it is no part of the script: the words "
    "become $0, $1 … of a text that does not use them. The same holds for the arguments of docker run.",
    fix='Write the ENTRYPOINT in JSON form, so that it gets the words of CMD: ENTRYPOINT ["python", "serve.py"].',
    bad=[
        Example(
            'FROM python:3.12\nENTRYPOINT python serve.py\n»CMD ["--port", "8080"]\n',
            fixed='FROM python:3.12\nENTRYPOINT ["python", "serve.py"]\nCMD ["--port", "8080"]\n',
        ),
        'FROM python:3.12\n»CMD ["--port", "8080"]\nENTRYPOINT exec python serve.py\n',
        "FROM python:3.12\nENTRYPOINT python serve.py\n»CMD serve --port 8080\n",
        'FROM python:3.12\nENTRYPOINT ["sh", "-c", "python serve.py"]\n»CMD ["--port", "8080"]\n',
        'FROM python:3.12\nENTRYPOINT ["sh", "-c", "exec python serve.py \\"$@\\""]\n»CMD ["--port", "8080"]\n',
        'FROM python:3.12\nENTRYPOINT ["bash", "-c"]\n»CMD ["python", "serve.py"]\n',
        'FROM python:3.12 AS base\nENTRYPOINT python serve.py\nFROM base\n»CMD ["--port", "8080"]\n',
    ],
    good=[
        'FROM python:3.12\nENTRYPOINT ["python", "serve.py"]\nCMD ["--port", "8080"]\n',
        'FROM python:3.12\nENTRYPOINT ["sh", "-c", "exec python serve.py \\"$@\\"", "--"]\nCMD ["--port", "8080"]\n',
        'FROM python:3.12\nENTRYPOINT ["bash", "-c"]\nCMD ["exec python serve.py --port $PORT"]\n',
        'FROM python:3.12\nENTRYPOINT exec "$0" "$@"\nCMD ["python", "serve.py"]\n',
        "FROM python:3.12\nENTRYPOINT python serve.py\nCMD []\n",
    ],
)

IN_SHELL = "/bin/sh"
_STAND_IN = frozenset({"--", "-", "_", "sh", "bash", "dash"})
"""Words that people write for $0, which nobody reads."""


@rule.on_build
def check(build: Build) -> Results:
    launch = effective(build)
    entrypoint, cmd = launch.entrypoint, launch.cmd
    if entrypoint is None or cmd is None or is_broken(entrypoint) or is_broken(cmd):
        return
    given = (IN_SHELL, "-c", str(cmd.script)) if is_shell_form(cmd) else words(cmd)
    if not given or not (words(entrypoint) or _in_posix_shell(entrypoint, build)):
        return
    problem = _problem(entrypoint, given)
    if problem:
        mended = json_form(entrypoint, build) if is_shell_form(entrypoint) and not is_shell_form(cmd) else None
        fix = fixes.fix("write the ENTRYPOINT in JSON form", mended, safe=False)
        yield rule.finding(cmd, problem, stage=cmd.stage, fix=fix)


def _in_posix_shell(entrypoint: Launch, build: Build) -> bool:
    return is_shell_form(entrypoint) and has_posix_shell(entrypoint, build)


def _problem(entrypoint: Launch, given: tuple[str, ...]) -> str:
    use = handover(entrypoint)
    where = f"the ENTRYPOINT of line {entrypoint.head.line}"
    if use.fate is Fate.SHELL_TEXT and len(given) > 1 and given[0] is not IN_SHELL and not parameters_used(given[0]):
        return f"Only the first word of this CMD runs: {where} is {use.program} -c, which takes one word as its script."
    why = f"{where} is in shell form" if entrypoint.exec is None else f"{where} is a text for {use.program} -c"
    if use.drops_all:
        return f"This CMD is ignored: {why}, and the text does not use its arguments."
    if use.drops_first and (given[0] is IN_SHELL or given[0] not in _STAND_IN):
        return f"The first word of this CMD, {given[0]!r}, is lost: {why}, so that the word becomes $0 and not $1."
    return ""
