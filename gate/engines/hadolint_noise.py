"""Rows of hadolint that what we know of the file, or of its platform, contradicts: known false alarms.

What our own rules judge better is not here but in :mod:`gate.merge`.
"""

from __future__ import annotations

from collections.abc import Callable

from gate.build import Build
from gate.dockerfile.tree import From, Instruction, Onbuild, Run, Stage, Words
from gate.lazy import pattern

Contradicted = Callable[[Build, Instruction], bool]

_SAGEMAKER = "sagemaker-"
_ASKS_FOR_NUMBERS = frozenset({"kubernetes", "kserve"})
_SET_WORKDIR = pattern(r"(?:public\.ecr\.aws/lambda/|amazon/aws-lambda-|(?:quay\.io/)?jupyter/)")
_EXTRA = pattern(r"[\w.{}-]+\[[\w.,-]+\](?:[=<>~!].*)?")
_REPEATED_BLANKS = pattern(r"\becho\b.{0,400}\S\s\s")


def contradicted(build: Build, instruction: Instruction, code: str) -> bool:
    """Whether a row about an instruction is known to be wrong there."""
    inner = instruction.child if isinstance(instruction, Onbuild) and instruction.child is not None else instruction
    return code in KNOWN and KNOWN[code][1](build, inner)


def _is_healthcheck(build: Build, instruction: Instruction) -> bool:
    return instruction.keyword == "HEALTHCHECK"


def _base_is_settled(build: Build, instruction: Instruction) -> bool:
    stage = instruction.stage
    if not isinstance(instruction, From) or stage is None:
        return False
    last = (stage.base or "").rpartition("/")[2]
    return stage.parent is not None or ":" in last or "@" in last


def _only_sagemaker(build: Build, instruction: Instruction) -> bool:
    return bool(build.platforms) and all(name.startswith(_SAGEMAKER) for name in build.platforms)


def _base_sets_workdir(build: Build, instruction: Instruction) -> bool:
    base = instruction.stage.root.base if instruction.stage is not None else None
    return base is not None and _SET_WORKDIR.match(base) is not None


def _nobody_asks_for_a_number(build: Build, instruction: Instruction) -> bool:
    if not isinstance(instruction, Words) or instruction.stage is None or not instruction.words:
        return False
    user = build.expand(instruction.words[0], instruction)
    name = user.partition(":")[0] if isinstance(user, str) else ""
    if name.isdecimal() or instruction is not _last_user(build):
        return True
    if build.platforms:
        return build.platforms.isdisjoint(_ASKS_FOR_NUMBERS)
    return name == "root" or any(_creates(build, stage, name) for stage in instruction.stage.lineage())


def _last_user(build: Build) -> Instruction | None:
    """The USER that the image starts with."""
    for stage in reversed(build.target.lineage() if build.target is not None else []):
        for instruction in reversed(stage.instructions):
            if instruction.keyword == "USER":
                return instruction
    return None


def _creates(build: Build, stage: Stage, name: str) -> bool:
    return any(command.name in ("useradd", "adduser") and name in command.values for command in build.commands(stage))


def _pipe_cannot_be_guarded(build: Build, instruction: Instruction) -> bool:
    """``set -o pipefail`` stands in the script, or each pipe starts with ``yes``, which a pipefail would make fail."""
    if not isinstance(instruction, Run):
        return False
    script = build.script(instruction)
    if script.pipefail or any(command.name == "set" and "pipefail" in command.values for command in script.commands):
        return True
    pipelines = [node for node in script.root.walk() if node.kind == "pipeline" and node.children]
    return bool(pipelines) and all(getattr(node.children[0], "name", "") == "yes" for node in pipelines)


def _is_extra(build: Build, instruction: Instruction) -> bool:
    if not isinstance(instruction, Run):
        return False
    script = build.script(instruction)
    words = (word for command in script.commands for word in command.arguments if word.glob and "[" in word.text.value)
    return all(_EXTRA.fullmatch(word.text.value) for word in words)


def _is_indentation(build: Build, instruction: Instruction) -> bool:
    source = instruction.source
    lines = (source.line(number).rstrip("\\` \t") for number in range(instruction.line, instruction.end_line + 1))
    return not any(_REPEATED_BLANKS.search(line) for line in lines)


KNOWN: dict[str, tuple[str, Contradicted]] = {
    "DL3006": ("the base is a stage of this file, or a variable's default has the tag", _base_is_settled),
    "DL3025": ("a health check may need a shell, and nothing waits for its signals", _is_healthcheck),
    "DL3029": ("SageMaker runs amd64 only: the constant platform is what makes the image start there", _only_sagemaker),
    "DL3045": ("this base image sets WORKDIR", _base_sets_workdir),
    "DL3066": ("the user is created here, overridden later, a number after all, or the platform does not care",
               _nobody_asks_for_a_number),
    "DL4006": ("pipefail is set in the script itself, or would break `yes |`", _pipe_cannot_be_guarded),
    "SC2102": ("extras of a Python requirement are no range of characters", _is_extra),
    "SC2291": ("the blanks are the indentation of a continued line", _is_indentation),
}  # fmt: skip
