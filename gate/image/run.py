"""What a RUN leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.image.plan import RunCommands
from gate.model import Unknown

if TYPE_CHECKING:
    from gate.image.carry_out import Carrier


class RunJob:
    def __init__(self, carrier: Carrier, operation: RunCommands) -> None:
        self.carrier = carrier
        self.operation = operation

    def run(self) -> None:
        why = Unknown(f"RUN on line {self.operation.origin.line} may have put something there", "--image")
        root = self.carrier.tree.root
        root.anywhere = root.anywhere or why
