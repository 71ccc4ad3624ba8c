"""SMC007 init-as-entrypoint: an init program stands between SageMaker's word and what answers it."""

from gate.build import Build
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import (
    HOSTING,
    TRAINING,
    WORDS,
    entrypoint_of,
    judged_anywhere,
    starts_with_init,
    unanswered,
)

_FOR = (TRAINING, HOSTING)

rule = Rule(
    id="SMC007",
    name="init-as-entrypoint",
    severity=Severity.MEDIUM,
    image=True,
    platforms=_FOR,
    summary="The ENTRYPOINT is an init program.",
    reason="SageMaker's own pages advise against it: the init gets the word train or serve and has to find a program of that name, and without -- it may take "
    "words for options of its own.",
    fix="Leave the init out, and handle SIGTERM in the program.",
    bad=[
        Example(
            'FROM debian:12\nRUN apt-get update && apt-get install -y tini\nCOPY train /usr/local/bin/train\n»ENTRYPOINT ["tini"]\n',
            files={"train*": "#!/bin/sh\n"},
            platforms=(TRAINING,),
        ),
    ],
    good=[
        Example(
            'FROM debian:12\nCOPY entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]\n',
            files={"entry.sh*": "#!/bin/sh\n"},
            platforms=(TRAINING,),
        ),
        Example('FROM debian:12\nENTRYPOINT ["tini", "--"]\n', platforms=("sagemaker-processing",)),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    entrypoint = entrypoint_of(build)
    if entrypoint is None or not starts_with_init(build):
        return
    name = str(entrypoint.exec[0])  # type: ignore[index]
    for outcome in judged_anywhere(build):
        if unanswered(outcome):
            yield rule.finding(
                entrypoint,
                f"{name} has to run {WORDS[outcome.platform]!r}, and there is no such program: {outcome.error}.",
                severity=Severity.HIGH,
            )
            return
    if not build.platforms.isdisjoint(_FOR):
        yield rule.finding(entrypoint, f"The ENTRYPOINT is the init program {name}, which gets SageMaker's word.")
