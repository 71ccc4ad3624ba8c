"""VTX003 no-predictions-key: the answer is not what Vertex AI unpacks."""

from gate.build import Build
from gate.model import Severity
from gate.python import called
from gate.rule import Example, Results, Rule
from gate.rules.vertex._vertex import APP, PREDICTION, PYTHON, RUN, predicting, serving_text
from gate.servers.apps import App
from gate.servers.model import Serving
from gate.servers.verdicts import open_question

_FOR = (PREDICTION,)

rule = Rule(
    id="VTX003",
    name="no-predictions-key",
    severity=Severity.HIGH,
    confidence="medium",
    platforms=_FOR,
    summary="The answer has no key predictions.",
    reason='A request is {"instances": […]}, and the answer must be {"predictions": […]} with as many entries. Vertex AI takes anything else for an error of the server, '
    "except for rawPredict.",
    fix='Answer jsonify({"predictions": results}).',
    bad=[
        Example(
            PYTHON,
            files={"app.py": APP.replace("@app.post", "@»app.post").replace('{"predictions": []}', "[]") + RUN},
            platforms=_FOR,
        ),
    ],
    good=[
        Example(PYTHON, files={"app.py": APP + RUN}, platforms=_FOR),
        Example(
            PYTHON,
            files={"app.py": APP.replace('jsonify({"predictions": []})', "own.answer()") + "import own\n" + RUN},
            platforms=_FOR,
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    found = predicting(build)
    if found is None or open_question(found) is not None or found.platform_serves:
        return
    text = serving_text(found)
    if "predictions" in text or "rawPredict" in text or "raw_predict" in text:
        return
    for app in _apps(found):
        taking = [route for route in app.routes() if route.methods and "POST" in route.methods]
        named = [route for route in taking if any(word in route.path for word in ("predict", "infer", "invocations"))]
        for route in named[:1] or (taking if len(taking) == 1 else ()):
            if _is_local(route.handler):
                yield rule.finding(
                    route.place, 'The answer of this route has no key "predictions", which Vertex AI unpacks.'
                )
                return


def _apps(found: Serving) -> list[App]:
    return [server.app for server in found.servers if isinstance(server.app, App)]


def _is_local(handler: object) -> bool:
    """Whether all that a handler returns is made of plain values and the frameworks' own answers."""
    import ast

    from gate.servers.values import Function

    if not isinstance(handler, Function):
        return False
    returns = [node.value for node in ast.walk(handler.node) if isinstance(node, ast.Return) and node.value is not None]
    return bool(returns) and all(_is_shape(value) for value in returns)


def _is_shape(value: object) -> bool:
    import ast

    if isinstance(value, (ast.Dict, ast.List, ast.Constant, ast.ListComp, ast.JoinedStr)):
        return True
    if isinstance(value, ast.Tuple):
        return bool(value.elts) and _is_shape(value.elts[0])
    if isinstance(value, ast.Call):
        name = called(value)
        if name == "tolist":
            return True
        if name in ("jsonify", "dumps", "JSONResponse", "Response", "str"):
            return (bool(value.args) and _is_shape(value.args[0])) or (name == "jsonify" and bool(value.keywords))
    return False
