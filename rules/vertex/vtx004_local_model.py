"""VTX004 model-not-downloaded: the server opens a model on a disk where nobody puts one."""

import ast

from gate.build import Build
from gate.model import Severity
from gate.platforms.image import launch_image
from gate.python import called
from gate.rule import Example, Results, Rule
from gate.rules.vertex._vertex import APP, PREDICTION, PYTHON, RUN, predicting, serving_text

_FOR = (PREDICTION,)

rule = Rule(
    id="VTX004",
    name="model-not-downloaded",
    severity=Severity.MEDIUM,
    platforms=_FOR,
    summary="The model is read from a local path, and Vertex AI mounts none.",
    reason="Vertex AI copies the artifacts to a bucket of its own and tells the address in AIP_STORAGE_URI. Nothing is mounted: the path does not exist, and the server ends "
    "with FileNotFoundError.",
    fix='Copy the files from os.environ["AIP_STORAGE_URI"] when the server starts, or put the model into the image.',
    bad=[
        Example(
            PYTHON,
            files={"app.py": 'import joblib\nmodel = joblib.load(»"/opt/ml/model/m.joblib")\n' + APP + RUN},
            platforms=_FOR,
        ),
    ],
    good=[
        Example(
            PYTHON + "COPY m.joblib /model/\n",
            files={"app.py": 'import joblib\nmodel = joblib.load("/model/m.joblib")\n' + APP + RUN, "m.joblib": "x"},
            platforms=_FOR,
        ),
        Example(
            PYTHON,
            files={
                "app.py": 'import joblib\nfetch(os.environ["AIP_STORAGE_URI"])\nmodel = joblib.load("/model/m.joblib")\n'
                + APP
                + RUN
            },
            platforms=_FOR,
        ),
    ],
)

_FOLDERS = ("/opt/ml/model/", "/model/", "/models/", "/mnt/models/")


@rule.on_build
def check(build: Build) -> Results:
    found = predicting(build)
    if found is None or "AIP_STORAGE_URI" in serving_text(found):
        return
    files = launch_image(build).files
    for source in found.sources:
        for node in ast.walk(source.tree) if source.tree is not None else ():
            if not isinstance(node, ast.Call):
                continue
            for argument in node.args[:1]:
                path = argument.value if isinstance(argument, ast.Constant) else None
                if _reads(node) and isinstance(path, str) and path.startswith(_FOLDERS) and files.lookup(path) is None:
                    yield rule.finding(
                        source.place(argument), f"{path} is not in the image, and Vertex AI mounts no model."
                    )


def _reads(call: ast.Call) -> bool:
    """``load(…)``, ``open(…)`` for reading."""
    name = called(call)
    if name == "open":
        mode = call.args[1] if len(call.args) > 1 else None
        return not (isinstance(mode, ast.Constant) and set(str(mode.value)) & set("wax"))
    return name in ("load", "load_model", "from_pretrained", "read_csv", "InferenceSession")
