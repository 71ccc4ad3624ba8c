"""Which members make up an image: Docker's ``manifest.json``, and the OCI's ``index.json`` with its blobs."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gate.images.source import ImageError, Source, document
from gate.lazy import pattern
from gate.record import dataclass

_DIGEST = pattern(r"sha256:([0-9a-f]{64})")
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
_MAX_LAYERS = 1000
_MAX_DEPTH = 4
_MAX_MANIFESTS = 200
_MACHINES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
}


@dataclass(frozen=True, slots=True)
class Manifest:
    """``config``: the image configuration as it stands; ``digest``: its digest, the image's id. ``layers``: the members that
    hold them, the lowest first. ``tags``: the image's names. ``chosen``: the platform, where there were several;
    ``descriptor``: the entry of the OCI's index."""

    config: bytes
    digest: str
    layers: tuple[str, ...]
    tags: tuple[str, ...] = ()
    chosen: str = ""
    descriptor: Mapping[str, Any] | None = None


def architecture(machine: str) -> str:
    """A processor as Docker calls it, by the name that the kernel has for it."""
    return _MACHINES.get(machine, machine)


def docker_manifest(source: Source) -> Manifest:
    """Raises :class:`~gate.images.source.ImageError`."""
    if not source.has("manifest.json"):
        if source.has("index.json"):
            raise ImageError(
                "has no manifest.json, so it is no docker-archive; it looks like an OCI one: write oci-archive:"
            )
        raise ImageError("has no manifest.json: it was not made by docker save")
    rows = parse(document(source, "manifest.json", "manifest"), "manifest")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ImageError("its manifest is damaged")
    if len(rows) != 1:
        names = ", ".join(
            _strings(row.get("RepoTags"))[0] if _strings(row.get("RepoTags")) else "<none>" for row in rows[:5]
        )
        raise ImageError(f"holds {len(rows)} images ({names}); save one alone" if rows else "holds no image")
    (row,) = rows
    name, layers = row.get("Config"), row.get("Layers")
    if not isinstance(name, str) or not isinstance(layers, list) or len(_strings(layers)) != len(layers):
        raise ImageError("its manifest is damaged: it does not name a configuration and layers")
    config = document(source, name, "configuration")
    digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
    said = re.search(r"[0-9a-f]{64}", name)
    if said and said[0] != digest[7:]:
        raise ImageError("its configuration is damaged: it does not have the digest that it is called by")
    return Manifest(config, digest, _limited(tuple(layers)), tuple(_strings(row.get("RepoTags"))))


def oci_manifest(source: Source, wanted: str = "") -> Manifest:
    """``wanted``: ``os/architecture[/variant]``; empty for the only image, else this machine's. Raises
    :class:`~gate.images.source.ImageError`."""
    if not source.has("index.json"):
        if source.has("manifest.json"):
            raise ImageError(
                "has no index.json, so it is no OCI image; it looks like one of docker save: write docker-archive:"
            )
        raise ImageError("has no index.json: it is no OCI image")
    index = parse(document(source, "index.json", "index"), "index")
    rows = list(_images(source, index, 0))
    if not rows:
        raise ImageError("holds no image")
    row, several = _choose(rows, wanted)
    manifest = parse(_blob(source, row, "manifest"), "manifest")
    config_row, layer_rows = manifest.get("config"), manifest.get("layers")
    if not isinstance(config_row, dict) or not isinstance(layer_rows, list):
        raise ImageError("its manifest is damaged: it does not name a configuration and layers")
    if str(config_row.get("mediaType") or _CONFIGS[0]) not in _CONFIGS:
        raise ImageError(f"is no container image: its configuration is {config_row.get('mediaType')}")
    config = _blob(source, config_row, "configuration")
    layers = tuple(_blob_name(each if isinstance(each, dict) else {}) for each in layer_rows)
    digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
    return Manifest(config, digest, _limited(layers), chosen=_platform(row) if several else "", descriptor=row)


def parse(data: bytes, what: str) -> Any:
    """Raises :class:`~gate.images.source.ImageError`."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise ImageError(f"its {what} is damaged: it is not JSON") from None


def _images(source: Source, index: Any, depth: int) -> Iterator[dict[str, Any]]:
    """The descriptors of the images of an index; what is about an image (a signature, an attestation) is none."""
    rows = index.get("manifests") if isinstance(index, dict) else None
    if not isinstance(rows, list) or depth > _MAX_DEPTH or len(rows) > _MAX_MANIFESTS:
        raise ImageError("its index is damaged")
    for row in rows:
        if not isinstance(row, dict):
            raise ImageError("its index is damaged")
        annotations = row.get("annotations")
        if isinstance(annotations, dict) and annotations.get("vnd.docker.reference.type"):
            continue
        if _platform(row) == "unknown/unknown" or row.get("artifactType"):
            continue
        if row.get("mediaType") in _INDEXES:
            yield from _images(source, parse(_blob(source, row, "index"), "index"), depth + 1)
        else:
            yield row


def _choose(rows: list[dict[str, Any]], wanted: str) -> tuple[dict[str, Any], bool]:
    """The image of the wanted platform, and whether there were others."""
    unique = list({str(row.get("digest")): row for row in rows}.values())
    if len(unique) == 1 and not wanted:
        return unique[0], False
    asked = wanted or f"linux/{architecture(platform.machine().lower())}"
    fitting = [row for row in unique if fits(_platform(row), asked)]
    there = ", ".join(sorted({_platform(row) or "unknown" for row in unique}))
    if len(unique) == 1 and not _platform(unique[0]):
        return unique[0], False  # its configuration tells the platform
    if not fitting:
        raise ImageError(f"has no image for {asked}, only for {there}; choose with --platform")
    if len(fitting) > 1 and len({_platform(row) for row in fitting}) == 1:
        names = ", ".join(_reference(row) or "<none>" for row in fitting[:5])
        raise ImageError(f"holds {len(fitting)} images ({names}); save one alone")
    return fitting[0], len(unique) > 1


def fits(platform_: str, asked: str) -> bool:
    """Whether an image's ``os/architecture[/variant]`` is what is asked for; without a variant, any is."""
    return platform_ == asked or (asked.count("/") == 1 and platform_.startswith(asked + "/"))


def _platform(row: dict[str, Any]) -> str:
    given = row.get("platform")
    if not isinstance(given, dict):
        return ""
    return "/".join(str(given[key]) for key in ("os", "architecture", "variant") if given.get(key))


def _reference(row: dict[str, Any]) -> str:
    annotations = row.get("annotations")
    return str(annotations.get("org.opencontainers.image.ref.name") or "") if isinstance(annotations, dict) else ""


def _blob(source: Source, row: dict[str, Any], what: str) -> bytes:
    """A small blob whose digest is right."""
    name = _blob_name(row)
    if not source.has(name):
        raise ImageError(f"its {what} is missing ({str(row.get('digest'))[:19]}…)")
    data = document(source, name, what)
    if hashlib.sha256(data).hexdigest() != name.rpartition("/")[2]:
        raise ImageError(f"its {what} is damaged: its digest is another")
    return data


def _blob_name(row: dict[str, Any]) -> str:
    match = _DIGEST.fullmatch(str(row.get("digest")))
    if match is None:
        raise ImageError("its manifest is damaged: it has no sha256 digest where one belongs")
    return f"blobs/sha256/{match[1]}"


def _limited(layers: tuple[str, ...]) -> tuple[str, ...]:
    if len(layers) > _MAX_LAYERS:
        raise ImageError(f"has {len(layers)} layers; more than {_MAX_LAYERS} are not read")
    return layers


def _strings(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
