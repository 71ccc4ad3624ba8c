"""LBL003 deprecated-label-schema: org.label-schema.* is superseded by the OCI keys."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.tree import Stage
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.labels._labels import LABEL_SCHEMA, OCI, SUCCESSORS, labels_of

rule = Rule(
    id="LBL003",
    name="deprecated-label-schema",
    severity=Severity.LOW,
    image=True,
    needs=("LABEL",),
    fixes=(fixes.SAFE,),
    summary="The label uses the superseded org.label-schema namespace.",
    reason="Label Schema was given up for the OCI's annotation keys in 2018; tools read org.opencontainers.image.*.",
    fix="Use the OCI key that the message names; keep both while something still reads the old one.",
    bad=[
        Example(
            "FROM debian:12.5\nLABEL »org.label-schema.version=1.2.3\n",
            fixed="FROM debian:12.5\nLABEL org.opencontainers.image.version=1.2.3\n",
        ),
        "FROM debian:12.5\nLABEL a=b »org.label-schema.schema-version=1.0\n",
    ],
    good=[
        "FROM debian:12.5\nLABEL org.opencontainers.image.version=1.2.3\n",
        "FROM debian:12.5\nLABEL org.label-schema.version=1 org.opencontainers.image.version=1\n",
    ],
)


@rule.on_stage
def check(stage: Stage, build: Build) -> Results:
    keys = {label.key for label in labels_of(stage, build)}
    for label in labels_of(stage, build):
        if not label.key.startswith(LABEL_SCHEMA):
            continue
        successor = SUCCESSORS.get(label.key.removeprefix(LABEL_SCHEMA))
        if successor and OCI + successor in keys:
            continue  # both are there: an old reader is served on purpose
        help = f"Use {OCI}{successor}." if successor else "There is no OCI key for it; remove it."
        mended = (
            fixes.fix(f"call it {OCI}{successor}", fixes.replace(label.pair.key, f"{OCI}{successor}"))
            if successor and label.pair.key.value == label.key
            else None
        )
        yield rule.finding(label, f"The label {label.key} is superseded.", help=help, stage=stage, fix=mended)
