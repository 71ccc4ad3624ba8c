"""What ``--image``, ``--sbom`` and ``mlgate scan`` bring to the judgement of a build: the image itself, and grype's view of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gate import scratch
from gate.discover import Found, Input
from gate.dockerfile.tree import Instruction
from gate.engines.base import Engine, Task, combine
from gate.engines.grype import not_checkable
from gate.images.origin import Attribution, InDocument
from gate.images.source import ImageError, open_regular
from gate.images.target import DOCKER_ARCHIVE, ENGINE, OCI_DIR, SBOM, Target
from gate.model import EngineRun, Failure, Image, ImageLayer, Undecided
from gate.policy import PolicyError
from gate.record import dataclass, replace

if TYPE_CHECKING:
    from gate.build import Build
    from gate.engines.grype import Grype
    from gate.images.built import BuiltImage
    from gate.images.settle import Settled
    from gate.rule import Rule


@contextmanager
def gathered(
    targets: Sequence[Target],
    found: Found,
    *,
    scanned: bool,
    seconds: float,
    platform: str,
    tell: Callable[[str], None],
) -> Iterator[Evidence]:
    """The evidence of a run. A target that cannot be opened is a failure beside the files that were ``found``; one that is
    scanned is a file to judge. Raises :class:`~gate.policy.PolicyError` where it is not clear whose image it is."""
    if not scanned and len(found.inputs) > 1:
        raise PolicyError(f"--image and --sbom are about one Dockerfile, not about {len(found.inputs)}")
    evidence = Evidence(seconds=seconds, scanned=scanned, platform=platform, tell=tell)
    try:
        for target in targets:
            try:
                evidence.open(target)
            except ImageError as error:
                found.failures.append(Failure(target.name, str(error)))
        if scanned and evidence.opened:
            found.inputs.append(evidence.as_input())
        yield evidence
    finally:
        evidence.close()


QUESTION = "GAT006"
"""The rule that says whether an image is the Dockerfile's; its questions are told here."""


@dataclass(slots=True)
class Opened:
    """A target that was opened. ``source``: how grype is to find it; ``image`` is None for a bill of materials."""

    target: Target
    source: str
    image: BuiltImage | None = None


class Evidence:
    """The opened targets, until :meth:`close`. ``scanned``: they are all there is; there is no Dockerfile of the user's."""

    def __init__(
        self,
        *,
        seconds: float,
        scanned: bool = False,
        platform: str = "",
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.scanned = scanned
        self.opened: list[Opened] = []
        self.settled: Settled | None = None
        self._seconds = seconds
        self._platform = platform
        self._tell = tell
        self._folder: str | None = None

    def close(self) -> None:
        """Remove what was saved for the time of the scan."""
        self._tell("")
        if self._folder is not None:
            scratch.remove(self._folder)

    def open(self, target: Target) -> Opened:
        """Read a target. Raises :class:`~gate.images.source.ImageError`."""
        path = os.path.abspath(target.value)
        if target.kind == SBOM:
            open_regular(path).close()
            if not os.path.getsize(path):
                raise ImageError("is empty")
            found = Opened(target, f"{SBOM}:{path}")
        else:
            found = self._image(target, path)
        self._tell("")
        self.opened.append(found)
        return found

    def _image(self, target: Target, path: str) -> Opened:
        from gate.images import daemon  # what a bill of materials does not need is not loaded for one
        from gate.images.built import read_image
        from gate.images.stream import plain_archive

        kind = DOCKER_ARCHIVE if target.kind == ENGINE else target.kind
        if target.kind == ENGINE:
            path = daemon.save(target.value, self._place(), seconds=self._seconds, tell=self._tell)
        elif kind != OCI_DIR:
            path = plain_archive(path, self._place, self._seconds)
        image = read_image(path, kind, target.name, seconds=self._seconds, platform=self._platform, tell=self._tell)
        image.reference = target.value if target.kind == ENGINE else next(iter(image.tags), "")
        return Opened(target, self._for_grype(kind, path, image), image)

    def _for_grype(self, kind: str, path: str, image: BuiltImage) -> str:
        """How grype finds the same image."""
        from gate.images.single import mixed, needs_own_folder, write_folder, write_unpacked
        from gate.images.source import opened

        manifest = image.manifest
        if manifest is not None and manifest.descriptor is not None:
            with opened(path, folder=kind == OCI_DIR) as source:
                if needs_own_folder(source, manifest):
                    return f"{OCI_DIR}:{write_folder(source, manifest, self._place())}"
        elif manifest is not None and mixed(image.layers):
            with opened(path, folder=False) as source:
                return f"{OCI_DIR}:{write_unpacked(source, manifest, image.layers, self._place(), self._seconds)}"
        return f"{kind}:{path}"

    def _place(self) -> str:
        if self._folder is None:
            try:
                self._folder = scratch.folder()
            except OSError as error:
                raise ImageError(f"there is no place to unpack it: {error.strerror}") from None
        return self._folder

    # As a subject of its own ------------------------------------------------------------------------------------------

    def as_input(self) -> Input:
        """The scanned target as a Dockerfile to judge."""
        (found,) = self.opened
        if found.image is None:
            return Input(found.target.name, None, b"")
        from gate.images.document import document

        return Input(found.target.name, None, document(found.image))

    # Beside a build ---------------------------------------------------------------------------------------------------

    def attach(self, build: Build) -> None:
        """Let the image settle what it can."""
        for found in self.opened:
            if found.image is None or build.target is None:
                continue
            from gate.images.document import aligned
            from gate.images.settle import Settled

            if self.scanned:
                steps = aligned(found.image, build.dockerfile.source, build.target)
                self.settled = Settled(found.image, build, steps)
            else:
                self.settled = Settled(found.image, build)
            build.built = self.settled

    def images(self) -> tuple[Image, ...]:
        """What the images are made of, for reports."""
        settled = self.settled
        return tuple(
            Image(
                found.image.name,
                found.image.digest,
                found.image.platform,
                tuple(_layer(found.image, number, settled) for number in range(len(found.image.layers))),
            )
            for found in self.opened
            if found.image is not None
        )

    def rules(self, rules: Iterable[Rule]) -> list[Rule]:
        """Those that have a say about an image of which there is no Dockerfile."""
        if not self.scanned:
            return list(rules)
        images = any(found.image is not None for found in self.opened)
        return [rule for rule in rules if rule.image and images]

    def questions(self, build: Build) -> list[Undecided]:
        """What cannot be known because the image does not show where it comes from."""
        settled = self.settled
        if settled is None or self.scanned or settled.contradictions or settled.alignment.whole or build.target is None:
            return []
        reason = f"which instruction brought which layer of {settled.image.name}: {settled.alignment.reason}"
        return [
            Undecided(
                QUESTION, build.target.from_.place, reason, "build the image from this Dockerfile, without --squash"
            )
        ]

    def start(self, engine: Engine, builds: Sequence[Build]) -> Task:
        """An engine at work on the builds and on what is scanned."""
        if not builds:
            return engine.start(builds)
        if engine.name != "grype":
            return engine.start(builds) if not self.scanned else _Idle(engine.name)
        tasks: list[_Scan] = []
        pins = engine.start(builds) if not self.scanned else None
        for found in self.opened:
            attribution = self._attribution(found, builds[0])
            tasks.append(_Scan(engine, found, attribution, builds[0], self._tell))  # type: ignore[arg-type]
        return _Together(pins, tasks)

    def _attribution(self, found: Opened, build: Build) -> Attribution:
        if found.image is None or self.settled is None:
            from gate.images.described import InDescribed, described

            rows = InDocument(found.target.value, found.target.name)
            image = None if self.scanned or build.target is None else described(found.target.value, found.target.name)
            return InDescribed(image, build, rows) if image is not None else rows
        from gate.images.origin import InImage

        return InImage(self.settled, build)


def _layer(image: BuiltImage, number: int, settled: Settled | None) -> ImageLayer:
    layer = image.layers[number]
    origin = settled.alignment.origin(number) if settled is not None and settled.image is image else None
    kind, place = "unknown", None
    if settled is not None and origin == "base" and settled.target is not None:
        kind, place = "base", settled.target.root.from_.image.place
    elif isinstance(origin, Instruction):
        kind, place = "instruction", origin.place
    return ImageLayer(layer.diff_id, layer.size, layer.files, layer.removed, kind, place)


class _Idle:
    """An engine that has nothing to do."""

    def __init__(self, name: str) -> None:
        self._name = name

    def result(self) -> EngineRun:
        return EngineRun(self._name, "skipped", reason="there is no Dockerfile")

    def cancel(self) -> None:
        pass


class _Scan:
    """grype at work on one target."""

    def __init__(
        self, grype: Grype, found: Opened, attribution: Attribution, build: Build, tell: Callable[[str], None]
    ) -> None:
        self._found = found
        self._tell = tell
        self._attribution = attribution
        self._task = grype.scan(found.source, attribution, build.settings, attribution.check)

    @property
    def names(self) -> frozenset[str]:
        return self._attribution.names

    def result(self) -> EngineRun:
        name = self._found.target.name
        self._tell(f"grype is looking at {name}")
        run = self._task.result()
        self._tell("")
        if run.status == "ok" and self._attribution.strange:
            return replace(
                run,
                status="failed",
                findings=(),
                reason=f"{name}: looked at another image: {self._attribution.strange}",
            )
        if run.status == "skipped":
            return run
        findings, unchecked = self._attribution.checked(run.findings)
        reason = f"{name}: {run.reason}{not_checkable(unchecked)}"
        return replace(run, reason=reason, findings=findings, unchecked=(*run.unchecked, *unchecked))

    def cancel(self) -> None:
        self._task.cancel()


class _Together:
    """grype's work on the pins and on the targets, as one run."""

    def __init__(self, pins: Task | None, scans: Sequence[_Scan]) -> None:
        self._pins = pins
        self._scans = scans

    def result(self) -> EngineRun:
        runs = [scan.result() for scan in self._scans]
        found = tuple(finding for run in runs for finding in run.findings)
        if self._pins is not None:
            from gate.images.pins import merged

            pins = self._seen(self._pins.result())
            found = tuple(merged(pins.findings, found))
            runs.insert(0, pins)
        return replace(combine(runs), findings=found)

    def _seen(self, pins: EngineRun) -> EngineRun:
        """The pins' run without the complaint about packages that could not be looked up, where the image has them."""
        names = frozenset[str]().union(*(scan.names for scan in self._scans))
        left = tuple(package for package in pins.unchecked if package.name.lower() not in names)
        reason = (
            pins.reason.replace(not_checkable(pins.unchecked), not_checkable(left)) if pins.unchecked else pins.reason
        )
        return replace(pins, unchecked=left, reason=reason)

    def cancel(self) -> None:
        for task in (*self._scans, *([self._pins] if self._pins is not None else [])):
            task.cancel()
