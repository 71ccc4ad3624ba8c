"""VTX005 not-resumable: a training that begins anew when its machine is restarted."""

from gate.build import Build
from gate.model import Severity
from gate.platforms.launch import launch
from gate.platforms.outcome import Verdict
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._training import calls, entry, sources
from gate.rules.vertex._vertex import TRAINING

_FOR = (TRAINING,)
_TRAIN = 'FROM python:3.12\nCOPY train.py /app/\nENTRYPOINT ["python", "/app/train.py"]\n'

rule = Rule(
    id="VTX005",
    name="not-resumable",
    severity=Severity.MEDIUM,
    confidence="low",
    platforms=_FOR,
    summary="The training keeps no checkpoints.",
    reason="Vertex AI restarts a worker when its machine is maintained or the program ends with an error. Without checkpoints in AIP_CHECKPOINT_DIR all work begins anew.",
    fix="Save checkpoints to AIP_CHECKPOINT_DIR, and load the latest one when the program starts.",
    bad=[
        Example(
            _TRAIN,
            files={"train.py": "import own\nm = own.Model()\n»m.fit(x, epochs=100)\nm.save('gs://b/m')\n"},
            platforms=_FOR,
        )
    ],
    good=[
        Example(
            _TRAIN,
            files={
                "train.py": "import os, own\nm = own.Model()\nm.restore(os.environ['AIP_CHECKPOINT_DIR'])\nm.fit(x, epochs=100)\n"
            },
            platforms=_FOR,
        ),
        Example(_TRAIN, files={"train.py": "import own\nown.Model().fit(x)\n"}, platforms=_FOR),
    ],
)

_KEPT = (b"checkpoint", b"Checkpoint", b"CHECKPOINT", b"ckpt", b"restore", b"resume", b"BackupAndRestore")


@rule.on_build
def check(build: Build) -> Results:
    if TRAINING not in build.platforms or build.target is None or build.faults:
        return
    outcome = launch(build, TRAINING)
    if outcome.verdict is not Verdict.WORKS or not outcome.scripts:
        return
    source = entry(outcome, build)
    if source is None or source.tree is None or any(word in data for _, data in sources(build) for word in _KEPT):
        return
    for name, call in calls(source.tree):
        # Short trainings, those without epochs, may begin anew.
        if name.endswith(".fit") and any(keyword.arg == "epochs" for keyword in call.keywords):
            yield rule.finding(
                source.place(call),
                "The training saves and loads no checkpoints: after a restart of its machine it begins anew.",
            )
            return
