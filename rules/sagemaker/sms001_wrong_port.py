"""SMS001 wrong-port: the server listens, but not where SageMaker calls."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import BYOC, HOSTING, NGINX, PORT, PYTHON, ROUTES, RUN, byoc, hosted
from gate.servers.verdicts import SETTLE, door

_FOR = (HOSTING,)

rule = Rule(
    id="SMS001",
    name="wrong-port",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="The server does not listen on port 8080.",
    reason="SageMaker sends GET /ping and POST /invocations to port 8080. The health check fails for eight minutes, and the endpoint ends as Failed.",
    fix="Listen on port 8080, or on what SAGEMAKER_BIND_TO_PORT says.",
    bad=[
        Example(PYTHON, files={"app.py": ROUTES + '»app.run(host="0.0.0.0", port=5000)\n'}, platforms=_FOR),
        Example(BYOC, files=byoc(nginx=NGINX.replace("listen 8080", "»listen 80")), platforms=_FOR),
        Example(
            'FROM python:3.12\nRUN pip install uvicorn==0.34.0\nCOPY app.py .\n»ENTRYPOINT ["sh", "-c", "uvicorn app:app --host 0.0.0.0"]\n',
            files={"app.py": "from fastapi import FastAPI\napp = FastAPI()\n"},
            platforms=_FOR,
        ),
    ],
    good=[
        Example(PYTHON, files={"app.py": ROUTES + RUN}, platforms=_FOR),
        Example(BYOC, files=byoc(), platforms=_FOR),
        Example(
            PYTHON,
            files={
                "app.py": "import os\n"
                + ROUTES
                + 'app.run("0.0.0.0", int(os.environ.get("SAGEMAKER_BIND_TO_PORT", 80)))\n'
            },
            platforms=_FOR,
        ),
        Example(BYOC, files=byoc(nginx=NGINX.replace("listen 8080", "listen $port")), platforms=_FOR),
        Example(PYTHON, files={"app.py": ROUTES + "app.run(port=5000)\n"}, platforms=("docker",)),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    found = hosted(build)
    if found is None:
        return
    state = door(found, PORT)
    if state.reason and state.place is not None:
        yield rule.undecided(state.place, f"whether the server listens on port {PORT}: {state.reason}", SETTLE)
    for server, address in state.wrong:
        yield rule.finding(address.place, f"{server.kind} listens on port {address.port}; SageMaker calls port {PORT}.")
