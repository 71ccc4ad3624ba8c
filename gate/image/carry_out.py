"""Carrying out a stage's file operations on its tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.dockerfile.tree import Instruction
from gate.image.accounts import Accounts
from gate.image.copy_files import CopyJob
from gate.image.model import Fault
from gate.image.node import Node
from gate.image.plan import CopyFiles, MakeFolder, Operation, Plan
from gate.image.run import RunJob
from gate.image.tree import Ids, Tree, TreeError, TreeUnknown, folder_maker
from gate.model import Place, Unknown

if TYPE_CHECKING:
    from gate.image.evaluate import World


class Carrier:
    """One stage's operations, one after the other. A refused one is a fault, and the next is tried nevertheless."""

    def __init__(self, world: World, plan: Plan, root: Node) -> None:
        self.world = world
        self.plan = plan
        self.tree = Tree(root)
        self.accounts = Accounts(self.tree, closed=plan.closed)
        self.faults: list[Fault] = []
        self.undecided: list[tuple[str, int, Unknown]] = []
        self.last = plan.parent.last if plan.parent is not None else None
        self._waiting = plan.operations[::-1]

    def run(self) -> None:
        """Carry out what has not been yet."""
        while self._waiting:
            self._next()

    def faults_to_first(self) -> list[Fault]:
        """As far as the first refused operation: then the others still wait."""
        while self._waiting and not self.faults:
            self._next()
        return self.faults

    def _next(self) -> None:
        operation = self._waiting.pop()
        self._carry_out(operation)
        self.last = operation

    def _carry_out(self, operation: Operation) -> None:
        if isinstance(operation, MakeFolder):
            self._make_folder(operation)
        elif isinstance(operation, CopyFiles):
            CopyJob(self, operation).run()
        else:
            RunJob(self, operation).run()

    def refuse(self, error: Exception, place: Place) -> None:
        self.faults.append(Fault(str(error), place))

    def unknown(self, what: str, instruction: Instruction, why: Unknown) -> None:
        """An operation whose effect cannot be known may have put something anywhere."""
        self.undecided.append((what, instruction.line, why))
        self.tree.root.anywhere = self.tree.root.anywhere or why

    def _make_folder(self, operation: MakeFolder) -> None:
        instruction = operation.instruction
        if isinstance(operation.path, Unknown):
            self.unknown("files", instruction, operation.path)
            return
        try:
            owner: Ids | None = None
            if operation.owner != "":
                owner = self.accounts.ids(operation.owner, based=operation.based)
            place = self.tree.resolve(operation.path)
            self.tree.make_folders(place, folder_maker(0o755, owner, instruction))
        except TreeError as error:
            self.refuse(error, instruction.place)
        except TreeUnknown as error:
            self.unknown(operation.path, instruction, error.unknown)
