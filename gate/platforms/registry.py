"""Finds the platforms: every module of this folder that defines ``PLATFORM``."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

import gate.platforms
from gate.platforms.model import Platform


@lru_cache(maxsize=1)
def platforms() -> dict[str, Platform]:
    """Platform name → platform."""
    found: dict[str, Platform] = {}
    for module in iter_modules(gate.platforms.__path__):
        platform = getattr(import_module(f"gate.platforms.{module.name}"), "PLATFORM", None)
        if isinstance(platform, Platform):
            found[platform.name] = platform
    return found
