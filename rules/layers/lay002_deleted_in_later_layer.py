"""LAY002 deleted-in-later-layer: the delete does not shrink the image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from gate.build import Build
from gate.dockerfile.command import Command
from gate.image.base import identify
from gate.model import Finding, Severity
from gate.packages.installs import install_of
from gate.packages.options import listed
from gate.packages.where import earlier_commands
from gate.rule import Example, Results, Rule
from gate.rules.artifacts._models import human
from gate.rules.build._effects import Effect, effect
from gate.rules.layers._changers import Removal, removes_packages
from gate.rules.layers._commands import manager_of
from gate.rules.layers._made import Made
from gate.rules.layers._paths import covers, inside, written
from gate.rules.layers._trace import Event, Layer, layers

rule = Rule(
    id="LAY002",
    name="deleted-in-later-layer",
    severity=Severity.MEDIUM,
    image=True,
    aliases=("DL3009", "DL3032", "DL3036", "DL3040", "DL3060"),
    summary="Files of an earlier layer are deleted in a later one.",
    reason="A layer never changes. A later layer can hide a file, but the image keeps, stores and sends every byte of it.",
    fix="Delete it in the RUN that makes it, or keep it out of the layer: a cache mount for a package cache, a bind mount or a build stage for an archive.",
    bad=[
        "FROM debian:12.5\nRUN curl -O https://example.com/f.tgz && tar xf f.tgz\nRUN rm »f.tgz\n",
        "FROM debian:12.5\nRUN apt-get update && apt-get install -y git\nRUN rm -rf »/var/lib/apt/lists/*\n",
        "FROM continuumio/miniconda3:24.1.2-0\nRUN conda install -y numpy\nRUN »conda clean -afy\n",
        "FROM python:3.12\nRUN pip install numpy\nRUN »pip cache purge\n",
        "FROM rockylinux:9.3\nRUN dnf install -y git\nRUN »dnf clean all\n",
        "FROM debian:12.5\nRUN apt-get install -y gcc\nRUN make\nRUN »apt-get purge -y gcc\n",
        "FROM debian:12.5\nRUN git clone https://example.com/x.git /src\nRUN rm -rf »/src/.git\n",
        "FROM debian:12.5\nCOPY model.tar.gz /tmp/\nRUN tar xf /tmp/model.tar.gz -C /opt && rm »/tmp/model.tar.gz\n",
    ],
    good=[
        "FROM debian:12.5\nRUN curl -O https://example.com/f.tgz && tar xf f.tgz && rm f.tgz\n",
        "FROM debian:12.5\nRUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*\n",
        "FROM debian:12.5\nRUN --mount=type=cache,target=/root/.cache/pip pip install numpy\nRUN rm -rf /root/.cache/pip\n",
        "FROM debian:12.5 AS build\nRUN curl -O https://example.com/f.tgz\nRUN rm f.tgz\nFROM debian:12.5\nCOPY --from=build /x /x\n",
        "FROM debian:12.5\nRUN rm -rf /tmp/*\n",
        "FROM debian:12.5\nVOLUME /data\nRUN curl -o /data/x https://example.com/x\nRUN rm /data/x\n",
        Example("FROM debian:12.5\nCOPY . /app\nRUN cd /app && make && rm -rf /app/build\n", files={"Makefile": ""}),
    ],
)

if TYPE_CHECKING:
    from gate.images.settle import Settled

_ALIASES = {"apt": ("DL3009",), "dnf": ("DL3032", "DL3040"), "zypper": ("DL3036",), "yarn": ("DL3060",)}
_WORTH_SAYING = 10 << 20
"""Bytes that a layer of a finished image hides."""
_GENERAL = listed("/root /tmp /tmp/* /var/tmp/* /var/cache/*")


@rule.on_build
def check(build: Build) -> Results:
    if build.built is not None and build.built.alone:
        yield from _of_image(build.built)
        return
    for layer in layers(build):
        finding = next(_findings(layer, build), None)
        if finding is not None:
            yield finding


def _findings(layer: Layer, build: Build) -> Iterator[Finding]:
    """The deletes of one RUN that come too late, the dearest first: one cure for all of them."""
    found = layer.found
    made: list[Made] = []
    cheap: list[Finding] = []
    for event in layer.events:
        for removal in event.removals:
            hit = _too_late(removal, found, made, event, layer, build)
            if hit is not None and hit.is_heavy and not _cleans_itself(hit, layer):
                yield _finding(removal, hit, event.command, layer, None)
            elif hit is not None:
                cheap.append(_finding(removal, hit, event.command, layer, Severity.LOW))
        if event.takes and removes_packages(event.command):
            yield from _packages(event.command, layer, build)
        made += event.made
    yield from cheap


def _cleans_itself(hit: Made, layer: Layer) -> bool:
    """The official images of Debian and Ubuntu delete each package as soon as it is installed."""
    stage = layer.run.stage
    base = stage.root.base if stage is not None else None
    if not hit.path.startswith("/var/cache/apt/") or base is None:
        return False
    return identify(base).repository in ("debian", "ubuntu", "python", "node", "buildpack-deps", "nvidia/cuda")


def _too_late(
    removal: Removal, found: list[Made], made: list[Made], event: Event, layer: Layer, build: Build
) -> Made | None:
    """What of an earlier layer a delete takes away; None when it is of this layer, or when nobody can know."""
    for one in reversed(found):
        if covers(removal.path, one.path):
            again = any(other.path == one.path for other in made)
            own = one.kind == "cache" and (
                any(covers(removal.path, other.path) for other in made)
                or (_is_general(removal.path) and layer.produces < event.number)
            )
            if not again and not own:
                return one
        elif one.is_tree and inside(removal.path, one.path):
            below = posixpath.relpath(removal.path, one.path)
            tidying = layer.produces == len(layer.commands)
            if below == ".git" or tidying or (layer.produces >= event.number and _in_context(one, below, build)):
                return one
    return None


def _is_general(path: str) -> bool:
    """A folder that many programs use: a RUN that made something deletes its own files there."""
    return path.endswith(("/.cache", "/.cache/*")) or path in _GENERAL


def _in_context(one: Made, below: str, build: Build) -> bool:
    if one.source is None or build.context is None or any(sign in below for sign in "*?["):
        return False
    return build.context.get(posixpath.join(one.source, below)) is not None


def _finding(removal: Removal, hit: Made, command: Command, layer: Layer, severity: Severity | None) -> Finding:
    what = hit.what
    if removal.word is not None and what == "the copy":
        what = written(removal.word)
    if hit.kind.startswith("copy"):
        cure = (
            "Leave it out with .dockerignore, or use it without copying it: RUN --mount=type=bind,source=…,target=… ."
        )
    elif hit.kind == "cache":
        cure = "Delete it in the RUN that fills it, or put it in a cache mount."
    else:
        cure = "Delete it in the RUN that makes it."
    return rule.finding(
        removal.word or command,
        f"This delete comes a layer too late: {what} is in the layer of line {hit.line}, and stays there.",
        help=cure,
        severity=severity,
        stage=layer.run.stage,
        aliases=_ALIASES.get(manager_of(command) or _manager_of_path(removal.path), ()),
    )


def _manager_of_path(path: str) -> str:
    folders = {
        "/var/lib/apt": "apt",
        "/var/cache/apt": "apt",
        "/var/cache/yum": "dnf",
        "/var/cache/dnf": "dnf",
        "/var/cache/zypp": "zypper",
    }
    return next((manager for folder, manager in folders.items() if path.startswith(folder)), "")


def _packages(command: Command, layer: Layer, build: Build) -> Iterator[Finding]:
    """``apt-get purge gcc`` of what an earlier layer installed."""
    manager = manager_of(command)
    names = {_plain(written(word)) for word in command.arguments if not written(word).startswith("-")}
    for run, earlier in earlier_commands(command, layer.run, build):
        if run is layer.run or manager_of(earlier) != manager or effect(earlier) is not Effect.INSTALL:
            continue
        hit = next((name for name in _installed_names(earlier, build) if _plain(name) in names), None)
        if hit is not None:
            yield rule.finding(
                command,
                f"This removal comes a layer too late: {hit} is in the layer of line {earlier.place.line}, and stays there.",
                help="Install, use and remove it in one RUN, or build in a stage of its own.",
                stage=layer.run.stage,
                aliases=(),
            )
            return


def _installed_names(command: Command, build: Build) -> Iterator[str]:
    install = install_of(command, build)
    if install is not None:
        yield from (request.name for request in install.requests if request.name)
    values = command.values
    for option, value in pairwise(values):
        if option in ("-t", "--virtual") and value and manager_of(command) == "apk":
            yield value


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").rstrip("+")


def _of_image(built: Settled) -> Results:
    """What the layers of a finished image delete or replace of those below."""
    for number, layer in enumerate(built.image.layers):
        step = built.alignment.instructions.get(number)
        if layer.removed >= _WORTH_SAYING and layer.removals and step is not None:
            size, path, _ = max(layer.removals)
            yield rule.finding(
                step,
                f"This step hides {human(layer.removed)} of earlier layers, which the image keeps: most of all {path} ({human(size)}).",
                aliases=(),
            )
