"""Which ENTRYPOINT and which CMD a build ends up with, and in which form.

As BuildKit has it: within a stage the last one of a kind wins and their order does not matter; an ENTRYPOINT in a stage
that sets no CMD of its own clears the CMD that the stage inherited; a local parent's ONBUILD runs at the start of the child.
"""

from __future__ import annotations

from collections.abc import Iterator

from gate.build import Build
from gate.dockerfile.shell.wrappers import SHELLS
from gate.dockerfile.tree import Launch, Onbuild, Run, Stage
from gate.dockerfile.words import NotStrings, json_words
from gate.memo import memo
from gate.platforms.bases import base_of
from gate.record import dataclass
from gate.rules.launch._arrays import meant_as_array


@dataclass(frozen=True, slots=True)
class Effective:
    """``entrypoint`` and ``cmd`` are the instructions that count, None where the base image decides.

    ``cleared``: the inherited CMD that an ENTRYPOINT took away, and that ENTRYPOINT; None when a CMD is there.
    """

    entrypoint: Launch | None
    cmd: Launch | None
    cleared: tuple[Launch, Launch] | None


def effective(build: Build) -> Effective:
    """What the target starts, of all that this file says."""
    kept = memo(build, "effective launch")
    found: Effective | None = kept.get(None)
    if found is None:
        found = kept[None] = _work_out(build)
    return found


def _work_out(build: Build) -> Effective:
    entrypoint: Launch | None = None
    cmd: Launch | None = None
    cleared: tuple[Launch, Launch] | None = None
    for stage in build.target.lineage() if build.target is not None else ():
        own = {launch.keyword: launch for launch in launches(stage)}
        if "CMD" in own:
            cmd, cleared = own["CMD"], None
        elif "ENTRYPOINT" in own and cmd is not None:
            if cmd.exec != ():
                cleared = (cmd, own["ENTRYPOINT"])
            cmd = None
        entrypoint = own.get("ENTRYPOINT", entrypoint)
    return Effective(entrypoint, cmd, cleared)


def launches(stage: Stage) -> Iterator[Launch]:
    """Every CMD and ENTRYPOINT that takes effect in a stage, in order, the triggers of a local parent first."""
    if stage.parent is not None:
        for instruction in stage.parent.instructions:
            if isinstance(instruction, Onbuild) and _is_launch(instruction.child):
                yield instruction.child  # type: ignore[misc]
    for instruction in stage.instructions:
        if _is_launch(instruction):
            yield instruction  # type: ignore[misc]


def _is_launch(instruction: object) -> bool:
    return isinstance(instruction, Launch) and instruction.keyword in ("CMD", "ENTRYPOINT")


def of_base_image(build: Build) -> tuple[str, ...]:
    """The ENTRYPOINT that the base image is known to have, when this file sets none; empty when there is none, when it is
    not known, and when it only runs what follows it."""
    if build.target is None or effective(build).entrypoint is not None:
        return ()
    _, known = base_of(build.target)
    return () if known.transparent else known.entrypoint or ()


def words(launch: Launch | None) -> tuple[str, ...]:
    """The words of an exec form; empty for any other. ``[""]`` acts like ``[]``."""
    found = tuple(str(word) for word in launch.exec or ()) if launch is not None else ()
    return () if found == ("",) else found


def is_shell_form(launch: Launch | None) -> bool:
    """True when a shell reads it, and when its author meant that."""
    return launch is not None and launch.exec is None and not is_broken(launch)


def is_broken(launch: Launch | None) -> bool:
    """True for what was meant to be a JSON array and is none, and for a JSON array that BuildKit refuses."""
    return launch is not None and launch.exec is None and (meant_as_array(launch) or _refused(launch))


def _refused(launch: Launch) -> bool:
    text = str(launch.script or "")
    try:
        json_words(text, 0, len(text))
    except NotStrings:
        return True
    return False


def shell_name(launch: Launch | Run, build: Build) -> str:
    """The shell that reads a shell form: ``sh``, ``bash`` …"""
    return build.script(launch).shell


def has_posix_shell(launch: Launch | Run, build: Build) -> bool:
    return shell_name(launch, build) in SHELLS
