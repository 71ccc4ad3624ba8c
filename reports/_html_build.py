"""How an image comes about, for the HTML report: its stages as lanes with what they take from each other, and what each
platform starts, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gate.model import Place
from gate.record import dataclass

if TYPE_CHECKING:
    from gate.build import Build
    from gate.dockerfile.tree import Instruction, Stage

HEIGHT = 76
"""Of a stage's lane, in CSS pixels; the style sheet gives its boxes the same."""
_STEP = 14
"""Between two tracks of the rail."""
_TRACKS = 6
"""Tracks that the rail has room for; what needs more shares the outermost."""
MOST_STAGES = 60
_MOST_TAKEN = 3
_MOST_STEPS = 40


@dataclass(frozen=True)
class Taken:
    """Something that a stage takes from another."""

    stage: str
    what: str
    place: Place


@dataclass(frozen=True)
class Lane:
    """A stage. ``role``: image, layers (the image starts from it), copied (something of it is) or unused."""

    label: str
    base: str
    role: str
    place: Place
    taken: tuple[Taken, ...]
    more: int
    y: int


@dataclass(frozen=True)
class Curve:
    """A line of the rail, as the path of an SVG; ``kind``: base or copy."""

    path: str
    kind: str


@dataclass(frozen=True)
class Step:
    what: str
    result: str
    place: Place | None


@dataclass(frozen=True)
class Start:
    """What becomes of the image on a platform: works, fails or undecided."""

    platform: str
    verdict: str
    argv: str
    steps: tuple[Step, ...]
    more: int
    end: str


@dataclass(frozen=True)
class Picture:
    """One Dockerfile's way to an image and to a process."""

    path: str
    lanes: tuple[Lane, ...]
    curves: tuple[Curve, ...]
    width: int
    height: int
    hidden: int
    starts: tuple[Start, ...]


def picture(build: Build, path: str, platforms: frozenset[str]) -> Picture | None:
    """None where the builder refuses the file, or there is nothing to show."""
    if build.faults or build.target is None:
        return None
    stages = build.stages[:MOST_STAGES]
    lanes = tuple(_lanes(build, stages)) if len(stages) > 1 else ()
    starts = tuple(_starts(build, platforms))
    if not lanes and not starts:
        return None
    curves = list(_curves(build, len(stages))) if lanes else []
    width = 24 + _STEP * max((track for _, track in curves), default=0)
    hidden = len(build.stages) - len(stages)
    return Picture(
        path, lanes, tuple(curve for curve, _ in curves), width, HEIGHT * len(lanes), hidden if lanes else 0, starts
    )


def _lanes(build: Build, stages: list[Stage]) -> Iterator[Lane]:
    uses = build.uses()
    for number, stage in enumerate(stages):
        taken = [
            Taken(source.label, _what(instruction), instruction.place)
            for source, user, instruction in uses
            if user is stage and instruction is not stage.from_
        ]
        yield Lane(
            stage.name or f"stage {stage.index}",
            stage.parent.label if stage.parent is not None else stage.base or str(stage.from_.image),
            _role(build, stage),
            stage.from_.place,
            tuple(taken[:_MOST_TAKEN]),
            max(len(taken) - _MOST_TAKEN, 0),
            number * HEIGHT + HEIGHT // 2,
        )


def _role(build: Build, stage: Stage) -> str:
    if stage is build.target:
        return "image"
    if build.ships(stage):
        return "layers"
    return "copied" if stage.index in build.needed else "unused"


def _what(instruction: Instruction) -> str:
    """What is taken: the paths of a COPY, the mounts of a RUN."""
    from gate.dockerfile.tree import Copy

    if isinstance(instruction, Copy):
        return f"{' '.join(map(str, instruction.sources))} → {instruction.destination}"
    return " ".join(str(flag.text) for flag in instruction.flags if flag.name == "mount")


def _curves(build: Build, count: int) -> Iterator[tuple[Curve, int]]:
    """The lines between stages and the track of each: one that spans others runs outside them."""
    pairs: dict[tuple[int, int], str] = {}
    for source, user, instruction in build.uses():
        if source.index < count and user.index < count:
            kind = "base" if instruction is user.from_ else "copy"
            key = (source.index, user.index)
            pairs[key] = "base" if "base" in (kind, pairs.get(key)) else kind
    tracks: list[list[tuple[int, int]]] = []
    for (source_index, user_index), kind in sorted(pairs.items(), key=lambda item: abs(item[0][1] - item[0][0])):
        low, high = sorted((source_index, user_index))
        track = 0 if high == low + 1 and kind == "base" else _free(tracks, low, high)
        yield Curve(_path(source_index, user_index, track), kind), track


def _free(tracks: list[list[tuple[int, int]]], low: int, high: int) -> int:
    """The innermost track, from 1, on which nothing runs between two stages yet."""
    for number, taken in enumerate(tracks, 1):
        if all(high <= begin or end <= low for begin, end in taken) or number == _TRACKS:
            taken.append((low, high))
            return number
    tracks.append([(low, high)])
    return len(tracks)


def _path(source: int, user: int, track: int) -> str:
    """From the node of one stage to that of another; the nodes stand at the right end of the rail."""
    down = 1 if user > source else -1
    start, end = source * HEIGHT + HEIGHT // 2 + 7 * down, user * HEIGHT + HEIGHT // 2 - 9 * down
    if track == 0:
        return f"M0 {start}V{end}"
    x = -_STEP * track
    out, back = start + 8 * down, end - 8 * down
    return f"M0 {start}C{x} {out} {x} {out} {x} {out + 12 * down}V{back - 12 * down}C{x} {back} {x} {back} 0 {end}"


def _starts(build: Build, platforms: frozenset[str]) -> Iterator[Start]:
    from gate.platforms.launch import launch

    for platform in sorted(platforms):
        outcome = launch(build, platform)
        steps = tuple(Step(step.what, step.result, step.place) for step in outcome.steps[:_MOST_STEPS])
        more = max(len(outcome.steps) - _MOST_STEPS, 0)
        argv = "cannot be known" if outcome.argv is None else " ".join(outcome.argv)
        yield Start(platform, outcome.verdict.value, argv, steps, more, outcome.why or "its process starts")
