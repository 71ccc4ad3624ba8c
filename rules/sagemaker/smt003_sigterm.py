"""SMT003 sigterm-ignored: the program is process 1 and never hears that it is to stop."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import entrypoint_of
from gate.rules.sagemaker._training import TRAIN, TRAINING, sources, trained

_FOR = (TRAINING,)

rule = Rule(
    id="SMT003",
    name="sigterm-ignored",
    severity=Severity.MEDIUM,
    confidence="medium",
    platforms=_FOR,
    summary="The program is process 1 and handles no SIGTERM.",
    reason="The kernel does not apply the default action of a signal to process 1, so that SIGTERM does nothing. A stop and the loss of a Spot instance take the full "
    "120 seconds, and then the work since the last checkpoint is gone.",
    fix="Set a handler that saves and ends: signal.signal(signal.SIGTERM, handler).",
    bad=[
        Example(
            'FROM python:3.12\nCOPY train.py /app/\n»ENTRYPOINT ["python", "/app/train.py"]\n',
            files={"train.py": "import job\njob.train()\n"},
            platforms=_FOR,
        ),
    ],
    good=[
        Example(
            TRAIN,
            files={"train.py": "import signal\nsignal.signal(signal.SIGTERM, lambda s, f: exit(1))\n"},
            platforms=_FOR,
        ),
        Example("FROM python:3.12\nRUN pip install sagemaker-training==4.7.4\n", platforms=_FOR),
    ],
)

_HANDLE = (b"SIGTERM", b"lightning", b"accelerate", b"torchrun", b"ray.", b"mpirun", b"Composer", b"signal.signal")


@rule.on_build
def check(build: Build) -> Results:
    job = trained(build)
    if job is None or not job.first or any(word in data for _, data in sources(build) for word in _HANDLE):
        return
    entrypoint = entrypoint_of(build)
    at = entrypoint if entrypoint is not None else job.file.instruction
    if at is not None:
        yield rule.finding(
            at, "The program is process 1 of the container, and nothing in it handles SIGTERM.", stage=at.stage
        )
