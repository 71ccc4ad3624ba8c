"""SMT005 model-not-saved: training writes its model where SageMaker does not look."""

import ast

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._training import TRAIN, TRAINING, calls, program, sources

_FOR = (TRAINING,)

rule = Rule(
    id="SMT005",
    name="model-not-saved",
    severity=Severity.MEDIUM,
    confidence="medium",
    platforms=_FOR,
    summary="Nothing is written to /opt/ml/model.",
    reason="Only what is in /opt/ml/model at the end becomes model.tar.gz. The job is Completed all the same, and the empty archive is found when it is deployed.",
    fix="Save to /opt/ml/model, or to what SM_MODEL_DIR says.",
    bad=[Example(TRAIN, files={"train.py": 'import joblib\n»joblib.dump(1, "model.joblib")\n'}, platforms=_FOR)],
    good=[
        Example(
            TRAIN, files={"train.py": 'import joblib\njoblib.dump(1, "/opt/ml/model/model.joblib")\n'}, platforms=_FOR
        ),
        Example(
            TRAIN,
            files={"train.py": 'import os, joblib\njoblib.dump(1, os.path.join(os.environ["SM_MODEL_DIR"], "m"))\n'},
            platforms=_FOR,
        ),
        Example(
            TRAIN,
            files={"train.py": 'import joblib, sys\njoblib.dump(1, sys.argv[1] + "/m")\n'},
            platforms=_FOR,
        ),
    ],
)

_NAMED = (
    b"/opt/ml/model",
    b"SM_MODEL_DIR",
    b"model_dir",
    b"model-dir",
    b"output_dir",
    b"output-dir",
    b"/opt/ml",
    b"SM_CHANNEL",
    b"s3://",
    b"save_dir",
)
_SAVES = ("joblib.dump", "pickle.dump", "torch.save", "cloudpickle.dump", "numpy.save", "np.save")
_METHODS = (".save", ".save_model", ".save_pretrained", ".to_pickle", ".save_weights")


@rule.on_build
def check(build: Build) -> Results:
    source = program(build)
    if source is None or source.tree is None or any(word in data for _, data in sources(build) for word in _NAMED):
        return
    for name, call in calls(source.tree):
        if (name in _SAVES or name.endswith(_METHODS)) and _has_plain_path(call):
            yield rule.finding(
                source.place(call),
                "The model is saved here, and nothing is written to /opt/ml/model: model.tar.gz will be empty.",
            )
            return


def _has_plain_path(call: ast.Call) -> bool:
    """Whether the place is written down: a path that comes from elsewhere may be the right one."""
    return any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and "/" not in node.value[:1]
        for argument in call.args
        for node in ([argument] if isinstance(argument, ast.Constant) else _opened(argument))
    )


def _opened(node: ast.expr) -> list[ast.expr]:
    """The arguments of ``open(…)``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
        return node.args
    return []
