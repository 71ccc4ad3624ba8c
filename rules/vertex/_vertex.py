"""What the rules about Vertex AI share."""

from __future__ import annotations

from gate.build import Build
from gate.servers.model import Serving
from gate.servers.serving import serving

PREDICTION, TRAINING = "vertex-prediction", "vertex-training"
PORT = 8080
PYTHON = 'FROM python:3.12\nWORKDIR /app\nCOPY app.py .\nENTRYPOINT ["python", "app.py"]\n'
APP = (
    "import os\nfrom flask import Flask, jsonify\napp = Flask(__name__)\n"
    '@app.get(os.environ.get("AIP_HEALTH_ROUTE", "/health"))\ndef health():\n    return ""\n'
    '@app.post(os.environ.get("AIP_PREDICT_ROUTE", "/predict"))\ndef predict():\n    return jsonify({"predictions": []})\n'
)
RUN = 'app.run(host="0.0.0.0", port=int(os.environ.get("AIP_HTTP_PORT", 8080)))\n'


def predicting(build: Build) -> Serving | None:
    return serving(build, PREDICTION)


def serving_text(found: Serving) -> str:
    """The text of every Python file that the servers are made of."""
    return "\n".join(source.text for source in found.sources)
