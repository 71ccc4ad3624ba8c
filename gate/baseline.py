"""A baseline: today's findings, accepted as they are, so that only new ones fail."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from gate import files
from gate.fingerprint import order
from gate.model import Finding
from gate.policy import PolicyError

FILE_NAME = "mlgate-baseline.json"
_VERSION = 1


def text(findings: Iterable[Finding]) -> str:
    """The baseline that accepts these findings; waived ones are left to their waivers."""
    entries = [
        {
            "fingerprint": finding.fingerprint,
            "rule_id": finding.rule_id,
            "path": finding.place.path,
            "message": finding.message,
        }
        for finding in sorted(findings, key=order)
        if finding.state != "waived"
    ]
    return json.dumps({"schema_version": _VERSION, "findings": entries}, indent=2, ensure_ascii=False) + "\n"


def entries(path: str) -> list[dict[str, Any]]:
    """What a baseline accepts, as written. Raises :class:`~gate.policy.PolicyError`."""
    try:
        document = json.loads(files.read(path))
    except files.Unreadable as error:
        raise PolicyError(f"{path}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{path}: not a baseline: {error}") from None
    if not isinstance(document, dict) or document.get("schema_version") != _VERSION:
        raise PolicyError(f"{path}: not a baseline of this version")
    found = document.get("findings")
    if not isinstance(found, list) or not all(isinstance(entry, dict) and entry.get("fingerprint") for entry in found):
        raise PolicyError(f"{path}: not a baseline: every finding needs a fingerprint")
    return found


def read(path: str) -> list[str]:
    """The fingerprints that a baseline accepts. Raises :class:`~gate.policy.PolicyError`."""
    return [str(entry["fingerprint"]) for entry in entries(path)]
