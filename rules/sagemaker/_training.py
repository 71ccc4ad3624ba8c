"""What the rules about a training job's program share."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gate.build import Build
from gate.image.model import File
from gate.memo import memo
from gate.platforms.outcome import Outcome
from gate.rules.sagemaker._serving import texts
from gate.servers.model import Script
from gate.servers.serving import serving
from gate.servers.source import PythonFile, python_file

TRAINING = "sagemaker-training"
TRAIN = 'FROM python:3.12\nCOPY train.py /app/\nENTRYPOINT ["python", "/app/train.py"]\n'
"""An image whose own script trains."""
_TOOLKITS = (b"sagemaker_training", b"sagemaker_containers", b"smdistributed")


def trained(build: Build) -> Script | None:
    """The own program in Python or R that a training job comes to; None for every other, and where a toolkit stands between
    SageMaker and the program."""
    found = serving(build, TRAINING)
    if found is None or not found.scripts or uses_toolkit(build):
        return None
    script = found.scripts[-1]
    return script if is_python(script.file) or is_r(script.file) else None


def program(build: Build) -> PythonFile | None:
    """The same, taken apart; None for R and for what is no Python that can be read."""
    job = trained(build)
    if job is None or not is_python(job.file):
        return None
    source = python_file(job.file, build)
    return source if source.tree is not None else None


def entry(outcome: Outcome, build: Build) -> PythonFile | None:
    """The Python program that a launch ends in; None where it ends in something else, or where it cannot be read."""
    file = outcome.scripts[-1]
    if not is_python(file):
        return None
    source = python_file(file, build)
    return source if source.tree is not None else None


def is_r(file: File) -> bool:
    line = (file.read(128) or b"").split(b"\n")[0]
    return b"Rscript" in line if line.startswith(b"#!") else file.path.endswith((".R", ".r"))


def is_python(file: File) -> bool:
    line = (file.read(128) or b"").split(b"\n")[0]
    return b"python" in line if line.startswith(b"#!") else file.path.endswith(".py")


def sources(build: Build) -> list[tuple[str, bytes]]:
    """The programs among the image's own texts."""
    kept: dict[None, list[tuple[str, bytes]]] = memo(build, "training sources")
    if None not in kept:
        kept[None] = [each for each in texts(build) if _is_program(*each)]
    return kept[None]


def _is_program(path: str, data: bytes) -> bool:
    name = path.rpartition("/")[2]
    return "." not in name or name.endswith(
        (".py", ".sh", ".R", ".r", ".jl", ".lua", ".cfg", ".ini", ".yaml", ".yml", ".json", ".toml")
    )


def uses_toolkit(build: Build) -> bool:
    return any(word in data for _, data in sources(build) for word in _TOOLKITS)


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the dotted name of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            parts: list[str] = []
            function = node.func
            while isinstance(function, ast.Attribute):
                parts.append(function.attr)
                function = function.value
            yield ".".join([function.id if isinstance(function, ast.Name) else "", *reversed(parts)]), node
