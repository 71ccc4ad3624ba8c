"""LBL001 required-label-missing: a label that the policy asks for is not on the image."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.labels._labels import labels_that_ship, schema_of

_POLICY = {"labels": {"required": {"org.opencontainers.image.source": "url"}}}

rule = Rule(
    id="LBL001",
    name="required-label-missing",
    severity=Severity.MEDIUM,
    image=True,
    settings=("labels",),
    aliases=("DL3049",),
    summary="A label that the policy requires is missing.",
    reason="Years later the label is the only way to learn which code and which model an image carries. The base image's own "
    "labels do not count: they describe the base.",
    fix="Add the LABEL to the final stage or to a local stage that it is built FROM, or list the key under "
    "labels.provided-at-build when the build command sets it.",
    bad=[
        Example("FROM »debian:12.5\nRUN true\n", policy=_POLICY),
        Example(
            'FROM debian:12.5 AS build\nLABEL org.opencontainers.image.source="https://example.com/x"\nFROM »debian:12.5\nCOPY --from=build /a /a\n',
            policy=_POLICY,
        ),
        Example(
            'FROM »debian:12.5\nONBUILD LABEL org.opencontainers.image.source="https://example.com/x"\n', policy=_POLICY
        ),
    ],
    good=[
        Example('FROM debian:12.5\nLABEL org.opencontainers.image.source="https://example.com/x"\n', policy=_POLICY),
        Example(
            'FROM debian:12.5 AS base\nLABEL org.opencontainers.image.source="https://example.com/x"\nFROM base\nRUN true\n',
            policy=_POLICY,
        ),
        Example(
            "FROM debian:12.5\n",
            policy={"labels": {"required": {"team": "text"}, "provided-at-build": ["team"]}},
        ),
        "FROM debian:12.5\n",
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    schema = schema_of(build)
    if not schema.required or build.target is None:
        return
    present = {label.key for label in labels_that_ship(build)} | schema.provided
    if build.built is not None and build.built.usable:
        present |= set(build.built.image.pairs("Labels"))  # docker build --label
    for key in schema.required:
        if key not in present:
            yield rule.finding(
                build.target.from_.image,
                f"The image has no label {key}, which the policy requires.",
                stage=build.target,
            )
