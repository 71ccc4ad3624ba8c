"""Ten ways to break the image of examples/scikit, each one change that is easy to overlook.

    python examples/breakages.py crlf /tmp/crlf     # writes the broken copy
    mlgate check /tmp/crlf                          # and this is what the gate says of it

What each of them gets is shown in docs/examples.md.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SOUND = Path(__file__).parent / "scikit"


@dataclass(frozen=True)
class Breakage:
    """A change to one file of the image: of its text, or of its mode. ``story`` says how it comes about."""

    name: str
    story: str
    path: str
    change: Callable[[str], str] = str
    mode: int | None = None


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


def followed_by(lines: str) -> Callable[[str], str]:
    return lambda text: text + lines


BREAKAGES = (
    Breakage(
        "crlf",
        "Somebody saved `train` on Windows.",
        "decision_trees/train",
        replaced("\n", "\r\n"),
    ),
    Breakage(
        "not-executable",
        "`train` came out of a zip file, and lost its x bit.",
        "decision_trees/train",
        mode=0o644,
    ),
    Breakage(
        "no-shebang",
        "`serve` was tried with `python serve`, where nobody misses the first line.",
        "decision_trees/serve",
        replaced("#!/usr/bin/env python3\n", ""),
    ),
    Breakage(
        "launch-in-cmd",
        "The program is started as on a laptop. SageMaker puts its own word in the place of CMD.",
        "Dockerfile",
        lambda text: text.replace(" \\\n    PATH=/opt/program:$PATH", "") + 'CMD ["python3", "/opt/program/train"]\n',
    ),
    Breakage(
        "bare-interpreter",
        "`docker run IMAGE script.py` was handy, until the platform said `serve`.",
        "Dockerfile",
        lambda text: text.replace("WORKDIR /opt/program", "WORKDIR /srv") + 'ENTRYPOINT ["python3"]\n',
    ),
    Breakage(
        "wrong-port",
        "Flask's own port got into the configuration of nginx.",
        "decision_trees/nginx.conf",
        replaced("listen 8080;", "listen 5000;"),
    ),
    Breakage(
        "under-mount",
        "Defaults are baked in where SageMaker mounts the job's own files.",
        "Dockerfile",
        followed_by("COPY requirements.txt /opt/ml/input/config/\n"),
    ),
    Breakage(
        "not-root",
        "A general linter asked for an unprivileged user. The model folder belongs to root.",
        "Dockerfile",
        followed_by("USER 1000\n"),
    ),
    Breakage(
        "ignored",
        "The pattern was meant for notes.",
        ".dockerignore",
        followed_by("*.txt\n"),
    ),
    Breakage(
        "hidden-failure",
        "`|| true` was meant for the last command, and covers the installation.",
        "Dockerfile",
        replaced("&& rm -rf /var/lib/apt/lists/*", "&& rm -rf /var/lib/apt/lists/* || true"),
    ),
)


def write(breakage: Breakage, folder: Path) -> None:
    """A copy of the sound image with the one change in it."""
    shutil.copytree(SOUND, folder)
    path = folder / breakage.path
    path.write_bytes(breakage.change(path.read_text(encoding="utf-8")).encode())
    if breakage.mode is not None:
        path.chmod(breakage.mode)


def main(arguments: list[str]) -> int:
    named = {breakage.name: breakage for breakage in BREAKAGES}
    if len(arguments) != 2 or arguments[0] not in named:
        print(f"usage: python examples/breakages.py NAME FOLDER\nNAME is one of {', '.join(named)}", file=sys.stderr)
        return 2
    write(named[arguments[0]], Path(arguments[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
