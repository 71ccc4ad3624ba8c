"""What a built image settles: with it at hand, a build's configuration and files are no longer predicted but read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gate.context.paths import clean
from gate.dockerfile.tree import Instruction
from gate.image.model import Config
from gate.image.node import Node
from gate.images.built import BuiltImage, tree_of
from gate.images.history import Alignment, align
from gate.images.python import Installed, installed
from gate.model import Unknown

if TYPE_CHECKING:
    from gate.build import Build

_SHELL = ["/bin/sh", "-c"]


class Settled:
    """An image beside the Dockerfile that it is said to be built from.

    ``alignment`` says which instruction made which layer; ``contradictions``, what the Dockerfile decides and the image has
    otherwise. ``usable``: the image is this Dockerfile's, so what it says goes. ``alone``: there is no Dockerfile; the build is
    the image's own history (:mod:`gate.images.document`).
    """

    def __init__(self, image: BuiltImage, build: Build, alignment: Alignment | None = None) -> None:
        self.image = image
        self.target = build.target
        self.alignment = align(build, image) if alignment is None else alignment
        self.contradictions = (
            list(_contradictions(build.image().config, image)) if alignment is None and build.target else []
        )
        self.alone = alignment is not None
        self.usable = not self.contradictions and (self.alignment.whole or self.alignment.squashed)

    @property
    def doubt(self) -> str:
        """Why the image is not this Dockerfile's; empty where it is."""
        if self.contradictions:
            what, here, there, _ = self.contradictions[0]
            return f"was not built from this file as it stands: {what} is {there} there, and {here} here"
        return "" if self.usable else f"may not be built from this file: {self.alignment.reason}"

    @cached_property
    def python(self) -> Installed:
        """What is there for Python."""
        return installed(self.image.stack)

    def module(self, name: str) -> bool | Unknown:
        """Whether Python finds a module."""
        if name in self.python.modules:
            return True
        if self.python.complete and not self.image.pairs("Env").get("PYTHONPATH"):
            return False
        return Unknown(f"a folder that Python is led to may hold the module {name}")

    @cached_property
    def tree(self) -> Node:
        """The image's files, each with the instruction that brought it."""
        return tree_of(self.image, self.alignment.instructions)

    def config(self, predicted: Config) -> Config:
        """The image's configuration, with the instructions behind it as the Dockerfile has them."""
        image = self.image
        found = Config(
            env=dict(image.pairs("Env")),
            entrypoint=image.words("Entrypoint"),
            cmd=image.words("Cmd"),
            working_dir=image.text("WorkingDir") or "/",
            user=image.text("User"),
            labels=dict(image.pairs("Labels")),
            exposed_ports=dict.fromkeys(image.pairs("ExposedPorts")),
            volumes=dict.fromkeys(image.pairs("Volumes")),
            stop_signal=image.text("StopSignal") or None,
            shell=image.words("Shell"),
            healthcheck=image.values.get("Healthcheck") if isinstance(image.values.get("Healthcheck"), dict) else None,
            on_build=image.words("OnBuild") or [],
        )
        found.set_by = {key: instruction for key, instruction in predicted.set_by.items() if _is_set(key, found)}
        return found


def _is_set(key: str, config: Config) -> bool:
    """Whether the image still has what an instruction sets."""
    kind, dot, name = key.partition(".")
    tables: dict[str, dict[str, Any]] = {
        "Env": config.env, "Labels": config.labels, "ExposedPorts": config.exposed_ports, "Volumes": config.volumes,
    }  # fmt: skip
    return name in tables[kind] if dot and kind in tables else True


def _contradictions(config: Config, image: BuiltImage) -> Iterator[tuple[str, str, str, Instruction]]:
    """``(what, here, there, instruction)`` for all that the Dockerfile decides and the image has otherwise.

    Labels are left out: ``docker build --label`` sets them anew.
    """
    for key, instruction in config.set_by.items():
        kind, _, name = key.partition(".")
        here, there = _both(kind, name, config, image)
        if not isinstance(here, Unknown) and not _same(kind, here, there):
            yield f"{kind.upper()} {name}".strip(), _shown(here), _shown(there), instruction


def _both(kind: str, name: str, config: Config, image: BuiltImage) -> tuple[Any, Any]:
    if kind == "Env":
        return config.env.get(name), image.pairs("Env").get(name)
    if kind in ("Entrypoint", "Cmd"):
        return (config.entrypoint if kind == "Entrypoint" else config.cmd), image.words(kind)
    if kind == "User":
        return config.user, image.text("User")
    if kind == "WorkingDir":
        return config.working_dir, image.text("WorkingDir") or "/"
    if kind in ("ExposedPorts", "Volumes"):
        return name, next((each for each in image.pairs(kind) if clean(each) == clean(name)), None)
    if kind == "StopSignal":
        return config.stop_signal, image.text("StopSignal") or None
    return None, None


def _same(kind: str, here: Any, there: Any) -> bool:
    if here == there or (not here and not there):
        return True
    if kind == "WorkingDir":
        return clean(str(here)) == clean(str(there))
    if kind in ("Entrypoint", "Cmd") and isinstance(here, list) and isinstance(there, list):
        # The base image may have set another shell.
        return here[:2] == _SHELL and len(here) == 3 and here[-1:] == there[-1:]
    return False


def _shown(value: Any) -> str:
    text = "not set" if value in (None, "", []) else str(value)
    return text if len(text) <= 80 else text[:80] + "…"
