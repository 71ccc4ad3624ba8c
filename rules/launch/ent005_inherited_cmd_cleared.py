"""ENT005 inherited-cmd-cleared: an ENTRYPOINT takes away the CMD of the stage it is made from."""

from gate import fixes
from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.launch._launch import effective, is_broken

rule = Rule(
    id="ENT005",
    name="inherited-cmd-cleared",
    severity=Severity.MEDIUM,
    needs=("ENTRYPOINT", "CMD"),
    fixes=(fixes.UNSAFE,),
    summary="An ENTRYPOINT in a stage without a CMD of its own clears the inherited CMD.",
    reason="Docker resets CMD whenever ENTRYPOINT is set, unless the same stage sets CMD too. The container then starts without the "
    "arguments that the parent stage gives, and nothing in the build says so.",
    fix="Repeat the CMD in the stage that sets the ENTRYPOINT, or write CMD [] there when it is meant to be empty.",
    bad=[
        Example(
            'FROM python:3.12 AS base\nCMD ["app.py"]\nFROM base\n»ENTRYPOINT ["python"]\n',
            fixed='FROM python:3.12 AS base\nCMD ["app.py"]\nFROM base\nENTRYPOINT ["python"]\nCMD ["app.py"]\n',
        ),
        'FROM python:3.12 AS base\nENTRYPOINT ["python"]\nCMD ["app.py"]\nFROM base\n»ENTRYPOINT []\n',
    ],
    good=[
        'FROM python:3.12 AS base\nCMD ["app.py"]\nFROM base\nENTRYPOINT ["python"]\nCMD ["app.py"]\n',
        'FROM python:3.12 AS base\nCMD ["app.py"]\nFROM base\nENTRYPOINT ["python"]\nCMD []\n',
        'FROM python:3.12 AS base\nENTRYPOINT ["python"]\nFROM base\nCMD ["app.py"]\n',
        'FROM python:3.12\nCMD ["app.py"]\nENTRYPOINT ["python"]\n',
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    cleared = effective(build).cleared
    if cleared is None:
        return
    cmd, entrypoint = cleared
    if is_broken(cmd) or is_broken(entrypoint):
        return
    yield rule.finding(
        entrypoint,
        f"This ENTRYPOINT clears the CMD of line {cmd.head.line}: its stage has no CMD of its own.",
        help=f"Repeat it in this stage: CMD {cmd.text}",
        stage=entrypoint.stage,
        fix=fixes.fix("repeat the CMD", fixes.line_after(entrypoint, f"CMD {cmd.text}"), safe=False)
        if cmd.exec
        else None,
    )
