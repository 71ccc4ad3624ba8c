"""LBL007 duplicate-label: the same key twice in one stage; the last one wins."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.tree import Stage
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.labels._labels import Label, labels_of

rule = Rule(
    id="LBL007",
    name="duplicate-label",
    severity=Severity.LOW,
    needs=("LABEL",),
    fixes=(fixes.SAFE,),
    summary="The same label is set twice.",
    reason="The later value replaces the earlier one silently, so one of the two is not what its author thinks.",
    fix="Keep one of them.",
    bad=[
        Example("FROM debian:12.5\nLABEL a=1 »a=2\n", fixed="FROM debian:12.5\nLABEL a=2\n"),
        "FROM debian:12.5\nLABEL a=1\nRUN true\nLABEL »a=2\n",
    ],
    good=["FROM debian:12.5\nLABEL a=1 b=2\n", "FROM debian:12.5 AS x\nLABEL a=1\nFROM x\nLABEL a=2\n"],
)


@rule.on_stage
def check(stage: Stage, build: Build) -> Results:
    seen: dict[str, Label] = {}
    for label in labels_of(stage, build):
        if label.key in seen:
            earlier = seen[label.key].place.line
            where = "in the same instruction" if earlier == label.place.line else f"on line {earlier}"
            yield rule.finding(
                label,
                f"The label {label.key} is set already {where}; this value replaces that one.",
                stage=stage,
                fix=fixes.fix(
                    f"remove the value of line {earlier}",
                    fixes.without_pair(seen[label.key].instruction, seen[label.key].pair),
                ),
            )
        seen[label.key] = label
