"""LBL006 maintainer-instruction: MAINTAINER is deprecated."""

from gate.build import Build
from gate.dockerfile.tree import Instruction
from gate.model import Severity
from gate.rule import Results, Rule

rule = Rule(
    id="LBL006",
    name="maintainer-instruction",
    severity=Severity.LOW,
    aliases=("DL4000",),
    summary="MAINTAINER is deprecated.",
    reason="It is a field of its own that most tools no longer show; a label says the same and can be asked for.",
    fix='Use LABEL org.opencontainers.image.authors="Name <name@example.com>".',
    bad=["FROM debian:12.5\n»MAINTAINER Team <team@example.com>\n"],
    good=[
        'FROM debian:12.5\nLABEL org.opencontainers.image.authors="Team <team@example.com>"\n',
        'FROM debian:12.5\nLABEL maintainer="x"\n',
    ],
)


@rule.on_instruction("MAINTAINER")
def check(instruction: Instruction, build: Build) -> Results:
    yield rule.finding(instruction, "MAINTAINER is deprecated.", stage=instruction.stage)
