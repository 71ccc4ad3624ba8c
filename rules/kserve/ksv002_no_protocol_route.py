"""KSV002 no-inference-route: the server speaks neither of KServe's protocols."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.kserve._kserve import APP, KSERVE, PORT, PYTHON, RUN, predicting
from gate.servers.apps import App
from gate.servers.model import Answer, Serving
from gate.servers.verdicts import SETTLE, asked

_FOR = (KSERVE,)

rule = Rule(
    id="KSV002",
    name="no-inference-route",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="The server has neither a V1 nor a V2 route.",
    reason="KServe's clients, its router, transformers and explainers send POST /v1/models/<model>:predict or POST /v2/models/<model>/infer. Another route is found by nobody.",
    fix="Add one of the two routes, or use kserve.ModelServer.",
    bad=[
        Example(
            PYTHON,
            files={
                "app.py": APP.replace("/v1/models/<name>:predict", "/invocations")
                .replace("app = ", "app = »")
                .replace("(name)", "()")
                + RUN
            },
            platforms=_FOR,
        ),
    ],
    good=[
        Example(PYTHON, files={"app.py": APP + RUN}, platforms=_FOR),
        Example(
            PYTHON,
            files={"app.py": APP.replace("/v1/models/<name>:predict", "/v2/models/own/infer") + RUN},
            platforms=_FOR,
        ),
        Example(PYTHON, files={"app.py": "import kserve\nkserve.ModelServer().start([own()])\n"}, platforms=_FOR),
    ],
)

_REQUESTS = ("/v1/models/m:predict", "/v2/models/m/infer")


@rule.on_build
def check(build: Build) -> Results:
    found = predicting(build)
    if found is None or _names_a_model(found):
        return
    answers = [asked(found, PORT, "POST", path) for path in _REQUESTS]
    verdicts = {answer.verdict for answer in answers}
    if "yes" in verdicts:
        return
    unknown: Answer | None = next((answer for answer in answers if answer.verdict == "unknown"), None)
    place = (unknown or answers[0]).place or found.place
    assert place is not None
    ready_made = [server.kind for server in found.servers if server.routes is not None]
    if unknown is None and ready_made:
        unknown = Answer("unknown", reason=f"{ready_made[0]} has routes of its own")
    if unknown is not None:
        yield rule.undecided(
            place, f"whether the server has a route of the V1 or V2 protocol: {unknown.reason}", SETTLE
        )
    else:
        yield rule.finding(
            place, "The server has neither POST /v1/models/<model>:predict nor POST /v2/models/<model>/infer."
        )


def _names_a_model(found: Serving) -> bool:
    """Whether a route is one of the protocol's for one model alone."""
    return any(
        route.path.startswith(("/v1/models/", "/v2/models/"))
        for server in found.servers
        if isinstance(server.app, App)
        for route in server.app.routes()
    )
