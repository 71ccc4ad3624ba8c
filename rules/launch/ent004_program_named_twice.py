"""ENT004 program-named-twice: CMD repeats the program that the ENTRYPOINT starts."""

from gate.build import Build
from gate.dockerfile.shell.wrappers import SHELLS
from gate.model import Severity
from gate.rule import Results, Rule
from gate.rules.launch._entryfile import runs_arguments
from gate.rules.launch._handover import INTERPRETERS, Fate, Handover, handover, handover_of_words, plain_name
from gate.rules.launch._launch import effective, of_base_image, words

rule = Rule(
    id="ENT004",
    name="program-named-twice",
    severity=Severity.HIGH,
    image=True,
    summary="CMD names the program that the ENTRYPOINT starts already.",
    reason="Docker puts the words of CMD behind those of the ENTRYPOINT: the program gets its own name as its first argument, and python, for "
    "one, then looks for a script called python.",
    fix='Leave in CMD only the arguments: ENTRYPOINT ["python"] with CMD ["app.py"].',
    bad=[
        'FROM python:3.12\nENTRYPOINT ["python"]\nCMD ["»python", "app.py"]\n',
        'FROM python:3.12\nENTRYPOINT ["/usr/bin/python3", "-u"]\nCMD ["»python", "app.py"]\n',
        'FROM python:3.12\nENTRYPOINT ["python", "app.py"]\nCMD ["»python", "app.py", "--port", "80"]\n',
        'FROM python:3.12\nENTRYPOINT ["tini", "--", "gunicorn"]\nCMD ["»gunicorn", "app:app"]\n',
        'FROM debian:12.5\nENTRYPOINT ["/bin/bash"]\nCMD ["»/bin/bash"]\n',
        'FROM vllm/vllm-openai:v0.10.0\nCMD ["»vllm", "serve", "facebook/opt-125m"]\n',
    ],
    good=[
        'FROM python:3.12\nENTRYPOINT ["python"]\nCMD ["app.py"]\n',
        'FROM python:3.12\nENTRYPOINT ["tini", "--"]\nCMD ["python", "app.py"]\n',
        'FROM python:3.12\nENTRYPOINT ["bash", "-m", "/e.sh"]\nCMD ["/bin/bash"]\n',
        'FROM python:3.12\nENTRYPOINT ["sh", "-c", "exec \\"$@\\"", "--"]\nCMD ["sh", "-c", "exec python app.py"]\n',
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    launch = effective(build)
    entrypoint, cmd = launch.entrypoint, launch.cmd
    inherited = of_base_image(build)
    if cmd is None or not words(cmd) or not (inherited or words(entrypoint)):
        return
    use = handover_of_words(inherited) if entrypoint is None else handover(entrypoint)
    started, given = inherited or words(entrypoint), words(cmd)
    whole = len(started) > 1 and given[: len(started)] == started
    what = "the whole ENTRYPOINT" if whole else _repeated(use, given)
    if not what or not cmd.exec or use.fate not in (Fate.ARGUMENTS, Fate.FILE):
        return
    runs = runs_arguments(use, build)
    if runs or (runs is None and given[: len(started)] != started):
        return
    yield rule.finding(
        cmd.exec[0],
        f"CMD repeats {what}: the container runs {' '.join((*started, *given))}.",
        severity=Severity.MEDIUM if runs is None else None,
        confidence="medium" if runs is None else "",
        stage=cmd.stage,
    )


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
