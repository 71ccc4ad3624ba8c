"""KSV003 named-user: Kubernetes cannot tell that a name is not root."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Instruction, Words
from gate.model import Fix, Severity
from gate.platforms.image import launch_image
from gate.rule import Example, Results, Rule
from gate.rules.kserve._kserve import KSERVE

_FOR = (KSERVE, "kubernetes")

rule = Rule(
    id="KSV003",
    name="named-user",
    severity=Severity.MEDIUM,
    aliases=("DL3066",),
    image=True,
    platforms=_FOR,
    fixes=(fixes.SAFE,),
    summary="USER is a name, not a number.",
    reason="With runAsNonRoot: true the kubelet must know that the user is not root, and it looks at the number alone: container has runAsNonRoot and image has non-numeric "
    "user, cannot verify user is non-root. The pod does not start.",
    fix="Write the number: USER 1000.",
    bad=[
        Example(
            "FROM python:3.12\nRUN useradd -u 1000 app\n»USER app\n",
            platforms=_FOR,
            fixed="FROM python:3.12\nRUN useradd -u 1000 app\nUSER 1000\n",
        ),
        Example("FROM python:3.12\nRUN useradd -u 1000 app\n»USER app:app\n", platforms=("kubernetes",)),
    ],
    good=[
        Example("FROM python:3.12\nUSER 1000\n", platforms=_FOR),
        Example("FROM python:3.12\nUSER 1000:app\n", platforms=_FOR),
        Example("FROM python:3.12\nUSER root\n", platforms=_FOR),
        Example("FROM python:3.12\nARG UID\nUSER $UID\n", platforms=_FOR),
        Example("FROM python:3.12\nUSER app\n", platforms=("sagemaker-training",)),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    config = launch_image(build).config
    user, instruction = config.user, config.set_by.get("User")
    if not isinstance(user, str) or instruction is None:
        return
    name = user.partition(":")[0]
    if name and name != "root" and not name.isdigit():
        yield rule.finding(
            instruction,
            f"USER is the name {name}: with runAsNonRoot Kubernetes cannot tell that it is not root.",
            stage=instruction.stage,
            fix=_fix(name, instruction, build),
        )


def _fix(name: str, instruction: Instruction, build: Build) -> Fix | None:
    """The number that useradd was given for this name, in this file and once; the group of that user goes with it."""
    word = instruction.words[0] if isinstance(instruction, Words) and len(instruction.words) == 1 else None
    if word is None or instruction.stage is None or word.value.partition(":")[0] != name:
        return None
    numbers = []
    for stage in instruction.stage.lineage():
        for command in build.commands(stage):
            if command.name in ("useradd", "adduser") and name in command.values:
                numbers.append(_number(command))
    number = numbers[0] if len(numbers) == 1 else None
    if number is None:
        return None
    return fixes.fix(f"write {number}", fixes.replace(word.slice(0, len(name)), number))


def _number(command: Command) -> str | None:
    values = command.values
    at = next((at for at, value in enumerate(values) if value in ("-u", "--uid")), len(values))
    given = values[at + 1] if at + 1 < len(values) else None
    return given if given is not None and given.isdecimal() and given != "0" else None
