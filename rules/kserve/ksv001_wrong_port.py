"""KSV001 kserve-wrong-port: the readiness probe finds nobody at the port."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.kserve._kserve import APP, KSERVE, PORT, PYTHON, RUN, predicting
from gate.servers.ports import misplaced

_FOR = (KSERVE,)

rule = Rule(
    id="KSV001",
    name="kserve-wrong-port",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="The server listens neither on PORT nor on 8080, or on the loopback address alone.",
    reason="Knative tells the container its port in PORT and opens a TCP connection to it from outside. A server that is somewhere else never becomes ready.",
    fix='Listen on 0.0.0.0 and int(os.environ.get("PORT", 8080)), or name the containerPort in the manifest.',
    bad=[
        Example(PYTHON, files={"app.py": APP + "»app.run(port=5000)\n"}, platforms=_FOR),
        Example(PYTHON, files={"app.py": APP + '»app.run(host="0.0.0.0", port=5000)\n'}, platforms=_FOR),
        Example(PYTHON, files={"app.py": APP + "»app.run(port=8080)\n"}, platforms=_FOR),
    ],
    good=[
        Example(PYTHON, files={"app.py": APP + RUN}, platforms=_FOR),
        Example(
            PYTHON,
            files={
                "app.py": APP + 'app.run(host="0.0.0.0", port=5000)\n',
                "isvc.yaml": "ports:\n  - containerPort: 5000\n",
            },
            platforms=_FOR,
        ),
        Example(PYTHON, files={"app.py": "import kserve\nkserve.ModelServer().start([own()])\n"}, platforms=_FOR),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    found = predicting(build)
    if found is not None:
        yield from misplaced(
            rule, build, found, PORT, called="KServe calls PORT, 8080 by default", caller="the readiness probe"
        )
