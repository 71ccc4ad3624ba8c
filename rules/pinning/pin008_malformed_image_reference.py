"""PIN008 malformed-image-reference: BuildKit cannot make an image or a stage of what is written."""

from gate.build import Build
from gate.dockerfile.image_ref import ImageRefError, parse_image_ref
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Copy, Run, Stage
from gate.model import Severity
from gate.rule import Results, Rule
from gate.rules.pinning._images import Use, images, mounted_from, named_stage

rule = Rule(
    id="PIN008",
    name="malformed-image-reference",
    severity=Severity.HIGH,
    aliases=("DL3022", "DL3023"),
    summary="An image reference is malformed, or the stage that it names is not there.",
    reason="The build stops at this instruction.",
    fix="Write [registry/]name[:tag][@sha256:64 hex digits], all lower case; take files only from earlier stages.",
    bad=[
        "FROM »Debian:12.5\n",
        "FROM »debian@sha256:abc\n",
        "FROM debian:12.5\nCOPY --from=»5 /a /b\n",
        "FROM debian:12.5 AS a\nCOPY --from=»b /a /b\nFROM debian:12.5 AS b\n",
        "FROM debian:12.5 AS a\nCOPY --from=»a /a /b\n",
    ],
    good=[
        "FROM debian:12.5@sha256:"
        + "0" * 64
        + " AS a\nFROM localhost:5000/x/y:1.0.0\nCOPY --from=0 /a /b\nCOPY --from=A /a /c\n"
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    refused = {fault.place.line for fault in build.dockerfile.faults}  # GAT001: it is not even an instruction
    for use in images(build):
        if use.reference is not None and not (refused and use.text.place.line in refused):
            try:
                parse_image_ref(use.reference)
            except ImageRefError as error:
                yield from _refused(use, str(error))
    for stage in build.stages:
        for instruction in stage.instructions:
            if not instruction.flags:
                continue
            if isinstance(instruction, Copy) and instruction.from_ is not None and instruction.from_.value:
                yield from _copied(instruction.from_, stage, build)
            elif isinstance(instruction, Run):
                for name in mounted_from(instruction):
                    yield from _named(name, stage, build, "mounts")


def _aliases(*codes: str) -> tuple[str, ...]:
    """What is wrong here is also the builder's reason to refuse the file: that is told once."""
    return (*codes, "GAT001")


def _refused(use: Use, why: str) -> Results:
    """What variables make of it is told by PIN001 where the tag is empty, and by GAT001."""
    if "$" not in use.text.value:
        what = f"{use.reference!r} is no image reference: {why}."
        yield rule.finding(use.text, what, stage=use.stage, aliases=_aliases())


def _copied(name: Text, stage: Stage, build: Build) -> Results:
    if "$" in name.value:
        yield rule.finding(
            name,
            "--from takes no variables.",
            help="Name a stage: FROM $IMAGE AS name, and --from=name.",
            stage=stage,
            aliases=_aliases("DL3022"),
        )
    elif name.value.lstrip("+-").isdecimal():
        index = int(name.value)
        if index == stage.index:
            yield rule.finding(name, "The stage copies from itself.", stage=stage, aliases=_aliases("DL3023"))
        elif not 0 <= index < stage.index:
            yield rule.finding(
                name, f"There is no stage {index} in front of this one.", stage=stage, aliases=_aliases("DL3022")
            )
    else:
        yield from _named(name, stage, build, "copies")


def _named(name: Text, stage: Stage, build: Build, verb: str) -> Results:
    found = named_stage(name.value, build)
    if found is None or found.index < stage.index:
        return
    if found is stage:
        yield rule.finding(name, f"The stage {verb} from itself.", stage=stage, aliases=_aliases("DL3023"))
    else:
        yield rule.finding(
            name,
            f"The stage {found.label} comes later: nothing can be taken from it here.",
            stage=stage,
            aliases=_aliases("DL3022"),
        )
