"""VTX002 vertex-wrong-port: the server is not where Vertex AI calls."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.vertex._vertex import APP, PORT, PREDICTION, PYTHON, RUN, predicting
from gate.servers.ports import misplaced

_FOR = (PREDICTION,)

rule = Rule(
    id="VTX002",
    name="vertex-wrong-port",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="The server listens neither on AIP_HTTP_PORT nor on port 8080, or on the loopback address alone.",
    reason="Vertex AI calls the first port of containerSpec.ports, which is 8080 unless the upload says otherwise, from outside of the container; it tells the port in "
    "AIP_HTTP_PORT. A server that is somewhere else fails the health check, and the deployment with it.",
    fix='Listen on 0.0.0.0 and int(os.environ.get("AIP_HTTP_PORT", 8080)).',
    bad=[
        Example(PYTHON, files={"app.py": APP + '»app.run(host="0.0.0.0", port=5000)\n'}, platforms=_FOR),
        Example(PYTHON, files={"app.py": APP + "»app.run(port=8080)\n"}, platforms=_FOR),
    ],
    good=[
        Example(PYTHON, files={"app.py": APP + RUN}, platforms=_FOR),
        Example(PYTHON, files={"app.py": APP + 'app.run(host="0.0.0.0", port=8080)\n'}, platforms=_FOR),
        Example(
            PYTHON,
            files={
                "app.py": APP + 'app.run(host="0.0.0.0", port=5000)\n',
                "upload.sh": "gcloud ai models upload --container-ports=5000\n",
            },
            platforms=_FOR,
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    found = predicting(build)
    if found is not None:
        yield from misplaced(
            rule, build, found, PORT, called="Vertex AI calls AIP_HTTP_PORT, 8080 by default", caller="Vertex AI"
        )
