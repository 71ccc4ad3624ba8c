"""SMC011 entry-ignores-word: one program for training and hosting, which does not ask which of the two it is."""

import re

from gate.build import Build
from gate.lazy import pattern
from gate.model import Severity
from gate.platforms.outcome import Verdict
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import HOSTING, TRAINING, entrypoint_of, judged

rule = Rule(
    id="SMC011",
    name="entry-ignores-word",
    severity=Severity.INFO,
    image=True,
    confidence="medium",
    platforms=(TRAINING, HOSTING),
    summary="The entry script never looks at the word that it is given.",
    reason="The same ENTRYPOINT is started with train and with serve. A script that does not read its arguments does the same both times: an endpoint starts a "
    "training.",
    fix='Decide by the first argument: case "$1" in train) … ;; serve) … ;; esac.',
    bad=[
        Example(
            'FROM python:3.12\nCOPY main.py /\n»ENTRYPOINT ["python", "/main.py"]\n',
            files={"main.py": "print(1)\n"},
            platforms=(TRAINING, HOSTING),
        ),
        Example(
            'FROM python:3.12\nCOPY e.sh /\n»ENTRYPOINT ["/e.sh"]\n',
            files={"e.sh*": "#!/bin/sh\necho hi\n"},
            platforms=(TRAINING, HOSTING),
        ),
    ],
    good=[
        Example(
            'FROM python:3.12\nCOPY main.py /\nENTRYPOINT ["python", "/main.py"]\n',
            files={"main.py": "import sys\nprint(sys.argv[1])\n"},
            platforms=(TRAINING, HOSTING),
        ),
        Example(
            'FROM python:3.12\nCOPY main.py /\nENTRYPOINT ["python", "/main.py"]\n',
            files={"main.py": "print(1)\n"},
            platforms=(TRAINING,),
        ),
    ],
)

_READS = pattern(
    rb"argv|argparse|click|typer|fire\b|docopt|absl|optparse|getopt|commandArgs|\$\{?[@*#1-9]|ARGV|process\.argv|hydra|^\s*(?:from|import)\s+(?!(?:os|sys|re|json|time|logging|math)\b)",
    re.MULTILINE,
)


@rule.on_build
def check(build: Build) -> Results:
    entrypoint = entrypoint_of(build)
    if entrypoint is None or not entrypoint.exec or not {TRAINING, HOSTING} <= build.platforms:
        return
    outcomes = [judged(build, platform) for platform in (TRAINING, HOSTING)]
    if any(outcome is None or outcome.verdict is not Verdict.WORKS for outcome in outcomes):
        return
    files = outcomes[0].scripts  # type: ignore[union-attr]
    if not files:
        return
    texts = [file.read(1 << 17) for file in files]
    if all(text is not None and not _READS.search(text) for text in texts):
        yield rule.finding(
            entrypoint,
            f"{files[-1].path} does the same for train and for serve: it never reads its arguments.",
            stage=entrypoint.stage,
        )
