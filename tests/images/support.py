"""A base image with packages in it, and installers that write what the real ones write down."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gate.images.built import BuiltImage
from gate.images.layers import Stack
from gate.images.stream import Limits
from tests.engines.bases import busybox_base

OS_RELEASE = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
STATUS = """\
Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl
Version: 3.0.9-1
Description: in the base

Package: tzdata
Status: install ok installed
Architecture: all
Version: 2024a-0+deb12u1
Description: in the base

"""
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
SITE = "usr/lib/python3/dist-packages"

PIP = r"""#!/bin/sh
shift
for word in "$@"; do
  case $word in
  *==*)
    folder=/usr/local/lib/python3.11/site-packages/${word%%==*}-${word##*==}.dist-info
    mkdir -p $folder
    printf 'Metadata-Version: 2.1\nName: %s\nVersion: %s\n' ${word%%==*} ${word##*==} > $folder/METADATA ;;
  esac
done
"""
APT = r"""#!/bin/sh
for word in "$@"; do
  case $word in
  -*) ;;
  *=*)
    name=${word%%=*}
    {
      printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\n' $name
      printf 'Source: %s\nVersion: %s\nDescription: installed\n\n' ${name%%[0-9]*} ${word##*=}
    } >> /var/lib/dpkg/status ;;
  esac
done
"""


def debian_like(folder: Path) -> Path:
    """A root file system of 2 MB that calls itself Debian 12: libssl3 and Jinja2 with vulnerabilities, pip and apt-get."""
    path = folder / "base.tar"
    if path.exists():
        return path
    with tarfile.open(busybox_base()) as old, tarfile.open(path, "w") as new:
        for member in old:
            new.addfile(member, old.extractfile(member) if member.isreg() else None)
        put(new, "etc/os-release", OS_RELEASE)
        put(new, "var/lib/dpkg/status", STATUS)
        put(new, f"{SITE}/Jinja2-3.1.2.dist-info/METADATA", METADATA.format(name="Jinja2", version="3.1.2"))
        put(new, "usr/bin/pip", PIP, 0o755)
        put(new, "usr/bin/apt-get", APT, 0o755)
    return path


def put(tar: tarfile.TarFile, name: str, content: str | bytes, mode: int = 0o644, **values: object) -> None:
    """Add a file to an archive."""
    data = content.encode() if isinstance(content, str) else content
    entry = tarfile.TarInfo(name)
    entry.mode, entry.size = mode, len(data)
    for key, value in values.items():
        setattr(entry, key, value)
    tar.addfile(entry, io.BytesIO(data))


def unpacked(archive: Path, folder: Path) -> Path:
    """An archive of BuildKit's as an OCI folder."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder


def image_of(values: Mapping[str, object], name: str = "image:1") -> BuiltImage:
    """An image without layers and with this configuration."""
    return BuiltImage(name, "sha256:" + "0" * 64, "linux", "amd64", values, [], Stack(Limits(float("inf"))))


def layer(files: Mapping[str, str | bytes], *more: tarfile.TarInfo) -> bytes:
    """A layer with these files, and with further entries as they are; what is under ``bin/`` can be executed."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            put(tar, name, content, 0o755 if "bin/" in name else 0o644)
        for entry in more:
            tar.addfile(entry)
    return out.getvalue()


def entry(name: str, kind: bytes = tarfile.SYMTYPE, link: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname, found.mode = kind, link, mode
    return found


def configuration(layers: Sequence[bytes], **changes: Any) -> dict[str, Any]:
    """The configuration of an image with these (uncompressed) layers."""
    diff_ids = [f"sha256:{hashlib.sha256(data).hexdigest()}" for data in layers]
    history = [{"created_by": f"RUN step {number} # buildkit"} for number in range(len(layers))]
    values = {"Cmd": ["/bin/run"], "Env": ["PATH=/bin"]}
    rootfs = {"type": "layers", "diff_ids": diff_ids}
    return {"architecture": "amd64", "os": "linux", "config": values, "rootfs": rootfs, "history": history, **changes}


def docker_archive(
    path: Path, layers: Sequence[bytes], config: Any = None, manifest: Any = None, stored: Sequence[bytes] | None = None
) -> Path:
    """What ``docker save`` writes. ``stored``: the layers as they lie there, when they are compressed."""
    document = json.dumps(configuration(layers) if config is None else config).encode()
    name = f"{hashlib.sha256(document).hexdigest()}.json"
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    rows = [{"Config": name, "RepoTags": ["made:1"], "Layers": names}] if manifest is None else manifest
    with tarfile.open(path, "w") as tar:
        for member, data in zip(names, stored or layers, strict=True):
            put(tar, member, data)
        put(tar, name, document)
        put(tar, "manifest.json", rows if isinstance(rows, bytes) else json.dumps(rows))
    return path


def oci_folder(folder: Path, images: Mapping[str, Sequence[bytes]], **changes: Any) -> Path:
    """An OCI layout with one image per platform (``linux/amd64``)."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def blob(data: bytes, kind: str) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {
            "mediaType": f"application/vnd.oci.image.{kind}",
            "digest": f"sha256:{digest}",
            "size": len(data),
        }

    rows = []
    for platform, layers in images.items():
        system, architecture = platform.split("/")
        config = configuration(layers, os=system, architecture=architecture, **changes)
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": blob(json.dumps(config).encode(), "config.v1+json"),
            "layers": [blob(data, "layer.v1.tar") for data in layers],
        }
        row = blob(json.dumps(manifest).encode(), "manifest.v1+json")
        rows.append({**row, "platform": {"os": system, "architecture": architecture}})
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": rows}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return folder
