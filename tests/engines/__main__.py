"""`python -m tests.engines install [NAME…]`: find or install engines, and say where they are and what it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.engines import bases, buildkit, chromium, docker_engine, frontend, grype, hadolint, registry, sarif_multitool
from tests.engines.cache import EngineMissing

INSTALLERS: dict[str, Callable[[], Path]] = {
    "hadolint": hadolint.hadolint,
    "buildkit": buildkit.install,
    "frontend": frontend.program,
    "grype": grype.grype,
    "grypedb": grype.grypedb,
    "docker": docker_engine.install,
    "registry": registry.crane,
    "busybox": bases.busybox_base,
    "chromium": chromium.chromium,
    "sarif": sarif_multitool.multitool,
}
USAGE = f"usage: python -m tests.engines install [{' | '.join(INSTALLERS)}]…"


def main(arguments: list[str]) -> int:
    """0: all there. 1: at least one is missing. 2: wrong use."""
    if arguments[:1] != ["install"] or not set(arguments[1:]) <= set(INSTALLERS):
        print(USAGE, file=sys.stderr)
        return 2
    missing = 0
    for name in arguments[1:] or INSTALLERS:
        began = time.monotonic()
        try:
            found = str(INSTALLERS[name]())
        except EngineMissing as reason:
            missing += 1
            found = f"MISSING: {reason}"
        print(f"{name:10} {time.monotonic() - began:6.1f} s  {found}", flush=True)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
