"""SMC010 code-baked-with-toolkit: code in /opt/ml/code keeps the toolkit from unpacking the job's."""

from gate.build import Build
from gate.dockerfile.tree import Copy
from gate.model import Severity
from gate.platforms.bases import base_of
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import TRAINING, toolkit

_FOR = (TRAINING,)

rule = Rule(
    id="SMC010",
    name="code-baked-with-toolkit",
    severity=Severity.INFO,
    platforms=_FOR,
    summary="Code is baked into /opt/ml/code beside the training toolkit.",
    reason="When a job sends its own source_dir, the toolkit does not unpack it over a folder that is not empty: the code of the image runs without a word.",
    fix="Bake the code, or send source_dir with the job; not both.",
    bad=[
        Example(
            "FROM python:3.12\nRUN pip install sagemaker-training==4.7.4\nENV SAGEMAKER_PROGRAM=t.py\n»COPY . /opt/ml/code\n",
            files={"t.py": ""},
            platforms=_FOR,
        )
    ],
    good=[
        Example("FROM python:3.12\nRUN pip install sagemaker-training==4.7.4\n", platforms=_FOR),
        Example(
            'FROM python:3.12\nCOPY t.py /opt/ml/code/\nENTRYPOINT ["python", "/opt/ml/code/t.py"]\n',
            files={"t.py": ""},
            platforms=_FOR,
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    target = build.target
    if target is None or (toolkit(build) is None and "train" not in base_of(target)[1].answers):
        return
    for stage in target.lineage():
        for instruction in stage.instructions:
            if isinstance(instruction, Copy):
                destination = build.expand(instruction.destination, instruction)
                if isinstance(destination, str) and (destination.rstrip("/") + "/").startswith("/opt/ml/code/"):
                    yield rule.finding(
                        instruction, "This code stays in force when a job sends its own source_dir.", stage=stage
                    )
                    return
