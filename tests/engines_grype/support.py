"""grype as the gate runs it, on small Dockerfiles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gate.build import Build
from gate.context import memory_context
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.engines.base import EngineOptions, load
from gate.model import EngineRun, Finding


def build(dockerfile: str, files: Mapping[str, str] | None = None, name: str = "Dockerfile", **arguments: str) -> Build:
    contents = {path: content.encode() for path, content in (files or {}).items()}
    return Build(parse(Source(name, dockerfile.encode())), context=memory_context(contents), build_args=arguments)


def run(*builds: Build, timeout: float = 60.0) -> EngineRun:
    return load("grype", EngineOptions(timeout=timeout, cache=False)).start(builds).result()


def found(dockerfile: str, files: Mapping[str, str] | None = None) -> list[Finding]:
    """The findings of one Dockerfile; the run must be sound."""
    answer = run(build(dockerfile, files))
    assert answer.status == "ok", answer.reason
    return list(answer.findings)


def fake(folder: Path, body: str, version: str = "0.117.0") -> str:
    """A program that says it is grype and then does what ``body`` says; ``$OUT`` and ``$CDX`` are the two reports."""
    path = folder / "grype"
    path.write_text(
        f"""#!/bin/sh
if [ "$1" = version ]; then echo '{{"application":"grype","version":"{version}"}}'; exit 0; fi
for word in "$@"; do
  case "$word" in json=*) OUT=${{word#json=}};; cyclonedx-json=*) CDX=${{word#cyclonedx-json=}};; esac
done
{body}
"""
    )
    path.chmod(0o755)
    return str(path)
