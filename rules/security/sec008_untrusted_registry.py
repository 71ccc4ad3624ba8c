"""SEC008 untrusted-registry: an image from a registry that the policy does not list."""

from fnmatch import fnmatchcase

from gate.build import Build
from gate.dockerfile.tree import Copy, Instruction, Run, Stage
from gate.model import Severity, Unknown
from gate.rule import Example, HasPlace, Results, Rule

_POLICY = {"trusted-registries": ["registry.example.com", "docker.io/library"]}

rule = Rule(
    id="SEC008",
    name="untrusted-registry",
    severity=Severity.HIGH,
    security=True,
    settings=("trusted-registries",),
    aliases=("DL3026",),
    summary="An image comes from a registry that the policy does not trust.",
    reason="Whoever controls the registry controls what is built on it.",
    fix="Use the mirror in a trusted registry, or add this one to trusted-registries in the policy.",
    bad=[
        Example("FROM »ghcr.io/acme/base:1.2.3\n", policy=_POLICY),
        Example("FROM debian:12.5\nCOPY --from=»ghcr.io/acme/tool:1.2.3 /a /a\n", policy=_POLICY),
    ],
    good=[
        Example("FROM registry.example.com/base:1.2.3\n", policy=_POLICY),
        Example(
            "FROM debian:12.5 AS build\nFROM debian:12.5\nCOPY --from=build /a /a\nCOPY --from=0 /b /b\n",
            policy=_POLICY,
        ),
        Example("FROM scratch\n", policy=_POLICY),
        "FROM ghcr.io/acme/base:1.2.3\n",
    ],
)


@rule.on_stage
def check_base(stage: Stage, build: Build) -> Results:
    trusted = build.settings.get("trusted-registries")
    if trusted and stage.parent is None and stage.base not in (None, "scratch"):
        yield from _judge(stage.base or "", stage.from_.image, trusted, stage)


@rule.on_instruction("COPY", "RUN")
def check_from(instruction: Instruction, build: Build) -> Results:
    trusted = build.settings.get("trusted-registries")
    if not trusted or instruction.stage is None:
        return
    for flag in instruction.flags:
        if flag.value is None:
            continue
        if isinstance(instruction, Copy) and flag.name == "from":
            reference, place = build.expand(flag.value, instruction), flag.value
        elif isinstance(instruction, Run) and flag.name == "mount":
            options = dict(part.partition("=")[::2] for part in flag.value.value.split(","))
            reference, place = options.get("from", ""), flag.value
        else:
            continue
        if isinstance(reference, Unknown) or not reference or _is_stage(reference, instruction, build):
            continue
        yield from _judge(reference, place, trusted, instruction.stage)


def _is_stage(reference: str, instruction: Instruction, build: Build) -> bool:
    if reference.isdigit():
        return True
    return any(stage.name == reference.lower() for stage in build.stages)


def _judge(reference: str, place: HasPlace, trusted: list[str], stage: Stage) -> Results:
    name = _qualified(reference)
    if not any(_covers(entry, name) for entry in trusted):
        yield rule.finding(
            place,
            f"The image {reference} comes from {name.partition('/')[0]}, which the policy does not trust.",
            stage=stage,
        )


def _covers(entry: str, name: str) -> bool:
    """``ghcr.io``, ``ghcr.io/acme`` and ``*.dkr.ecr.*.amazonaws.com`` cover everything below them."""
    entry = "docker.io" if entry == "hub.docker.com" else entry.rstrip("/")
    depth = entry.count("/") + 1
    return fnmatchcase("/".join(name.split("/")[:depth]), entry)


def _qualified(reference: str) -> str:
    """The full name of an image: registry first, Docker Hub's official images under docker.io/library."""
    name = reference.partition("@")[0]
    head, slash, _ = name.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost"):
        return name
    return f"docker.io/{name}" if slash else f"docker.io/library/{name.partition(':')[0]}"
