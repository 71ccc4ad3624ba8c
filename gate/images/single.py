"""One image of several, on its own: for grype, which takes no archive as ``tar -c .`` writes it, and is not to choose again."""

from __future__ import annotations

import json
import os
import shutil

from gate.images.manifest import Manifest
from gate.images.source import Archive, ImageError, Source


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


def _write(top: str, name: str, content: object) -> None:
    with open(os.path.join(top, name), "w", encoding="utf-8") as file:
        json.dump(content, file)
