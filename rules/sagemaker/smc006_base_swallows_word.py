"""SMC006 base-swallows-word: the base image's ENTRYPOINT takes the word for an argument."""

from gate.build import Build
from gate.model import Severity
from gate.platforms.outcome import Fault
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import HOSTING, TRAINING, WORDS, judged_anywhere

_FOR = (TRAINING, HOSTING)

rule = Rule(
    id="SMC006",
    name="base-swallows-word",
    severity=Severity.HIGH,
    image=True,
    platforms=_FOR,
    summary="The base image's ENTRYPOINT takes SageMaker's word for an argument of its own.",
    reason="vllm serve serve ends with unrecognized arguments; TensorFlow Serving takes the word for a flag. Neither answers /ping on port 8080.",
    fix='Set an ENTRYPOINT of your own that starts the server on port 8080: ENTRYPOINT ["/usr/local/bin/serve.sh"].',
    bad=[
        Example("»FROM vllm/vllm-openai:v0.10.0\n", platforms=(HOSTING,)),
        Example("»FROM tensorflow/serving:2.15.0\n", platforms=(HOSTING,)),
    ],
    good=[
        Example(
            'FROM vllm/vllm-openai:v0.10.0\nCOPY --chmod=755 e.sh /e.sh\nENTRYPOINT ["/e.sh"]\n',
            files={"e.sh": "#!/bin/bash\nexec vllm serve\n"},
            platforms=(HOSTING,),
        ),
        Example("FROM vllm/vllm-openai:v0.10.0\n", platforms=("kserve",)),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    for outcome in judged_anywhere(build):
        if outcome.fault is Fault.SWALLOWED and build.target is not None:
            yield rule.finding(
                build.target.from_,
                f"The ENTRYPOINT of {build.target.root.base} takes {WORDS[outcome.platform]!r} for an argument of its own.",
            )
            return
