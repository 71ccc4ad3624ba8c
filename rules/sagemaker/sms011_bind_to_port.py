"""SMS011 bind-to-port-ignored: the label promises to listen where SageMaker says, and nothing reads that."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import HOSTING, PYTHON, ROUTES, RUN, hosted, label, mentions
from gate.servers.verdicts import SETTLE, open_question

_FOR = (HOSTING,)
_LABEL = "com.amazonaws.sagemaker.capabilities.accept-bind-to-port"

rule = Rule(
    id="SMS011",
    name="bind-to-port-ignored",
    severity=Severity.MEDIUM,
    image=True,
    platforms=_FOR,
    summary="The image is labelled to take its port from SageMaker, and nothing in it does.",
    reason="In an inference pipeline several containers share one network. With this label SageMaker tells each its port in SAGEMAKER_BIND_TO_PORT; a server on 8080 "
    "cannot start beside another, or never answers on the port that it was given.",
    fix='Read the variable: port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", 8080)), or drop the label.',
    bad=[Example(PYTHON + f"LABEL »{_LABEL}=true\n", files={"app.py": ROUTES + RUN}, platforms=_FOR)],
    good=[
        Example(
            PYTHON + f"LABEL {_LABEL}=true\n",
            files={
                "app.py": "import os\n"
                + ROUTES
                + 'app.run("0.0.0.0", int(os.environ.get("SAGEMAKER_BIND_TO_PORT", 8080)))\n'
            },
            platforms=_FOR,
        ),
        Example(PYTHON, files={"app.py": ROUTES + RUN}, platforms=_FOR),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    labelled = label(build, _LABEL)
    found = hosted(build) if labelled is not None else None
    if labelled is None or found is None or found.platform_serves:
        return
    pair, instruction = labelled
    if mentions(build, b"SAGEMAKER_BIND_TO_PORT") or _in_instructions(build):
        return
    question = open_question(found)
    packaged = [server.kind for server in found.servers if server.app is None and server.site is None]
    if question is not None or packaged:
        why = question[0] if question is not None else f"{packaged[0]} is not read"
        yield rule.undecided(pair, f"whether the server reads SAGEMAKER_BIND_TO_PORT: {why}", SETTLE)
    else:
        yield rule.finding(
            pair,
            "The label says that the port is taken from SAGEMAKER_BIND_TO_PORT, which nothing in the image reads.",
            stage=instruction.stage,
        )


def _in_instructions(build: Build) -> bool:
    """Whether the Dockerfile itself hands the variable on."""
    return any(
        "SAGEMAKER_BIND_TO_PORT" in instruction.text.value
        for stage in (build.target.lineage() if build.target is not None else ())
        for instruction in stage.instructions
    )
