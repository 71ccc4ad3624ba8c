"""SMS013 streaming-without-route: the label promises streams in both directions, and no route takes them."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import HOSTING, PYTHON, ROUTES, RUN, hosted, label, mentions
from gate.servers.verdicts import SETTLE, open_question

_FOR = (HOSTING,)
_LABEL = "com.amazonaws.sagemaker.capabilities.bidirectional-streaming"
_ROUTE = "/invocations-bidirectional-stream"

rule = Rule(
    id="SMS013",
    name="streaming-without-route",
    severity=Severity.MEDIUM,
    image=True,
    platforms=_FOR,
    summary="The image is labelled for streams in both directions, and has no route for them.",
    reason=f"SageMaker opens a WebSocket to {_ROUTE}: the handshake fails.",
    fix=f"Add the WebSocket {_ROUTE} on port 8080, or drop the label.",
    bad=[Example(PYTHON + f"LABEL »{_LABEL}=true\n", files={"app.py": ROUTES + RUN}, platforms=_FOR)],
    good=[
        Example(
            PYTHON + f"LABEL {_LABEL}=true\n",
            files={"app.py": ROUTES + f'@app.websocket("{_ROUTE}")\ndef stream(): ...\n' + RUN},
            platforms=_FOR,
        ),
        Example(PYTHON, files={"app.py": ROUTES + RUN}, platforms=_FOR),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    labelled = label(build, _LABEL)
    found = hosted(build) if labelled is not None else None
    if labelled is None or found is None or mentions(build, b"bidirectional-stream"):
        return
    pair, instruction = labelled
    question = open_question(found)
    packaged = found.platform_serves or any(server.app is None and server.site is None for server in found.servers)
    if question is not None or packaged:
        why = question[0] if question is not None else "its server comes from a package"
        yield rule.undecided(pair, f"whether the server has {_ROUTE}: {why}", SETTLE)
    else:
        yield rule.finding(
            pair,
            f"The label says that the server streams in both directions, and it has no {_ROUTE}.",
            stage=instruction.stage,
        )
