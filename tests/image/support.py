"""One-liners for tests of images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gate.build import Build
from gate.context import memory_context
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.image.model import File
from gate.model import Unknown


def build(dockerfile: str, files: Mapping[str, Any] | None = None, **options: Any) -> Build:
    """A plain build with files in memory; names that end in ``*`` are executable."""
    contents = {name.removesuffix("*"): content for name, content in (files or {}).items()}
    modes = {name.removesuffix("*"): 0o755 for name in files or {} if name.endswith("*")}
    options.setdefault("plain", True)
    return Build(
        parse(Source("Dockerfile", dockerfile.encode())), context=memory_context(contents, modes=modes), **options
    )


def look(dockerfile: str, path: str, files: Mapping[str, Any] | None = None, **options: Any) -> str:
    """What stands at a path: ``file 0644 0:0 5``, ``directory 0755 0:0``, ``-> target``, ``?`` (unknown), ``none``."""
    found = build(dockerfile, files, **options).image().files.lookup(path, follow=False)
    if found is None:
        return "none"
    return "?" if isinstance(found, Unknown) else say(found)


def say(file: File) -> str:
    if file.type == "symlink":
        return f"-> {file.link}"
    if file.type == "unknown":
        return "unknown"
    mode = f"{file.mode:04o}" if file.mode is not None else "?"
    owner = f"{'?' if file.uid is None else file.uid}:{'?' if file.gid is None else file.gid}"
    size = f" {'?' if file.size is None else file.size}" if file.type == "file" else ""
    return f"{file.type} {mode} {owner}{size}"


def tree(dockerfile: str, files: Mapping[str, Any] | None = None, **options: Any) -> list[str]:
    """Every path, folders with a slash behind."""
    image = build(dockerfile, files, **options).image()
    return [file.path + ("/" if file.type == "directory" else "") for file in image.files]


def faults(dockerfile: str, files: Mapping[str, Any] | None = None, **options: Any) -> list[str]:
    """``line:column message`` of what the builder refuses because of the files."""
    image = build(dockerfile, files, **options).image()
    return [f"{fault.place.span.line}:{fault.place.span.column} {fault.message}" for fault in image.faults]
