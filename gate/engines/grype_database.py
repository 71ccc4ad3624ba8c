"""The state of grype's vulnerability database, and the commands that mend it."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone

from gate import scratch
from gate.engines import process
from gate.engines.grype_call import MAX_AGE_DAYS, MEND_DATABASE, database_fault, environment, last_words, parsed
from gate.record import dataclass

MEND_OFFLINE = "grype db import FILE"
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Database:
    """``schema``: like ``v6.1.9``; ``built``: as grype says it; ``age``: in whole days, None where it is not known;
    ``fault``: why it is of no use, empty when it is sound; ``allowed``: the age that it may have."""

    schema: str
    built: str
    age: int | None
    fault: str
    allowed: str

    @property
    def mend(self) -> str:
        """The commands that mend it."""
        return f"{MEND_DATABASE}; without network: {MEND_OFFLINE}"


def database(program: str, max_age: int | None = None) -> Database:
    """Ask a grype for the state of its database. Whatever goes wrong is a fault in the answer."""
    allowed = f"{max_age or MAX_AGE_DAYS} days"
    if not max_age:
        allowed = os.environ.get("GRYPE_DB_MAX_ALLOWED_BUILT_AGE") or allowed
    folder = scratch.folder()
    try:
        output = process.run(
            [program, "db", "status", "-o", "json"], cwd=folder, timeout=_PATIENCE, env=environment(folder, max_age)
        )
    finally:
        scratch.remove(folder)
    try:
        said = json.loads(output.stdout)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or output.fault:
        return Database(
            "", "", None, output.fault or last_words(output.stderr) or "says nothing about its database", allowed
        )
    built = str(said.get("built") or "")
    moment = parsed(built)
    age = max((datetime.now(timezone.utc) - moment).days, 0) if moment is not None else None
    error = str(said.get("error") or "")
    fault = (
        ""
        if said.get("valid") is True and not error
        else database_fault(error) or last_words(error) or "it is not valid"
    )
    return Database(str(said.get("schemaVersion") or ""), built, age, fault, allowed)
