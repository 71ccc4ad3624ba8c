"""SMS010 multi-model-without-api: the label promises several models, and the server has no routes to load them."""

from gate.build import Build
from gate.model import Severity
from gate.packages.installs import installs
from gate.packages.requirement import normalized
from gate.packages.resolve import wanted
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import HOSTING, PORT, PYTHON, ROUTES, RUN, hosted, label
from gate.servers.verdicts import SETTLE, asked

_FOR = (HOSTING,)
_LABEL = "com.amazonaws.sagemaker.capabilities.multi-models"
_TOOLKITS = frozenset(
    {"multi-model-server", "sagemaker-inference", "torchserve", "mxnet-model-server", "sagemaker-containers"}
)

rule = Rule(
    id="SMS010",
    name="multi-model-without-api",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="The image is labelled for multi-model endpoints, and its server cannot load models.",
    reason="CreateModel in the mode MultiModel is accepted because of the label. Then POST /models, with which SageMaker loads each model, finds nothing.",
    fix="Add the routes POST /models, GET /models, GET and DELETE /models/{name}, POST /models/{name}/invoke, or use multi-model-server, or drop the label.",
    bad=[
        Example(PYTHON + f"LABEL »{_LABEL}=true\n", files={"app.py": ROUTES + RUN}, platforms=_FOR),
    ],
    good=[
        Example(PYTHON, files={"app.py": ROUTES + RUN}, platforms=_FOR),
        Example(
            PYTHON + f"LABEL {_LABEL}=true\n",
            files={"app.py": ROUTES + '@app.post("/models")\ndef load(): ...\n' + RUN},
            platforms=_FOR,
        ),
        Example(
            f'FROM python:3.12\nRUN pip install multi-model-server==1.1.11\nLABEL {_LABEL}=true\nCOPY e.py /\nENTRYPOINT ["python", "/e.py"]\n',
            files={"e.py": "import own\nown.start()\n"},
            platforms=_FOR,
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    labelled = label(build, _LABEL)
    found = hosted(build) if labelled is not None else None
    if labelled is None or found is None or found.platform_serves or _has_toolkit(build):
        return
    if any(
        server.kind in ("torchserve", "multi-model-server", "djl-serving", "mxnet-model-server")
        for server in found.servers
    ):
        return
    pair, instruction = labelled
    answer = asked(found, PORT, "POST", "/models")
    if answer.verdict == "no":
        yield rule.finding(
            pair,
            "The label says that the server loads several models, and it has no POST /models.",
            stage=instruction.stage,
        )
    elif answer.verdict == "unknown":
        yield rule.undecided(pair, f"whether the server has POST /models: {answer.reason}", SETTLE)


def _has_toolkit(build: Build) -> bool:
    for install in installs(build):
        if install.ecosystem == "pypi" and install.verb == "install":
            for request in (*install.requests, *wanted(install, build).from_files):
                if normalized(request.name) in _TOOLKITS:
                    return True
    return False
