"""An image that is built: its configuration, its history, its layers and its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import Any, BinaryIO

from gate.dockerfile.tree import Instruction
from gate.image.node import Node
from gate.images.layers import Entry, Layer, Stack
from gate.images.manifest import Manifest, docker_manifest, fits, oci_manifest, parse
from gate.images.source import ImageError, opened
from gate.images.stream import Limits, Stream
from gate.images.target import OCI_ARCHIVE, OCI_DIR
from gate.record import dataclass, field

_READ_AGAIN = 4 << 30
"""Bytes of compressed layers that are unpacked again for the sake of single files."""
_CHUNK = 1 << 20


@dataclass(slots=True)
class Step:
    """One entry of the history. ``layer``: the number of the layer that it made; None for a step that made none, or where
    the history does not say. ``instruction``: the Dockerfile's, when it is known."""

    created_by: str
    comment: str = ""
    layer: int | None = None
    empty: bool = False
    instruction: Instruction | None = None


@dataclass(slots=True)
class BuiltImage:
    """``name``: as users see it; ``reference``: what engines call it. ``digest``: of the configuration, the image's id.
    ``values``: the part ``config`` of it under its own names. ``history`` is empty when the image has none, or one that does not
    fit its layers."""

    name: str
    digest: str
    os: str
    architecture: str
    values: Mapping[str, Any]
    history: list[Step]
    stack: Stack
    chosen: str = ""
    reference: str = ""
    path: str = ""
    folder: bool = False
    manifest: Manifest | None = field(default=None, repr=False)
    _budget: int = field(default=_READ_AGAIN, repr=False)

    @property
    def tags(self) -> tuple[str, ...]:
        return self.manifest.tags if self.manifest is not None else ()

    @property
    def layers(self) -> list[Layer]:
        return self.stack.layers

    @property
    def size(self) -> int:
        """Bytes of the files of all layers, what later ones delete included: what a node needs to hold it."""
        return sum(layer.size for layer in self.layers)

    @property
    def platform(self) -> str:
        return f"{self.os}/{self.architecture}"

    def words(self, key: str) -> list[str] | None:
        """A list of words of the configuration; None where it is not set."""
        value = self.values.get(key)
        return [str(word) for word in value] if isinstance(value, list) and value else None

    def text(self, key: str) -> str:
        value = self.values.get(key)
        return value if isinstance(value, str) else ""

    def pairs(self, key: str) -> dict[str, str]:
        """``Labels``, ``Env``, and the keys of ``ExposedPorts`` and ``Volumes``."""
        value = self.values.get(key)
        if isinstance(value, dict):
            return {str(name): each if isinstance(each, str) else "" for name, each in value.items()}
        rows = [str(each).partition("=") for each in value] if isinstance(value, list) else []
        return {name: rest for name, _, rest in rows}

    def read(self, entry: Entry, limit: int) -> bytes | None:
        """The first bytes of a file; None when they cannot be had any more."""
        limit = min(limit, entry.size)
        if entry.head is not None and (len(entry.head) >= limit):
            return entry.head[:limit]
        if self.manifest is None or entry.layer < 0:
            return None
        try:
            with (
                opened(self.path, folder=self.folder) as source,
                source.open(self.manifest.layers[entry.layer]) as file,
            ):
                return self._content(file, entry, limit)
        except ImageError:
            return None

    def _content(self, file: BinaryIO, entry: Entry, limit: int) -> bytes | None:
        if not self.layers[entry.layer].compressed:
            file.seek(entry.start)
            return file.read(limit)
        if self._budget < entry.start:
            return None
        self._budget -= entry.start
        stream = Stream(file, Limits(monotonic() + 60), hashed=False)
        found = b""
        while len(found) < limit:
            before = stream.at
            chunk = stream.chunk()
            if not chunk:
                break
            found += chunk[max(entry.start - before, 0) :] if stream.at > entry.start else b""
        return found[:limit]


def read_image(
    path: str,
    kind: str,
    name: str,
    *,
    seconds: float,
    platform: str = "",
    tell: Callable[[str], None] = lambda text: None,
) -> BuiltImage:
    """Read an archive or a folder from its first byte to its last. ``tell`` hears what is going on.

    Raises :class:`~gate.images.source.ImageError`.
    """
    limits = Limits(monotonic() + seconds)
    folder = kind == OCI_DIR
    with opened(path, folder=folder) as source:
        manifest = oci_manifest(source, platform) if kind in (OCI_ARCHIVE, OCI_DIR) else docker_manifest(source)
        config = parse(manifest.config, "configuration")
        diff_ids = _diff_ids(config, len(manifest.layers))
        image = _described(config, manifest, name, Stack(limits))
        _check_platform(image, platform)
        for number, (member, diff_id) in enumerate(zip(manifest.layers, diff_ids, strict=True)):
            tell(f"reading layer {number + 1} of {len(diff_ids)} of {name}")
            if not source.has(member):
                raise ImageError(f"layer {number + 1} is missing")
            with source.open(member) as file:
                image.stack.add(file, diff_id)
    image.path, image.folder, image.manifest = path, folder, manifest
    return image


def _described(config: dict[str, Any], manifest: Manifest, name: str, stack: Stack) -> BuiltImage:
    if config.get("os") == "windows":
        raise ImageError("is a Windows image; only Linux images are judged")
    values = config.get("config")
    return BuiltImage(
        name=name,
        digest=manifest.digest,
        os=str(config.get("os") or "linux"),
        architecture=str(config.get("architecture") or ""),
        values=values if isinstance(values, dict) else {},
        history=steps(config.get("history"), len(manifest.layers)),
        stack=stack,
        chosen=manifest.chosen,
    )


def _diff_ids(config: Any, layers: int) -> list[str]:
    """The digests of the unpacked layers, one for each that the manifest names."""
    if not isinstance(config, dict):
        raise ImageError("its configuration is damaged")
    rootfs = config.get("rootfs")
    found = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if found is None and not layers and isinstance(rootfs, dict):
        found = []
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ImageError("is no container image: its configuration names no layers")
    if len(found) != layers:
        raise ImageError(f"is damaged: its configuration names {len(found)} layers, its manifest {layers}")
    return found


def _check_platform(image: BuiltImage, wanted: str) -> None:
    if wanted and not fits(image.platform, wanted) and not fits(wanted, image.platform):
        raise ImageError(f"is an image for {image.platform}, not for {wanted}")


def steps(rows: Any, layers: int) -> list[Step]:
    """The history with the layer of each step; empty when it does not account for every layer."""
    if not isinstance(rows, list) or len(rows) > 10_000:
        return []
    found, layer = [], 0
    for row in rows:
        if not isinstance(row, dict):
            return []
        empty = row.get("empty_layer") is True
        text, comment = str(row.get("created_by") or ""), str(row.get("comment") or "")
        found.append(Step(text[:65536], comment[:1024], None if empty else layer, empty))
        layer += not empty
    return found if layer == layers else []


class _Entries:
    """The entries of a folder of the image, as nodes."""

    __slots__ = ("_folder", "_image", "_instructions")

    def __init__(self, image: BuiltImage, folder: Entry, instructions: Mapping[int, Instruction]) -> None:
        self._image = image
        self._folder = folder
        self._instructions = instructions

    def names(self) -> Iterable[str]:
        return self._folder.children or {}

    def node(self, name: str) -> Node | None:
        entry = (self._folder.children or {}).get(name)
        return _node(self._image, entry, self._instructions) if entry is not None else None

    def gone(self, name: str) -> bool:
        return name not in (self._folder.children or {})


class _Content:
    __slots__ = ("_entry", "_image")

    def __init__(self, image: BuiltImage, entry: Entry) -> None:
        self._image = image
        self._entry = entry

    @property
    def size(self) -> int:
        return self._entry.size

    def read(self, limit: int) -> bytes | None:
        return self._image.read(self._entry, limit)


def tree_of(image: BuiltImage, instructions: Mapping[int, Instruction]) -> Node:
    """The image's files as a tree. ``instructions``: by the number of the layer.

    Listed are, as for a Dockerfile, the files that COPY and ADD bring; the others are found by their names.
    """
    return _node(image, image.stack.root, instructions)


def _node(image: BuiltImage, entry: Entry, instructions: Mapping[int, Instruction]) -> Node:
    folder = entry.children is not None
    node = Node(
        entry.type, entry.mode, entry.uid, entry.gid,
        content=_Content(image, entry) if entry.type == "file" else None,
        link=entry.link if entry.type == "symlink" else None,
        origin=_Entries(image, entry, instructions) if folder else None,
        instruction=instructions.get(entry.layer),
    )  # fmt: skip
    node.implied = node.instruction is None or node.instruction.keyword not in ("COPY", "ADD")
    return node
