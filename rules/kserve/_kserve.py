"""What the rules about KServe share."""

from __future__ import annotations

from gate.build import Build
from gate.servers.model import Serving
from gate.servers.serving import serving

KSERVE = "kserve"
PORT = 8080
PYTHON = 'FROM python:3.12\nWORKDIR /app\nCOPY app.py .\nENTRYPOINT ["python", "app.py"]\n'
APP = (
    "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
    '@app.post("/v1/models/<name>:predict")\ndef predict(name):\n    return {"predictions": []}\n'
)
RUN = 'app.run(host="0.0.0.0", port=int(os.environ.get("PORT", 8080)))\n'


def predicting(build: Build) -> Serving | None:
    return serving(build, KSERVE)
