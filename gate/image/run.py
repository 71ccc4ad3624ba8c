"""What a RUN leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.image.plan import RunCommands
from gate.model import Unknown

if TYPE_CHECKING:
    from gate.image.carry_out import Carrier


def run_commands(carrier: Carrier, operation: RunCommands) -> None:
    why = Unknown(f"RUN on line {operation.origin.line} may have put something there", "--image")
    carrier.tree.root.open = carrier.tree.root.open or why
