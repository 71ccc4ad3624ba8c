"""MLA010 pickle-format: loading the model runs code that is in it."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.artifacts._models import baked

rule = Rule(
    id="MLA010",
    name="pickle-format",
    severity=Severity.LOW,
    needs=("COPY", "ADD"),
    security=True,
    summary="A model of the image has a format that runs code when it is loaded.",
    reason="pickle, joblib and PyTorch's own files are programs: whoever can change the file decides what the server does when it loads it.",
    fix="Keep the weights as safetensors, ONNX or the framework's native format; with PyTorch, torch.load(…, weights_only=True).",
    bad=[
        Example(
            "FROM python:3.12\nCOPY »decision-tree-model.pkl /opt/models/\n", files={"decision-tree-model.pkl": "x"}
        ),
        Example("FROM python:3.12\nCOPY »m /opt/m\n", files={"m/model.joblib": "x", "m/model.onnx": "x"}),
    ],
    good=[Example("FROM python:3.12\nCOPY model.safetensors /opt/\n", files={"model.safetensors": "x"})],
)


@rule.on_build
def check(build: Build) -> Results:
    for found in baked(build):
        pickled = [model for model in found.models if model.pickle]
        if pickled:
            first = pickled[0]
            more = f" and {len(pickled) - 1} more run" if len(pickled) > 1 else " runs"
            yield rule.finding(
                found.word,
                f"{first.path.rpartition('/')[2]}{more} code when loaded (format {first.format}).",
                stage=found.stage,
            )
