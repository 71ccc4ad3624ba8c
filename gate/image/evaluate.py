"""A stage as an image: its plan carried out on a tree of files, each part when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from gate.context.transfer import Sent
from gate.dockerfile.tree import Instruction, Stage
from gate.image.base_files import base_root
from gate.image.beforehand import Beforehand
from gate.image.carry_out import Carrier
from gate.image.copy import Budget
from gate.image.files import ImageFiles
from gate.image.model import Config, Fault, Inherited
from gate.image.node import Node, directory, fork, from_context
from gate.image.plan import Plan, make_plan
from gate.image.references import needed
from gate.model import Unknown

if TYPE_CHECKING:
    from gate.build import Build
    from gate.images.settle import Settled

_MAX_STEPS = 500_000  # files copied one by one, in all stages together

Inheritance = Callable[[str], "Inherited | None"]


class Evaluator:
    """The images of one build."""

    def __init__(self, build: Build, *, inheritance: Inheritance | None = None) -> None:
        self.build = build
        self._inheritance = inheritance
        self._plans: dict[int, Plan] = {}
        self._worlds: dict[int, World] = {}
        self._images: dict[int, StageImage] = {}
        self._settled: set[int] = set()
        build.evaluators.append(self)

    def close(self) -> None:
        """Take apart what refers back to the evaluator, and to itself."""
        for each in (*self._worlds.values(), *self._images.values()):
            vars(each).clear()

    def image(self, stage: Stage) -> StageImage:
        if stage.index not in self._images:
            self._images[stage.index] = StageImage(self, stage)
        return self._images[stage.index]

    def plan(self, stage: Stage) -> Plan:
        for each in stage.lineage() if stage.index not in self._plans else ():
            if each.index not in self._plans:
                parent = self._plans[each.parent.index] if each.parent is not None else None
                inherited = self._inheritance(each.base) if self._inheritance is not None and each.base else None
                self._plans[each.index] = make_plan(self.build, each, parent, inherited)
        plan = self._plans[stage.index]
        built = self.built(stage)
        if built is not None and stage.index not in self._settled:
            self._settled.add(stage.index)
            plan.config = built.config(plan.config)
        return plan

    def built(self, stage: Stage) -> Settled | None:
        """The finished image of a stage, where there is one that goes."""
        built = self.build.built
        return built if built is not None and built.usable and stage is self.build.target else None

    def world(self, stage: Stage) -> World:
        """The build that a stage belongs to: the target's, or for a stage that this does not need, its own."""
        target = self.build.target
        for top in (target, stage):
            if top is not None and stage.index not in self._worlds:
                stages = needed(self.build, top)
                if stage.index in stages:
                    world = World(self, sorted(stages))
                    for index in stages:
                        self._worlds.setdefault(index, world)
        return self._worlds[stage.index]


class World:
    """The stages of one build, what they ask of the context, and the trees that they become."""

    def __init__(self, evaluator: Evaluator, stages: list[int]) -> None:
        self.evaluator = evaluator
        self.stages = stages
        self.budget = Budget(_MAX_STEPS)
        self.trees: dict[int, Node] = {}  # of the stages that are done
        self.carriers: dict[int, Carrier] = {}

    @cached_property
    def plans(self) -> dict[int, Plan]:
        build = self.evaluator.build
        return {index: self.evaluator.plan(build.stages[index]) for index in self.stages}

    @cached_property
    def context(self) -> Node | None:
        """The context as it arrives; None without one.

        Raises :class:`~gate.context.paths.BadPattern`, as anything that looks into it may.
        """
        sent = self.sent()
        return from_context(sent) if sent is not None else None

    def sent(self) -> Sent | None:
        context = self.evaluator.build.context
        wanted = {path for plan in self.plans.values() for path in plan.wanted}
        return context.sent(wanted or None) if context is not None else None

    @cached_property
    def beforehand(self) -> Beforehand:
        return Beforehand(self)

    def tree(self, stage: Stage) -> Node:
        """The root of a stage's files."""
        built = self.evaluator.built(stage)
        if built is not None:
            return built.tree
        if stage.index not in self.trees:
            for carrier in self._carriers(stage):
                carrier.run()
                self.trees[carrier.plan.stage.index] = carrier.tree.root
        return self.trees[stage.index]

    def first_fault(self, stage: Stage) -> Fault | None:
        """What the builder refuses first; nothing behind that is carried out."""
        for carrier in self._carriers(stage):
            faults = carrier.plan.faults or carrier.faults_to_first()
            if faults:
                return faults[0]
            self.trees[carrier.plan.stage.index] = carrier.tree.root
        return None

    def _carriers(self, stage: Stage) -> Iterator[Carrier]:
        """Of the stages that a stage needs, in order; each is to be done before the next is asked for."""
        for index in sorted(needed(self.evaluator.build, stage)):
            if index not in self.carriers:
                self.carriers[index] = self._carrier(self.plans[index])
            yield self.carriers[index]

    def _carrier(self, plan: Plan) -> Carrier:
        if plan.parent is not None:
            root = fork(self.trees[plan.parent.stage.index])
        elif plan.closed:
            root = directory()
        else:
            root = base_root(plan)
        return Carrier(self, plan, root)


class StageImage:
    """See :class:`gate.image.model.Image`."""

    def __init__(self, evaluator: Evaluator, stage: Stage) -> None:
        self._evaluator = evaluator
        self.stage = stage

    @property
    def config(self) -> Config:
        return self._evaluator.plan(self.stage).config

    @cached_property
    def files(self) -> ImageFiles:
        return ImageFiles(self._evaluator.world(self.stage).tree(self.stage), self._layers)

    def _layers(self) -> dict[int, int]:
        plans = [self._evaluator.plan(stage) for stage in self.stage.lineage()]
        operations = [operation for plan in plans for operation in plan.operations]
        return {id(operation.instruction): number for number, operation in enumerate(operations)}

    @cached_property
    def faults(self) -> list[Fault]:
        """In the order of the file."""
        if self._evaluator.built(self.stage) is not None:
            return []
        world = self._evaluator.world(self.stage)
        world.tree(self.stage)
        found = self._context_faults(world)
        for index in sorted(needed(self._evaluator.build, self.stage)):
            found.extend(world.plans[index].faults)
            found.extend(world.carriers[index].faults)
        return found

    @cached_property
    def first_fault(self) -> Fault | None:
        """The first of :attr:`faults`, which costs less where it stands far in front."""
        world = self._evaluator.world(self.stage)
        if self._evaluator.built(self.stage) is not None or world.beforehand.from_context:
            return self.faults[0] if self.faults else None
        # Nothing of the context is listed that has not been looked for beforehand.
        found = self._context_faults(world)
        return found[0] if found else world.first_fault(self.stage)

    def _context_faults(self, world: World) -> list[Fault]:
        context = self._evaluator.build.context
        if context is None:
            return []
        place = self.stage.from_.place
        if context.ignore_fault:
            return [Fault(f"failed to read dockerignore patterns: {context.ignore_fault}", place)]
        sent = world.sent() if "context" in vars(world) else None
        if sent is not None and sent.unsendable:
            path = context.shown(sent.unsendable)
            return [Fault(f"{path}: grpc: error while marshaling: string field contains invalid UTF-8", place)]
        return []

    @cached_property
    def undecided(self) -> list[tuple[str, int, Unknown]]:
        if self._evaluator.built(self.stage) is not None:
            return []
        world = self._evaluator.world(self.stage)
        world.tree(self.stage)
        found: list[tuple[str, int, Unknown]] = []
        for stage in self.stage.lineage():
            found.extend(world.plans[stage.index].undecided)
            found.extend(world.carriers[stage.index].undecided)
        if self.files.more:
            found.append(("files", self.stage.from_.line, Unknown("there are more files than are listed")))
        return found

    def instructions(self) -> Iterator[Instruction]:
        for stage in self.stage.lineage():
            yield from stage.instructions
