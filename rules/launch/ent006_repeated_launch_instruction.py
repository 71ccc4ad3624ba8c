"""ENT006 repeated-launch-instruction: an earlier ENTRYPOINT or CMD of a stage is dead."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.tree import Launch, Onbuild, Stage
from gate.model import Severity
from gate.rule import Example, Results, Rule

rule = Rule(
    id="ENT006",
    name="repeated-launch-instruction",
    severity=Severity.MEDIUM,
    aliases=("DL4003", "DL4004"),
    needs=("ENTRYPOINT", "CMD"),
    fixes=(fixes.SAFE,),
    summary="A stage has several ENTRYPOINTs or CMDs, and only the last one counts.",
    reason="The earlier one is dead text: whoever reads it, or edits it, believes in something that never happens.",
    fix="Delete the one that does not count. Several programs in one container need a process supervisor, or a container each.",
    bad=[
        Example(
            'FROM python:3.12\n»CMD ["python", "a.py"]\nCMD ["python", "b.py"]\n',
            fixed='FROM python:3.12\nCMD ["python", "b.py"]\n',
        ),
        'FROM python:3.12\n»ENTRYPOINT ["python"]\nENV A=1\nENTRYPOINT ["python3"]\n',
        'FROM python:3.12\n»CMD ["a"]\n»CMD ["b"]\nCMD ["c"]\n',
    ],
    good=[
        'FROM python:3.12\nENTRYPOINT ["python"]\nCMD ["app.py"]\n',
        'FROM python:3.12 AS base\nCMD ["a"]\nFROM base\nCMD ["b"]\n',
        'FROM python:3.12\nONBUILD CMD ["a"]\nCMD ["b"]\n',
    ],
)

_ALIAS = {"CMD": ("DL4003",), "ENTRYPOINT": ("DL4004",)}


@rule.on_stage
def check(stage: Stage, build: Build) -> Results:
    last: dict[tuple[str, bool], Launch] = {}
    for instruction in stage.instructions:
        launch = instruction.child if isinstance(instruction, Onbuild) else instruction
        if not isinstance(launch, Launch) or launch.keyword not in _ALIAS:
            continue
        earlier = last.get((launch.keyword, launch.onbuild))
        if earlier is not None:
            yield rule.finding(
                earlier,
                f"This {earlier.keyword} is dead: the {launch.keyword} on line {launch.head.line} replaces it.",
                severity=None if build.ships(stage) else Severity.LOW,
                stage=stage,
                aliases=_ALIAS[launch.keyword],
                fix=fixes.fix("remove the one that does not count", fixes.without_instruction(earlier)),
            )
        last[launch.keyword, launch.onbuild] = launch
