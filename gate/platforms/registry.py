"""Finds the platforms: every module of this folder that defines ``PLATFORM``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any

import gate.platforms
from gate.kept import code_stamp, kept
from gate.platforms.model import Evidence, Platform, Route


@lru_cache(maxsize=1)
def platforms() -> dict[str, Platform]:
    """Platform name → platform."""
    # They are plain data, and the other modules of the folder are dear to import.
    return {platform.name: platform for platform in map(_again, kept("platforms", code_stamp(), _found))}


def _found() -> list[dict[str, Any]]:
    from dataclasses import asdict
    from pkgutil import iter_modules

    modules = [import_module(f"gate.platforms.{module.name}") for module in iter_modules(gate.platforms.__path__)]
    named = [getattr(module, "PLATFORM", None) for module in modules]
    return [asdict(platform) for platform in named if isinstance(platform, Platform)]


def _again(values: Mapping[str, Any]) -> Platform:
    """The platform of its fields' values; lists in them stand for tuples."""
    fields = _tuples(values)
    fields["routes"] = tuple(Route(**route) for route in values["routes"])
    fields["evidence"] = Evidence(**_tuples(values["evidence"]))
    return Platform(**fields)


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
