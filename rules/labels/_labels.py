"""What the label rules share: the labels of a stage with their values, and the vocabulary of the OCI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gate.build import Build
from gate.dockerfile.tree import Pair, Pairs, Stage
from gate.memo import memo
from gate.model import Place, Unknown
from gate.record import dataclass

OCI = "org.opencontainers.image."
OCI_KEYS = frozenset(
    OCI + name
    for name in (
        "created", "authors", "url", "documentation", "source", "version", "revision", "vendor", "licenses",
        "ref.name", "title", "description", "base.digest", "base.name",
    )
)  # fmt: skip
"""The reserved keys of the OCI image specification's annotations."""

LABEL_SCHEMA = "org.label-schema."
SUCCESSORS = {
    "build-date": "created", "url": "url", "vcs-url": "source", "version": "version", "vcs-ref": "revision",
    "vendor": "vendor", "name": "title", "description": "description", "usage": "documentation", "license": "licenses",
}  # fmt: skip
"""Label-schema names and their OCI successors; the others have none."""


@dataclass(frozen=True, slots=True)
class Label:
    """One key=value of a LABEL instruction. ``value`` is Unknown where it depends on a build argument without a value."""

    instruction: Pairs
    pair: Pair
    key: str
    value: str | Unknown

    @property
    def place(self) -> Place:
        return self.pair.place

    @property
    def literal(self) -> bool:
        return "$" not in str(self.pair.value or "")


@dataclass(frozen=True, slots=True)
class Schema:
    """What the policy asks of labels: the required keys, the type of each key that has one, and the keys that the build
    command provides."""

    required: tuple[str, ...]
    types: Mapping[str, str]
    provided: frozenset[str]
    strict: bool


def schema_of(build: Build) -> Schema:
    kept = memo(build, "labels")
    if "schema" not in kept:
        kept["schema"] = _schema(build)
    found: Schema = kept["schema"]
    return found


def _schema(build: Build) -> Schema:
    settings = build.settings.get("labels") or {}
    required = settings.get("required") or {}
    types = dict(required) if isinstance(required, Mapping) else {}
    return Schema(
        tuple(required),
        {**types, **(settings.get("types") or {})},
        frozenset(settings.get("provided-at-build") or ()),
        bool(settings.get("strict")),
    )


def labels_of(stage: Stage, build: Build) -> Iterator[Label]:
    """The labels that a stage sets, in order; a key that cannot be known is left out. ONBUILD's belong to other images."""
    for instruction in stage.instructions:
        if instruction.keyword == "LABEL" and isinstance(instruction, Pairs):
            for pair in instruction.pairs:
                key = build.expand(pair.key, instruction)
                if isinstance(key, str):
                    value = build.expand(pair.value, instruction) if pair.value is not None else ""
                    yield Label(instruction, pair, key, value)


def labels_that_ship(build: Build) -> Iterator[Label]:
    """The labels of the target and its local ancestors, the ancestors' first."""
    if build.target is not None:
        for stage in build.target.lineage():
            yield from labels_of(stage, build)


def stays_behind(stage: Stage, build: Build) -> bool:
    """Whether a stage only hands files to the image: its labels are nowhere then."""
    return stage.index in build.needed and not build.ships(stage)
