"""SMP001 copied-under-mount: what the image puts there is hidden by what SageMaker mounts."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import HOSTING, TRAINING
from gate.rules.sagemaker._paths import JOBS, MODEL, MOUNTED, PROCESSING, below_tree

rule = Rule(
    id="SMP001",
    name="copied-under-mount",
    severity=Severity.HIGH,
    image=True,
    platforms=JOBS,
    summary="Files are put into a folder that SageMaker mounts over.",
    reason="SageMaker mounts its own folders below /opt/ml when the container starts: what the image has there cannot be seen any more. The program fails with "
    "FileNotFoundError, although docker run on a laptop works. Over /opt/ml/model a model is mounted, so that a baked one is a fallback at best.",
    fix="Put defaults into a folder of your own (/opt/program, /opt/models) and read /opt/ml/model when there is something in it.",
    bad=[
        Example(
            "FROM python:3.12\nCOPY data.csv »/opt/ml/input/data/train/\n",
            files={"data.csv": "1"},
            platforms=(TRAINING,),
        ),
        Example("FROM python:3.12\nCOPY model.pkl »/opt/ml/model/\n", files={"model.pkl": "1"}, platforms=(HOSTING,)),
        Example("FROM python:3.12\nRUN »wget -O /opt/ml/model/m.bin https://example.com/m.bin\n", platforms=(HOSTING,)),
        Example(
            "FROM python:3.12\nWORKDIR /opt/ml\nCOPY conf »processing/conf\n",
            files={"conf/a.json": "{}"},
            platforms=(PROCESSING,),
        ),
    ],
    good=[
        Example("FROM python:3.12\nCOPY model.pkl /opt/baked/\n", files={"model.pkl": "1"}, platforms=(HOSTING,)),
        Example("FROM python:3.12\nRUN mkdir -p /opt/ml/model /opt/ml/input\n", platforms=JOBS),
        Example(
            "FROM python:3.12\nCOPY m.pkl /opt/ml/model/\nRUN mv /opt/ml/model/m.pkl /opt/m.pkl\n",
            files={"m.pkl": "1"},
            platforms=JOBS,
        ),
    ],
    links=("https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html",),
)


@rule.on_build
def check(build: Build) -> Results:
    for part, landing in below_tree(build):
        if part not in MOUNTED and part not in MODEL:
            continue
        certain = part in MOUNTED and build.platforms & {TRAINING, PROCESSING}
        yield rule.finding(
            landing.place,
            f"{landing.path} is hidden when SageMaker mounts /opt/ml/{part}.",
            severity=Severity.HIGH if certain else Severity.MEDIUM,
            stage=landing.stage,
        )
