"""The dated facts in ``policies/*.yaml``, read once. Facts have a source beside them there; code has none.

Reading YAML takes longer than judging a Dockerfile, so what was read is kept (:mod:`gate.kept`).
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import Any

from gate.kept import code_stamp, kept


@cache
def facts(name: str) -> dict[str, Any]:
    """The content of ``policies/<name>.yaml``, a mapping. Shipped with the package, so it is always there and sound."""
    found: dict[str, Any] = kept(f"facts-{name}", code_stamp(), lambda: _read(name))
    return found


def _read(name: str) -> dict[str, Any]:
    import yaml

    source = os.path.join(os.path.dirname(str(import_module("gate.policies").__file__)), f"{name}.yaml")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with open(source, encoding="utf-8") as file:
        loaded: dict[str, Any] = yaml.load(file, Loader=loader)  # noqa: S506  both loaders are the safe ones
    return loaded
