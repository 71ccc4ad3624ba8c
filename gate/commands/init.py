"""``mlgate init``: what a project needs to begin."""

from __future__ import annotations

import json

from gate.commands.output import write


def schema() -> int:
    """Print the JSON Schema of a policy file, for editors."""
    from gate.schema import json_schema

    write((json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n").encode())
    return 0
