"""A row of hadolint → a finding: severity, place, and whether what we know of the file contradicts it."""

from __future__ import annotations

from gate.build import Build
from gate.dockerfile.tree import Instruction
from gate.engines.hadolint_noise import contradicted
from gate.engines.hadolint_places import place_of
from gate.engines.hadolint_reader import Row
from gate.model import Finding, Severity

SEVERITIES = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.LOW, "style": Severity.INFO}


def finding(build: Build, instruction: Instruction, row: Row) -> Finding | None:
    """The finding of a row, None for a known false alarm."""
    _, code, level, message = row
    try:
        if contradicted(build, instruction, code):
            return None
        place = place_of(build, instruction, code, message)
    except Exception:  # a fault in our reading of the shell must not take hadolint's word away
        place = instruction.place
    return Finding(
        rule_id=code,
        name=code.lower(),
        severity=SEVERITIES[level],
        message=message,
        place=place,
        engine="hadolint",
        stage=instruction.stage.label if instruction.stage is not None else None,
    )
