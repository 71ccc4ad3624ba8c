"""``python -m tests.screenshots``: take the pictures of the HTML report that the docs show, in a real Chromium."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.engines.chromium import OPTIONS, chromium
from tests.engines.grype import grype, grype_db, grype_environment

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "report"
EXAMPLE = ROOT / "examples" / "broken"
SHOTS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 1500}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 1500}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 1500}, "color_scheme": "light"},
    "print": {"viewport": {"width": 794, "height": 1123}, "color_scheme": "light"},
}


def report(folder: Path) -> Path:
    """The report of the example, by every engine."""
    page = folder / "report.html"
    search = os.pathsep.join((str(Path(grype()).parent), str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, **grype_environment(grype_db(folder)), "PATH": search}
    command = [sys.executable, "-m", "gate", "check", "Dockerfile", "-o", str(page), "--no-cache"]
    done = subprocess.run(command, cwd=EXAMPLE, env=environment, capture_output=True, text=True, timeout=120)
    if done.returncode != 1:
        raise SystemExit(f"the example is meant to fail the gate:\n{done.stdout}{done.stderr}")
    return page


def main() -> None:
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(OPTIONS))
        url = report(Path(folder)).as_uri()
        for name, options in SHOTS.items():
            page = browser.new_context(**options).new_page()
            page.emulate_media(media="print" if name == "print" else "screen")
            page.goto(url)
            page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
