"""Which stages a stage needs: ``FROM``, ``COPY --from``, ``RUN --mount=from=``, and the triggers of its parent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gate.context.paths import join
from gate.dockerfile.expand import SubstitutionError, expand
from gate.dockerfile.flags import csv_fields
from gate.dockerfile.go import atoi
from gate.dockerfile.tree import Copy, Instruction, Onbuild, Run, Stage
from gate.memo import memo

if TYPE_CHECKING:
    from gate.build import Build


class ReferenceFault(ValueError):
    """The builder refuses the reference."""


def source_stage(build: Build, instruction: Copy) -> tuple[int | None, str | None]:
    """``--from``: the index of a stage, or else an image; both None for the context. Raises :class:`ReferenceFault`."""
    text = instruction.from_.value if instruction.from_ is not None else ""
    if not text:
        return None, None
    try:
        expanded = expand(text, lambda name: None, build.dockerfile.escape)
    except SubstitutionError as error:
        raise ReferenceFault(str(error)) from error
    if expanded != text:
        raise ReferenceFault("variable expansion is not supported for --from")
    number = atoi(text)
    if number is not None:
        if not 0 <= number < len(build.stages):
            raise ReferenceFault(f"invalid stage index {number}")
        return number, None
    index = named_stage(build, text)
    return (index, None) if index is not None else (None, text)


def named_stage(build: Build, name: str) -> int | None:
    """The last stage of that name, in any case."""
    return next((stage.index for stage in reversed(build.stages) if stage.name == name.lower()), None)


def mount_sources(build: Build, run: Run) -> tuple[set[int], set[str]]:
    """The stages and the absolute context paths that the mounts of a RUN read."""
    stages: set[int] = set()
    paths: set[str] = set()
    for flag in run.flags:
        if flag.name != "mount" or flag.value is None:
            continue
        try:
            fields = csv_fields(flag.value.value)
        except ValueError:
            continue
        options = dict(field.partition("=")[::2] for field in fields)
        options = {key.lower(): value for key, value in options.items()}
        if options.get("from"):
            index = named_stage(build, options["from"])
            if index is not None:
                stages.add(index)
        elif options.get("type", "bind") in ("bind", "tmpfs"):
            paths.add(join("/", options.get("source") or options.get("src") or ""))
    return stages, paths


def needed(build: Build, stage: Stage) -> frozenset[int]:
    """The indices of the stage itself and of all that it needs, directly or not."""
    if len(build.stages) == 1:
        return frozenset((stage.index,))
    known: dict[int, frozenset[int]] = memo(build, "needed stages")
    if stage.index not in known:
        found: set[int] = set()
        waiting = [stage.index]
        while waiting:
            index = waiting.pop()
            if index not in found:
                found.add(index)
                waiting.extend(_direct(build, build.stages[index]))
        known[stage.index] = frozenset(found)
    return known[stage.index]


def _direct(build: Build, stage: Stage) -> Iterator[int]:
    if stage.parent is not None:
        yield stage.parent.index
    for instruction in _instructions(stage):
        yield from _referred(build, instruction)


def _instructions(stage: Stage) -> Iterator[Instruction]:
    for onbuild in stage.parent.instructions if stage.parent is not None else ():
        if isinstance(onbuild, Onbuild) and onbuild.child is not None:
            yield onbuild.child
    yield from stage.instructions


def _referred(build: Build, instruction: Instruction) -> Iterator[int]:
    if isinstance(instruction, Copy):
        try:
            index, _ = source_stage(build, instruction)
        except ReferenceFault:
            return
        if index is not None:
            yield index
    elif isinstance(instruction, Run):
        yield from mount_sources(build, instruction)[0]
