"""SageMaker's own tree: ``/opt/ml``."""

from __future__ import annotations

from collections.abc import Iterator

from gate.build import Build
from gate.image.landings import Landing, landings
from gate.rules.sagemaker._answer import HOSTING, TRAINING

PROCESSING = "sagemaker-processing"
JOBS = (TRAINING, HOSTING, PROCESSING)
TREE = "/opt/ml"
MOUNTED = ("input", "output", "processing", "config", "checkpoints")
"""Folders that a job mounts over: what the image has there is never seen."""
MODEL = ("model", "models")
CODE = "code"


def below_tree(build: Build) -> Iterator[tuple[str, Landing]]:
    """What lands below ``/opt/ml``, with the name of the folder there that it is in; one landing per instruction and
    folder, empty for a file in the root."""
    seen: set[tuple[int, str]] = set()
    for landing in landings(build, TREE):
        rest = landing.path[len(TREE) :].lstrip("/")
        first = rest.partition("/")[0]
        part = first if first in (*MOUNTED, *MODEL, CODE) else ""
        key = (id(landing.instruction), part)
        if key not in seen:
            seen.add(key)
            yield part, landing
