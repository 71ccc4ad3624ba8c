"""The image as a launch sees it: known base images counted in, and what each RUN does to files."""

from __future__ import annotations

from functools import cached_property

from gate.build import Build
from gate.dockerfile.tree import Stage
from gate.image.carry_out import Carrier
from gate.image.evaluate import Evaluator, World
from gate.image.model import Config
from gate.image.node import Node
from gate.image.plan import Plan, RunCommands
from gate.model import Unknown
from gate.platforms.bases import base_of, inherited
from gate.platforms.brought import Brought
from gate.platforms.supply import Supply


def launch_image(build: Build) -> LaunchImage:
    """The build's target. Raises ValueError where there is none."""
    if build.target is None:
        raise ValueError("no such stage")
    kept = build.__dict__.get("launch_image")
    if kept is None:
        kept = build.__dict__["launch_image"] = LaunchImage(build, build.target)
    found: LaunchImage = kept
    return found


class LaunchImage:
    """Configuration and files of the target, with the answers for what is not listed."""

    def __init__(self, build: Build, stage: Stage) -> None:
        self.build = build
        self.stage = stage
        self.evaluator = _Evaluator(build)

    @property
    def config(self) -> Config:
        return self.evaluator.plan(self.stage).config

    @cached_property
    def root(self) -> Node:
        return self.evaluator.world(self.stage).tree(self.stage)

    @cached_property
    def supply(self) -> Supply:
        reference, known = base_of(self.stage)
        return Supply(reference, known, Brought(self.build))

    def suspicion(self, node: Node | None) -> Unknown | None:
        """Why a file may be another than it seems, or may be there: a RUN of unknown effect comes after it."""
        for index, why in self.evaluator.doubts:
            if node is None or node.instruction is None or node.instruction.index < index or _from_stage(node):
                return why
        return None


def _from_stage(node: Node) -> bool:
    instruction = node.instruction
    return instruction is not None and instruction.keyword == "COPY" and instruction.flag("from") is not None


class _Evaluator(Evaluator):
    def __init__(self, build: Build) -> None:
        super().__init__(build, inheritance=inherited)
        self.doubts: list[tuple[int, Unknown]] = []

    def world(self, stage: Stage) -> World:
        found = super().world(stage)
        found.__class__ = _World
        return found


class _World(World):
    def _carry_out(self, plan: Plan) -> None:
        super()._carry_out(plan)


class _Carrier(Carrier):
    def _run(self, operation: RunCommands) -> None:
        super()._run(operation)
