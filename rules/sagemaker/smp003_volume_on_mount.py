"""SMP003 volume-on-mount: a VOLUME over /opt/ml or /tmp."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Instruction, Words
from gate.model import Edit, Severity
from gate.packages.where import resolve
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._paths import JOBS

rule = Rule(
    id="SMP003",
    name="volume-on-mount",
    severity=Severity.MEDIUM,
    image=True,
    platforms=JOBS,
    fixes=(fixes.SAFE,),
    summary="A VOLUME lies on /opt/ml or /tmp.",
    reason="What later instructions write there is thrown away by the classic builder, and an anonymous volume lies over what the image has there. SageMaker mounts "
    "these folders itself.",
    fix="Remove the VOLUME.",
    bad=[
        Example("FROM python:3.12\nVOLUME »/opt/ml/model\n", platforms=JOBS, fixed="FROM python:3.12\n"),
        Example('FROM python:3.12\nVOLUME ["/data", "»/tmp"]\n', platforms=JOBS),
    ],
    good=[Example("FROM python:3.12\nVOLUME /data\n", platforms=JOBS)],
)

_FOLDERS = ("/opt", "/opt/ml", "/tmp")  # noqa: S108  the image's, not ours
_BELOW = ("/opt/ml/", "/tmp/")  # noqa: S108


@rule.on_instruction("VOLUME")
def check(instruction: Instruction, build: Build) -> Results:
    if not isinstance(instruction, Words) or not build.ships(instruction):
        return
    for word in instruction.words:
        path = build.expand(word, instruction)
        if isinstance(path, str) and path.startswith("/"):
            path = resolve(path, "/")
            if path in _FOLDERS or path.startswith(_BELOW):
                yield rule.finding(
                    word,
                    f"The volume {path} lies on a folder of SageMaker's.",
                    stage=instruction.stage,
                    fix=fixes.fix("remove the volume", _without(instruction, word)),
                )


def _without(volume: Words, word: Text) -> Edit | None:
    if len(volume.words) == 1:
        return fixes.without_instruction(volume)
    words = [str(each) for each in volume.words if each is not word]
    return fixes.replace(volume.text, fixes.exec_form(words) if volume.json else " ".join(words))
