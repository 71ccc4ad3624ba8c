"""What the commands about one Dockerfile share: find it, read it, make it a build."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager

from gate import files
from gate.build import Build
from gate.commands.arguments import Arguments, finished_targets, request_of
from gate.commands.output import tell_exit
from gate.discover import Input, collect
from gate.judge import UNJUDGED
from gate.lazy import pattern
from gate.pipeline import Request, policy_for
from gate.policy import Policy
from gate.rulings import targets_of
from gate.work import make_build

_LONE = pattern("[\ud800-\udfff]")


def one(arguments: Arguments) -> tuple[Build, Policy] | None:
    """The build of the one Dockerfile that the arguments name; None when there is none, and then it is said why."""
    request = request_of(arguments)
    found = collect(request.paths, stdin=request.stdin)
    if found.failures or len(found.inputs) != 1:
        reason = found.failures[0].reason if found.failures else f"{len(found.inputs)} Dockerfiles, not one"
        tell_exit(UNJUDGED, f"{arguments.paths[0]}: {reason}")
        return None
    given = found.inputs[0]
    try:
        return build_of(request, given)
    except files.Unreadable as error:
        tell_exit(UNJUDGED, f"{given.path}: {error}")
        return None


def build_of(request: Request, given: Input) -> tuple[Build, Policy]:
    """The build of a Dockerfile, and the policy in force for it. Raises :class:`~gate.files.Unreadable`."""
    policy = policy_for(request, given.folder)
    return make_build(given, given.read(), request.options, policy), policy


def refused(build: Build, code: int) -> bool:
    """Whether the builder would refuse the file; then it is said, with the exit code."""
    for fault in build.faults[:1]:
        tell_exit(code, f"{fault.place.path}:{fault.place.line}: the builder refuses this: {fault.message}")
    return bool(build.faults)


def json_document(value: object) -> bytes:
    """A document of ``--format json``. A byte that is no UTF-8 is shown as U+FFFD, as Docker's own documents have it."""
    out = bytearray()
    pieces = json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value)
    while text := "".join(itertools.islice(pieces, 10_000)):  # all at once would take ten times the memory
        out += _LONE.sub("\ufffd", text).encode()
    return bytes(out + b"\n")


@contextmanager
def beside_image(build: Build, arguments: Arguments) -> Iterator[str]:
    """The build with the image of ``--image``, as long as it is needed; yields why the image is of no use, or ""."""
    targets = finished_targets(arguments)
    if not targets:
        yield ""
        return
    from gate.images.evidence import Evidence
    from gate.images.source import ImageError

    evidence = Evidence(seconds=300.0)
    try:
        try:
            evidence.open(targets[0])
            evidence.attach(build)
            why = build.built.doubt if build.built is not None else ""
        except ImageError as error:
            why = str(error)
        yield f"{targets[0].name}: {why}" if why else ""
    finally:
        evidence.close()


class Builds:
    """The builds of the Dockerfiles that a request judged, each made again when a report asks for it by its path."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._inputs: dict[str, Input] | None = None

    def __call__(self, path: str) -> Build | None:
        if self._inputs is None:
            request = self._request
            found = collect(request.paths, stdin=request.stdin, stdin_filename=request.stdin_filename)
            self._inputs = {given.path: given for given in found.inputs}
        if path not in self._inputs:
            return None
        try:
            build, policy = build_of(self._request, self._inputs[path])
        except files.Unreadable:
            return None
        build.platforms = frozenset(target.name for target in targets_of(build, policy))
        return build
