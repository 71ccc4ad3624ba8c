"""ENT015 nothing-to-run: neither ENTRYPOINT nor CMD."""

from gate.build import Build
from gate.model import Severity
from gate.platforms.outcome import Fault
from gate.rule import Example, Results, Rule
from gate.rules.launch._outcome import failures

rule = Rule(
    id="ENT015",
    name="nothing-to-run",
    severity=Severity.HIGH,
    summary="The image has neither ENTRYPOINT nor CMD.",
    reason="docker run without a command is refused: No command specified. FROM scratch inherits none, and an ENTRYPOINT in a stage empties the CMD that it "
    "inherits.",
    fix='Say what the container runs: ENTRYPOINT ["/app"].',
    bad=[
        Example("»FROM scratch\nCOPY app /app\n", files={"app*": "x"}),
        Example("FROM debian:12\n»ENTRYPOINT []\n"),
    ],
    good=[
        Example('FROM scratch\nCOPY app /app\nENTRYPOINT ["/app"]\n', files={"app*": b"\x7fELF"}),
        "FROM debian:12\nENV A=1\n",
        Example("FROM scratch\nCOPY train /bin/train\n", files={"train*": b"\x7fELF"}, platforms=("sagemaker-training",)),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    for outcome in failures(build, Fault.NOTHING):
        target = build.target
        assert target is not None
        emptied = next((each for each in reversed(target.instructions) if each.keyword in ("ENTRYPOINT", "CMD")), None)
        yield rule.finding(emptied or target.from_, "There is nothing to run: the image has neither ENTRYPOINT nor CMD.", stage=target)
