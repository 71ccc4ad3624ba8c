"""The dated facts in ``policies/*.yaml``, read once. Facts have a source beside them there; code has none.

Reading YAML takes longer than judging a Dockerfile. So what was read is kept as JSON where the interpreter keeps compiled
modules, under the same terms: it is trusted as they are, made anew when the file changes, and not written when
``PYTHONDONTWRITEBYTECODE`` says so.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from datetime import date
from functools import cache
from importlib import import_module
from typing import Any

_DATE = "@date"


@cache
def facts(name: str) -> dict[str, Any]:
    """The content of ``policies/<name>.yaml``, a mapping. Shipped with the package, so it is always there and sound."""
    source = os.path.join(os.path.dirname(str(import_module("gate.policies").__file__)), f"{name}.yaml")
    status = os.stat(source)
    stamp = [status.st_mtime_ns, status.st_size]
    kept = _kept(source)
    with suppress(OSError, ValueError, KeyError, TypeError):
        with open(kept, encoding="utf-8") as file:
            document = json.load(file, object_hook=_dated)
        if document["of"] == stamp:
            found: dict[str, Any] = document["facts"]
            return found
    loaded = _read(source)
    if not sys.dont_write_bytecode:
        _keep(kept, {"of": stamp, "facts": loaded})
    return loaded


def _read(source: str) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with open(source, encoding="utf-8") as file:
        loaded: dict[str, Any] = yaml.load(file, Loader=loader)  # noqa: S506  both loaders are the safe ones
    return loaded


def _kept(source: str) -> str:
    """Where the JSON of a file stands: beside the compiled modules of its folder."""
    from importlib.util import cache_from_source

    return cache_from_source(source).removesuffix(".pyc") + ".json"


def _keep(kept: str, document: dict[str, Any]) -> None:
    temporary = f"{kept}.{os.getpid()}"
    with suppress(OSError):
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(document, file, default=lambda day: {_DATE: day.isoformat()})
        os.replace(temporary, kept)


def _dated(values: dict[str, Any]) -> dict[str, Any] | date:
    return date.fromisoformat(values[_DATE]) if _DATE in values else values
