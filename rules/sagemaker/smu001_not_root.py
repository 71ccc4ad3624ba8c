"""SMU001 not-root: SageMaker hosting runs containers as root, and the mounts are root's."""

from gate.build import Build
from gate.model import Severity, Unknown
from gate.platforms.image import launch_image
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import HOSTING, TRAINING
from gate.rules.sagemaker._paths import JOBS

rule = Rule(
    id="SMU001",
    name="not-root",
    severity=Severity.HIGH,
    image=True,
    platforms=JOBS,
    summary="The image ends with a user that is not root.",
    reason="SageMaker hosting documents that containers run as root only, and everything that it mounts below /opt/ml belongs to root: another user gets PermissionError on "
    "its first write. Training and processing mounts are root's, too.",
    fix="Leave USER out (or end with USER root), and change the user inside the entry point once the files are in place.",
    bad=[
        Example("FROM python:3.12\nUSER »1000\n", platforms=(HOSTING,)),
        Example("FROM python:3.12\nRUN useradd app\nUSER »app\n", platforms=(TRAINING,)),
        Example("FROM »quay.io/jupyter/base-notebook:2024-05-27\nRUN true\n", platforms=(TRAINING,)),
    ],
    good=[
        Example("FROM python:3.12\n", platforms=JOBS),
        Example("FROM python:3.12\nUSER app\nRUN true\nUSER root\n", platforms=JOBS),
        Example("FROM python:3.12\nUSER 0:0\n", platforms=JOBS),
        Example("FROM python:3.12 AS b\nUSER app\nFROM python:3.12\n", platforms=JOBS),
    ],
    links=("https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",),
)


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    image = launch_image(build)
    config, at = image.config, image.user_at
    if isinstance(config.user, Unknown):
        yield rule.undecided(at, f"whether the image runs as root: {config.user.reason}", config.user.settle)
        return
    if config.user.partition(":")[0] in ("", "root", "0"):
        return
    hosting = HOSTING in build.platforms and "sagemaker-studio" not in build.platforms  # which wants 1000:100
    yield rule.finding(
        at,
        f"The container runs as {config.user}, and SageMaker's mounts belong to root.",
        severity=Severity.HIGH if hosting else Severity.MEDIUM,
        stage=build.target,
    )
