"""MLA009 lfs-pointer-copied: the file is not here, only what Git LFS left in its place."""

from gate.build import Build
from gate.facts import facts
from gate.image.arrivals import Arrival, arrivals
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.artifacts._models import is_pointer, row_of

_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"

rule = Rule(
    id="MLA009",
    name="lfs-pointer-copied",
    severity=Severity.HIGH,
    needs=("COPY", "ADD"),
    summary="A Git LFS pointer is copied in place of the file.",
    reason="The checkout has no LFS objects: what looks like a model is three lines of text. The first load fails with a format or an unpickling error, in production.",
    fix="Run git lfs pull before the build (actions/checkout: lfs: true).",
    bad=[
        Example("FROM python:3.12\nCOPY »model.pt /app/\n", files={"model.pt": _POINTER}),
        Example("FROM python:3.12\nCOPY ». /app/\n", files={"data/train.csv": _POINTER, "a.py": ""}),
    ],
    good=[
        Example("FROM python:3.12\nCOPY model.pt /app/\n", files={"model.pt": "PK real"}),
        Example("FROM python:3.12\nCOPY . /app/\n", files={"model.pt": _POINTER, ".dockerignore": "*.pt"}),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    found: dict[int, list[Arrival]] = {}
    for arrival in arrivals(build):
        if arrival.node.type == "file" and _large_by_nature(arrival.name) and is_pointer(arrival):
            found.setdefault(id(arrival.word), []).append(arrival)
    for pointers in found.values():
        first = pointers[0]
        more = f" and {len(pointers) - 1} more are pointers" if len(pointers) > 1 else " is a pointer"
        yield rule.finding(
            first.word,
            f"{first.path}{more} of Git LFS, not the file itself.",
            stage=first.copy.stage,
        )


def _large_by_nature(name: str) -> bool:
    return row_of(name) is not None or name[name.rfind(".") :].lower() in facts("artifacts")["data"]["suffixes"]
