"""What the program says about itself in the documentation: ``python -m tests.docs`` writes it, a test compares it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from gate import catalogue
from gate.commands.rules import markdown
from gate.schema import json_schema
from tests import examples

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"(<!-- written by `make docs` -->\n```console\n\$ mlgate (.*)\n)(?:.*\n)*?(```\n)")
_ENGINES = re.compile(r"^ +engines: .*\n", re.M)


def _rules() -> str:
    return markdown(list(catalogue.load().rules.values()))


def _schema() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _readme() -> str:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return _BLOCK.sub(lambda block: block[1] + _output(block[2]) + block[3], readme)


PAGES: dict[str, Callable[[], str]] = {
    "docs/rules.md": _rules,
    "docs/mlgate.schema.json": _schema,
    "docs/examples.md": examples.page,
    "README.md": _readme,
}
"""Each page that the program writes, and what works out what it should say."""


def _output(arguments: str) -> str:
    """What a command prints, without the row of the engines: which ones there are differs from machine to machine."""
    ran = subprocess.run(
        [sys.executable, "-m", "gate", *arguments.split()],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "GITHUB_ACTIONS": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return _ENGINES.sub("", ran.stdout)


if __name__ == "__main__":
    for name, text in PAGES.items():
        (ROOT / name).write_text(text(), encoding="utf-8")
