"""SMC001 nothing-runs-train: the training job's word finds no program."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import TRAINING, answer

_FOR = (TRAINING,)
_PROGRAM = "#!/usr/bin/env python\nprint('training')\n"

rule = Rule(
    id="SMC001",
    name="nothing-runs-train",
    severity=Severity.HIGH,
    image=True,
    platforms=_FOR,
    summary="Nothing in the image answers the word train.",
    reason="SageMaker starts a training job with docker run IMAGE train. The word takes the place of CMD; without an ENTRYPOINT it is looked up on PATH. The "
    'job fails within seconds: exec: "train": executable file not found in $PATH.',
    fix="Copy an executable train to a folder of PATH, or set an ENTRYPOINT in JSON form, or install sagemaker-training and set SAGEMAKER_PROGRAM, or declare "
    "container-entrypoint in the policy.",
    bad=[
        Example("»FROM python:3.12-slim\nCOPY train.py /app/\n", files={"train.py": ""}, platforms=_FOR),
        Example(
            "»FROM tensorflow/tensorflow:2.15.0\nCOPY train.py /opt/ml/code/\n", files={"train.py": ""}, platforms=_FOR
        ),
    ],
    good=[
        Example(
            'FROM python:3.12\nCOPY --chmod=755 train /opt/program/train\nENV PATH="/opt/program:${PATH}"\n',
            files={"train": _PROGRAM},
            platforms=_FOR,
        ),
        Example("FROM python:3.12\nRUN pip install sagemaker-training==4.7.4\n", platforms=_FOR),
        Example(
            'FROM python:3.12\nCOPY train.py /app/\nENTRYPOINT ["python", "/app/train.py"]\n',
            files={"train.py": ""},
            platforms=_FOR,
        ),
        Example("FROM acme/base\n", platforms=_FOR),
        Example(
            "FROM python:3.12\nCOPY train.py /app/\n",
            files={"train.py": ""},
            platforms=_FOR,
            policy={"container-entrypoint": ["python", "/app/train.py"]},
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    yield from answer(rule, build, TRAINING)
