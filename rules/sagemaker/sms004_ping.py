"""SMS004 no-ping: the health check finds no route, or one that takes too long."""

import ast
from collections.abc import Iterator

from gate.build import Build
from gate.model import Place, Severity
from gate.packages.options import listed
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import BYOC, HOSTING, PORT, PYTHON, ROUTES, RUN, byoc, hosted, route
from gate.servers.values import Function
from gate.servers.verdicts import asked

_FOR = (HOSTING,)
_INVOCATIONS = '@app.post("/invocations")\ndef invocations():\n    return "{}"\n'
_APP = "from flask import Flask\napp = Flask(__name__)\n"

rule = Rule(
    id="SMS004",
    name="no-ping",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="The server has no GET /ping, or a slow one.",
    reason="SageMaker asks GET /ping until it gets 200, and gives each try two seconds. Without it the endpoint never comes into service.",
    fix="Answer GET /ping with 200 at once; load the model when the program starts.",
    bad=[
        Example(
            PYTHON,
            files={"app.py": "from flask import Flask\napp = »Flask(__name__)\n" + _INVOCATIONS + RUN},
            platforms=_FOR,
        ),
        Example(
            BYOC,
            files=byoc(wsgi=_APP + '@»app.post("/ping")\ndef ping():\n    return ""\n' + _INVOCATIONS),
            platforms=_FOR,
        ),
        Example(
            PYTHON,
            files={
                "app.py": "import joblib\n"
                + _APP
                + '@app.get("/ping")\ndef ping():\n    »joblib.load("m")\n    return ""\n'
                + _INVOCATIONS
                + RUN
            },
            platforms=_FOR,
        ),
    ],
    good=[
        Example(PYTHON, files={"app.py": ROUTES + RUN}, platforms=_FOR),
        Example(BYOC, files=byoc(), platforms=_FOR),
        Example(
            'FROM python:3.12\nRUN pip install sagemaker-inference==1.10.1\nCOPY e.py /\nENTRYPOINT ["python", "/e.py"]\n',
            files={"e.py": "from sagemaker_inference import model_server\nmodel_server.start_model_server()\n"},
            platforms=_FOR,
        ),
    ],
)

_LOADS = listed(
    "joblib.load pickle.load cloudpickle.load torch.load torch.jit.load keras.models.load_model tf.keras.models.load_model"
)


@rule.on_build
def check(build: Build) -> Results:
    yield from route(rule, build, "GET", "/ping")
    found = hosted(build)
    if found is None:
        return
    answer = asked(found, PORT, "GET", "/ping")
    if answer.verdict != "yes" or found.platform_serves:
        return
    for each in answer.routes:
        if isinstance(each.handler, Function):
            for place, what in _slow(each.handler):
                yield rule.finding(
                    place,
                    f"GET /ping calls {what}: SageMaker gives it two seconds.",
                    severity=Severity.MEDIUM,
                    confidence="medium",
                )


def _slow(handler: Function) -> Iterator[tuple[Place, str]]:
    """The calls in a handler that load a model or predict with one."""
    for node in ast.walk(handler.node):
        if not isinstance(node, ast.Call):
            continue
        name = _dotted(node.func)
        if name in _LOADS or name.endswith((".from_pretrained", ".predict", ".predict_proba")):
            yield handler.module.file.place(node), name


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id if isinstance(node, ast.Name) else "", *reversed(parts)])
