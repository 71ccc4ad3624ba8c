"""What well-known base images start and bring (``images`` in ``policies/bases.yaml``)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from gate.dockerfile.tree import Stage
from gate.facts import facts
from gate.globs import is_like
from gate.image.base import identify
from gate.image.model import Inherited
from gate.lazy import pattern
from gate.model import Unknown
from gate.record import dataclass

_VARIABLE = pattern(r"\$(?:\w+|\{[^}]*\})")
MORE_PATH = "\0PATH of the base image"
"""Stands in a PATH for what the base image has in its own, where that is not known."""
USUAL_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Folders that every such PATH has."""


@dataclass(frozen=True, slots=True)
class Known:
    """One row of the table. ``transparent``: its ENTRYPOINT runs the words behind it, and may be left out of account."""

    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    workdir: str | None = None
    user: str | None = None
    path: str | None = None
    has: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()
    swallows: bool = False
    transparent: bool = False
    plain: bool = False


_NOTHING = Known()


def known_base(reference: str | None) -> Known:
    """What the table says of an image; nothing for one that it does not have."""
    return _known(reference) if reference else _NOTHING


@lru_cache(maxsize=512)
def _known(reference: str) -> Known:
    image = identify(reference)
    begins = (image.repository[:1], "*")  # most patterns begin with another letter
    for row in facts("bases")["images"]:
        names = [pattern for pattern in row["names"] if pattern.startswith(begins)]
        if any(_matches(pattern, image.repository, image.tag) for pattern in names):
            return _row(row)
    return _NOTHING


@lru_cache(maxsize=64)
def _known_repository(reference: str) -> Known:
    """What the table says of every tag of a repository."""
    repository = identify(reference).repository
    for row in facts("bases")["images"]:
        names = [pattern.partition(":") for pattern in row["names"]]
        found = [tags for name, _, tags in names if is_like(repository, name)]
        if found:
            return _NOTHING if any(found) else _row(row)
    return _NOTHING


def _matches(pattern: str, repository: str, tag: str) -> bool:
    name, colon, tags = pattern.partition(":")
    return is_like(repository, name) and (not colon or is_like(tag, tags))


def _row(row: dict[str, Any]) -> Known:
    def words(key: str) -> tuple[str, ...] | None:
        return tuple(map(str, row[key])) if key in row else None

    has = frozenset(words("has") or ())
    has |= frozenset(facts("bases")["everywhere"]) if "sh" in has else frozenset()
    has |= frozenset((words("entrypoint") or ())[:1])
    return Known(
        words("entrypoint"), words("cmd"), row.get("workdir"), row.get("user"), row.get("path"),
        has, frozenset(words("lacks") or ()), frozenset(words("answers") or ()),
        bool(row.get("swallows")), bool(row.get("transparent")), bool(row.get("plain")),
    )  # fmt: skip


def inherited(reference: str) -> Inherited | None:
    """What a stage takes over from an external image, for :class:`gate.image.evaluate.Evaluator`."""
    if reference == "scratch":
        return None
    known = known_base(reference)
    why = Unknown(f"inherited from {reference}", "--image")

    def value(given: tuple[str, ...] | None) -> list[str] | Unknown | None:
        return why if given is None else list(given) or None

    entrypoint = None if known.transparent else value(known.entrypoint)
    return Inherited(
        env={"PATH": known.path if known.path is not None else MORE_PATH},
        entrypoint=entrypoint,
        cmd=value(known.cmd),
        working_dir=why if known.workdir is None else known.workdir,
        user=why if known.user is None else known.user,
        plain=known.plain,
    )


def base_of(stage: Stage) -> tuple[str | None, Known]:
    """The reference that a stage's lineage begins with, None where it is not known."""
    reference = stage.root.base
    if reference is None:
        return None, _known_repository(_VARIABLE.sub("x", stage.root.from_.image.value))
    return reference, known_base(reference)
