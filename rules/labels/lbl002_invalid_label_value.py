"""LBL002 invalid-label-value: the value does not have the type that its key asks for."""

from gate.build import Build
from gate.dockerfile.tree import Stage
from gate.model import Severity, Unknown
from gate.rule import Example, Results, Rule
from gate.rules.labels._labels import OCI, Label, labels_of, schema_of, stays_behind
from gate.rules.labels._values import OCI_TYPES, TYPES, spdx_spelling

rule = Rule(
    id="LBL002",
    name="invalid-label-value",
    severity=Severity.MEDIUM,
    image=True,
    aliases=("DL3052", "DL3053", "DL3054", "DL3055", "DL3056", "DL3058"),
    needs=("LABEL",),
    summary="A label's value does not have the type of its key.",
    reason="Registries, inventories and dashboards parse these labels; a value that they cannot read is as good as none.",
    fix="Write the value in the form that the message names.",
    bad=[
        'FROM debian:12.5\nLABEL »org.opencontainers.image.created="2026-01-31"\n',
        "FROM debian:12.5\nLABEL »org.opencontainers.image.revision=main\n",
        'FROM debian:12.5\nLABEL »org.opencontainers.image.licenses="Apache 2"\n',
        "FROM debian:12.5\nARG REPO=x\nLABEL »org.opencontainers.image.source='https://example.com/${REPO}'\n",
        Example(
            'FROM debian:12.5\nLABEL »org.opencontainers.image.version="v1.2.3"\n',
            policy={"labels": {"required": {"org.opencontainers.image.version": "semver"}}},
        ),
    ],
    good=[
        'FROM debian:12.5\nLABEL org.opencontainers.image.created="2026-01-31T12:00:00Z"\n',
        'FROM debian:12.5\nLABEL org.opencontainers.image.licenses="MIT OR Apache-2.0" org.opencontainers.image.version="v1.2.3"\n',
        "FROM debian:12.5\nARG SHA\nLABEL org.opencontainers.image.revision=$SHA\n",
        'FROM debian:12.5\nLABEL org.opencontainers.image.authors="A <a@b.example>"\n',
    ],
)


@rule.on_stage
def check(stage: Stage, build: Build) -> Results:
    types = schema_of(build).types
    labels = list(labels_of(stage, build))
    if not labels or stays_behind(stage, build):
        return
    last = {label.key: label for label in labels}  # what is replaced further down is LBL007's
    for label in last.values():
        if isinstance(label.value, Unknown) or not label.value:
            continue  # an unknown value is checked when it is known, an empty one is LBL005's
        if _single_quoted_variable(label):
            yield rule.finding(label, f"The label {label.key} holds the literal text {label.value!r}: single quotes keep variables as they are.",
                               help="Use double quotes.", stage=stage)  # fmt: skip
            continue
        kind = types.get(label.key) or OCI_TYPES.get(label.key.removeprefix(OCI), "text")
        wrong = TYPES.get(kind, TYPES["text"])(label.value)
        if wrong:
            severity = None if label.literal else Severity.LOW  # a default that the build command may replace
            yield rule.finding(
                label,
                f"The label {label.key} has the value {label.value!r}, which {wrong}.",
                severity=severity,
                stage=stage,
            )
        elif kind == "spdx" and (name := spdx_spelling(label.value)):
            message = f"The label {label.key} has the value {label.value!r}: the SPDX list writes {name}."
            yield rule.finding(label, message, severity=Severity.LOW, confidence="low", stage=stage)


def _single_quoted_variable(label: Label) -> bool:
    written = str(label.pair.value)
    return written.startswith("'") and "$" in str(label.value) and label.key.startswith(OCI)
