"""SMS006 development-server: Flask's own server answers the endpoint."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import HOSTING, PYTHON, ROUTES, RUN, hosted

_FOR = (HOSTING,)

rule = Rule(
    id="SMS006",
    name="development-server",
    severity=Severity.MEDIUM,
    platforms=_FOR,
    summary="The endpoint is served by Flask's server for development.",
    reason="It is one process without limits or time-outs: a long request keeps the health check waiting. With debug=True it starts itself anew when a file "
    "changes, and its debugger runs what it is sent.",
    fix="Run the application with gunicorn behind nginx, or with uvicorn.",
    bad=[
        Example(PYTHON, files={"app.py": ROUTES + '»app.run(host="0.0.0.0", port=8080)\n'}, platforms=_FOR),
        Example(
            'FROM python:3.12\nRUN pip install flask==3.1.0\nCOPY app.py .\n»ENTRYPOINT ["sh", "-c", "flask run --host 0.0.0.0 --port 8080"]\n',
            files={"app.py": ROUTES},
            platforms=_FOR,
        ),
    ],
    good=[
        Example(
            'FROM python:3.12\nRUN pip install gunicorn==23.0.0\nCOPY app.py .\nENTRYPOINT ["gunicorn", "-b", ":8080", "app:app"]\n',
            files={"app.py": ROUTES + RUN},
            platforms=_FOR,
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    found = hosted(build)
    for server in found.servers if found is not None else ():
        if server.development is None or not server.certain:
            continue
        debug = server.settings.get("debug")
        if debug is not None and debug[0] is True:
            yield rule.finding(
                server.development,
                f"The endpoint is served by {server.kind}'s server for development with debug=True, whose debugger runs what it is sent.",
                severity=Severity.HIGH,
            )
        else:
            yield rule.finding(server.development, f"The endpoint is served by {server.kind}'s server for development.")
