"""LBL004 unknown-oci-label: a key in a reserved namespace that the namespace does not have, or a malformed key."""

import re

from gate import fixes
from gate.build import Build
from gate.dockerfile.tree import Stage
from gate.lazy import pattern
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.labels._labels import OCI, OCI_KEYS, labels_of, schema_of

rule = Rule(
    id="LBL004",
    name="unknown-oci-label",
    severity=Severity.MEDIUM,
    image=True,
    aliases=("DL3048", "DL3050"),
    needs=("LABEL",),
    fixes=(fixes.UNSAFE,),
    summary="The label's key is not one of the namespace that it claims.",
    reason="Nobody but the OCI may define keys under org.opencontainers, nor anybody but Docker under com.docker; a misspelt key is "
    "read by no tool.",
    fix="Use one of the OCI's keys, or a key under a domain of your own (com.example.team).",
    bad=[
        Example(
            "FROM debian:12.5\nLABEL »org.opencontainers.image.license=MIT\n",
            fixed="FROM debian:12.5\nLABEL org.opencontainers.image.licenses=MIT\n",
        ),
        "FROM debian:12.5\nLABEL »org.opencontainer.image.title=x\n",
        "FROM debian:12.5\nLABEL »com.docker.team=x\n",
        "FROM debian:12.5\nLABEL »a..b=1\n",
    ],
    good=[
        "FROM debian:12.5\nLABEL org.opencontainers.image.licenses=MIT\n",
        "FROM debian:12.5\nLABEL com.example.team=x maintainer=x\n",
        "FROM debian:12.5\nLABEL com.amazonaws.sagemaker.capabilities.multi-models=true\n",
    ],
)

_RESERVED = ("com.docker.", "io.docker.", "org.dockerproject.")
# Docker's own tools set and read these on images that people build.
_DOCKERS = ("com.docker.extension.", "com.docker.desktop.", "com.docker.image.source.entrypoint")
_WELL_FORMED = pattern(r"[a-z][a-z0-9]*(?:[._-]{1}[a-z0-9]+)*\Z")
_LIKE_OCI = pattern(r"org\.?open-?containers?\.", re.IGNORECASE)


@rule.on_stage
def check(stage: Stage, build: Build) -> Results:
    schema = schema_of(build)
    for label in labels_of(stage, build):
        key = label.key
        if schema.strict and key not in schema.required and key not in schema.types:
            yield rule.finding(label, f"{key} is not in the policy's label schema.", stage=stage, aliases=("DL3050",))
            continue
        if key in OCI_KEYS:
            continue
        if _LIKE_OCI.match(key):
            from difflib import get_close_matches

            close = get_close_matches(key.lower(), sorted(OCI_KEYS), 1, 0.75)
            hint = (
                f" Did you mean {close[0]}?"
                if close
                else f" The keys are {OCI}…: {', '.join(sorted(k.removeprefix(OCI) for k in OCI_KEYS))}."
            )
            meant = fixes.replace(label.pair.key, close[0]) if close and label.pair.key.value == key else None
            yield rule.finding(
                label,
                f"{key} is not a key of the OCI image specification.{hint}",
                stage=stage,
                aliases=(),
                fix=fixes.fix(f"call it {close[0]}", meant, safe=False) if close else None,
            )
        elif key.startswith(_RESERVED) and not key.startswith(_DOCKERS):
            yield rule.finding(label, f"{key} is in a namespace that Docker reserves for itself.", stage=stage)
        elif not _WELL_FORMED.match(key):
            yield rule.finding(
                label,
                f"The label key {key!r} is not in the recommended form.",
                help="Use lower-case letters, digits, and single dots, dashes or underscores between them.",
                severity=Severity.INFO,
                stage=stage,
            )
