"""PRC001 no-launcher: nothing says what a processing job should run."""

from gate.build import Build
from gate.model import Severity
from gate.platforms.image import launch_image
from gate.platforms.launch import launch
from gate.platforms.outcome import Fault, Verdict
from gate.platforms.texts import texts
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import exports_only

_FOR = ("sagemaker-processing",)

rule = Rule(
    id="PRC001",
    name="no-launcher",
    severity=Severity.HIGH,
    image=True,
    platforms=_FOR,
    summary="A processing image has neither ENTRYPOINT nor CMD of its own.",
    reason="docker run IMAGE starts what the base image names: nothing, or a shell or interpreter that has no terminal and ends at once. The job is Completed, and has done nothing. "
    "A ScriptProcessor names the interpreter itself; then the image needs none.",
    fix='ENTRYPOINT ["python3", "/opt/program/process.py"]; for a ScriptProcessor ENTRYPOINT ["python3"]; or declare container-entrypoint in the policy.',
    bad=[
        Example("»FROM python:3.12\nCOPY process.py /opt/program/\n", files={"process.py": "1"}, platforms=_FOR),
        Example("»FROM ubuntu:24.04\nRUN true\n", platforms=_FOR),
    ],
    good=[
        Example(
            'FROM python:3.12\nCOPY p.py /\nENTRYPOINT ["python3", "/p.py"]\n', files={"p.py": "1"}, platforms=_FOR
        ),
        Example('FROM python:3.12\nENTRYPOINT ["python3"]\n', platforms=_FOR),
        Example('FROM python:3.12\nCMD ["python3", "-m", "work"]\n', platforms=_FOR),
        Example("FROM python:3.12\n", platforms=_FOR, policy={"container-entrypoint": ["python3", "/opt/p.py"]}),
        Example("ARG BASE\nFROM $BASE\n", platforms=_FOR),
        Example(
            "FROM python:3.12\nCOPY . /x\n",
            files={"run.py": "from sagemaker.processing import ScriptProcessor\n", ".dockerignore": "x"},
            platforms=_FOR,
        ),
    ],
    links=("https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html",),
)

_IDLE = frozenset({"sh", "bash", "/bin/sh", "/bin/bash", "python", "python3", "R", "node", "jshell"})


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    config = launch_image(build).config
    outcome = launch(build, "sagemaker-processing")
    own = {"Entrypoint", "Cmd"} & {key for key, by in config.set_by.items() if by.keyword in ("ENTRYPOINT", "CMD")}
    if own or build.settings.get("container-entrypoint"):
        return
    at = build.target.from_
    if outcome.argv is None and outcome.fault is not Fault.NOTHING:
        why = outcome.unknown
        if outcome.verdict is Verdict.UNDECIDED and why is not None:
            yield rule.undecided(at, f"what the job runs: {why.reason}", why.settle)
        return
    if exports_only(build):
        yield rule.undecided(
            at, "whether this stage is the image: it only carries files out of the build", "--target STAGE"
        )
        return
    if outcome.argv and (len(outcome.argv) > 1 or outcome.argv[0] not in _IDLE):
        return
    if any(b"ScriptProcessor" in source.data or b"FrameworkProcessor" in source.data for source in texts(build)):
        yield rule.undecided(
            at, "whether a ScriptProcessor names the interpreter", "container-entrypoint in the policy"
        )
        return
    runs = f"the base image's {outcome.argv[0]}, which ends at once" if outcome.argv else "nothing"
    yield rule.finding(at, f"A processing job with this image runs {runs}.", stage=build.target)
