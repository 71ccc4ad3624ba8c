"""AZM001 no-inference-config: a deployment with an image of one's own does not say where it answers."""

from collections.abc import Iterator

from gate.build import Build
from gate.lazy import pattern
from gate.model import Place, Severity, Span
from gate.rule import Example, Results, Rule

_FOR = ("azureml",)
_DEPLOYMENT = "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json\nname: blue\nmodel:\n  path: model\n"
_IMAGE = "FROM python:3.12\nCOPY app.py /\n"

rule = Rule(
    id="AZM001",
    name="no-inference-config",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="An online deployment with an image of its own has no inference_config.",
    reason="Azure ML knows the routes of its own images only. For any other, liveness_route, readiness_route and scoring_route, each with path and port, are mandatory: the "
    "deployment is refused or never becomes healthy.",
    fix="Add inference_config with liveness_route, readiness_route and scoring_route to the environment.",
    bad=[
        Example(
            _IMAGE,
            files={
                "app.py": "",
                "deploy.yml": _DEPLOYMENT
                + "environment:\n  image: »acr.example.com/own:1\ninstance_type: Standard_DS3_v2\n",
            },
            platforms=_FOR,
        ),
    ],
    good=[
        Example(
            _IMAGE,
            files={
                "app.py": "",
                "deploy.yml": _DEPLOYMENT
                + "environment:\n  image: acr.example.com/own:1\n  inference_config:\n    liveness_route:\n      path: /\n      port: 8080\n",
            },
            platforms=_FOR,
        ),
        Example(
            _IMAGE,
            files={
                "app.py": "",
                "deploy.yml": _DEPLOYMENT
                + "environment:\n  image: mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference\n",
            },
            platforms=_FOR,
        ),
        Example(_IMAGE, files={"app.py": "", "pod.yml": "kind: Pod\nspec:\n  image: x\n"}, platforms=_FOR),
    ],
)

_FILES, _BYTES, _LOOKED_AT = 60, 1 << 16, 2000
_SCHEMA = pattern(r"(?m)^\$schema:.*(?:managedOnlineDeployment|kubernetesOnlineDeployment)")
_IMAGE_LINE = pattern(r"(?m)^[ \t]+image:[ \t]*([^\s#]+)")
_SECTION = pattern(r"(?m)^environment:[ \t]*(?:#.*)?$")


@rule.on_build
def check(build: Build) -> Results:
    for path, text in _deployments(build):
        section = _SECTION.search(text)
        image = _IMAGE_LINE.search(text, section.end()) if section is not None else None
        if image is None or "inference_config" in text or image[1].strip("\"'").startswith("mcr.microsoft.com/"):
            continue
        line = text.count("\n", 0, image.start(1)) + 1
        column = image.start(1) - text.rfind("\n", 0, image.start(1))
        yield rule.finding(
            Place(path, Span(line, column, line, column + len(image[1]))),
            "The deployment uses an image of its own and has no inference_config, which says where it answers.",
        )


def _deployments(build: Build) -> Iterator[tuple[str, str]]:
    """The online deployments among the context's files: path as users see it, text."""
    if build.context is None:
        return
    read = 0
    for number, entry in enumerate(build.context.entries()):
        if number > _LOOKED_AT or read > _FILES:
            return
        if entry.type == "file" and entry.path.endswith((".yml", ".yaml")) and entry.size <= _BYTES:
            read += 1
            text = (build.context.read(entry.path, _BYTES) or b"").decode("utf-8", "replace")
            if _SCHEMA.search(text):
                yield build.context.shown(entry.path), text
