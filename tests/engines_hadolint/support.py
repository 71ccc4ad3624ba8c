"""One-liners for cases about hadolint as an engine."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from gate.build import Build
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.engines.base import EngineOptions, load
from gate.model import EngineRun, Finding

MARK = "»"


def build(text: str | bytes, path: str = "Dockerfile", platforms: Iterable[str] = ()) -> Build:
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return Build(parse(Source(path, data)), platforms=platforms)


def run(
    *texts: str | bytes, platforms: Iterable[str] = (), jobs: int = 2, timeout: float = 60, cache: bool = False
) -> EngineRun:
    """The engine over files that are called ``1``, ``2`` … (``Dockerfile`` when there is one)."""
    names = ["Dockerfile"] if len(texts) == 1 else [str(number) for number in range(1, len(texts) + 1)]
    builds = [build(text, name, platforms) for text, name in zip(texts, names, strict=True)]
    engine = load("hadolint", EngineOptions(timeout=timeout, jobs=jobs, cache=cache))
    return engine.start(builds).result()


def rows(text: str | bytes, *codes: str, platforms: Iterable[str] = ()) -> list[tuple[str, int]]:
    """``(code, line of the instruction)`` of what the engine finds (of the codes, if any are named), sorted."""
    found = run(text, platforms=platforms)
    assert found.status == "ok", found.reason
    starts = [instruction.line for instruction in build(text).dockerfile.instructions]
    return sorted(
        (f.rule_id, max(start for start in starts if start <= f.place.line))
        for f in found.findings
        if not codes or f.rule_id in codes
    )


def plain(program: Path, text: str, folder: Path) -> list[tuple[str, int]]:
    """``(code, line)`` of what hadolint itself prints about a file."""
    (folder / "config").write_text("{}")
    (folder / "Dockerfile").write_text(text)
    argv = [program, "--no-color", "--disable-ignore-pragma", "-f", "json", "-c", "config", "Dockerfile"]
    printed = subprocess.run(argv, cwd=folder, env={}, capture_output=True, check=False).stdout
    return sorted((row["code"], row["line"]) for row in json.loads(printed))


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """A text without its marks, and the line and column of each."""
    places = []
    while MARK in text:
        before, _, after = text.partition(MARK)
        places.append((before.count("\n") + 1, len(before) - before.rfind("\n")))
        text = before + after
    return text, places


def position(finding: Finding) -> tuple[int, int]:
    return finding.place.span.line, finding.place.span.column


def fake(folder: Path, body: str, version: str = "2.15.1") -> str:
    """A program that answers ``--version`` as hadolint does, and everything else with a shell script."""
    path = folder / "hadolint"
    head = f'[ "$1" = --version ] && echo "Haskell Dockerfile Linter {version}" && exit 0\n'
    path.write_text("#!/bin/sh\n" + head + body + "\n")
    path.chmod(0o755)
    return str(path)


def children() -> set[int]:
    """The processes that run now and were started below this one (Linux)."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                state = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if state[0] != "Z":
                parents[int(entry.name)] = int(state[1])
    found: set[int] = set()
    fresh = {os.getpid()}
    while fresh:
        fresh = {pid for pid, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found
