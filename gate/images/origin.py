"""Where a package of an image comes from: its layer, and the instruction or the base image behind it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from gate import files
from gate.dockerfile.source import Source
from gate.dockerfile.tree import Instruction
from gate.images.bill import homeless, unchecked
from gate.model import Finding, Place, Span, Unchecked

if TYPE_CHECKING:
    from gate.build import Build
    from gate.engines.grype_call import Report
    from gate.engines.grype_findings import Artifact, Origin
    from gate.images.settle import Settled

_LISTED = frozenset({"deb", "apk"})
_LARGEST = 64 << 20
"""Bytes of a bill of materials in which lines are looked for."""


class Attribution(Protocol):
    """Says where each package comes from. ``strange``: why grype cannot have looked at what we gave it, or "". ``names``: the
    packages of an image, in lower case, when grype has said what it looked at."""

    strange: str
    names: frozenset[str]

    def check(self, report: Report) -> str:
        """Why a report of grype's is not about what it was given; empty when it is."""
        ...

    def __call__(self, artifact: Artifact) -> Origin: ...

    def checked(self, findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Unchecked, ...]]:
        """The findings that stand, and the packages about which nothing can be said."""
        ...


class InImage:
    """Packages of an image, by the layer that brought each. Without a Dockerfile, its history says which step that was, and
    nothing says where the base image ends."""

    def __init__(self, settled: Settled, build: Build) -> None:
        self.strange = ""
        self.names: frozenset[str] = frozenset()
        self._homeless: list[dict[str, Any]] = []
        self._settled = settled
        self._layers = settled.image.layers
        self._numbers = {layer.diff_id: number for number, layer in enumerate(self._layers)}
        assert build.target is not None
        self._target = build.target
        self._path = build.dockerfile.path

    def __call__(self, artifact: Artifact) -> Origin:
        from gate.engines.grype_findings import Origin  # loaded while grype is at work

        number = self._layer(artifact)
        if number is None:
            return Origin(self._target.from_.place)
        diff_id = self._layers[number].diff_id
        origin = self._settled.alignment.origin(number)
        if isinstance(origin, Instruction) and self._settled.alone:
            return Origin(_word(origin, artifact.name) or origin.place, layer=diff_id)
        if isinstance(origin, Instruction):
            brought = {"kind": "instruction", "path": self._path, "line": origin.line}
            stage = origin.stage.label if origin.stage is not None else None
            return Origin(_word(origin, artifact.name) or origin.place, brought, stage, diff_id)
        if origin == "base":
            image = self._target.root.from_.image
            return Origin(image.place, {"kind": "base", "path": self._path, "line": image.line}, layer=diff_id)
        return Origin(self._target.from_.place, layer=diff_id)

    def check(self, report: Report) -> str:
        self._homeless = [row for row in report.components if homeless(row)]
        self.names = frozenset(str(row.get("name")).lower() for row in report.components)
        if report.image and report.image != self._settled.image.digest:
            return "looked at another image: it was changed meanwhile"
        return ""

    def checked(self, findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Unchecked, ...]]:
        """A distribution's packages are matched by its release alone: without one, silence proves nothing."""
        place, why = self._target.from_.place, "the release of its distribution is not known"
        return tuple(findings), tuple(Unchecked(str(row.get("name")), place, why) for row in self._homeless)

    def _layer(self, artifact: Artifact) -> int | None:
        """The number of the layer that brought a package in the version that it has now."""
        if artifact.type in _LISTED:
            listed = self._listed_since(artifact)
            if listed is not None:
                return listed
        if artifact.type == "rpm" and sum(layer.rpm for layer in self._layers) > 1:
            return None  # its database is one file, which every layer writes anew
        places = [place for place in artifact.locations if place.layer]
        unknown = next((place.layer for place in places if place.layer not in self._numbers), "")
        if unknown:
            self.strange = f"{artifact.name} is in layer {unknown[:19]}…, which the image does not have"
            return None
        best = [place for place in places if place.evidence == "primary"] or places
        return max((self._numbers[place.layer] for place in best), default=None)

    def _listed_since(self, artifact: Artifact) -> int | None:
        """The first layer from which on every package database lists a package in this version."""
        found = None
        for number in range(len(self._layers) - 1, -1, -1):
            packages = self._layers[number].packages.get(artifact.type)
            if packages is None:
                continue
            if (artifact.name, artifact.version) not in packages:
                break
            found = number
        return found


def _word(instruction: Instruction, name: str) -> Place | None:
    """Where an instruction names a package, with the version that it asks for."""
    if not name or len(name) > 200:
        return None
    parts = r"[-_.]+".join(re.escape(part) for part in re.split(r"[-_.]+", name))
    word = rf"(?<![\w./:-]){parts}(?![\w.-])(?:\[[\w,-]*\])?(?:[=<>~!@:][^\s'\";&|)]*)?"
    found = re.search(word, instruction.text.value, re.IGNORECASE)
    return instruction.text.slice(found.start(), found.end()).place if found else None


class InDocument:
    """Packages of a bill of materials, by the line that names each."""

    def __init__(self, path: str, shown: str) -> None:
        self.strange = ""
        self.names: frozenset[str] = frozenset()
        self._path = path
        self._shown = shown
        self._places: dict[tuple[str, str], Place] = {}

    @cached_property
    def _source(self) -> Source:
        """Read when grype is at work."""
        try:
            return Source(self._shown, files.read(self._path, _LARGEST))
        except files.Unreadable:
            return Source(self._shown, b"")

    def __call__(self, artifact: Artifact) -> Origin:
        from gate.engines.grype_findings import Origin  # loaded while grype is at work

        return Origin(self._place(artifact.name, artifact.purl))

    def check(self, report: Report) -> str:
        return ""

    def _place(self, name: str, purl: str) -> Place:
        if (name, purl) not in self._places:  # the document is searched from its beginning each time
            self._places[name, purl] = self._found(name, purl)
        return self._places[name, purl]

    def _found(self, name: str, purl: str) -> Place:
        """The package's URL, without its qualifiers where these are in another order, else its name."""
        text = self._source.text
        for word in (purl, purl.partition("?")[0], json.dumps(name, ensure_ascii=False) if name else ""):
            at = text.find(word) if word else -1
            if at >= 0:
                return self._source.place(at, at + len(word))
        return Place(self._shown, Span(1, 1, 1, 1))

    def checked(self, findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Unchecked, ...]]:
        """A package without a version fits every advisory that was ever written about it: that proves nothing."""
        kept = [f for f in findings if f.package is None or any(character.isdigit() for character in f.package.version)]
        passed_over = (
            Unchecked(package.name, self._place(package.name, package.purl), reason)
            for package, reason in unchecked(self._source.text)
        )
        return tuple(kept), tuple(passed_over)
