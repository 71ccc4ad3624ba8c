"""SMC005 bare-interpreter-entrypoint: the platform's word becomes the name of a script."""

from gate.build import Build
from gate.model import Severity
from gate.platforms.outcome import Fault, Verdict
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import HOSTING, TRAINING, WORDS, bare_interpreter, entrypoint_of, judged_anywhere

_FOR = (TRAINING, HOSTING)

rule = Rule(
    id="SMC005",
    name="bare-interpreter-entrypoint",
    severity=Severity.HIGH,
    image=True,
    platforms=_FOR,
    summary="The ENTRYPOINT is an interpreter alone, which takes the word for a script.",
    reason="python3 train looks for a file called train in the WORKDIR: can't open file, exit code 2. With plain Docker the same image works, because CMD names "
    "the script there.",
    fix='Name the script: ENTRYPOINT ["python3", "app.py"], or put scripts called train and serve into the final WORKDIR.',
    bad=[
        Example(
            'FROM python:3.12\nWORKDIR /app\nCOPY app.py .\n»ENTRYPOINT ["python3"]\nCMD ["app.py"]\n',
            files={"app.py": ""},
            platforms=(HOSTING,),
        ),
    ],
    good=[
        Example(
            'FROM python:3.12\nWORKDIR /app\nCOPY app.py .\nENTRYPOINT ["python3", "app.py"]\n',
            files={"app.py": ""},
            platforms=(HOSTING,),
        ),
        Example('FROM python:3.12\nENTRYPOINT ["python3"]\n', platforms=("sagemaker-processing",)),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    entrypoint, interpreter = entrypoint_of(build), bare_interpreter(build)
    if entrypoint is None or not interpreter:
        return
    for outcome in judged_anywhere(build):
        word = WORDS[outcome.platform]
        if (
            outcome.verdict is Verdict.FAILS
            and outcome.program == word
            and outcome.fault in (Fault.MISSING, Fault.NOT_FOUND)
        ):
            yield rule.finding(
                entrypoint, f"SageMaker runs {interpreter} {word}, and WORKDIR has no file {word}: {outcome.error}."
            )
            return
        if outcome.verdict is Verdict.WORKS and outcome.argv == [str(entrypoint.exec[0]), word]:  # type: ignore[index]
            yield rule.finding(
                entrypoint,
                f"SageMaker's word is the name of the script here: {interpreter} {word}.",
                severity=Severity.INFO,
            )
            return
