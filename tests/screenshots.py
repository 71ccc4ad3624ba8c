"""``python -m tests.screenshots``: take the pictures of the HTML report that the docs show, in a real Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.engines.chromium import OPTIONS, chromium
from tests.engines.grype import grype, grype_db, grype_environment

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "report"
EXAMPLE = ROOT / "examples" / "scikit"
CHANGES = {
    "requirements.txt": (
        ("flask==3.1.2", "flask==2.0.1"),
        ("numpy==2.3.4", "numpy==1.16.2"),
        ("pandas==2.3.3", "pandas"),
    ),
    "decision_trees/nginx.conf": (("listen 8080", "listen 5000"),),
}
"""What is wrong in the picture: old and missing pins, Flask's own port, and (below) a `train` without its x bit."""
SHOTS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 1100}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 1100}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 1100}, "color_scheme": "light"},
    "print": {"viewport": {"width": 794, "height": 1123}, "color_scheme": "light"},
}
SECTIONS = ("vulnerabilities", "build")
"""Parts of the page that have a picture of their own."""


def example(folder: Path) -> Path:
    """The example with its faults."""
    copy = shutil.copytree(EXAMPLE, folder / "decision-trees")
    for name, changes in CHANGES.items():
        text = (copy / name).read_text(encoding="utf-8")
        for old, new in changes:
            text = text.replace(old, new)
        (copy / name).write_text(text, encoding="utf-8")
    (copy / "decision_trees" / "train").chmod(0o644)
    return copy


def report(folder: Path) -> Path:
    """The report of the example, by every engine."""
    page = folder / "report.html"
    search = os.pathsep.join((str(Path(grype()).parent), str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, **grype_environment(grype_db(folder)), "PATH": search}
    command = [sys.executable, "-m", "gate", "check", "Dockerfile", "-o", str(page), "--no-cache"]
    done = subprocess.run(command, cwd=example(folder), env=environment, capture_output=True, text=True, timeout=120)
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
        page = browser.new_context(**SHOTS["light"]).new_page()
        page.goto(url)
        for section in SECTIONS:
            page.locator(f"#{section}").screenshot(path=FOLDER / f"{section}.png")
        browser.close()


if __name__ == "__main__":
    main()
