"""The image as a launch sees it: known base images and the programs that packages bring are counted in."""

from __future__ import annotations

from functools import cached_property

from gate.build import Build
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Copy, Run, Stage, Words
from gate.image.beforehand import Beforehand
from gate.image.evaluate import Evaluator
from gate.image.files import ImageFiles
from gate.image.model import Config, Fault
from gate.image.node import Node
from gate.lazy import pattern
from gate.memo import memo
from gate.model import Unknown
from gate.platforms.bases import base_of, inherited
from gate.platforms.brought import Brought
from gate.platforms.supply import Supply

_ARCHIVE = pattern(r"\.(?:tar|tgz|tbz|txz)(?:\.\w+)?\Z")
_POINTER = b"version https://git-lfs.github.com/spec/"


def launch_image(build: Build) -> LaunchImage:
    """The build's target. Raises ValueError where there is none."""
    if build.target is None:
        raise ValueError("no such stage")
    kept = memo(build, "launch image")
    if None not in kept:
        kept[None] = LaunchImage(build, build.target)
    found: LaunchImage = kept[None]
    return found


class LaunchImage:
    """Configuration and files of the target, with the answers for what is not listed."""

    def __init__(self, build: Build, stage: Stage) -> None:
        self.build = build
        self.stage = stage
        self.evaluator = Evaluator(build, inheritance=inherited)

    @property
    def config(self) -> Config:
        return self.evaluator.plan(self.stage).config

    @property
    def user_at(self) -> Text:
        """Where the user stands; the name of the base image where this file does not set one."""
        instruction = self.config.set_by.get("User")
        if isinstance(instruction, Words) and instruction.words:
            return instruction.words[0]
        return self.stage.root.from_.image

    @cached_property
    def files(self) -> ImageFiles:
        return self.evaluator.image(self.stage).files

    @cached_property
    def faults(self) -> list[Fault]:
        """Where the build stops."""
        return self.evaluator.image(self.stage).faults

    @property
    def first_fault(self) -> Fault | None:
        """Where it stops first."""
        return self.evaluator.image(self.stage).first_fault

    @cached_property
    def beforehand(self) -> Beforehand | None:
        """What is known of the files without the files; None for a finished image, which has them."""
        built = self.evaluator.built(self.stage)
        return self.evaluator.world(self.stage).beforehand if built is None else None

    @property
    def has_context(self) -> bool:
        """Whether a file may come of the build context."""
        return self.beforehand is None or self.beforehand.from_context

    @property
    def is_incomplete(self) -> bool:
        """Whether the build is known to stop for want of something in the context: then ``faults`` are not empty."""
        return self.beforehand is not None and self.beforehand.missing

    def may_make(self, name: str) -> bool:
        """Whether there may be a file of that name that an instruction put there."""
        return self.beforehand is None or self.beforehand.may_make(name)

    def may_read(self, name: str) -> bool:
        """Whether there may be a file of that name that can be read."""
        return self.beforehand is None or self.beforehand.may_read(name)

    @cached_property
    def root(self) -> Node:
        return self.evaluator.world(self.stage).tree(self.stage)

    @cached_property
    def supply(self) -> Supply:
        reference, known = base_of(self.stage)
        evaluator = self.evaluator
        return Supply(reference, known, Brought(self.build, lambda stage: evaluator.world(stage).tree(stage)))

    @cached_property
    def _pointers(self) -> Unknown | None:
        """ADD of an archive of which the context has only what Git LFS left in its place."""
        context = self.build.context
        for instruction in (each for stage in self.stage.lineage() for each in stage.instructions):
            if context is None or not isinstance(instruction, Copy) or instruction.keyword != "ADD":
                continue
            for source in map(str, instruction.sources):
                if _ARCHIVE.search(source) and (context.read(source.lstrip("./"), 64) or b"").startswith(_POINTER):
                    return Unknown(f"{source} is in Git LFS, and not in the context", "--context")
        return None

    def suspicion(self, node: Node | None) -> Unknown | None:
        """Why a file may have been mended: a RUN of unknown effect comes behind it."""
        why = self.root.anywhere or self._pointers
        if why is None or node is None or node.instruction is None:
            return why
        behind = node.instruction.index
        later = any(
            isinstance(run, Run) and run.index > behind for stage in self.stage.lineage() for run in stage.instructions
        )
        return why if later or _from_stage(node) else None


def _from_stage(node: Node) -> bool:
    instruction = node.instruction
    return instruction is not None and instruction.keyword == "COPY" and instruction.flag("from") is not None
