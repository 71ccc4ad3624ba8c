"""The image that a bill of materials of syft's was made of: its configuration and the digests of its layers stand in it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from gate import files
from gate.images.built import BuiltImage, steps
from gate.images.layers import Layer, Stack
from gate.images.origin import InDocument, InImage
from gate.images.settle import Settled
from gate.images.stream import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gate.build import Build
    from gate.engines.grype_call import Report
    from gate.engines.grype_findings import Artifact, Origin
    from gate.model import Finding, Unchecked

_LARGEST = 64 << 20
_LISTED = frozenset({"deb", "apk", "rpm"})


def described(path: str, name: str) -> BuiltImage | None:
    """The image that a document tells of, without its files; None where it tells of none."""
    try:
        document = json.loads(files.read(path, _LARGEST))
        source = document["source"]["metadata"]
        config = json.loads(base64.b64decode(source["config"], validate=True))
        diff_ids = config["rootfs"]["diff_ids"]
    except (files.Unreadable, ValueError, LookupError, TypeError, RecursionError):
        return None
    if not isinstance(diff_ids, list) or not all(isinstance(each, str) for each in diff_ids):
        return None
    values: Any = config.get("config")
    stack = Stack(Limits(0.0))
    stack.layers = [Layer(diff_id) for diff_id in diff_ids]
    return BuiltImage(
        name, "", str(config.get("os") or ""), str(config.get("architecture") or ""),
        values if isinstance(values, dict) else {}, steps(config.get("history"), len(diff_ids)), stack,
    )  # fmt: skip


class InDescribed(InImage):
    """Packages of a document, by the layer of the image that it was made of; by their line in the document where that is not
    known. The list of a package manager is of the layer that wrote it last, so only what supports it counts."""

    def __init__(self, image: BuiltImage, build: Build, document: InDocument) -> None:
        super().__init__(Settled(image, build), build)
        self._document = document

    def __call__(self, artifact: Artifact) -> Origin:
        origin = super().__call__(artifact) if self._settled.usable else None
        return origin if origin is not None and origin.introduced_by else self._document(artifact)

    def check(self, report: Report) -> str:
        if self._settled.usable:
            self.names = frozenset(str(row.get("name")).lower() for row in report.components)
        return self._document.check(report)

    def checked(self, findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Unchecked, ...]]:
        return self._document.checked(findings)

    def _layer(self, artifact: Artifact) -> int | None:
        wanted = "supporting" if artifact.type in _LISTED else "primary"
        places = [place for place in artifact.locations if place.evidence in (wanted, "")]
        if artifact.type in _LISTED and not any(place.evidence for place in places):
            return None
        return max((self._numbers[place.layer] for place in places if place.layer in self._numbers), default=None)
