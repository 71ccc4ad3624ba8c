"""An image as grype takes it: alone where there are several, and not as ``tar -c .`` writes an archive, or one whose layers
are packed in different ways."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from time import monotonic

from gate.images.layers import Layer
from gate.images.manifest import Manifest
from gate.images.source import Archive, ImageError, Source
from gate.images.stream import Limits, Stream, store


def needs_own_folder(source: Source, manifest: Manifest) -> bool:
    return manifest.descriptor is not None and bool(
        manifest.chosen or (isinstance(source, Archive) and not source.plain)
    )


def write_folder(source: Source, manifest: Manifest, folder: str) -> str:
    """Write an OCI folder with the blobs of this one image; give its path. Raises :class:`~gate.images.source.ImageError`."""
    assert manifest.descriptor is not None
    top = os.path.join(folder, "layout")
    blobs = os.path.join(top, "blobs", "sha256")
    os.makedirs(blobs)
    names = [
        f"blobs/sha256/{str(manifest.descriptor['digest'])[7:]}",
        f"blobs/sha256/{manifest.digest[7:]}",
        *manifest.layers,
    ]
    try:
        for name in dict.fromkeys(names):
            with source.open(name) as file, open(os.path.join(top, name), "wb") as out:
                shutil.copyfileobj(file, out, 1 << 20)
        _write(top, "index.json", {"schemaVersion": 2, "manifests": [dict(manifest.descriptor)]})
        _write(top, "oci-layout", {"imageLayoutVersion": "1.0.0"})
    except OSError as error:
        raise ImageError(f"cannot be unpacked for grype: {error.strerror or error}") from None
    return top


def mixed(layers: Sequence[Layer]) -> bool:
    """Whether some of the layers are compressed, and others are not: grype takes them all for the like of the first."""
    return len({layer.compressed for layer in layers}) > 1


def write_unpacked(source: Source, manifest: Manifest, layers: Sequence[Layer], folder: str, seconds: float) -> str:
    """Write an OCI folder with the layers unpacked; give its path. Raises :class:`~gate.images.source.ImageError`."""
    top = os.path.join(folder, "unpacked")
    blobs = os.path.join(top, "blobs", "sha256")
    limits = Limits(monotonic() + seconds)
    rows = []
    try:
        os.makedirs(blobs)
        for name, layer in zip(manifest.layers, layers, strict=True):
            with source.open(name) as file, open(os.path.join(blobs, layer.diff_id[7:]), "wb") as out:
                stream = Stream(file, limits, hashed=False)
                while chunk := stream.chunk():
                    store(out, chunk)
            rows.append({"mediaType": f"{_OCI}.layer.v1.tar", "digest": layer.diff_id, "size": stream.at})
        config = _blob(blobs, manifest.config, "config")
        whole = {"schemaVersion": 2, "mediaType": f"{_OCI}.manifest.v1+json", "config": config, "layers": rows}
        _write(
            top,
            "index.json",
            {"schemaVersion": 2, "manifests": [_blob(blobs, json.dumps(whole).encode(), "manifest")]},
        )
        _write(top, "oci-layout", {"imageLayoutVersion": "1.0.0"})
    except OSError as error:
        raise ImageError(f"cannot be unpacked for grype: {error.strerror or error}") from None
    return top


_OCI = "application/vnd.oci.image"


def _blob(blobs: str, data: bytes, kind: str) -> dict[str, object]:
    """Write a document; give what describes it."""
    name = hashlib.sha256(data).hexdigest()
    with open(os.path.join(blobs, name), "wb") as file:
        file.write(data)
    return {"mediaType": f"{_OCI}.{kind}.v1+json", "digest": f"sha256:{name}", "size": len(data)}


def _write(top: str, name: str, content: object) -> None:
    with open(os.path.join(top, name), "w", encoding="utf-8") as file:
        json.dump(content, file)
