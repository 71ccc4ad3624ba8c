"""ENT004 program-named-twice: CMD repeats the program that the ENTRYPOINT starts."""

from gate import fixes
from gate.build import Build
from gate.model import Fix, Severity
from gate.rule import Example, Results, Rule
from gate.rules.launch._launch import words
from gate.rules.launch._mend import without_words
from gate.rules.launch._repetition import Repetition, repetition

rule = Rule(
    id="ENT004",
    name="program-named-twice",
    severity=Severity.HIGH,
    image=True,
    fixes=(fixes.SAFE, fixes.UNSAFE),
    needs=("ENTRYPOINT", "CMD"),
    summary="CMD names the program that the ENTRYPOINT starts already.",
    reason="Docker puts the words of CMD behind those of the ENTRYPOINT: the program gets its own name as its first argument, and python, for "
    "one, then looks for a script called python.",
    fix='Leave in CMD only the arguments: ENTRYPOINT ["python"] with CMD ["app.py"].',
    bad=[
        Example(
            'FROM python:3.12\nENTRYPOINT ["python"]\nCMD ["»python", "app.py"]\n',
            fixed='FROM python:3.12\nENTRYPOINT ["python"]\nCMD ["app.py"]\n',
        ),
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
    found = repetition(build)
    if found is not None:
        yield rule.finding(
            found.word,
            f"CMD repeats {found.what}: the container runs {' '.join(found.started)}.",
            severity=None if found.certain else Severity.MEDIUM,
            confidence="" if found.certain else "medium",
            stage=found.cmd.stage,
            fix=_fix(found),
        )


def _fix(found: Repetition) -> Fix | None:
    """CMD without what it repeats. Safe when that is the ENTRYPOINT word by word, which the program gets for arguments now."""
    given = words(found.cmd)
    entrypoint = found.started[: -len(given)]
    whole = given[: len(entrypoint)] == entrypoint
    edit = without_words(found.cmd, len(entrypoint) if whole else 1)
    return fixes.fix(f"remove {found.what} from CMD", edit, safe=whole and found.certain)
