"""A real browser for the HTML report."""

from __future__ import annotations

import os
from pathlib import Path

from tests.engines.cache import apt_program, on_path

# A headless browser that asks nobody for anything, and works in a container and as root.
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def chromium() -> Path:
    """The browser's path. Raises EngineMissing."""
    if named := os.environ.get("MLGATE_TEST_CHROMIUM"):
        return Path(named)
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return on_path(*names) or apt_program("chromium", "chromium")
