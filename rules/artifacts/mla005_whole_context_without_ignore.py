"""MLA005 whole-context-without-ignore: COPY . and no .dockerignore."""

from gate.build import Build
from gate.dockerfile.tree import Copy, Instruction
from gate.image.arrivals import own_sources
from gate.model import Severity
from gate.rule import Example, Results, Rule

rule = Rule(
    id="MLA005",
    name="whole-context-without-ignore",
    severity=Severity.MEDIUM,
    summary="The whole build context is copied, and no ignore file keeps anything out.",
    reason="Notebooks, data, .git and .env files are copied as soon as they are there, and any edit of any file makes all later layers anew.",
    fix="Write a .dockerignore (.git, *.ipynb, data/, .env), or copy the folders that are needed by name.",
    bad=[
        Example("FROM python:3.12\nCOPY ». /app\n", files={"a.py": ""}),
        Example("FROM python:3.12\nADD »./ /app\n", files={"a.py": ""}),
    ],
    good=[
        Example("FROM python:3.12\nCOPY . /app\n", files={"a.py": "", ".dockerignore": ".git\n"}),
        Example("FROM python:3.12\nCOPY src /app\n", files={"src/a.py": ""}),
        Example("FROM python:3.12 AS b\nFROM python:3.12\nCOPY --from=b . /app\n"),
    ],
)


@rule.on_instruction("COPY", "ADD")
def check(instruction: Instruction, build: Build) -> Results:
    assert isinstance(instruction, Copy)
    for word, value in own_sources(instruction, build):
        if value.strip("/") not in ("", ".") and value not in ("*", "./*"):
            continue
        if build.context is None:
            yield rule.undecided(word, "whether an ignore file keeps anything out: the build context is not read", "--context DIR")  # fmt: skip
        elif build.context.ignore_file is None:
            severity = Severity.MEDIUM if build.ships(instruction) else Severity.LOW
            yield rule.finding(
                word,
                f"{instruction.keyword} {word} takes everything, and there is no .dockerignore.",
                severity=severity,
                stage=instruction.stage,
            )
