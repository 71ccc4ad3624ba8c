"""ENT008 shell-syntax-in-exec-form: variables and operators in a JSON form reach the program as text."""

from collections.abc import Iterable

from gate.build import Build
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Instruction, Launch, Onbuild, Run
from gate.image.base import identify
from gate.model import Finding, Severity
from gate.rule import Results, Rule
from gate.rules.launch._entryfile import reads_arguments_again, runs_arguments
from gate.rules.launch._execwords import Misread, misread_arguments, misread_words
from gate.rules.launch._handover import Fate, handover
from gate.rules.launch._launch import effective, words

rule = Rule(
    id="ENT008",
    name="shell-syntax-in-exec-form",
    severity=Severity.MEDIUM,
    image=True,
    needs=("ENTRYPOINT", "CMD", "RUN"),
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


@rule.on_instruction("HEALTHCHECK", "ONBUILD")
def check_other(instruction: Instruction, build: Build) -> Results:
    what = instruction.child if isinstance(instruction, Onbuild) else instruction
    if isinstance(what, Launch) and what.exec and build.ships(instruction):
        yield from _first(misread_words(what.exec), what, instruction)


@rule.on_build
def check_runs(build: Build) -> Results:
    for run in build.dockerfile.runs:
        if run.exec:
            yield from _first(misread_words(run.exec), run, run)


@rule.on_build
def check(build: Build) -> Results:
    launch = effective(build)
    entrypoint, cmd = launch.entrypoint, launch.cmd
    if entrypoint is not None and entrypoint.exec:
        yield from _first(misread_words(entrypoint.exec), entrypoint, entrypoint)
    if cmd is not None and cmd.exec:
        yield from _first(_misread_by_cmd(entrypoint, cmd.exec, build), cmd, cmd)


def _misread_by_cmd(entrypoint: Launch | None, given: tuple[Text, ...], build: Build) -> Iterable[Misread]:
    """The words of CMD, seen by whatever the ENTRYPOINT is."""
    if entrypoint is None:
        base = build.target.root.base if build.target is not None else None
        evaluated = base is not None and identify(base).repository in _EVALUATING_BASES
        return () if evaluated else misread_words(given)
    if entrypoint.exec is None:
        return ()  # ENT002 says that they are lost
    if not words(entrypoint):
        return misread_words(given)
    use = handover(entrypoint)
    if use.fate in (Fate.SHELL_TEXT, Fate.PARAMETERS):
        return misread_arguments(given[use.fate is Fate.SHELL_TEXT :], use.program)
    if use.fate is Fate.ARGUMENTS:
        return misread_arguments(given, use.program)
    as_command, as_arguments = list(misread_words(given)), list(misread_arguments(given, use.program))
    if not as_command and not as_arguments:
        return ()  # whatever the script does with them: it need not be looked for
    if use.fate is Fate.FILE and reads_arguments_again(use, build):
        return ()
    runs = runs_arguments(use, build)
    if runs is False:
        return as_arguments
    return [misread for misread in as_command if runs or not misread.fatal]


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
