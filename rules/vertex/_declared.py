"""Ports that something beside the Dockerfile declares: deployment files, scripts and notebooks of the context."""

from __future__ import annotations

from gate.build import Build
from gate.lazy import pattern

_FILES = 1000
_READ = 50
_BYTES = 1 << 16
_ENDINGS = (".yaml", ".yml", ".json", ".sh", ".py", ".ipynb", ".tf", ".md", "Makefile")
_PORT = pattern(
    r"""(?:container[-_]?ports?|containerPort|container_image_ports|serving_container_ports)\\?["']?\s*[:=]?\s*\[?\s*\\?["']?(\d{2,5})"""
)


def declared_ports(build: Build) -> frozenset[int]:
    """The ports that are named as a container's in the files beside the Dockerfile; the first ones are looked at."""
    if build.context is None:
        return frozenset()
    found: set[int] = set()
    read = 0
    for number, entry in enumerate(build.context.entries()):
        if number > _FILES or read > _READ:
            break
        if entry.type == "file" and entry.path.endswith(_ENDINGS) and entry.size <= _BYTES:
            read += 1
            data = build.context.read(entry.path, _BYTES) or b""
            found.update(int(port) for port in _PORT.findall(data.decode("utf-8", "replace")))
    return frozenset(found)
