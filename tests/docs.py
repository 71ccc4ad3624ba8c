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
from gate.rule import Rule
from gate.schema import json_schema
from tests import examples
from tests.rules.support import found_in, unmark

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"(<!-- written by `make docs` -->\n```console\n\$ mlgate (.*)\n)(?:.*\n)*?(```\n)")
_TABLE = re.compile(r"(<!-- rules begin -->).*?(<!-- rules end -->)", re.S)
_ENGINES = re.compile(r"^ +engines: .*\n", re.M)


def _rules() -> str:
    return markdown(list(catalogue.load().rules.values()))


def _schema() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _readme() -> str:
    return _with_output("README.md")


def _with_output(name: str) -> str:
    """A page with what the commands in it print."""
    page = (ROOT / name).read_text(encoding="utf-8")
    return _BLOCK.sub(lambda block: block[1] + _output(block[2]) + block[3], page)


def _fix() -> str:
    rows = ["| rule | `mlgate fix` | with `--unsafe` |", "|---|---|---|"]
    for rule in catalogue.load().rules.values():
        if rule.fixes:
            safe, unsafe = (", ".join(titles) for titles in fixes_of(rule))
            rows.append(f"| [{rule.id}](rules.md#{rule.id.lower()}-{rule.name}) {rule.name} | {safe} | {unsafe} |")
    table = "\n".join(rows).replace("$", "\\$")
    return _TABLE.sub(lambda found: f"{found[1]}\n{table}\n{found[2]}", _with_output("docs/fix.md"))


def fixes_of(rule: Rule) -> tuple[list[str], list[str]]:
    """The titles of the safe and of the unsafe fixes in a rule's examples."""
    titles: tuple[dict[str, None], dict[str, None]] = ({}, {})
    for example in rule.bad:
        case, _ = unmark(example)
        for finding in found_in(rule.id, case):
            if finding.fix is not None:
                titles[not finding.fix.safe][finding.fix.title] = None
    return list(titles[0]), list(titles[1])


PAGES: dict[str, Callable[[], str]] = {
    "docs/rules.md": _rules,
    "docs/mlgate.schema.json": _schema,
    "docs/examples.md": examples.page,
    "docs/fix.md": _fix,
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
