"""KSV003 named-user: Kubernetes cannot tell that a name is not root."""

from gate.build import Build
from gate.model import Severity
from gate.platforms.image import launch_image
from gate.rule import Example, Results, Rule
from gate.rules.kserve._kserve import KSERVE

_FOR = (KSERVE, "kubernetes")

rule = Rule(
    id="KSV003",
    name="named-user",
    severity=Severity.MEDIUM,
    aliases=("DL3066",),
    image=True,
    platforms=_FOR,
    summary="USER is a name, not a number.",
    reason="With runAsNonRoot: true the kubelet must know that the user is not root, and it looks at the number alone: container has runAsNonRoot and image has non-numeric "
    "user, cannot verify user is non-root. The pod does not start.",
    fix="Write the number: USER 1000.",
    bad=[
        Example("FROM python:3.12\nRUN useradd -u 1000 app\n»USER app\n", platforms=_FOR),
        Example("FROM python:3.12\nRUN useradd -u 1000 app\n»USER app:app\n", platforms=("kubernetes",)),
    ],
    good=[
        Example("FROM python:3.12\nUSER 1000\n", platforms=_FOR),
        Example("FROM python:3.12\nUSER 1000:app\n", platforms=_FOR),
        Example("FROM python:3.12\nUSER root\n", platforms=_FOR),
        Example("FROM python:3.12\nARG UID\nUSER $UID\n", platforms=_FOR),
        Example("FROM python:3.12\nUSER app\n", platforms=("sagemaker-training",)),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    config = launch_image(build).config
    user, instruction = config.user, config.set_by.get("User")
    if not isinstance(user, str) or instruction is None:
        return
    name = user.partition(":")[0]
    if name and name != "root" and not name.isdigit():
        yield rule.finding(
            instruction,
            f"USER is the name {name}: with runAsNonRoot Kubernetes cannot tell that it is not root.",
            stage=instruction.stage,
        )
