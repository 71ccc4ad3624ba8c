"""Runs a buildspec as CodeBuild does, whose order is less obvious than it looks.

``install`` → ``pre_build`` → ``build`` → ``post_build``, each command in the same shell; the first that fails ends its
phase. A failed install or pre_build ends the build. **A failed build does not: post_build still runs**, with
CODEBUILD_BUILD_SUCCEEDING=0, unless the phase says ``on-failure: ABORT``. ``finally`` always runs.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PHASES = ("install", "pre_build", "build", "post_build")
_PHASE = {"on-failure", "run-as", "commands", "finally", "runtime-versions"}
_TOP = {"version", "run-as", "env", "proxy", "batch", "phases", "reports", "artifacts", "cache"}
_ENV = {"shell", "variables", "parameter-store", "secrets-manager", "exported-variables", "git-credential-helper"}
_FORMATS = {"JUNITXML", "CUCUMBERJSON", "NUNITXML", "NUNIT3XML", "TESTNGXML", "VISUALSTUDIOTRX", "SARIF"}


@dataclass
class Build:
    """What a build left. ``exported``: the variables that the next action of a pipeline gets."""

    succeeded: bool
    phases: dict[str, str]  # phase → succeeded, failed; those that ran
    log: str
    exported: dict[str, str]


def read(path: Path) -> dict[str, Any]:
    """The buildspec; asserts that CodeBuild knows everything in it."""
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    assert set(document) <= _TOP and document["version"] == 0.2
    assert set(document.get("env", {})) <= _ENV and document.get("env", {}).get("shell", "sh") in ("sh", "bash")
    assert all(isinstance(value, str) for value in document.get("env", {}).get("variables", {}).values())
    assert document["phases"] and set(document["phases"]) <= set(PHASES)
    for phase in document["phases"].values():
        assert set(phase) <= _PHASE and phase.get("on-failure", "ABORT") in ("ABORT", "CONTINUE")
        assert phase["commands"] and all(isinstance(command, str) for command in phase["commands"])
    for group in document.get("reports", {}).values():
        assert group["files"] and group.get("file-format", "JUNITXML") in _FORMATS
    return document


def run(document: Mapping[str, Any], source: Path, environment: Mapping[str, str]) -> Build:
    """``environment``: that of the machine; its variables win over the buildspec's, as those of the project do."""
    variables = document.get("env", {}).get("variables", {})
    exported = document.get("env", {}).get("exported-variables", [])
    script = source.parent / "build.sh"
    script.write_text(_script(document["phases"], exported))
    done = subprocess.run(
        [document.get("env", {}).get("shell", "sh"), str(script)],
        cwd=source,
        env={**variables, **environment, "CODEBUILD_BUILD_SUCCEEDING": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=300,
    )
    lines = done.stdout.splitlines()
    phases = dict(line.split()[1:] for line in lines if line.startswith("@phase "))
    left = dict(line.split(" ", 1)[1].split("=", 1) for line in lines if line.startswith("@exported "))
    return Build(set(phases.values()) == {"succeeded"}, phases, done.stdout, left)


def _script(phases: Mapping[str, Any], exported: list[str]) -> str:
    """One shell for everything, so that variables live on; ``eval`` keeps a command that is no whole line from hurting."""
    lines = ["goes_on=1"]
    for name in PHASES:
        if name not in phases:
            continue
        phase = phases[name]
        aborts = name in ("install", "pre_build") or phase.get("on-failure") == "ABORT"
        lines += ['if [ "$goes_on" = 1 ]; then', "ok=succeeded"]
        for command in phase["commands"]:
            lines += [f"if [ $ok = succeeded ]; then eval {_quoted(command)} || ok=failed; fi"]
        lines += [f"eval {_quoted(command)}" for command in phase.get("finally", [])]
        lines += ["if [ $ok = failed ]; then CODEBUILD_BUILD_SUCCEEDING=0; fi", f'echo "@phase {name} $ok"']
        lines += ["if [ $ok = failed ]; then goes_on=0; fi"] if aborts else []
        lines += ["fi"]
    lines += [f'echo "@exported {name}=${{{name}-}}"' for name in exported]
    return "\n".join(lines) + "\n"


def _quoted(command: str) -> str:
    return "'" + command.replace("'", "'\\''") + "'"
