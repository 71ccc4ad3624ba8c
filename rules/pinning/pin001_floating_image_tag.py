"""PIN001 floating-image-tag: an image reference that means something else tomorrow."""

from gate.build import Build
from gate.dockerfile.image_ref import ImageRefError, parse_image_ref
from gate.lazy import pattern
from gate.model import Severity
from gate.rule import Results, Rule
from gate.rules.pinning._images import Use, images
from gate.rules.pinning._tags import Depth, depth

rule = Rule(
    id="PIN001",
    name="floating-image-tag",
    severity=Severity.MEDIUM,
    aliases=("DL3006", "DL3007", "DL3022"),
    summary="An image is named without a tag, by latest, or by a tag that moves.",
    reason="The tag is moved to new releases: two builds of the same file differ, and one day the build breaks without a change.",
    fix="Name a full version, best with its digest: python:3.12.7-slim-bookworm@sha256:….",
    bad=[
        "FROM »debian\n",
        "FROM »debian:latest\n",
        "ARG TAG=latest\nFROM »debian:${TAG}\n",
        "ARG TAG\nFROM »debian:${TAG}\n",
        "FROM »python:3.12-slim\n",
        "FROM debian:12.5\nCOPY --from=»ghcr.io/astral-sh/uv:latest /uv /bin/\n",
        "FROM debian:12.5\nRUN --mount=from=»busybox,target=/b /b/bin/true\n",
    ],
    good=[
        "FROM scratch\n",
        "FROM debian:12.5\n",
        "FROM debian:latest@sha256:" + "0" * 64 + "\n",
        "FROM debian:12.5 AS B\nFROM b\nCOPY --from=0 /a /b\n",
        "FROM nvcr.io/nvidia/pytorch:24.01-py3\n",
        "# syntax=docker/dockerfile:1\nFROM nvidia/cuda:12.1.0-base-ubuntu22.04\n",
    ],
)

_ASKED = {
    "tag": Depth.NAME,
    "major": Depth.MAJOR,
    "minor": Depth.MINOR,
    "patch": Depth.RELEASE,
    "digest": Depth.RELEASE,
}
_EMPTY = "The tag is empty unless a build argument sets it, and then this is no image reference."
_EMPTY_TAG = pattern(r"(?:^|/)[^/:@]+:\Z")
_KNOWN_TAG = pattern(r"(?:^|/)[^/:@]*:([\w][\w.-]*)\Z")


@rule.on_build
def check(build: Build) -> Results:
    asked = _ASKED[build.settings.get("pinning", {}).get("images", "patch")]
    for use in images(build):
        if use.kind == "syntax":
            yield from _syntax(use)
        elif use.reference is None:
            yield from _partly_known(use, build, asked)
        else:
            yield from _judge(use, asked)


def _judge(use: Use, asked: Depth) -> Results:
    try:
        ref = parse_image_ref(use.reference or "")
    except ImageRefError:
        if _EMPTY_TAG.search(use.reference or ""):
            yield rule.finding(use.text, _EMPTY, stage=use.stage, aliases=())
        return  # otherwise PIN008
    if ref.digest is None:
        yield from _tag(use, ref.familiar, ref.tag, asked)


def _tag(use: Use, name: str, tag: str | None, asked: Depth) -> Results:
    if tag is None:
        aliases = ("DL3006",) if use.kind == "FROM" else ("DL3022",)
        yield rule.finding(use.text, f"{name} has no tag, which means latest.", stage=use.stage, aliases=aliases)
        return
    found = depth(name, tag)
    if found is Depth.LATEST:
        yield rule.finding(
            use.text, f"{name}:{tag} is another image after each release.", stage=use.stage, aliases=("DL3007",)
        )
    elif found < asked:
        message = f"The tag {tag} of {name} is moved to each new image of that line."
        yield rule.finding(use.text, message, severity=Severity.LOW, stage=use.stage, aliases=())


def _partly_known(use: Use, build: Build, asked: Depth) -> Results:
    """A variable without a value in the reference. What stands behind it may decide nevertheless."""
    tail = use.tail
    if "@" in tail:
        return
    known = _KNOWN_TAG.search(tail) if ":" in tail and "/" in tail.rpartition(":")[0] else None
    stage = use.stage
    default = build.expand(use.text, stage.from_, defaults=True) if stage is not None else None
    if known:
        yield from _tag(use, tail.rpartition(":")[0].lstrip("/"), known[1], asked)
    elif "/" in tail and ":" not in tail:
        yield from _tag(use, tail.lstrip("/"), None, asked)
    elif isinstance(default, str) and _EMPTY_TAG.search(default) and use.text.value.count("$") == 1:
        yield rule.finding(use.text, _EMPTY, stage=stage, aliases=())
    elif use.why is not None:
        yield rule.undecided(use.text, f"the image is not known: {use.why.reason}", use.why.settle)


def _syntax(use: Use) -> Results:
    """``docker/dockerfile:1`` is the documented way to float; latest and the development branches are not."""
    try:
        ref = parse_image_ref(use.reference or "")
    except ImageRefError:
        return
    if ref.digest is None and depth(ref.familiar, ref.tag or "latest") <= Depth.NAME:
        yield rule.finding(
            use.text,
            f"The syntax image {use.reference} may change in incompatible ways.",
            help="Use docker/dockerfile:1.",
            severity=Severity.LOW,
            aliases=(),
        )
