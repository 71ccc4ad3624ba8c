"""The dated facts in ``policies/*.yaml``, read once. Facts have a source beside them there; code has none."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any


@cache
def facts(name: str) -> dict[str, Any]:
    """The content of ``policies/<name>.yaml``, a mapping. Shipped with the package, so it is always there and sound."""
    import yaml

    text = resources.files("gate.policies").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506  both loaders are the safe ones
    return loaded
