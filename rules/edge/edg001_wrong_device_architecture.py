"""EDG001 wrong-device-architecture: the image is for another processor than the device, or the compiler, needs."""

from gate.build import Build
from gate.lazy import pattern
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.edge._device import compiles, for_jetson
from gate.rules.sagemaker.smu003_wrong_architecture import pinned_architecture

_FOR = ("edge",)

rule = Rule(
    id="EDG001",
    name="wrong-device-architecture",
    severity=Severity.HIGH,
    image=True,
    platforms=_FOR,
    summary="The image's processor is not the device's, or not the compiler's.",
    reason="An image for another processor does not start: exec format error. The Edge TPU compiler is there for x86-64 Linux alone, a Jetson or a Raspberry Pi is an Arm.",
    fix="docker buildx build --platform linux/arm64 for the device, linux/amd64 for the compiler.",
    bad=[
        Example("FROM »--platform=linux/arm64 debian:12.5\nRUN apt-get install -y edgetpu-compiler\n", platforms=_FOR),
        Example("FROM »--platform=linux/amd64 nvcr.io/nvidia/l4t-base:r36.2.0\n", platforms=_FOR),
        Example("FROM »--platform=linux/amd64 balenalib/raspberrypi4-64-debian:bookworm\n", platforms=_FOR),
    ],
    good=[
        Example("FROM --platform=linux/amd64 debian:12.5\nRUN apt-get install -y edgetpu-compiler\n", platforms=_FOR),
        Example("FROM --platform=linux/arm64 nvcr.io/nvidia/l4t-base:r36.2.0\n", platforms=_FOR),
        Example("FROM python:3.9\nRUN pip install tflite-runtime\n", platforms=_FOR),
    ],
    links=("https://coral.ai/docs/edgetpu/compiler/",),
)

_ARM_BASE = pattern(r"balenalib/(?:raspberry|rpi|jetson|aarch64|armv7hf|imx8|coral)|l4t-|dustynv/|arm32v7/|arm64v8/")


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None:
        return
    root = build.target.root
    pinned = pinned_architecture(root.from_, build)
    arm_base = bool(_ARM_BASE.search(root.base or ""))
    if build.built is not None and build.built.usable:
        pinned = build.architecture, root.from_.image.place
    if pinned is None:
        if not arm_base:
            reason = "which processor the image is for: that of the machine that builds it"
            yield rule.undecided(root.from_.image, reason, "--platform in FROM, or --image")
        return
    architecture, place = pinned
    if compiles(build):
        if architecture != "amd64":
            message = f"The Edge TPU compiler does not exist for {architecture}, only for amd64."
            yield rule.finding(place, message, stage=build.target)
    elif (arm_base or for_jetson(build)) and architecture in ("amd64", "386"):
        yield rule.finding(place, f"The device is an Arm, and the image is for {architecture}.", stage=build.target)
