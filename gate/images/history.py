"""Which instruction of a Dockerfile made which step of an image's history, and so which layer.

Both builders write one entry for each instruction, behind those of the base image. So the entries are compared with the
instructions of the target from the end backwards; what is left in front, when every instruction has found its entry, is the
base's. As soon as one does not fit, nothing in front of it is known: the image may be squashed, or another file's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gate.build import Build
from gate.dockerfile.tree import Copy, Instruction, Onbuild, Run
from gate.images.built import BuiltImage, Step
from gate.lazy import pattern
from gate.record import dataclass, field

_KEYWORDS = frozenset({
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL",
    "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
})  # fmt: skip
_LAYERED = frozenset({"ADD", "COPY", "RUN", "WORKDIR"})
"""What can make a layer. Where anything else does, the builder made one of them all."""
_UNWRITTEN = frozenset({"ONBUILD", "ARG"})
"""What not every builder writes down."""
_SHELL_OPTION = pattern(r"-\w*c|/S|-Command", re.IGNORECASE)
_NOP = "#(nop)"
_BUILDKIT = "# buildkit"


@dataclass(slots=True)
class Alignment:
    """``instructions``: the Dockerfile's instruction of each layer that one made, by the layer's number. ``inherited``: how many
    layers at the bottom are the base's. ``whole``: every instruction found its step, so every layer is accounted for;
    otherwise ``reason`` says what does not fit. ``squashed``: the history tells nothing, rather than something else."""

    instructions: dict[int, Instruction] = field(default_factory=dict)
    inherited: int = 0
    whole: bool = False
    reason: str = ""
    squashed: bool = False

    def origin(self, layer: int) -> Instruction | str | None:
        """An instruction, ``"base"``, or None for a layer of unknown origin."""
        found = self.instructions.get(layer)
        if found is not None:
            return found
        return "base" if self.whole and layer < self.inherited else None


def align(build: Build, image: BuiltImage) -> Alignment:
    """Hold the history of an image against the target of a build."""
    if build.target is None:
        return Alignment(reason="the Dockerfile has no such stage")
    if not image.history:
        return Alignment(reason="the image has no history that accounts for its layers", squashed=True)
    alignment = Alignment()
    wanted = list(_written(build))
    at = len(image.history) - 1
    while wanted:
        instruction, origin = wanted[-1]
        step = image.history[at] if at >= 0 else None
        if step is not None and _fits(step, instruction, build):
            if (step.layer is not None and instruction.keyword not in _LAYERED) or (
                step.empty and isinstance(instruction, Copy)
            ):
                made = (
                    "made a layer, so it holds those of others, too"
                    if step.layer is not None
                    else "made no layer of its own"
                )
                return Alignment(reason=f"line {origin.line} ({instruction.keyword}) {made}", squashed=True)
            step.instruction = origin
            if step.layer is not None:
                alignment.instructions[step.layer] = origin
            wanted.pop()
            at -= 1
        elif instruction.keyword in _UNWRITTEN:
            wanted.pop()
        elif step is not None and not alignment.instructions and command_of(step)[0] == "LABEL":
            at -= 1  # docker build --label
        else:
            alignment.reason = _mismatch(step, instruction, origin)
            alignment.squashed = not alignment.instructions and _tells_nothing(image)
            return alignment
    return _with_base(alignment, image, at, build)


def _with_base(alignment: Alignment, image: BuiltImage, at: int, build: Build) -> Alignment:
    """What is left in front is the base's, if there can be one."""
    alignment.inherited = sum(1 for step in image.history[: at + 1] if step.layer is not None)
    scratch = build.target is not None and build.target.root.base == "scratch"
    if scratch and at >= 0:
        alignment.reason = f"the Dockerfile begins FROM scratch, the image with {_shown(image.history[0])}"
    elif not scratch and not alignment.inherited and image.layers:
        alignment.reason = "no layer is left for the base image"
    else:
        alignment.whole = True
    return alignment


def _tells_nothing(image: BuiltImage) -> bool:
    """Whether the layers come from steps without a word: ``docker build --squash``, ``docker import``."""
    return not any(
        command_of(step)[1] for step in image.history if step.layer is not None and step.layer + 1 == len(image.layers)
    )


def _written(build: Build) -> Iterator[tuple[Instruction, Instruction]]:
    """The instructions that made the target, and where each stands: a parent's triggers run in the child."""
    assert build.target is not None
    for stage in build.target.lineage():
        for onbuild in stage.parent.instructions if stage.parent is not None else ():
            if isinstance(onbuild, Onbuild) and onbuild.child is not None:
                yield onbuild.child, onbuild
        for instruction in stage.instructions:
            yield instruction, instruction


def _fits(step: Step, instruction: Instruction, build: Build) -> bool:
    keyword, text = command_of(step)
    if keyword != instruction.keyword:
        return False
    if isinstance(instruction, Run):
        return any(_runs(text, words, instruction) for words in _run_texts(instruction))
    if isinstance(instruction, Copy) and step.created_by.rstrip().endswith(_BUILDKIT) and not instruction.onbuild:
        destination = build.expand(instruction.destination, instruction)
        return not isinstance(destination, str) or "$" in destination or text.endswith(_squeezed(destination))
    return True


def _runs(text: str, words: str, instruction: Run) -> bool:
    """Whether a step's text is a command, alone or behind build arguments (``|1 A=B``) and a shell with its ``-c``."""
    if not text.endswith(words):
        return False
    before = text[: len(text) - len(words)].split()
    return not before or (
        words != ""
        and (
            _SHELL_OPTION.fullmatch(before[-1]) is not None
            or (instruction.exec is not None and before[0].startswith("|"))
        )
    )


def command_of(step: Step) -> tuple[str, str]:
    """Instruction and arguments of a step; whatever is no other instruction was run."""
    text = step.created_by.strip()
    if text.endswith(_BUILDKIT):
        text = text[: -len(_BUILDKIT)].rstrip()
    if _NOP in text[:200]:
        text = text.partition(_NOP)[2].strip()
    keyword, _, rest = text.partition(" ")
    if keyword in _KEYWORDS:
        return keyword, _squeezed(rest)
    return "RUN" if text else "", _squeezed(text)


def _run_texts(instruction: Run) -> Iterator[str]:
    """How builders write the command of a RUN: behind the shell and the build arguments."""
    if instruction.exec is not None:
        yield _squeezed(" ".join(str(word) for word in instruction.exec))
        return
    script = str(instruction.script) if instruction.script is not None else ""
    yield _squeezed(script)
    if not instruction.script_is_heredoc and instruction.heredocs:
        bodies = "".join(f"\n{heredoc.body.value}{heredoc.name}" for heredoc in instruction.heredocs)
        yield _squeezed(script + bodies)
    elif instruction.script_is_heredoc:
        yield _squeezed("".join(heredoc.body.value for heredoc in instruction.heredocs))


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _mismatch(step: Step | None, instruction: Instruction, origin: Instruction) -> str:
    if step is None:
        return f"line {origin.line} ({instruction.keyword}) is not in the image's history"
    return f"where line {origin.line} has {instruction.keyword}, the image's history has {_shown(step)}"


def _shown(step: Step) -> str:
    text = _squeezed(step.created_by) or _squeezed(step.comment) or "a step without a text"
    return repr(text if len(text) <= 60 else text[:60] + "…")
