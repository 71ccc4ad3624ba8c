"""SMS012 error-as-success: whatever goes wrong is answered with 200."""

import ast
from collections.abc import Iterator

from gate.build import Build
from gate.model import Severity
from gate.python import called, catches_all
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import HOSTING, PORT, PYTHON, RUN, hosted
from gate.servers.values import Function
from gate.servers.verdicts import asked

_FOR = (HOSTING,)
_APP = 'from flask import Flask, Response\napp = Flask(__name__)\n@app.get("/ping")\ndef ping():\n    return ""\n@app.post("/invocations")\ndef invocations():\n    try:\n        return predict()\n    except Exception as e:\n'

rule = Rule(
    id="SMS012",
    name="error-as-success",
    severity=Severity.INFO,
    confidence="medium",
    platforms=_FOR,
    summary="Errors are answered with status 200.",
    reason="The endpoint's metrics, alarms and clients see a success: nobody tries again, nobody is told.",
    fix="Answer with 4xx for a client's fault and 5xx for your own, or let the exception pass.",
    bad=[Example(PYTHON, files={"app.py": _APP + "        »return str(e)\n" + RUN}, platforms=_FOR)],
    good=[
        Example(PYTHON, files={"app.py": _APP + "        return Response(str(e), status=500)\n" + RUN}, platforms=_FOR),
        Example(PYTHON, files={"app.py": _APP + "        return str(e), 500\n" + RUN}, platforms=_FOR),
        Example(PYTHON, files={"app.py": _APP + "        raise\n" + RUN}, platforms=_FOR),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    found = hosted(build)
    if found is None or found.platform_serves:
        return
    answer = asked(found, PORT, "POST", "/invocations")
    for route in answer.routes if answer.verdict == "yes" else ():
        if isinstance(route.handler, Function):
            for node in _plain_returns(route.handler.node):
                yield rule.finding(
                    route.handler.module.file.place(node),
                    "An exception of any kind is answered like a success, with status 200.",
                )


def _plain_returns(function: ast.AST) -> Iterator[ast.Return]:
    """What is returned for an exception of any kind, without a status."""
    for node in ast.walk(function):
        if isinstance(node, ast.ExceptHandler) and catches_all(node):
            for inner in node.body:
                if isinstance(inner, ast.Return) and inner.value is not None and _is_success(inner.value):
                    yield inner


def _is_success(value: ast.expr) -> bool:
    """A value that frameworks answer with 200: a text, a dict, ``jsonify(…)``, a response without a status."""
    if isinstance(value, ast.Tuple):
        return any(isinstance(each, ast.Constant) and each.value == 200 for each in value.elts[1:])
    if isinstance(value, (ast.Dict, ast.JoinedStr, ast.Constant)):
        return not (isinstance(value, ast.Constant) and not isinstance(value.value, str))
    if not isinstance(value, ast.Call):
        return False
    name = called(value)
    if name in ("str", "jsonify", "repr", "dumps", "format"):
        return True
    status = [keyword.value for keyword in value.keywords if keyword.arg in ("status", "status_code")]
    if name in ("Response", "JSONResponse", "make_response", "PlainTextResponse") and len(value.args) < 2:
        return not status or (isinstance(status[0], ast.Constant) and status[0].value == 200)
    return False
