"""STU003 files-under-home: Studio mounts a volume over the home folder."""

from gate.build import Build
from gate.image.landings import landings
from gate.model import Severity
from gate.rule import Example, Results, Rule

_FOR = ("sagemaker-studio",)
_HOME = "/home/sagemaker-user"

rule = Rule(
    id="STU003",
    name="files-under-home",
    severity=Severity.MEDIUM,
    platforms=_FOR,
    summary="Files are put below /home/sagemaker-user.",
    reason="Studio mounts the space's EBS volume there: everything that the image has below it disappears.",
    fix="Put them into /opt, and copy or link them from a lifecycle configuration.",
    bad=[
        Example("FROM python:3.12\nCOPY nb/ »/home/sagemaker-user/\n", files={"nb/a.ipynb": "{}"}, platforms=_FOR),
        Example(
            "FROM python:3.12\nRUN »git clone https://github.com/acme/nb /home/sagemaker-user/nb\n", platforms=_FOR
        ),
    ],
    good=[
        Example("FROM python:3.12\nCOPY nb/ /opt/nb/\n", files={"nb/a.ipynb": "{}"}, platforms=_FOR),
        Example("FROM python:3.12\nRUN mkdir -p /home/sagemaker-user\n", platforms=_FOR),
    ],
    links=("https://docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-byoi-specs.html",),
)


@rule.on_build
def check(build: Build) -> Results:
    seen = set()
    for landing in landings(build, _HOME):
        if landing.place not in seen:
            seen.add(landing.place)
            yield rule.finding(landing.place, f"Studio's volume hides {landing.path}.", stage=landing.stage)
