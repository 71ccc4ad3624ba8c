"""BuildKit's Dockerfile front end alone: thousands of files a second, no daemon.

with frontend() as ask:
    answer = ask(b"FROM scratch\\nENV A=1\\n")
    answer.error, answer.lines, answer.nodes, answer.image
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engines.buildkit import SOURCE as MODULE
from tests.engines.buildkit import VERSION
from tests.engines.cache import go, installed, source_key


@dataclass(frozen=True)
class Answer:
    """What the front end made of one file. ``lines``: the first and the last line that the error names, or nothing."""

    error: str
    lines: list[int]
    nodes: list[dict[str, Any]]
    image: dict[str, Any] | None


Frontend = Callable[..., Answer]


def program() -> Path:
    """The compiled program; compiled at the first call."""
    key = source_key(MODULE / "frontend")
    folder = installed(
        f"buildkit-frontend-{VERSION}-{key}", lambda f: go("build", "-o", f / "frontend", "./frontend", cwd=MODULE)
    )
    return folder / "frontend"


@contextmanager
def frontend() -> Iterator[Frontend]:
    """A running front end: a function of the file, the build arguments and the target."""
    process = subprocess.Popen([program()], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def ask(dockerfile: bytes, build_args: Mapping[str, str] | None = None, target: str = "") -> Answer:
        content = base64.b64encode(dockerfile).decode()
        request = {"dockerfile": content, "build_args": dict(build_args or {}), "target": target}
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.flush()
        answer = json.loads(stdout.readline())
        return Answer(answer["error"], answer["lines"] or [], answer["nodes"] or [], answer["image"])

    try:
        yield ask
    finally:
        process.stdin.close()
        process.wait(timeout=60)
