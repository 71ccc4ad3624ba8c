"""A base image with packages in it, and installers that write what the real ones write down."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

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
