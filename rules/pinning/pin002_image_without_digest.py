"""PIN002 image-without-digest: a tag, however exact, can be moved."""

from gate.build import Build
from gate.dockerfile.image_ref import ImageRefError, parse_image_ref
from gate.model import Severity
from gate.rule import Results, Rule
from gate.rules.pinning._images import images

rule = Rule(
    id="PIN002",
    name="image-without-digest",
    severity=Severity.LOW,
    enabled=False,
    summary="An image is named without its digest.",
    reason="Whoever controls the repository can move a tag; only the digest names one content for ever.",
    fix="Append the digest, and keep the tag for the reader: debian:12.5@sha256:…. docker buildx imagetools inspect prints it.",
    bad=["FROM »debian:12.5\n", "FROM scratch\nCOPY --from=»busybox:1.36.1 /bin/sh /bin/sh\n"],
    good=["FROM scratch\n", "FROM debian:12.5@sha256:" + "0" * 64 + "\n"],
)


@rule.on_build
def check(build: Build) -> Results:
    for use in images(build):
        if use.kind == "syntax":
            continue
        if use.reference is None:
            if "@" not in use.tail and use.why is not None:
                yield rule.undecided(use.text, f"the image is not known: {use.why.reason}", use.why.settle)
            continue
        try:
            ref = parse_image_ref(use.reference)
        except ImageRefError:
            continue
        if ref.digest is None:
            yield rule.finding(use.text, f"{ref.familiar} is named without a digest.", stage=use.stage)
