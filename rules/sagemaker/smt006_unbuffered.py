"""SMT006 buffered-output: what the program prints arrives late, and its last words never."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.tree import Instruction
from gate.image.base import identify
from gate.model import Fix, Severity, Unknown
from gate.platforms.bases import base_of
from gate.platforms.image import launch_image
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import HOSTING
from gate.rules.sagemaker._training import TRAIN, TRAINING, is_python, uses_toolkit
from gate.servers.serving import serving

_FOR = (TRAINING, HOSTING)
_NAME = "PYTHONUNBUFFERED"

rule = Rule(
    id="SMT006",
    name="buffered-output",
    severity=Severity.INFO,
    platforms=_FOR,
    fixes=(fixes.SAFE,),
    summary="PYTHONUNBUFFERED is not set.",
    reason="Python keeps back what it prints to a pipe. In CloudWatch the lines arrive late, and those before a SIGKILL are lost, which are the ones that say why.",
    fix="Write ENV PYTHONUNBUFFERED=1, or start python -u.",
    bad=[
        Example(
            'FROM python:3.12\nCOPY train.py /app/\n»ENTRYPOINT ["python", "/app/train.py"]\n',
            files={"train.py": ""},
            platforms=(TRAINING,),
            fixed='FROM python:3.12\nCOPY train.py /app/\nENV PYTHONUNBUFFERED=1\nENTRYPOINT ["python", "/app/train.py"]\n',
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
    confidence = _of_base(build)
    if isinstance(config.env.get(_NAME), Unknown) or config.env.get(_NAME) or not confidence:
        return
    for platform in _FOR:
        found = serving(build, platform)
        scripts = found.scripts if found is not None and not found.platform_serves else []
        if not scripts or scripts[-1].unbuffered or not is_python(scripts[-1].file) or uses_toolkit(build):
            continue
        instruction = config.set_by.get("Entrypoint") or build.target.from_
        yield rule.finding(
            instruction,
            f"The program is Python, and {_NAME} is not set: its last lines never reach the log.",
            severity=Severity.MEDIUM if platform == TRAINING else None,
            confidence=confidence,
            stage=instruction.stage,
            fix=_fix(config.set_by.get("Entrypoint"), build),
        )
        return


def _fix(entrypoint: Instruction | None, build: Build) -> Fix | None:
    """The variable, above the ENTRYPOINT of the stage that ships."""
    if entrypoint is None or entrypoint.stage is not build.target:
        return None
    return fixes.fix(f"set {_NAME}", fixes.line_before(entrypoint, f"ENV {_NAME}=1"))


def _of_base(build: Build) -> str:
    """How sure it is that the base image sets no such variable; empty where it may well do so."""
    assert build.target is not None
    reference, known = base_of(build.target)
    repository = identify(reference).repository if reference else ""
    if not repository or "." in repository.partition("/")[0]:
        return ""  # the platforms' own images do
    return "high" if known.plain or repository in _PLAIN else "low"


_PLAIN = (
    "python",
    "debian",
    "ubuntu",
    "tensorflow/tensorflow",
    "nvidia/cuda",
    "pytorch/pytorch",
    "continuumio/miniconda3",
)
