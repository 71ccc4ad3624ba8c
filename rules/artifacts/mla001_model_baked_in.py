"""MLA001 model-baked-in: a trained model is copied into the image."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.artifacts._models import baked, human, meant_to_be_baked, told

MODEL_SIZE = 500_000_000
"""``thresholds.model-size`` where the policy says nothing."""

rule = Rule(
    id="MLA001",
    name="model-baked-in",
    severity=Severity.MEDIUM,
    needs=("COPY", "ADD"),
    summary="A model file is copied into the image.",
    reason="Every new model is a new image then: large to pull at every start of a machine, without a version of its own, and without a way to swap or to roll back the "
    "model alone. A model that comes with artifacts: baked in the policy, or on an edge device, is meant to be there.",
    fix="Keep the model beside the image: ModelDataUrl, AIP_STORAGE_URI or STORAGE_URI of the platform; on Kubernetes an init container that fetches it into an emptyDir, "
    "a mounted bucket (Mountpoint for S3) or a shared volume; a machine image for models that rarely change. Where it belongs into the image, say artifacts: baked in the policy.",
    bad=[
        Example("FROM python:3.12\nCOPY »model.pt /app/\n", files={"model.pt": "weights"}),
        Example("FROM python:3.12\nCOPY app.py »m /app/\n", files={"app.py": "", "m/a.onnx": "x", "m/b.onnx": "y"}),
        "FROM r-base:4.4.1\nCOPY »xgb.model /opt/program/\n",
        "FROM python:3.12 AS train\nRUN make\nFROM python:3.12\nCOPY --from=train »/out/model.joblib /app/\n",
    ],
    good=[
        Example("FROM python:3.12\nENV MODEL_DIR=/opt/ml/model\nCOPY app /app\n", files={"app/a.py": "", "m.pt": "x"}),
        Example("FROM python:3.12\nCOPY . /app\n", files={"m.pt": "x", "a.py": "", ".dockerignore": "*.pt\n"}),
        Example("FROM python:3.12\nCOPY . /app\n", files={"tests/data/tiny.pt": "x", "label_encoder.pkl": "x"}),
        Example("FROM python:3.12\nCOPY config.bin rows.npz /app/\n", files={"config.bin": "x", "rows.npz": "x"}),
        Example("FROM python:3.12 AS t\nCOPY m.pt /\nFROM python:3.12\n", files={"m.pt": "x"}),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    limit = (build.settings.get("thresholds") or {}).get("model-size", MODEL_SIZE)
    for found in baked(build):
        too_large = found.size > limit
        more = f", more than the {human(limit)} that the policy allows" if too_large else ""
        yield rule.finding(
            found.word,
            f"{told(found.models)} is baked into the image{more}."
            if len(found.models) == 1
            else f"{told(found.models)}, are baked into the image{more}.",
            severity=_severity(build, too_large),
            stage=found.stage,
        )


def _severity(build: Build, too_large: bool) -> Severity:
    if meant_to_be_baked(build):
        return Severity.INFO
    return Severity.HIGH if too_large or build.settings.get("artifacts") == "separate" else Severity.MEDIUM
