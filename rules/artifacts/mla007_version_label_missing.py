"""MLA007 version-label-missing: nothing in the image says which model, or which version, it is."""

from gate.build import Build
from gate.dockerfile.expand import parse_word
from gate.dockerfile.tree import Pairs
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.artifacts._models import baked
from gate.rules.labels._labels import OCI, Label, labels_that_ship, schema_of

rule = Rule(
    id="MLA007",
    name="version-label-missing",
    severity=Severity.LOW,
    needs=("LABEL", "COPY", "ADD"),
    image=True,
    summary="The image's version label is missing, the same for ever, or empty unless the build sets it.",
    reason="Years later an endpoint still runs, and nobody can say which model it serves. An ARG without a default makes the label empty as soon as one build forgets --build-arg.",
    fix='ARG VERSION, RUN test -n "$VERSION", LABEL org.opencontainers.image.version=$VERSION; or let the build command add the label, and say so in the policy (labels: provided-at-build).',
    bad=[
        "FROM python:3.12\nARG VERSION\nLABEL »org.opencontainers.image.version=$VERSION\n",
        Example("FROM python:3.12\nCOPY »model.onnx /m/\n", files={"model.onnx": "x"}),
        Example(
            'FROM python:3.12\nLABEL »version="1.0"\nCOPY model.onnx /m/\n',
            files={"model.onnx": "x"},
        ),
    ],
    good=[
        'FROM python:3.12\nARG VERSION\nRUN test -n "$VERSION"\nLABEL org.opencontainers.image.version=$VERSION\n',
        "FROM python:3.12\nARG VERSION=1.0\nLABEL org.opencontainers.image.version=$VERSION\n",
        "FROM python:3.12\nARG VERSION\nLABEL version=${VERSION:-dev}\n",
        'FROM python:3.12\nLABEL version="1.0"\n',
        Example(
            "FROM python:3.12\nCOPY model.onnx /m/\n",
            files={"model.onnx": "x"},
            policy={"labels": {"provided-at-build": ["org.opencontainers.image.version"]}},
        ),
        Example("FROM python:3.12\nARG V\nLABEL version=$V\n", build_args={"V": "1"}),
    ],
)

_VERSION = frozenset({OCI + "version", OCI + "revision", "org.label-schema.version", "org.label-schema.vcs-ref"})
_SHORT = frozenset({"version", "revision", "git_commit", "git-commit", "commit", "build_version", "model_version"})


@rule.on_build
def check(build: Build) -> Results:
    labels = [label for label in labels_that_ship(build) if _says_version(label.key)]
    if not (labels or baked(build)) or schema_of(build).provided & (_VERSION | _SHORT):
        return
    hollow = [(label, name) for label in labels for name in _unset(label, build)]
    for label, name in hollow:
        yield rule.finding(
            label, f"The label {label.key} is empty when the build is not given --build-arg {name}.", stage=build.target
        )
    models = baked(build)
    if not models or hollow:
        return
    if not labels:
        yield rule.finding(models[0].word, "No label says which version of the model this is.", stage=models[0].stage)
    elif all(label.literal for label in labels):
        yield rule.finding(
            labels[-1],
            f"The label {labels[-1].key} is written down, and stays the same when the model changes.",
            stage=build.target,
        )


def _says_version(key: str) -> bool:
    return key in _VERSION or key.lower() in _SHORT or key.lower().endswith((".version", ".revision", ".model-version"))


def _unset(label: Label, build: Build) -> list[str]:
    """The ARGs of a label's value that have no default, are not given, and are not tested for."""
    if label.pair.value is None or label.literal:
        return []
    stage = label.instruction.stage
    before = [
        each for each in (stage.instructions if stage is not None else ()) if each.index < label.instruction.index
    ]
    bare = {
        pair.key.value
        for each in before
        if isinstance(each, Pairs) and each.keyword == "ARG"
        for pair in each.pairs
        if pair.value is None
    }
    names = [
        variable.name
        for variable in parse_word(label.pair.value.value, build.dockerfile.escape).variables()
        if variable.operator.removeprefix(":") not in {"-", "+", "?"}
    ]
    texts = [each.text.value for each in (stage.instructions if stage is not None else ()) if each.keyword == "RUN"]
    return [
        name
        for name in dict.fromkeys(names)
        if name in bare and name not in build.build_args and not isinstance(label.value, str)
        and not any(("test -n" in text and name in text) or f"{{{name}:?" in text for text in texts)
    ]  # fmt: skip
