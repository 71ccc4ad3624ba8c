"""What the targets start, for the rules about the file behind it: each fault once, at the line that decides."""

from __future__ import annotations

from collections.abc import Iterator

from gate.build import Build
from gate.image.model import File
from gate.memo import memo
from gate.model import Place, Span
from gate.platforms.launch import is_open, launch
from gate.platforms.outcome import Fault, Outcome, Verdict

UNTOLD = frozenset({"sagemaker-studio", "azureml"})
"""Platforms whose configuration, and not the image, says what is started."""
_WORDS = {"sagemaker-training": "train", "sagemaker-hosting": "serve"}


def outcomes(build: Build) -> list[Outcome]:
    """The launch on each target; without a target, on plain Docker. Those of which neither the words nor a file are known
    are left out: no rule has a word for them."""
    kept = memo(build, "outcomes")
    if build.platforms not in kept:
        names = sorted(build.platforms - UNTOLD) if build.platforms else ["docker"]
        sound = build.target is not None and not build.faults
        kept[build.platforms] = [launch(build, name) for name in names if not is_open(build, name)] if sound else []
    found: list[Outcome] = kept[build.platforms]
    return found


def failures(build: Build, *faults: Fault) -> Iterator[Outcome]:
    """The launches that fail for one of these reasons, each once."""
    seen: set[tuple[str, Place | None]] = set()
    for outcome in outcomes(build):
        if outcome.verdict is Verdict.FAILS and outcome.fault in faults:
            key = (outcome.program, place_of(outcome, build))
            if key not in seen:
                seen.add(key)
                yield outcome


def is_word(outcome: Outcome) -> bool:
    """Whether what is missing is the platform's own word: that is another rule's."""
    word = _WORDS.get(outcome.platform)
    return word is not None and outcome.program in (word, f"./{word}")


def place_of(outcome: Outcome, build: Build) -> Place:
    """The line that brings the file to blame, else the one that starts it."""
    file = outcome.file
    if file is not None and file.instruction is not None:
        return file.instruction.place
    return outcome.place or build.target.from_.place  # type: ignore[union-attr]


def first_line(file: File, build: Build, fallback: Place) -> Place:
    """The first line of a file of the context; of any other, the instruction that brings it."""
    if file.source is not None and build.context is not None:
        data = file.read(300) or b""
        width = len(data.split(b"\n")[0].decode("utf-8", "replace"))
        return Place(build.context.shown(file.source), Span(1, 1, 1, max(width, 1) + 1))
    return file.instruction.place if file.instruction is not None else fallback
