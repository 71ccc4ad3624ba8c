"""SMS003 other-port-exposed: EXPOSE names another port than the one that is served."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.tree import Instruction
from gate.model import Severity
from gate.platforms.image import launch_image
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._serving import HOSTING, PORT, PYTHON, ROUTES, RUN

_FOR = (HOSTING,)
_FILES: dict[str, str | bytes] = {"app.py": ROUTES + RUN}
_USUAL = frozenset({"22", "6006", "7860", "8081", "8082"})
"""Ports of what else training and serving images run: SSH between hosts, TensorBoard, management."""

rule = Rule(
    id="SMS003",
    name="other-port-exposed",
    severity=Severity.INFO,
    image=True,
    platforms=_FOR,
    fixes=(fixes.UNSAFE,),
    summary="EXPOSE does not name the port that SageMaker calls.",
    reason="EXPOSE only documents, and SageMaker does not need it. But docker run -P and readers of the Dockerfile take it at its word.",
    fix="Write EXPOSE 8080, or leave EXPOSE out.",
    bad=[
        Example(
            PYTHON + "»EXPOSE 5000\n",
            files=_FILES,
            platforms=_FOR,
            fixed='FROM python:3.12\nWORKDIR /app\nCOPY app.py .\nENTRYPOINT ["python", "app.py"]\nEXPOSE 8080\n',
        )
    ],
    good=[
        Example(PYTHON + "EXPOSE 8080\n", files=_FILES, platforms=_FOR),
        Example(PYTHON + "EXPOSE 8080 8081\n", files=_FILES, platforms=_FOR),
        Example(PYTHON, files=_FILES, platforms=_FOR),
        Example(PYTHON + "EXPOSE 22\n", files=_FILES, platforms=_FOR),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    config = launch_image(build).config
    own: list[tuple[str, Instruction]] = []
    for port in config.exposed_ports:
        instruction = config.set_by.get(f"ExposedPorts.{port}")
        if instruction is not None:
            own.append((port.partition("/")[0], instruction))
    ports = {port for port, _ in own}
    if not own or str(PORT) in ports or ports <= _USUAL:
        return
    port, instruction = next(each for each in own if each[0] not in _USUAL)
    yield rule.finding(
        instruction,
        f"EXPOSE names port {port}, and SageMaker calls port {PORT}.",
        stage=instruction.stage,
        # What listens may do so on that port, and then it is the program that is wrong: not safe.
        fix=fixes.fix(f"write EXPOSE {PORT}", fixes.replace(instruction.text, str(PORT)), safe=False),
    )
