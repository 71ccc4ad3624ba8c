"""MLA006 needed-file-ignored: .dockerignore takes away what the image needs."""

import posixpath
from collections.abc import Iterator

from gate.build import Build
from gate.context.paths import BadPattern, clean, has_wildcards
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Copy
from gate.image.arrivals import own_sources
from gate.model import Severity
from gate.packages.files import Missing, find
from gate.packages.installs import installs
from gate.packages.where import BASE, directory, resolve, workdir
from gate.platforms.image import launch_image
from gate.platforms.outcome import Fault
from gate.rule import Example, Results, Rule
from gate.rules.launch._outcome import failures

_FOR = ("sagemaker-hosting",)

rule = Rule(
    id="MLA006",
    name="needed-file-ignored",
    severity=Severity.HIGH,
    needs=("COPY", "ADD"),
    summary="The ignore file takes away a file that the image needs.",
    reason="A source of COPY that is ignored stops the build (not found). Inside a folder it is left out without a word, and the container fails when it starts.",
    fix="Take the file back at the end of .dockerignore: !path. The last pattern that matches decides.",
    bad=[
        Example(
            "FROM python:3.12\nCOPY »requirements.txt /\n", files={"requirements.txt": "x", ".dockerignore": "*.txt\n"}
        ),
        Example(
            'FROM python:3.12\nCOPY »decision_trees /opt/program\nENV PATH="/opt/program:${PATH}"\n',
            files={
                "decision_trees/serve*": "#!/usr/bin/env python\n",
                "decision_trees/wsgi.py": "",
                ".dockerignore": "**/serve\n",
            },
            platforms=_FOR,
        ),
        Example(
            'FROM python:3.12\nWORKDIR /app\nCOPY ». .\nCMD ["python", "main.py"]\n',
            files={"main.py": "", "a.py": "", ".dockerignore": "main.py\n"},
        ),
        Example(
            "FROM python:3.12\nWORKDIR /app\nCOPY ». .\nRUN pip install -r requirements.txt\n",
            files={"requirements.txt": "flask==3.1.2\n", "a.py": "", ".dockerignore": "*.txt\n"},
        ),
    ],
    good=[
        Example("FROM python:3.12\nCOPY a.txt /\n", files={"a.txt": "x", ".dockerignore": "*.txt\n!a.txt\n"}),
        Example("FROM python:3.12\nCOPY nowhere.txt /\n", files={".dockerignore": "*.txt\n"}),
        Example(
            'FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD ["python", "main.py"]\n',
            files={"main.py": "", "n.ipynb": "", ".dockerignore": "*.ipynb\n"},
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    context = build.context
    if context is None or context.ignore_file is None or build.target is None or build.faults:
        return
    try:
        named = list(_named(build))
    except BadPattern:
        return
    for copy, word, value in named:
        if context.ignored(value):
            yield rule.finding(
                word, f"{context.ignore_file} takes {value} away, and the build stops here.", stage=copy.stage
            )
    yield from _left_out(build, named)


def _named(build: Build) -> Iterator[tuple[Copy, Text, str]]:
    """The sources of the stages that are built which name one path of the context."""
    for stage in build.stages:
        for instruction in stage.instructions if stage.index in build.needed else ():
            if isinstance(instruction, Copy):
                for word, value in own_sources(instruction, build):
                    if not has_wildcards(value):
                        yield instruction, word, clean(value).strip("/") or "."


def _left_out(build: Build, named: list[tuple[Copy, Text, str]]) -> Results:
    """What a launch or an installation looks for, where a copied folder would have brought it."""
    context = build.context
    told: set[str] = set()
    for path, why in _looked_for(build):
        for copy, word, value in named:
            inside = _source_of(path, copy, value, build)
            if inside is not None and inside not in told and context is not None and context.ignored(inside):
                told.add(inside)
                message = f"{context.ignore_file} takes {inside} away, and {why}."
                yield rule.finding(word, message, stage=copy.stage)


def _looked_for(build: Build) -> Iterator[tuple[str, str]]:
    """Paths of the image at which something is missing, and who misses it."""
    for outcome in failures(build, Fault.MISSING, Fault.NOT_FOUND):
        for path in _paths(outcome.program, build):
            yield path, f"{posixpath.basename(path)} is what the container starts"
    for install in installs(build):
        run = install.run
        if run is None or run.stage is None or run.stage.index not in build.needed:
            continue
        for file in install.files:
            folder = directory(install.command, run, build)
            if file.path is None or not isinstance(folder, str) or (folder == BASE and not file.path.startswith("/")):
                continue
            answer = find(file.path, install.command, run, build)
            if isinstance(answer, Missing) and not answer.made:
                yield resolve(file.path, folder), f"line {install.place.line} installs what it names"


def _paths(program: str, build: Build) -> list[str]:
    """Where a program would be: at its path, or in a folder of PATH."""
    config = launch_image(build).config
    if "/" in program or "." in program:
        at = config.working_dir
        if program.startswith("/"):
            return [resolve(program, "/")]
        return [resolve(program, at)] if isinstance(at, str) else []
    path = config.env.get("PATH")
    folders = path.split(":") if isinstance(path, str) else []
    return [f"{folder.rstrip('/')}/{program}" for folder in folders if folder.startswith("/")]


def _source_of(path: str, copy: Copy, value: str, build: Build) -> str | None:
    """The path of the context that would have become ``path``, when a folder is copied there."""
    destination = build.expand(copy.destination, copy)
    at = workdir(copy, build)
    if not isinstance(destination, str) or (
        not destination.startswith("/") and (not isinstance(at, str) or at == BASE)
    ):
        return None
    folder = resolve(destination, at if isinstance(at, str) else "/").rstrip("/") + "/"
    return posixpath.normpath(posixpath.join(value, path[len(folder) :])) if path.startswith(folder) else None
