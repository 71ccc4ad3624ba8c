"""Which distribution and language an image really has: from ``/etc/os-release`` and the variables of official images."""

from __future__ import annotations

from collections.abc import Iterator

from gate.image.base import Release, release
from gate.images.built import BuiltImage

_PRODUCTS = {
    "debian": "debian", "ubuntu": "ubuntu", "alpine": "alpine", "centos": "centos", "rhel": "rhel", "rocky": "rockylinux",
    "almalinux": "almalinux", "amzn": "amazonlinux", "fedora": "fedora",
}  # fmt: skip
_TWO_PARTS = frozenset({"ubuntu", "alpine"})
_LANGUAGES = {"PYTHON_VERSION": ("python", 2), "NODE_VERSION": ("node", 1)}
_LIMIT = 1 << 16


def releases_of(image: BuiltImage) -> Iterator[Release]:
    """The language first, as for a reference."""
    variables = image.pairs("Env")
    for name, (product, parts) in _LANGUAGES.items():
        version = variables.get(name, "").split(".")
        if len(version) >= parts and all(part.isdigit() for part in version[:parts]):
            yield release(product, ".".join(version[:parts]))
    said = _os_release(image)
    distribution, version_id = _PRODUCTS.get(said.get("ID", "")), said.get("VERSION_ID", "")
    if distribution is not None and version_id[:1].isdigit():
        parts = 2 if distribution in _TWO_PARTS else 1
        yield release(distribution, ".".join(version_id.split(".")[:parts]))


def _os_release(image: BuiltImage) -> dict[str, str]:
    for path in ("etc/os-release", "usr/lib/os-release"):
        entry = image.stack.at(path)
        data = image.read(entry, _LIMIT) if entry is not None and entry.type == "file" else None
        if data:
            rows = (line.partition("=") for line in data.decode("utf-8", "replace").splitlines())
            return {key.strip(): value.strip().strip("'\"") for key, equals, value in rows if equals}
    return {}
