"""LBL006 maintainer-instruction: MAINTAINER is deprecated."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.tree import Instruction
from gate.model import Fix, Severity
from gate.rule import Example, Results, Rule
from gate.rules.labels._labels import OCI, labels_of

rule = Rule(
    id="LBL006",
    name="maintainer-instruction",
    severity=Severity.LOW,
    aliases=("DL4000",),
    fixes=(fixes.SAFE,),
    summary="MAINTAINER is deprecated.",
    reason="It is a field of its own that most tools no longer show; a label says the same and can be asked for.",
    fix='Use LABEL org.opencontainers.image.authors="Name <name@example.com>".',
    bad=[
        Example(
            "FROM debian:12.5\n»MAINTAINER Team <team@example.com>\n",
            fixed='FROM debian:12.5\nLABEL org.opencontainers.image.authors="Team <team@example.com>"\n',
        )
    ],
    good=[
        'FROM debian:12.5\nLABEL org.opencontainers.image.authors="Team <team@example.com>"\n',
        'FROM debian:12.5\nLABEL maintainer="x"\n',
    ],
)


_AUTHORS = f"{OCI}authors"


@rule.on_instruction("MAINTAINER")
def check(instruction: Instruction, build: Build) -> Results:
    yield rule.finding(instruction, "MAINTAINER is deprecated.", stage=instruction.stage, fix=_fix(instruction, build))


def _fix(instruction: Instruction, build: Build) -> Fix | None:
    """The label, if the stage has none and this is its only MAINTAINER; what a LABEL would expand is escaped."""
    name = instruction.text.value.strip()
    if name[:1] == name[-1:] == '"' and len(name) > 1:
        name = name[1:-1]
    escape, stage = build.dockerfile.escape, instruction.stage
    if stage is None or any(sign in name for sign in "\\`") or any(ord(sign) < 32 for sign in name):
        return None
    if sum(other.keyword == "MAINTAINER" for other in stage.instructions) > 1:
        return None
    if any(label.key == _AUTHORS for label in labels_of(stage, build)):
        return None
    for sign in '"$':
        name = name.replace(sign, escape + sign)
    return fixes.fix(
        f"use LABEL {_AUTHORS}",
        fixes.replace(instruction.head, "LABEL"),
        fixes.replace(instruction.text, f'{_AUTHORS}="{name}"'),
    )
