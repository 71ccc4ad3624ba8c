"""What answers ``train`` and ``serve``."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename

from gate.build import Build
from gate.dockerfile.tree import Instruction, Launch, Onbuild
from gate.packages.installs import installs
from gate.packages.model import Request
from gate.packages.requirement import normalized
from gate.packages.resolve import wanted
from gate.platforms.image import launch_image
from gate.platforms.launch import launch
from gate.platforms.outcome import Fault, Outcome, Verdict
from gate.rule import Results, Rule

TRAINING, HOSTING = "sagemaker-training", "sagemaker-hosting"
WORDS = {TRAINING: "train", HOSTING: "serve"}
INITS = frozenset({"tini", "tini-static", "dumb-init", "catatonit", "docker-init", "s6-svscan", "init"})
_SHELLS = frozenset({"bash", "sh", "/bin/bash", "/bin/sh", "python", "python3", "R", "irb", "node"})


def judged(build: Build, platform: str) -> Outcome | None:
    """The launch on a target; None where it is none, or where nothing is built."""
    if platform not in build.platforms or build.target is None or build.faults:
        return None
    return launch(build, platform)


def judged_anywhere(build: Build) -> Iterator[Outcome]:
    """The launches on those of SageMaker's targets that give a word and are aimed at."""
    for platform in WORDS:
        outcome = judged(build, platform)
        if outcome is not None:
            yield outcome


def unanswered(outcome: Outcome) -> bool:
    """Whether the word itself is what nothing answers."""
    word = WORDS[outcome.platform]
    return outcome.verdict is Verdict.FAILS and outcome.fault is Fault.NOT_FOUND and outcome.program == word


def entrypoint_of(build: Build) -> Launch | None:
    """The ENTRYPOINT of the file that is in force."""
    return _own(build, "Entrypoint", "ENTRYPOINT")


def cmd_of(build: Build) -> Launch | None:
    return _own(build, "Cmd", "CMD")


def _own(build: Build, key: str, keyword: str) -> Launch | None:
    if build.target is None:
        return None
    found: Instruction | None = launch_image(build).config.set_by.get(key)
    if isinstance(found, Onbuild):
        found = found.child
    return found if isinstance(found, Launch) and found.keyword == keyword else None


def launching_cmd(build: Build) -> Launch | None:
    """A CMD that was meant to launch: one of this file, without an ENTRYPOINT, that is no bare shell."""
    cmd = cmd_of(build)
    if cmd is None or (entrypoint_of(build) is not None and entrypoint_of(build).exec != ()):  # type: ignore[union-attr]
        return None
    words = [str(word) for word in cmd.exec] if cmd.exec is not None else str(cmd.script).split()
    if not words or words in (["train"], ["serve"]) or (len(words) == 1 and words[0] in _SHELLS):
        return None
    return cmd


def starts_with_init(build: Build) -> bool:
    entrypoint = entrypoint_of(build)
    return entrypoint is not None and bool(entrypoint.exec) and basename(str(entrypoint.exec[0])) in INITS  # type: ignore[index]


def bare_interpreter(build: Build) -> str:
    """``ENTRYPOINT ["python3"]``: the interpreter's name; empty for anything else."""
    entrypoint = entrypoint_of(build)
    if entrypoint is None or entrypoint.exec is None or len(entrypoint.exec) != 1:
        return ""
    name = basename(str(entrypoint.exec[0])).rstrip("0123456789.")
    return name if name in ("python", "bash", "sh", "node", "Rscript", "perl", "ruby", "julia") else ""


def toolkit(build: Build) -> Request | None:
    """The request that installs the training toolkit in a stage that ships."""
    for install in installs(build):
        if (
            install.ecosystem != "pypi"
            or install.verb != "install"
            or install.stage is None
            or not build.ships(install.stage)
        ):
            continue
        for request in (*install.requests, *wanted(install, build).from_files):
            if normalized(request.name) == "sagemaker-training":
                return request
    return None


def exports_only(build: Build) -> bool:
    """A last stage FROM scratch that starts nothing carries files out of the build (``docker build --output``): the image is
    another stage."""
    target = build.target
    if target is None or target.root.base != "scratch" or len(build.stages) < 2 or build.target_name is not None:
        return False
    return entrypoint_of(build) is None and cmd_of(build) is None


def undecided(rule: Rule, outcome: Outcome) -> Results:
    """The question that is left open."""
    why = outcome.unknown
    if outcome.verdict is Verdict.UNDECIDED and why is not None and outcome.place is not None:
        yield rule.undecided(
            outcome.place, f"whether anything answers {WORDS[outcome.platform]}: {why.reason}", why.settle
        )


def answer(rule: Rule, build: Build, platform: str) -> Results:
    """SMC001 and SMC002: nothing answers the word, and no closer rule says why."""
    outcome = judged(build, platform)
    if outcome is None:
        return
    yield from undecided(rule, outcome)
    if (
        unanswered(outcome)
        and launching_cmd(build) is None
        and not starts_with_init(build)
        and not bare_interpreter(build)
    ):
        assert outcome.place is not None
        word = WORDS[platform]
        if exports_only(build):
            reason = f"whether anything answers {word}: this stage only carries files out of the build"
            yield rule.undecided(outcome.place, reason, "--target STAGE")
            return
        yield rule.finding(
            outcome.place,
            f"Nothing answers {word!r}, the word that SageMaker starts the container with: {outcome.error}.",
        )
