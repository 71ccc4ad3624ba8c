"""PRC002 paths-of-other-jobs: a processing script reads or writes where only a training job has something."""

from gate.build import Build
from gate.model import Severity
from gate.platforms.texts import texts
from gate.rule import Example, Results, Rule

_FOR = ("sagemaker-processing",)

rule = Rule(
    id="PRC002",
    name="paths-of-other-jobs",
    severity=Severity.MEDIUM,
    platforms=_FOR,
    summary="A processing script uses the folders of a training job or an endpoint.",
    reason="A processing job's inputs and outputs are below /opt/ml/processing alone. What is written elsewhere is lost with the container, and /opt/ml/input/data is not there.",
    fix="Read /opt/ml/processing/input/…, write /opt/ml/processing/output/…, and name these folders as the job's inputs and outputs.",
    bad=[
        Example(
            "FROM python:3.12\nCOPY p.py /\n",
            files={"p.py": "import os\nfor f in os.listdir(»'/opt/ml/input/data/train'):\n    print(f)\n"},
            platforms=_FOR,
        ),
    ],
    good=[
        Example("FROM python:3.12\nCOPY p.py /\n", files={"p.py": "open('/opt/ml/processing/input/x.csv')\n"}, platforms=_FOR),
        Example("FROM python:3.12\nCOPY p.py /\n", files={"p.py": "open('/opt/ml/output/message', 'w')\n"}, platforms=_FOR),
        Example(
            "FROM python:3.12\nCOPY p.py /\n",
            files={"p.py": "open('/opt/ml/input/data/x')\n"},
            platforms=("sagemaker-processing", "sagemaker-training"),
        ),
    ],
)  # fmt: skip

_ELSEWHERE = ("/opt/ml/input/data", "/opt/ml/model", "/opt/ml/output/data", "/opt/ml/checkpoints")


@rule.on_build
def check(build: Build) -> Results:
    if build.platforms & {"sagemaker-training", "sagemaker-hosting"}:
        return
    for source in texts(build):
        told: set[str] = set()
        if b"/opt/ml/" in source.data:
            for value, place in source.strings():
                if value.startswith(_ELSEWHERE) and value not in told and not any(sign in value for sign in " \n{"):
                    told.add(value)
                    yield rule.finding(place, f"A processing job has nothing at {value[:80]}.")
