"""SMC009 toolkit-without-program: the training toolkit is there, and nothing names a program."""

from gate.build import Build
from gate.model import Severity
from gate.platforms.image import launch_image
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import TRAINING, entrypoint_of, toolkit

_FOR = (TRAINING,)

rule = Rule(
    id="SMC009",
    name="toolkit-without-program",
    severity=Severity.INFO,
    platforms=_FOR,
    summary="sagemaker-training is installed, and no program is named.",
    reason="Its train needs SAGEMAKER_PROGRAM, or the entry_point that the SageMaker SDK sends with a job. An image without either works only when the SDK "
    "launches it.",
    fix="ENV SAGEMAKER_PROGRAM=train.py, or always launch with the SDK.",
    bad=[Example("FROM python:3.12\nRUN pip install »sagemaker-training==4.7.4\n", platforms=_FOR)],
    good=[
        Example(
            "FROM python:3.12\nRUN pip install sagemaker-training==4.7.4\nCOPY t.py /opt/ml/code/\nENV SAGEMAKER_PROGRAM=t.py\n",
            files={"t.py": ""},
            platforms=_FOR,
        )
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or entrypoint_of(build) is not None:
        return
    request = toolkit(build)
    env = launch_image(build).config.env if request is not None else {}
    if (
        request is not None
        and not {"SAGEMAKER_PROGRAM", "SAGEMAKER_TRAINING_MODULE", "SAGEMAKER_TRAINING_COMMAND"} & env.keys()
    ):
        yield rule.finding(
            request, "sagemaker-training is installed, and no SAGEMAKER_PROGRAM says what it should run."
        )
