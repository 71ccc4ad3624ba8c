"""ENT004 program-named-twice: CMD repeats the program that the ENTRYPOINT starts."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Results, Rule
from gate.rules.launch._repetition import repetition

rule = Rule(
    id="ENT004",
    name="program-named-twice",
    severity=Severity.HIGH,
    image=True,
    needs=("ENTRYPOINT", "CMD"),
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
    found = repetition(build)
    if found is not None:
        yield rule.finding(
            found.word,
            f"CMD repeats {found.what}: the container runs {' '.join(found.started)}.",
            severity=None if found.certain else Severity.MEDIUM,
            confidence="" if found.certain else "medium",
            stage=found.cmd.stage,
        )
