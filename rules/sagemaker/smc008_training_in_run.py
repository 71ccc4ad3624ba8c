"""SMC008 training-in-run: the training runs while the image is built."""

from gate.build import Build
from gate.dockerfile.command import Command
from gate.lazy import pattern
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import TRAINING

_FOR = (TRAINING,)

rule = Rule(
    id="SMC008",
    name="training-in-run",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="A RUN starts the training at build time.",
    reason="RUN is carried out once, while the image is built: without the job's data, hyperparameters and devices. The result is baked into a layer, and the job "
    "itself then has nothing to run.",
    fix='Start it when the container starts: ENTRYPOINT ["python", "/app/train.py"].',
    bad=[
        Example(
            "FROM python:3.12\nCOPY train.py /app/\nRUN »python /app/train.py\n", files={"train.py": ""}, platforms=_FOR
        ),
        Example(
            "FROM python:3.12\nCOPY train /app/\nRUN cd /app && »./train --epochs 3\n",
            files={"train*": "#!/bin/sh\n"},
            platforms=_FOR,
        ),
        Example("FROM python:3.12\nRUN »python3 -m trainer.train\n", platforms=_FOR),
    ],
    good=[
        Example("FROM python:3.12\nRUN python -m compileall /app\n", platforms=_FOR),
        Example("FROM python:3.12\nRUN python setup.py install && python test_train.py\n", platforms=_FOR),
        Example('FROM python:3.12\nRUN python -c "import train"\n', platforms=_FOR),
        Example(
            'FROM python:3.12\nCOPY train.py /\nENTRYPOINT ["python", "/train.py"]\n',
            files={"train.py": ""},
            platforms=_FOR,
        ),
    ],
)

_TRAINS = pattern(
    r"(?:(?:run|start|do|model)[_-])?(?:train|training|fit)(?:[_-](?:model|job|script))?(?:\.(?:py|sh|R|jl))?"
)
_NO_WORK = ("--help", "-h", "--version", "--dry-run")


@rule.on_command()
def check(command: Command, build: Build) -> Results:
    name = command.name or ""
    if not _may_start(name) or command.whole.source is not build.dockerfile.source:
        return
    script = _script(command)
    last = script.rsplit("/", 1)[-1].rsplit(".", 1)[-1] if "-m" in command.values else script.rsplit("/", 1)[-1]
    if not last or not _TRAINS.fullmatch(last) or any(word in command.values for word in _NO_WORK):
        return
    yield rule.finding(command, f"{script} runs while the image is built, not in the training job.")


def _may_start(name: str) -> bool:
    return name.startswith("python") or name in ("sh", "bash", "Rscript", "julia") or bool(_TRAINS.fullmatch(name))


def _script(command: Command) -> str:
    """The script that a command starts, or the module behind -m; empty for anything else."""
    name = command.name or ""
    if _TRAINS.fullmatch(name):
        word = command.words[0].value or ""
        return word if "/" in word else ""
    values = command.values
    for at, value in enumerate(values):
        if value is None or value == "-c":
            return ""
        if value == "-m":
            return values[at + 1] or "" if at + 1 < len(values) else ""
        if not value.startswith("-"):
            return value
    return ""
