"""The bytes of here-documents that BuildKit writes into an image, and those that we expect."""

from __future__ import annotations

import hashlib
from pathlib import Path
from random import Random

from gate.dockerfile.expand import expand
from tests.dockerfile.reading import build
from tests.engines.buildkit import BuildKit

BUILDS = 80
PIECES = (
    "$A", "${A}", "${B:-d}", "\\", "\\\\", '"', "'", "\\$A", "$", "$$", "`", "a", "é", "\t", "<<", "\n", "${A#v}", "# c", "\r\n",
    '\\"', '${B:-"q"}', "'$A'", "${A/v/w}", "\\x", "$1", "{", "}", " ", "\\\n",
)  # fmt: skip


def made_up(seed: int) -> bytes:
    random = Random(seed)
    body = "".join(random.choice(PIECES) for _ in range(random.randrange(1, 9)))
    top = random.choice(("", "", "# escape=`\n"))
    opener = random.choice(("<<E", "<<E", "<<-E", '<<"E"'))
    return f"{top}FROM scratch\nENV A=v1\nCOPY {opener} /f\n{body}\nE\n".encode()


def test_the_bytes_are_buildkits(buildkit: BuildKit, tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    for seed in range(BUILDS):
        data = made_up(seed)
        (tmp_path / "Dockerfile").write_bytes(data)
        result = buildkit.build(context, tmp_path / "Dockerfile")
        found = build(data)
        assert bool(found.faults) != result.ok, data
        if not result.ok:
            continue
        copy = found.dockerfile.instructions[-1]
        (heredoc,) = copy.heredocs
        content = heredoc.body.value
        if heredoc.expand:
            content = str(expand(content, found.scope(copy).get, quotes=False))
        assert hashlib.sha256(content.encode()).hexdigest() == result.files["/f"].sha256, data
