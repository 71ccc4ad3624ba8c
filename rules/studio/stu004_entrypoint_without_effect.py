"""STU004 entrypoint-without-effect: Unified Studio does not run the ENTRYPOINT of a custom image."""

from gate.build import Build
from gate.lazy import pattern
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import entrypoint_of

_FOR = ("sagemaker-studio",)

rule = Rule(
    id="STU004",
    name="entrypoint-without-effect",
    severity=Severity.MEDIUM,
    image=True,
    platforms=_FOR,
    summary="An image for Unified Studio sets ENTRYPOINT.",
    reason="SageMaker Unified Studio starts images made from sagemaker-distribution 2.6 and later with its own entry point: what stands here never runs.",
    fix="Do what it does in a lifecycle configuration, or in the container configuration of the image.",
    bad=[
        Example('FROM public.ecr.aws/sagemaker/sagemaker-distribution:2.6-cpu\n»ENTRYPOINT ["/start.sh"]\n', platforms=_FOR)
    ],
    good=[
        Example("FROM public.ecr.aws/sagemaker/sagemaker-distribution:2.6-cpu\nRUN pip install x==1.0\n", platforms=_FOR),
        Example('FROM public.ecr.aws/sagemaker/sagemaker-distribution:1.9-cpu\nENTRYPOINT ["/start.sh"]\n', platforms=_FOR),
    ],
    links=("https://docs.aws.amazon.com/sagemaker-unified-studio/latest/userguide/byoi-specifications.html",),
)  # fmt: skip

_DISTRIBUTION = pattern(r"sagemaker-distribution(?:-prod)?:(?:(\d+)(?:\.(\d+))?|latest)")


@rule.on_build
def check(build: Build) -> Results:
    entrypoint = entrypoint_of(build)
    if entrypoint is None or build.target is None:
        return
    match = _DISTRIBUTION.search(build.target.root.base or "")
    if match is not None and (match[1] is None or (int(match[1]), int(match[2] or 99)) >= (2, 6)):
        yield rule.finding(entrypoint, "Unified Studio never runs this ENTRYPOINT.", stage=build.target)
