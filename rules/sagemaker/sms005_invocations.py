"""SMS005 no-invocations: requests to the endpoint find no route, or not for POST."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import BYOC, HOSTING, NGINX, PYTHON, ROUTES, RUN, byoc, route

_FOR = (HOSTING,)
_PING = 'from flask import Flask\napp = Flask(__name__)\n@app.get("/ping")\ndef ping():\n    return ""\n'

rule = Rule(
    id="SMS005",
    name="no-invocations",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="The server has no POST /invocations.",
    reason="Each InvokeEndpoint becomes POST /invocations. The endpoint is in service, because /ping answers, and every call ends with 404 or 405.",
    fix='Add the route for POST: @app.route("/invocations", methods=["POST"]).',
    bad=[
        Example(
            PYTHON,
            files={"app.py": _PING + '@»app.route("/invocations")\ndef invocations():\n    return "{}"\n' + RUN},
            platforms=_FOR,
        ),
        Example(
            BYOC,
            files=byoc(
                nginx=NGINX.replace("location ~ ^/(ping|invocations)", "location = /ping").replace(
                    "  server {", "  »server {"
                )
            ),
            platforms=_FOR,
        ),
        Example(
            'FROM python:3.12\nRUN pip install fastapi==0.115.6 uvicorn==0.34.0\nCOPY app.py .\nENTRYPOINT ["sh", "-c", "uvicorn app:app --host 0.0.0.0 --port 8080"]\n',
            files={
                "app.py": 'from fastapi import FastAPI\napp = »FastAPI()\n@app.get("/ping")\ndef ping(): ...\n@app.post("/predict")\ndef predict(): ...\n'
            },
            platforms=_FOR,
        ),
    ],
    good=[
        Example(PYTHON, files={"app.py": ROUTES + RUN}, platforms=_FOR),
        Example(
            PYTHON,
            files={
                "app.py": _PING + '@app.route("/invocations", methods=["GET", "POST"])\ndef invocations(): ...\n' + RUN
            },
            platforms=_FOR,
        ),
        Example(BYOC, files=byoc(), platforms=_FOR),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    yield from route(rule, build, "POST", "/invocations")
