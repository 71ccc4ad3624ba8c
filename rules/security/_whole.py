"""A Dockerfile's instructions as one text: what stands nowhere in it need not be looked for in each of them."""

from __future__ import annotations

from collections.abc import Iterator

from gate.build import Build
from gate.dockerfile.tree import Instruction, Onbuild, Run
from gate.memo import memo


def whole_text(build: Build) -> str:
    """What stands behind the keywords, a line for each instruction, without continuations and comments."""
    kept = memo(build, "whole text")
    if "text" not in kept:
        kept["text"] = "\n".join([instruction.text.value for instruction in build.dockerfile.instructions])
    found: str = kept["text"]
    return found


def instructions(build: Build) -> Iterator[Instruction]:
    """Every instruction, each RUN behind an ONBUILD, too."""
    for instruction in build.dockerfile.instructions:
        yield instruction
        if isinstance(instruction, Onbuild) and isinstance(instruction.child, Run):
            yield instruction.child
