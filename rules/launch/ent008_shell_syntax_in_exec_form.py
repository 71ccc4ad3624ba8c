"""ENT008 shell-syntax-in-exec-form: variables and operators in a JSON form reach the program as text."""

from collections.abc import Iterable

from gate.build import Build
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Instruction, Launch, Onbuild, Run
from gate.image.base import identify
from gate.model import Finding, Severity
from gate.rule import Results, Rule
from gate.rules.launch._entryfile import reads_arguments_again
from gate.rules.launch._execwords import Misread, misread_words
from gate.rules.launch._handover import handover
from gate.rules.launch._launch import effective, words

rule = Rule(
    id="ENT008",
    name="shell-syntax-in-exec-form",
    severity=Severity.MEDIUM,
    summary="A JSON form has words that only a shell would understand.",
    reason="No shell reads the JSON form: $VAR, &&, >, * and ~ reach the program as they are written.",
    fix='Let a shell read it, and hand over with exec: CMD ["sh", "-c", "exec torchserve --models \\"$MODEL\\""].',
    bad=[
        'FROM python:3.12\nCMD ["torchserve", "--models", "»${MODEL}"]\n',
        'FROM python:3.12\nENTRYPOINT ["python", "»~/app.py"]\n',
        'FROM python:3.12\nCMD ["python", "a.py", "»&&", "python", "b.py"]\n',
        'FROM python:3.12\nCMD ["»cd", "/app"]\n',
        'FROM python:3.12\nCMD ["»python app.py"]\n',
        'FROM python:3.12\nENTRYPOINT ["python"]\nCMD ["app.py", "--port", "»$PORT"]\n',
        'FROM python:3.12\nCMD ["bash", "-c", "python", "»app.py"]\n',
        'FROM python:3.12\nHEALTHCHECK CMD ["curl", "-f", "»http://localhost:${PORT}/ping"]\n',
        'FROM python:3.12\nRUN ["pip", "install", "»$PACKAGES"]\n',
    ],
    good=[
        'FROM python:3.12\nCMD ["sh", "-c", "exec torchserve --models \\"$MODEL\\""]\n',
        'FROM python:3.12\nENTRYPOINT ["bash", "-c"]\nCMD ["python a.py > log && exec python b.py --port $PORT"]\n',
        'FROM nginx:1.27\nCMD ["nginx", "-g", "daemon off;"]\n',
        'FROM python:3.12\nCMD ["jupyter", "lab", "--ip=*", "--NotebookApp.token=\'\'"]\n',
        'FROM eclipse-temurin:21\nCMD ["java", "-cp", "/app/lib/*", "Main"]\n',
        "FROM python:3.12\nCMD torchserve --models ${MODEL}\n",
        'FROM python:3.12\nCMD ["python", "-c", "print(\'$HOME\')"]\n',
    ],
)

_EVALUATING_BASES = frozenset(
    {"pytorch/torchserve", "pytorch/torchserve-nightly", "awsdeeplearningteam/multi-model-server"}
)
"""Images whose entrypoint script has ``eval "$@"``."""


@rule.on_instruction("RUN", "HEALTHCHECK", "ONBUILD")
def check_other(instruction: Instruction, build: Build) -> Results:
    what = instruction.child if isinstance(instruction, Onbuild) else instruction
    if isinstance(what, (Run, Launch)) and what.exec and (isinstance(instruction, Run) or build.ships(instruction)):
        yield from _first(misread_words(what.exec), what, instruction)


@rule.on_build
def check(build: Build) -> Results:
    launch = effective(build)
    entrypoint, cmd = launch.entrypoint, launch.cmd
    started = entrypoint.exec or () if words(entrypoint) else ()
    given = cmd.exec or () if words(cmd) else ()
    if given and _read_again(entrypoint, build):
        given = ()
    for misread_by in (entrypoint, cmd):
        if misread_by is not None and misread_by.exec is not None:
            own = {id(word) for word in misread_by.exec}
            found = (misread for misread in misread_words((*started, *given)) if id(misread.word) in own)
            yield from _first(found, misread_by, misread_by)


def _read_again(entrypoint: Launch | None, build: Build) -> bool:
    """Whether a shell reads the words of CMD after all, or nobody does."""
    if entrypoint is None:
        base = build.target.root.base if build.target is not None else None
        return base is not None and identify(base).repository in _EVALUATING_BASES
    if entrypoint.exec is None:
        return True  # ENT002 says that they are lost
    return bool(words(entrypoint)) and reads_arguments_again(handover(entrypoint), build)


def _first(found: Iterable[Misread], what: Launch | Run, instruction: Instruction) -> Iterable[Finding]:
    """One finding for each instruction: the cure is the same for all of its words."""
    misread = next(iter(found), None)
    if misread is None:
        return
    text: Text = misread.word
    severity = Severity.HIGH if misread.fatal else None
    if isinstance(instruction, Onbuild):
        severity = Severity.LOW
    yield rule.finding(
        text, f"No shell reads this JSON form: {misread.why}.", severity=severity, stage=instruction.stage
    )
