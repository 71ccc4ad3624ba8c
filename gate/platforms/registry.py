"""Finds the platforms: every module of this folder that defines ``PLATFORM``."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

import gate.platforms
from gate.kept import code_stamp, kept
from gate.platforms.model import Platform


@lru_cache(maxsize=1)
def platforms() -> dict[str, Platform]:
    """Platform name → platform."""
    # The other modules of the folder are of no use here, and some are dear to import.
    found = [import_module(name).PLATFORM for name in kept("platforms", code_stamp(), _modules)]
    return {platform.name: platform for platform in found}


def _modules() -> list[str]:
    from pkgutil import iter_modules

    names = [f"gate.platforms.{module.name}" for module in iter_modules(gate.platforms.__path__)]
    return [name for name in names if isinstance(getattr(import_module(name), "PLATFORM", None), Platform)]
