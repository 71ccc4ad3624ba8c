"""Which files are models: by name, by size where a name says too little (``policies/artifacts.yaml``)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from gate.build import Build
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Copy, Stage
from gate.facts import facts
from gate.image.arrivals import Arrival, arrivals, copies, sources_at
from gate.memo import memo
from gate.record import dataclass

POINTER = b"version https://git-lfs.github.com/spec/v1"
POINTER_SIZE = 200


@dataclass(frozen=True, slots=True)
class Model:
    """A model file. ``size`` is None where the file is not here. ``pickle``: loading it runs what it says."""

    path: str
    format: str
    pickle: bool
    size: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Baked:
    """The models that one source word of a COPY brings."""

    copy: Copy
    word: Text
    models: tuple[Model, ...]

    @property
    def stage(self) -> Stage | None:
        return self.copy.stage

    @property
    def size(self) -> int:
        return sum(model.size or 0 for model in self.models)


def baked(build: Build) -> list[Baked]:
    """The models that the image gets, word by word: from the context, and by name alone from elsewhere."""
    kept = memo(build, "models")
    found: list[Baked] | None = kept.get("all")
    if found is None:
        found = kept["all"] = list(_baked(build))
    return found


def meant_to_be_baked(build: Build) -> bool:
    """Whether models belong into the image: because the policy says so, or because it is for a device."""
    wanted = build.settings.get("artifacts")
    return wanted == "baked" or (wanted is None and build.platforms == {"edge"})


def told(models: tuple[Model, ...]) -> str:
    """``model.pt (43 MB)``, ``3 model files (1.2 GB), the largest model.pt``."""
    largest = max(models, key=lambda model: (model.size or 0, model.path))
    size = sum(model.size or 0 for model in models)
    known = f" ({human(size)})" if size else ""
    name = largest.path.rpartition("/")[2]
    return f"{name}{known}" if len(models) == 1 else f"{len(models)} model files{known}, among them {name}"


def human(size: int) -> str:
    """A number of bytes for people: three digits and a decimal unit."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.3g} GB"


def _baked(build: Build) -> Iterator[Baked]:
    by_word: dict[int, list[Model]] = {}
    for arrival in arrivals(build):
        model = _model_of(arrival)
        if model is not None:
            by_word.setdefault(id(arrival.word), []).append(model)
    for copy in copies(build):
        for word in copy.sources:
            models = by_word.get(id(word)) or _by_name(copy, word, build)
            if models:
                yield Baked(copy, word, tuple(models))


def _by_name(copy: Copy, word: Text, build: Build) -> list[Model]:
    """A model that is not here: another stage's, or one that something puts into the context before the build."""
    value = build.expand(word, copy)
    if not isinstance(value, str) or (copy.keyword == "ADD" and "://" in value):
        return []
    model = model_of(value, None, named=True)
    if model is None or (copy.from_ is None and build.context is not None and sources_at(value, build)):
        return []
    return [model]


def _model_of(arrival: Arrival) -> Model | None:
    if arrival.node.type != "file" or row_of(arrival.name) is None:
        return None
    model = model_of(arrival.path, arrival.size, named=arrival.whole)
    return None if model is not None and is_pointer(arrival) else model


def is_pointer(arrival: Arrival) -> bool:
    """Whether a file is what Git LFS leaves in the place of the real one."""
    return 0 < arrival.size <= POINTER_SIZE and (arrival.node.read(len(POINTER)) or b"") == POINTER


def model_of(path: str, size: int | None, *, named: bool) -> Model | None:
    """The model that a path is, None for anything else. ``named``: the Dockerfile names this very file."""
    folder, _, name = path.rpartition("/")
    row = row_of(name)
    if row is None or size == 0:
        return None
    table = facts("artifacts")
    stem = name.lower()
    if not named and any(part in _tests() for part in folder.lower().split("/")):
        return None
    if any(word in stem for word in table["helper-words"]) and (size is None or size < table["helper-size"]):
        return None
    if row.get("ambiguous") and (size is None or size < table["ambiguous-size"]):
        near = f"{posixpath.basename(folder.lower())}/{stem.removesuffix(row['suffix'])}"
        if not any(word in near for word in table["model-words"]):
            return None
    return Model(path, row["format"], bool(row.get("pickle")), size)


def row_of(name: str) -> dict[str, Any] | None:
    """The format that a file name's ending stands for."""
    dot = name.rfind(".")
    return _rows().get(name[dot:].lower()) if dot > 0 else None


@lru_cache(maxsize=1)
def _rows() -> dict[str, dict[str, Any]]:
    return {row["suffix"]: row for row in facts("artifacts")["models"]}


@lru_cache(maxsize=1)
def _tests() -> frozenset[str]:
    return frozenset(facts("artifacts")["test-folders"])
