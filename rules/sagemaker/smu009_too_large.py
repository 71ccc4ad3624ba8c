"""SMU009 too-large: what is copied alone, or the image, exceeds a hard limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.build import Build
from gate.image.arrivals import Arrival, arrivals
from gate.model import Severity
from gate.platforms.registry import platforms
from gate.rule import Example, Results, Rule
from gate.rules.artifacts._models import human

if TYPE_CHECKING:
    from gate.images.built import BuiltImage

rule = Rule(
    id="SMU009",
    name="too-large",
    severity=Severity.HIGH,
    image=True,
    summary="The files that are copied exceed the largest image that the platform, the registry or the policy takes.",
    reason="Amazon ECR refuses a layer of more than 52,000 MiB, Lambda an image of more than 10 GB unpacked, Studio one of more than 35 GB: the push, or the call that uses the image, fails.",
    fix="Leave out what is not needed to run, keep models and data beside the image, split a layer that is too large.",
    bad=[
        Example(
            "FROM python:3.12\nCOPY a.bin /\nCOPY »big.bin /\n",
            files={"a.bin": b"\0" * 700, "big.bin": b"\0" * 900},
            policy={"thresholds": {"image-size": 1000}},
        )
    ],
    good=[
        Example(
            "FROM python:3.12\nCOPY big.bin /\n",
            files={"big.bin": b"\0" * 900},
            policy={"thresholds": {"image-size": 1000}},
        ),
        Example("FROM python:3.12\nCOPY big.bin /\n", files={"big.bin": b"\0" * 900}, platforms=("lambda",)),
    ],
    links=("https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html",),
)

LAYER = 52_000 << 20
_ECR = ("sagemaker-training", "sagemaker-hosting", "sagemaker-processing", "sagemaker-studio", "lambda")


@rule.on_build
def check(build: Build) -> Results:
    limits = [(limit, name) for name in sorted(build.platforms) if (limit := platforms()[name].size_limit) is not None]
    wanted = (build.settings.get("thresholds") or {}).get("image-size")
    if wanted is not None:
        limits.append((wanted, "the policy"))
    ecr = not build.platforms.isdisjoint(_ECR)
    if not limits and not ecr:
        return
    if build.built is not None and build.built.usable:
        yield from _of_image(build, build.built.image, limits, ecr)
        return
    layers: dict[int, tuple[int, Arrival]] = {}
    for arrival in arrivals(build):
        size, first = layers.get(id(arrival.copy), (0, arrival))
        layers[id(arrival.copy)] = (size + arrival.size, first)
    total = sum(size for size, _ in layers.values())
    if limits and total > min(limits)[0]:
        limit, title = _tightest(limits)
        _, largest = max(layers.values(), key=lambda layer: layer[0])
        yield rule.finding(
            largest.word,
            f"The copied files alone are {human(total)}, and {title} takes {human(limit)}.",
            stage=largest.copy.stage,
        )
    for size, first in layers.values():
        if ecr and size > LAYER:
            yield rule.finding(
                first.word, f"This layer is {human(size)}, and Amazon ECR takes 52,000 MiB.", stage=first.copy.stage
            )


def _tightest(limits: list[tuple[int, str]]) -> tuple[int, str]:
    limit, name = min(limits)
    return limit, platforms()[name].title if name in platforms() else name


def _of_image(build: Build, image: BuiltImage, limits: list[tuple[int, str]], ecr: bool) -> Results:
    """The sizes of a finished image: of all its layers, and of each."""
    assert build.target is not None and build.built is not None
    if limits and image.size > min(limits)[0]:
        limit, title = _tightest(limits)
        message = f"The image is {human(image.size)}, and {title} takes {human(limit)}."
        yield rule.finding(build.target.from_.image, message, stage=build.target)
    for number, layer in enumerate(image.layers):
        if ecr and layer.size > LAYER:
            origin = build.built.alignment.instructions.get(number)
            yield rule.finding(
                origin.place if origin is not None else build.target.root.from_.image,
                f"Layer {number + 1} is {human(layer.size)}, and Amazon ECR takes 52,000 MiB.",
            )
