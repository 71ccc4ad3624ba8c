"""MLA004 litter-copied: notebooks, the repository, caches of the machine that builds."""

from gate.build import Build
from gate.facts import facts
from gate.image.arrivals import Arrival, arrivals
from gate.model import Severity
from gate.platforms.bases import base_of
from gate.rule import Example, Results, Rule

rule = Rule(
    id="MLA004",
    name="litter-copied",
    severity=Severity.MEDIUM,
    needs=("COPY", "ADD"),
    summary="A folder that is copied takes notebooks, version control or caches along.",
    reason="They ship what nobody looked at (a repository's history holds its deleted secrets, a notebook the last customer's rows), and every commit or cell that is run makes all later layers anew.",
    fix="List them in .dockerignore, or copy the folders that are needed by name.",
    bad=[
        Example("FROM python:3.12\nCOPY ». /ws\n", files={"app.py": "", ".git/HEAD": "ref", ".dockerignore": "data"}),
        Example("FROM python:3.12\nCOPY »src /ws\n", files={"src/a.ipynb": "{}", "src/a.py": ""}),
        Example("FROM python:3.12\nCOPY ». /ws\n", files={"wandb/run/x.log": "", "node_modules/a/b.js": "", "a.py": ""}),
    ],
    good=[
        Example("FROM python:3.12\nCOPY webapp/ /ws\n", files={"webapp/app.py": "", "notebooks/a.ipynb": "{}", ".git/HEAD": ""}),
        Example("FROM python:3.12\nCOPY . /ws\n", files={"a.py": "", ".git/HEAD": "", "n.ipynb": "", ".dockerignore": ".git\n*.ipynb\n"}),
        Example("FROM quay.io/jupyter/scipy-notebook:2024-05-27\nCOPY lessons /home/jovyan/lessons\n", files={"lessons/1.ipynb": "{}"}),
        Example("FROM python:3.12\nCOPY report.ipynb /ws/\n", files={"report.ipynb": "{}"}),
    ],
)  # fmt: skip

_ALSO_PACKAGES = ("wandb", "mlruns")
"""Names that a Python package may have, too."""


@rule.on_build
def check(build: Build) -> Results:
    found: dict[int, list[tuple[Arrival, str]]] = {}
    notebooks = _notebooks_meant(build)
    for arrival in arrivals(build):
        what = _litter(arrival, notebooks)
        if what and not arrival.whole:
            found.setdefault(id(arrival.word), []).append((arrival, what))
    for rows in found.values():
        first, what = rows[0]
        others = {row[1] for row in rows} - {what}
        more = f", and {' and '.join(sorted(others))}" if others else ""
        yield rule.finding(
            first.word,
            f"{first.copy.keyword} {first.word} takes {first.path} along: {what}{more}.",
            stage=first.copy.stage,
        )


def _litter(arrival: Arrival, notebooks: bool) -> str:
    table: dict[str, str] = facts("artifacts")["litter"]
    for part in arrival.path.split("/"):
        if part in table and not (part in _ALSO_PACKAGES and arrival.name.endswith(".py")):
            return table[part]
    return "a notebook" if arrival.name.endswith(".ipynb") and not notebooks else ""


def _notebooks_meant(build: Build) -> bool:
    """Images in which people work want them."""
    reference, _ = base_of(build.target) if build.target is not None else (None, None)
    words = ("jupyter", "notebook", "sagemaker-distribution", "datascience")
    return "sagemaker-studio" in build.platforms or any(word in (reference or "") for word in words)
