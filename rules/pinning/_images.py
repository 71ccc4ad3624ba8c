"""Every image that a Dockerfile names: FROM, COPY --from, RUN --mount=from, the syntax line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gate.dockerfile.source import Text
from gate.dockerfile.tree import Copy, Instruction, Run, Stage
from gate.lazy import pattern
from gate.memo import memo
from gate.model import Unknown
from gate.record import dataclass

if TYPE_CHECKING:
    from gate.build import Build

_MOUNT_FROM = pattern(r"(?:^|,)from=([^,]+)", re.IGNORECASE)


@dataclass(slots=True)
class Use:
    """One image reference. ``reference`` is None when it is not known; then ``tail`` is the part behind its last unknown
    variable, and ``why`` says what is missing."""

    text: Text
    kind: str  # FROM, COPY --from, RUN --mount, syntax
    stage: Stage | None
    reference: str | None
    tail: str = ""
    why: Unknown | None = None


def images(build: Build) -> list[Use]:
    """Every image that the file names; stages and ``scratch`` are none."""
    kept = memo(build, "images")
    found: list[Use] | None = kept.get("all")
    if found is None:
        found = kept["all"] = list(_images(build))
    return found


def _images(build: Build) -> Iterator[Use]:
    syntax = build.dockerfile.directives.get("syntax")
    if syntax is not None:
        yield Use(syntax, "syntax", None, syntax.value.split()[0] if syntax.value.split() else "")
    for stage in build.stages:
        if stage.parent is None and stage.base != "scratch":
            yield _from(stage, build)
        for instruction in stage.instructions:
            if instruction.flags:
                yield from _others(instruction, stage, build)


def _from(stage: Stage, build: Build) -> Use:
    text = stage.from_.image
    if stage.base is not None:
        return Use(text, "FROM", stage, stage.base)
    tail = build.expand_partly(text, stage.from_).rpartition("\0")[2]
    return Use(text, "FROM", stage, None, tail, Unknown(stage.base_unknown, "--build-arg"))


def _others(instruction: Instruction, stage: Stage, build: Build) -> Iterator[Use]:
    if isinstance(instruction, Copy):
        name = instruction.from_
        if name is not None and name.value and not _number(name.value) and _is_image(name, build):
            yield Use(name, "COPY --from", stage, name.value)
    elif isinstance(instruction, Run):
        for name in mounted_from(instruction):
            if _is_image(name, build):
                yield Use(name, "RUN --mount", stage, name.value)


def _is_image(name: Text, build: Build) -> bool:
    return "$" not in name.value and name.value != "scratch" and named_stage(name.value, build) is None


def mounted_from(run: Run) -> Iterator[Text]:
    """The ``from=`` of the mounts."""
    for flag in run.flags:
        if flag.name == "mount" and flag.value is not None:
            match = _MOUNT_FROM.search(flag.value.value)
            if match:
                yield flag.value.slice(*match.span(1))


def named_stage(name: str, build: Build) -> Stage | None:
    """The stage that COPY --from and a mount mean by a name: whatever its case, the last one of that name."""
    return next((stage for stage in reversed(build.stages) if stage.name == name.lower()), None)


def _number(text: str) -> bool:
    return text.lstrip("+-").isdecimal()
