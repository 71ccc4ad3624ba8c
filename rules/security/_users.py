"""As whom a RUN works."""

from __future__ import annotations

from gate.build import Build
from gate.dockerfile.tree import Run, Words
from gate.image.base import identify

# Official images whose configuration names no user: what they start runs as root.
ROOT_BASES = frozenset(
    [
        "debian",
        "ubuntu",
        "alpine",
        "centos",
        "fedora",
        "rockylinux",
        "almalinux",
        "amazonlinux",
        "busybox",
        "scratch",
        "python",
        "node",
        "golang",
        "rust",
        "openjdk",
        "eclipse-temurin",
        "buildpack-deps",
        "nvidia/cuda",
        "r-base",
        "pytorch/pytorch",
        "tensorflow/tensorflow",
        "continuumio/miniconda3",
        "continuumio/anaconda3",
        "condaforge/miniforge3",
        "redhat/ubi8",
        "redhat/ubi9",
        "nginx",
        "httpd",
    ]
)


def is_root(run: Run, build: Build) -> bool | None:
    """Whether a RUN works as root: by the last USER in front of it, else by its base; None where that is not known."""
    for stage in reversed(run.stage.lineage() if run.stage is not None else []):
        for instruction in reversed(stage.instructions):
            if instruction.keyword == "USER" and isinstance(instruction, Words) and instruction.index < run.index:
                value = build.expand(instruction.words[0], instruction) if instruction.words else None
                return value.partition(":")[0] in {"root", "0"} if isinstance(value, str) else None
    base = run.stage.root.base if run.stage is not None else None
    return True if base is not None and identify(base).repository in ROOT_BASES else None
