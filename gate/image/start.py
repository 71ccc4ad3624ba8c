"""Whether the program of a RUN can start in an image that is all here, and what the start itself leaves behind."""

from __future__ import annotations

from collections.abc import Iterator

from gate.context.paths import join
from gate.dockerfile.go import quote
from gate.image.files import ImageFiles
from gate.image.node import directory
from gate.image.plan import RunCommands
from gate.image.tree import Tree, TreeError
from gate.model import Unknown

_MOUNT_POINTS = ("dev", "proc", "sys")


def check_start(operation: RunCommands, tree: Tree) -> None:
    """Raises :class:`~gate.image.tree.TreeError` when no program of that name can be run.

    Without a base image a name is there only when an instruction put it there. A mount may bring the program.
    """
    argv = operation.argv
    if not argv:
        raise TreeError("failed to marshal LLB definition: arguments are required")
    if any(flag.name == "mount" for flag in operation.instruction.flags):
        return
    files = ImageFiles(tree.root)
    for path in _places(operation):
        file = files.lookup(path) if path is not None else Unknown("in a folder that is not known")
        if isinstance(file, Unknown) or (file is not None and file.type not in ("file", "directory")):
            return
        if file is not None and file.type == "file" and (file.mode is None or file.mode & 0o111):
            return
    raise TreeError(f"process {quote(' '.join(argv))} did not complete successfully: exit code: 1")


def _places(operation: RunCommands) -> Iterator[str | None]:
    """Where the program may be; None for a place that cannot be told."""
    name = operation.argv[0]
    folder = operation.directory if isinstance(operation.directory, str) else None
    if "/" in name:
        yield name if name.startswith("/") else join(folder, name) if folder is not None else None
    elif isinstance(operation.search, Unknown):
        yield None
    elif name:
        for place in operation.search.split(":"):
            yield join(place, name) if place.startswith("/") else None


def leave_mount_points(operation: RunCommands, tree: Tree) -> None:
    """The folders that a container's file systems are mounted on stay in the image."""
    for name in _MOUNT_POINTS:
        if tree.root.child(name) is None:
            tree.root.put(name, directory(instruction=operation.origin))
