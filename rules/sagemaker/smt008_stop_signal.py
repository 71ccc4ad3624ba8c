"""SMT008 other-stop-signal: the program is told to stop with a signal that SageMaker does not send."""

from gate import fixes
from gate.build import Build
from gate.model import Severity
from gate.platforms.image import launch_image
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import HOSTING
from gate.rules.sagemaker._training import TRAINING

_FOR = (TRAINING, HOSTING)
_SAME = frozenset({"SIGTERM", "TERM", "15"})

rule = Rule(
    id="SMT008",
    name="other-stop-signal",
    severity=Severity.INFO,
    image=True,
    platforms=_FOR,
    summary="STOPSIGNAL is not SIGTERM.",
    reason="SageMaker documents SIGTERM. Under Docker and Kubernetes the handler for SIGTERM is never called then, and the program is tested with another signal than it gets.",
    fix="Leave STOPSIGNAL out.",
    fixes=(fixes.SAFE,),
    bad=[Example("FROM python:3.12\n»STOPSIGNAL SIGINT\n", platforms=_FOR, fixed="FROM python:3.12\n")],
    good=[
        Example("FROM python:3.12\n", platforms=_FOR),
        Example("FROM python:3.12\nSTOPSIGNAL SIGTERM\n", platforms=_FOR),
        Example('FROM nginx:1.27\nSTOPSIGNAL SIGQUIT\nCMD ["nginx", "-g", "daemon off;"]\n', platforms=_FOR),
        Example("FROM python:3.12\nSTOPSIGNAL SIGINT\n", platforms=("kubernetes",)),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    config = launch_image(build).config
    signal, instruction = config.stop_signal, config.set_by.get("StopSignal")
    if not isinstance(signal, str) or instruction is None or signal.upper() in _SAME:
        return
    if signal.upper() in ("SIGQUIT", "QUIT", "3") and any(
        "nginx" in each.text.value for each in build.target.instructions
    ):
        return  # with which nginx ends its requests first
    mended = fixes.fix("remove STOPSIGNAL", fixes.without_instruction(instruction))
    yield rule.finding(
        instruction, f"STOPSIGNAL is {signal}; SageMaker sends SIGTERM.", stage=instruction.stage, fix=mended
    )
