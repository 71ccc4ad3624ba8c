"""SMC002 nothing-runs-serve: the endpoint's word finds no program."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import HOSTING, answer

_FOR = (HOSTING,)

rule = Rule(
    id="SMC002",
    name="nothing-runs-serve",
    severity=Severity.HIGH,
    image=True,
    platforms=_FOR,
    summary="Nothing in the image answers the word serve.",
    reason="SageMaker starts an endpoint with docker run IMAGE serve. The endpoint stays in Creating until it did not pass the ping health check; the log "
    'says exec: "serve": executable file not found in $PATH. sagemaker-training brings train alone.',
    fix="Copy an executable serve to a folder of PATH, or set an ENTRYPOINT in JSON form, or start from an inference image.",
    bad=[Example("»FROM python:3.12\nRUN pip install sagemaker-training==4.7.4\n", platforms=_FOR)],
    good=[
        Example(
            "FROM python:3.12\nCOPY --chmod=755 serve /usr/local/bin/serve\n",
            files={"serve": "#!/usr/bin/env python\n"},
            platforms=_FOR,
        ),
        Example("FROM pytorch/torchserve:0.12.0-cpu\n", platforms=_FOR),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    yield from answer(rule, build, HOSTING)
