"""Whether there is a grype at all."""

from __future__ import annotations

import os

from gate.engines.base import search


def state() -> str | None:
    """See :func:`gate.engines.base.state`. What grype says depends on its database, which may be another one any time."""
    there = os.environ.get("MLGATE_GRYPE") or search("grype", os.environ.get("PATH", "").split(os.pathsep))
    return None if there else "not installed"
