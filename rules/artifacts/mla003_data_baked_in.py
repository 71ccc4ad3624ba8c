"""MLA003 data-baked-in: a data set is copied into the image."""

from gate.build import Build
from gate.facts import facts
from gate.image.arrivals import Arrival, arrivals
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.artifacts._models import human, row_of

DATA_SIZE = 10_000_000
"""``thresholds.data-size`` where the policy says nothing."""
_PLAIN = (".zip", ".tar", ".tgz", ".gz", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".wav", ".mp3", ".mp4")
"""Endings that are data only where the folder or the name says so."""

_SMALL = {"thresholds": {"data-size": 1000}}  # so that the examples need not be large

rule = Rule(
    id="MLA003",
    name="data-baked-in",
    severity=Severity.MEDIUM,
    needs=("COPY", "ADD"),
    summary="A data set is copied into the image.",
    reason="Data in an image can be read by everybody who can pull it, is as old as the image, and is pulled with it by every machine. Below /opt/ml/input the job's channels hide it.",
    fix="List it in .dockerignore, and give it to the job as a channel or a mount.",
    bad=[
        Example(
            "FROM python:3.12\nCOPY »data/ /app/data/\n",
            files={"data/a.csv": "1,2\n" * 300},
            policy=_SMALL,
        ),
        Example(
            "FROM python:3.12\nCOPY ». /app/\n",
            files={"rows.parquet": b"\0" * 2000, "a.py": ""},
            policy=_SMALL,
        ),
    ],
    good=[
        Example("FROM python:3.12\nCOPY data/ /app/data/\n", files={"data/payload.csv": "1,2\n"}),
        Example(
            "FROM python:3.12\nCOPY . /app/\n", files={"d/a.csv": "1" * 1100, ".dockerignore": "d/\n"}, policy=_SMALL
        ),
        Example("FROM python:3.12\nCOPY train/ /app/train/\n", files={"train/train.py": "x" * 1100}, policy=_SMALL),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    limit = (build.settings.get("thresholds") or {}).get("data-size", DATA_SIZE)
    found: dict[int, list[Arrival]] = {}
    for arrival in arrivals(build):
        if arrival.node.type == "file" and _is_data(arrival):
            found.setdefault(id(arrival.word), []).append(arrival)
    for files in found.values():
        size = sum(file.size for file in files)
        if size > limit:
            largest = max(files, key=lambda file: file.size)
            yield rule.finding(
                largest.word,
                f"{human(size)} of data in {len(files)} file{'s' if len(files) > 1 else ''} travel into the image, {largest.path} the largest.",
                stage=largest.copy.stage,
            )


def _is_data(arrival: Arrival) -> bool:
    name = arrival.name.lower()
    if row_of(name) is not None:
        return False
    table = facts("artifacts")["data"]
    ending = name[name.rfind(".") :] if "." in name else ""
    folders = arrival.path.lower().split("/")[:-1]
    inside = any(folder in table["folders"] for folder in folders)
    if ending in _PLAIN:
        return inside or any(word in name for word in ("data", "corpus", "images"))
    return ending in table["suffixes"] or (inside and ending not in table["code-suffixes"])
