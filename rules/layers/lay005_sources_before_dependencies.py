"""LAY005 sources-before-dependencies: every edit of the sources installs everything again."""

from __future__ import annotations

import posixpath

from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Copy, Instruction, Run, Stage
from gate.lazy import pattern
from gate.model import Severity
from gate.packages.options import listed
from gate.rule import Results, Rule
from gate.rules.build._effects import Effect, effect

rule = Rule(
    id="LAY005",
    name="sources-before-dependencies",
    severity=Severity.LOW,
    summary="The whole context is copied in front of the installation of the dependencies.",
    reason="The build cache holds up to the first instruction that sees a change. Every edit of any file changes this COPY, so that everything below it, "
    "the download of all dependencies included, runs again.",
    fix="Copy the file that names the dependencies first, install, then copy the rest: COPY requirements.txt . / RUN pip install -r requirements.txt / COPY . .",
    bad=[
        "FROM python:3.12\nWORKDIR /app\n»COPY . .\nRUN pip install -r requirements.txt\n",
        "FROM node:22\n»COPY . /app\nRUN cd /app && npm ci\n",
        "FROM python:3.12\n»ADD . /app\nRUN apt-get update && apt-get install -y git\n",
    ],
    good=[
        "FROM python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n",
        "FROM python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\nRUN pip install -e .\n",
        "FROM python:3.12\nCOPY . .\nRUN pip install .\n",
        "FROM python:3.12\nCOPY --from=build . .\nRUN pip install -r requirements.txt\n",
        "FROM python:3.12\nRUN --mount=type=bind,target=/src pip install -r /src/requirements.txt\nCOPY . .\nRUN pip install --no-deps .\n",
    ],
)

_LOCAL = pattern(r"\.|\.\[|\./|/|file:")
_ALWAYS = listed(
    """npm yarn pnpm bun poetry pdm pipenv bundle composer apt-get apt apk yum dnf microdnf tdnf zypper conda mamba
    micromamba"""
)
"""Programs of which every installation counts."""
_UPGRADES = listed("pip setuptools wheel")


@rule.on_stage
def check(stage: Stage, build: Build) -> Results:
    instructions = stage.instructions
    at = next((at for at, instruction in enumerate(instructions) if _is_everything(instruction)), None)
    if at is None or _installation(instructions[:at], build) is not None:
        return  # the dependencies were installed first: what comes later may need the sources
    install = _installation(instructions[at + 1 :], build)
    if install is not None:
        yield rule.finding(
            instructions[at],
            f"All sources are copied in front of the installation on line {install.place.line}: every edit installs everything again.",
            stage=stage,
        )


def _installation(instructions: list[Instruction], build: Build) -> Command | None:
    """The first that installs dependencies."""
    runs = (instruction for instruction in instructions if isinstance(instruction, Run))
    return next(
        (command for run in runs for command in build.script(run).commands if _installs_dependencies(command)), None
    )


def _is_everything(copy: Instruction) -> bool:
    if not isinstance(copy, Copy) or copy.from_ is not None:
        return False
    return any(
        posixpath.normpath("/" + word.value.strip('"')) == "/" or word.value in ("*", "./*") for word in copy.sources
    )


def _installs_dependencies(command: Command) -> bool:
    """An installation of more than the sources themselves and the installer."""
    name = command.name or ""
    if not (name in _ALWAYS or name.startswith(("pip", "python")) or name == "uv"):
        return False
    if effect(command) is not Effect.INSTALL:
        return False
    values = [value for value in command.values if value]
    if name in _ALWAYS:
        return True
    if name == "uv" and values[:1] == ["sync"]:
        return True
    operands = [value for value in values if not value.startswith("-")]
    behind = operands[operands.index("install") + 1 :] if "install" in operands else []
    if any(value in ("-r", "--requirement") or value.startswith(("-r", "--requirement=")) for value in values):
        return True
    return any(not _LOCAL.match(value) and value not in _UPGRADES and not value.endswith(".whl") for value in behind)
