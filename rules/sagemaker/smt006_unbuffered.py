"""SMT006 buffered-output: what the program prints arrives late, and its last words never."""

from gate.build import Build
from gate.model import Severity, Unknown
from gate.platforms.bases import base_of
from gate.platforms.image import launch_image
from gate.platforms.launch import launch
from gate.platforms.outcome import Outcome, Verdict
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import HOSTING
from gate.rules.sagemaker._training import TRAIN, TRAINING, is_python, uses_toolkit

_FOR = (TRAINING, HOSTING)
_NAME = "PYTHONUNBUFFERED"

rule = Rule(
    id="SMT006",
    name="buffered-output",
    severity=Severity.INFO,
    platforms=_FOR,
    summary="PYTHONUNBUFFERED is not set.",
    reason="Python keeps back what it prints to a pipe. In CloudWatch the lines arrive late, and those before a SIGKILL are lost, which are the ones that say why.",
    fix="Write ENV PYTHONUNBUFFERED=1, or start python -u.",
    bad=[
        Example(
            'FROM python:3.12\nCOPY train.py /app/\n»ENTRYPOINT ["python", "/app/train.py"]\n',
            files={"train.py": ""},
            platforms=(TRAINING,),
        ),
    ],
    good=[
        Example(TRAIN + "ENV PYTHONUNBUFFERED=TRUE\n", files={"train.py": ""}, platforms=(TRAINING,)),
        Example(
            'FROM python:3.12\nCOPY train.py /app/\nENTRYPOINT ["python", "-u", "/app/train.py"]\n',
            files={"train.py": ""},
            platforms=(TRAINING,),
        ),
        Example(
            '# the base may set it\nFROM 1.dkr.ecr.us-east-1.amazonaws.com/own:1\nCOPY train.py /app/\nENTRYPOINT ["python", "/app/train.py"]\n',
            files={"train.py": ""},
            platforms=(TRAINING,),
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    config = launch_image(build).config
    value = config.env.get(_NAME)
    if isinstance(value, Unknown) or value or not _base_is_plain(build):
        return
    for platform in _FOR:
        if platform not in build.platforms:
            continue
        outcome = launch(build, platform)
        if _runs_python(outcome) and not uses_toolkit(build):
            instruction = config.set_by.get("Entrypoint") or build.target.from_
            severity = Severity.MEDIUM if platform == TRAINING else None
            yield rule.finding(
                instruction, f"The program is Python, and {_NAME} is not set: its last lines never reach the log.", severity=severity,
                stage=instruction.stage,
            )  # fmt: skip
            return


def _base_is_plain(build: Build) -> bool:
    """Whether the base is one that is known to set no such variable."""
    assert build.target is not None
    reference, known = base_of(build.target)
    name = (reference or "").partition("@")[0].partition(":")[0].removeprefix("docker.io/").removeprefix("library/")
    return known.plain or name in (
        "python",
        "debian",
        "ubuntu",
        "tensorflow/tensorflow",
        "nvidia/cuda",
        "pytorch/pytorch",
        "continuumio/miniconda3",
    )


def _runs_python(outcome: Outcome) -> bool:
    if outcome.verdict is not Verdict.WORKS or not outcome.scripts or not outcome.argv:
        return False
    file = outcome.scripts[-1]
    first = (file.read(128) or b"").split(b"\n")[0]
    flags = [
        word for word in (*outcome.argv[1:], *first.decode("utf-8", "replace").split()[1:]) if word.startswith("-")
    ]
    return is_python(file) and not any("u" in word for word in flags if not word.startswith("--"))
