"""SMP002 file-in-root-of-tree: /opt/ml is SageMaker's own."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._paths import JOBS, below_tree

rule = Rule(
    id="SMP002",
    name="file-in-root-of-tree",
    severity=Severity.MEDIUM,
    image=True,
    platforms=JOBS,
    summary="Files are put straight into /opt/ml.",
    reason="The tree is documented as SageMaker's own: what an image puts there may not be visible any more. It works as long as only folders below it are mounted, "
    "and breaks in a local test with -v $(pwd)/test_dir:/opt/ml.",
    fix="Use a folder of your own: /opt/program.",
    bad=[
        Example("FROM r-base:4.4.1\nCOPY fit.R »/opt/ml/fit.R\n", files={"fit.R": "1"}, platforms=JOBS),
        Example("FROM python:3.12\nWORKDIR /opt/ml\nCOPY . ».\n", files={"app.py": "1"}, platforms=JOBS),
    ],
    good=[
        Example("FROM r-base:4.4.1\nCOPY fit.R /opt/program/\n", files={"fit.R": "1"}, platforms=JOBS),
        Example("FROM python:3.12\nCOPY t.py /opt/ml/code/\n", files={"t.py": "1"}, platforms=JOBS),
        Example("FROM python:3.12\nCOPY t.py /opt/mlflow/\n", files={"t.py": "1"}, platforms=JOBS),
    ],
    links=("https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html",),
)


@rule.on_build
def check(build: Build) -> Results:
    for part, landing in below_tree(build):
        if not part:
            yield rule.finding(
                landing.place, f"{landing.path} lies in SageMaker's own tree, /opt/ml.", stage=landing.stage
            )
