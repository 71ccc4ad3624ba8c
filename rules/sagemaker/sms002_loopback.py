"""SMS002 loopback-only: the server listens where nobody outside of the container reaches it."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import BYOC, HOSTING, NGINX, PORT, PYTHON, ROUTES, RUN, byoc, hosted
from gate.servers.verdicts import door

_FOR = (HOSTING,)

rule = Rule(
    id="SMS002",
    name="loopback-only",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="The server listens on the loopback address alone.",
    reason="SageMaker calls from outside of the container's network, where 127.0.0.1 is another machine. That is also why curl shows nothing although the port is "
    "published. It is the default of Flask's run, of uvicorn and of gunicorn.",
    fix='Listen on every address: app.run(host="0.0.0.0"), uvicorn --host 0.0.0.0, gunicorn -b 0.0.0.0:8080.',
    bad=[
        Example(PYTHON, files={"app.py": ROUTES + "»app.run(port=8080)\n"}, platforms=_FOR),
        Example(PYTHON, files={"app.py": ROUTES + "»app.run()\n"}, platforms=_FOR),
        Example(BYOC, files=byoc(nginx=NGINX.replace("listen 8080", "»listen 127.0.0.1:8080")), platforms=_FOR),
    ],
    good=[
        Example(PYTHON, files={"app.py": ROUTES + RUN}, platforms=_FOR),
        Example(BYOC, files=byoc(), platforms=_FOR),
        Example(
            'FROM python:3.12\nRUN pip install gunicorn==23.0.0\nCOPY app.py .\nENTRYPOINT ["gunicorn", "-b", "0.0.0.0:8080", "app:app"]\n',
            files={"app.py": ROUTES + 'if __name__ == "__main__":\n    app.run()\n'},
            platforms=_FOR,
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    found = hosted(build)
    if found is None:
        return
    for server, address in door(found, PORT).closed:
        yield rule.finding(
            address.place, f"{server.kind} listens on {address.host} alone, which SageMaker cannot reach."
        )
