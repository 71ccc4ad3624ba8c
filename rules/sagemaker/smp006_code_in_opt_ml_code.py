"""SMP006 code-in-opt-ml-code: the documented place, which a mount of the whole tree hides."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._paths import CODE, JOBS, below_tree

rule = Rule(
    id="SMP006",
    name="code-in-opt-ml-code",
    severity=Severity.LOW,
    platforms=JOBS,
    summary="Code lies in /opt/ml/code.",
    reason="That works on SageMaker, and it is where the toolkits look. A local test that mounts the whole tree (docker run -v $(pwd)/test_dir:/opt/ml) hides it, and "
    "the program is not found.",
    fix="Test with one mount each for input, model and output; or keep the code in /opt/program.",
    bad=[Example("FROM python:3.12\nCOPY t.py »/opt/ml/code/\n", files={"t.py": "1"}, platforms=JOBS)],
    good=[Example("FROM python:3.12\nCOPY t.py /opt/program/\n", files={"t.py": "1"}, platforms=JOBS)],
)


@rule.on_build
def check(build: Build) -> Results:
    for part, landing in below_tree(build):
        if part == CODE:
            yield rule.finding(
                landing.place, "A local test that mounts /opt/ml as a whole hides this code.", stage=landing.stage
            )
            return
