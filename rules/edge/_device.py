"""What an image for edge devices is: for a device, or the compiler for one."""

from __future__ import annotations

from gate.build import Build
from gate.lazy import pattern

_COMPILER = pattern(r"\bedgetpu[-_]compiler\b")
_CORAL = pattern(r"\blibedgetpu\d?|\bpycoral\b|\bedgetpu\b|google-coral|coral-edgetpu")


def compiles(build: Build) -> bool:
    """Whether a stage that ships installs the Edge TPU compiler, which runs on a workstation and not on the device."""
    return any(_COMPILER.search(text) for text in _texts(build))


def for_coral(build: Build) -> bool:
    """Whether the image is for a Coral accelerator."""
    return any(_CORAL.search(text) for text in _texts(build))


def for_jetson(build: Build) -> bool:
    base = build.target.root.base if build.target is not None else None
    return bool(base) and any(word in str(base) for word in ("l4t-", "jetson", "dustynv/"))


def _texts(build: Build) -> list[str]:
    return [
        each.text.value
        for stage in (build.target.lineage() if build.target is not None else ())
        for each in stage.instructions
        if each.keyword in ("RUN", "COPY", "ADD")
    ]
