"""Whether CMD repeats what the ENTRYPOINT starts already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.dockerfile.shell.wrappers import SHELLS
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Launch
from gate.record import dataclass
from gate.rules.launch._entryfile import runs_arguments
from gate.rules.launch._handover import INTERPRETERS, Fate, Handover, handover, handover_of_words, plain_name
from gate.rules.launch._launch import effective, of_base_image, words

if TYPE_CHECKING:
    from gate.build import Build


@dataclass(frozen=True, slots=True)
class Repetition:
    """The first ``word`` of a CMD that says again ``what``; ``started`` is what the container runs. ``certain`` is False
    where the ENTRYPOINT's own script is not known."""

    cmd: Launch
    word: Text
    what: str
    started: tuple[str, ...]
    certain: bool


def repetition(build: Build) -> Repetition | None:
    """What CMD repeats in vain; None where it does not, and where the ENTRYPOINT runs its arguments."""
    launch = effective(build)
    entrypoint, cmd = launch.entrypoint, launch.cmd
    inherited = of_base_image(build)
    started, given = inherited or words(entrypoint), words(cmd)
    if cmd is None or not cmd.exec or not given or not started:
        return None
    use = handover_of_words(inherited) if entrypoint is None else handover(entrypoint)
    whole = len(started) > 1 and given[: len(started)] == started
    what = "the whole ENTRYPOINT" if whole else _repeated(use, given)
    if not what or use.fate not in (Fate.ARGUMENTS, Fate.FILE):
        return None
    runs = runs_arguments(use, build)
    if runs or (runs is None and given[: len(started)] != started):
        return None
    return Repetition(cmd, cmd.exec[0], what, (*started, *given), runs is not None)


def _repeated(use: Handover, given: tuple[str, ...]) -> str:
    """What of the ENTRYPOINT the CMD repeats, in words; empty when nothing."""
    if not use.words:
        return ""
    program, first, last = plain_name(use.words[0]), given[0], use.words[-1]
    if program in SHELLS:
        return "the shell of the ENTRYPOINT" if plain_name(first) in SHELLS and not use.file else ""
    if plain_name(first) == program:
        return "the program of the ENTRYPOINT"
    if len(use.words) > 1 and first == last and (program in INTERPRETERS or use.words[-2] == "-m"):
        return "the last word of the ENTRYPOINT"
    return ""
