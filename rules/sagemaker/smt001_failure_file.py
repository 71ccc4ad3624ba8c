"""SMT001 failure-not-reported: a job that fails leaves no reason behind."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._training import TRAIN, TRAINING, sources, trained
from gate.servers.source import python_file

_FOR = (TRAINING,)

rule = Rule(
    id="SMT001",
    name="failure-not-reported",
    severity=Severity.MEDIUM,
    confidence="medium",
    platforms=_FOR,
    summary="Nothing writes /opt/ml/output/failure.",
    reason="The first 1,024 characters of that file become the job's FailureReason. Without it the reason of every failure is an exit code, and the rest has to be "
    "found in the log.",
    fix="Catch the exception at the top, write its text and traceback to /opt/ml/output/failure, and end with an exit code other than 0.",
    bad=[Example(TRAIN, files={"train.py": "»import joblib\njoblib.dump(1, '/opt/ml/model/m')\n"}, platforms=_FOR)],
    good=[
        Example(
            TRAIN,
            files={
                "train.py": "try:\n    import job\nexcept Exception as e:\n    open('/opt/ml/output/failure', 'w').write(str(e))\n    raise\n"
            },
            platforms=_FOR,
        ),
        Example(
            TRAIN,
            files={
                "train.py": "import os\nout = os.path.join('/opt/ml', 'output')\nopen(os.path.join(out, 'failure'), 'w')\n"
            },
            platforms=_FOR,
        ),
        Example("FROM python:3.12\nRUN pip install sagemaker-training==4.7.4\n", platforms=_FOR),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    job = trained(build)
    if job is not None and not any(b"failure" in data for _, data in sources(build)):
        yield rule.finding(
            python_file(job.file, build).start(),
            "Nothing in the image writes /opt/ml/output/failure: a job that fails says only that it did.",
        )
