"""A folder that a RUN would put into itself: cp and mv refuse it, and looking at it ends."""

from __future__ import annotations

import pytest

from gate.build import Build
from gate.context import memory_context
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source


@pytest.mark.parametrize(
    "command",
    [
        "cp -r /app /app/x",
        "cp -r / /x",
        "cd /app && cp -r . .",
        "mv /app /app/x",
        "cp -a /app/. /app/q",
        "ln -s /app /s && cp -r /s/ /app/t",
    ],
)
def test_it_ends(command: str) -> None:
    text = f"FROM scratch\nCOPY . /app\nRUN {command}\n"
    build = Build(parse(Source("Dockerfile", text.encode())), context=memory_context({"a/b": b"x"}))
    listed = [file.path for file in build.image().files]
    assert "/app/a/b" in listed
    assert len(listed) < 50
