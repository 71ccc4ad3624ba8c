"""SMT002 exit-status-hidden: a job that fails ends as Completed."""

import ast
from collections.abc import Iterator

from gate.build import Build
from gate.dockerfile.command import Command, Node, Script
from gate.dockerfile.shell import exit_status_hidden_by, options_at
from gate.dockerfile.tree import Launch
from gate.image.model import File
from gate.model import Place, Severity
from gate.packages.options import listed
from gate.platforms.launch import launch
from gate.platforms.outcome import Verdict
from gate.python import called, catches_all
from gate.rule import Example, Results, Rule
from gate.rules.build._flow import always_succeeds
from gate.rules.launch._entryfile import entry_script
from gate.rules.sagemaker._answer import entrypoint_of
from gate.rules.sagemaker._training import TRAINING, is_python
from gate.servers.source import python_file

_FOR = (TRAINING, "sagemaker-processing")
_ENTRY = "FROM python:3.12\nCOPY --chmod=755 train /usr/local/bin/train\nCOPY train.py /app/\n"
_FILES: dict[str, str | bytes] = {"train.py": ""}

rule = Rule(
    id="SMT002",
    name="exit-status-hidden",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="The program's failure does not reach the exit status.",
    reason="SageMaker takes exit status 0 for Completed. A failed job then leaves an empty model.tar.gz, and nobody hears of it until it is deployed.",
    fix="Let the status pass: exec python train.py, set -euo pipefail, sys.exit(1) in the except.",
    bad=[
        Example(_ENTRY, files={**_FILES, "train": "#!/bin/bash\npython /app/train.py »|| true\n"}, platforms=_FOR),
        Example(
            _ENTRY, files={**_FILES, "train": "#!/bin/bash\n»python /app/train.py | tee /tmp/log\n"}, platforms=_FOR
        ),
        Example(_ENTRY, files={**_FILES, "train": "#!/bin/bash\n»python /app/train.py\nexit 0\n"}, platforms=_FOR),
        Example(
            _ENTRY,
            files={
                **_FILES,
                "train": "#!/usr/bin/env python\nimport sys\ntry:\n    import job\nexcept Exception:\n    »sys.exit(0)\n",
            },
            platforms=_FOR,
        ),
    ],
    good=[
        Example(
            _ENTRY,
            files={**_FILES, "train": "#!/bin/bash\nset -o pipefail\npython /app/train.py | tee /tmp/log\n"},
            platforms=_FOR,
        ),
        Example(
            _ENTRY,
            files={**_FILES, "train": "#!/bin/bash\npython /app/train.py\nrc=$?\nrm -rf /tmp/x\nexit $rc\n"},
            platforms=_FOR,
        ),
        Example(
            _ENTRY, files={**_FILES, "train": "#!/bin/bash\nset -e\npython /app/train.py\necho done\n"}, platforms=_FOR
        ),
        Example(
            _ENTRY,
            files={
                **_FILES,
                "train": "#!/usr/bin/env python\nimport sys\ntry:\n    import job\nexcept Exception:\n    sys.exit(255)\n",
            },
            platforms=_FOR,
        ),
    ],
)

_WORKLOADS = listed("python python2 python3 Rscript torchrun accelerate deepspeed mpirun horovodrun java julia node")


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    entrypoint = entrypoint_of(build)
    if entrypoint is not None and entrypoint.exec is None:
        yield from _launch(entrypoint, build)
    seen: set[str] = set()
    for platform in sorted(build.platforms.intersection(_FOR)):
        outcome = launch(build, platform)
        for file in outcome.scripts if outcome.verdict is not Verdict.FAILS else ():
            if file.path not in seen:
                seen.add(file.path)
                yield from _file(file, build)


def _launch(entrypoint: Launch, build: Build) -> Results:
    yield from _script(build.script(entrypoint))


def _file(file: File, build: Build) -> Results:
    if is_python(file):
        source = python_file(file, build)
        for node in _exits(source.tree) if source.tree is not None else ():
            yield rule.finding(
                source.place(node),
                "An exception of any kind ends the program with status 0: the job counts as Completed.",
            )
        return
    script = entry_script(file, build)
    if script is not None:
        yield from _script(script)


def _script(script: Script) -> Results:
    if "$?" in script.text.value or "PIPESTATUS" in script.text.value:
        return  # the status is looked at
    for command in script.commands:
        if command.name not in _WORKLOADS or command.background or "-c" in command.values or "-m" in command.values[:1]:
            continue
        hides = exit_status_hidden_by(command)
        what = _told(hides, command) if hides is not None else ""
        if hides is not None and what:
            place = _operator(hides) if hides.kind == "or" else command.place
            yield rule.finding(
                place,
                f"{what}: when {' '.join(filter(None, (command.name, *command.values[:1])))} fails, the job counts as Completed.",
            )


def _told(hides: Node, command: Command) -> str:
    """How the status is lost; empty where it may not be."""
    if hides.kind == "or":
        return "The failure is caught by ||" if always_succeeds(hides.children[-1]) else ""
    if hides.kind == "pipeline":
        return "" if options_at(command).pipefail else "A pipeline has the status of its last command"
    if hides.kind in ("list", "script") and hides.children:
        last = hides.children[-1]
        return "The script goes on and ends with success" if isinstance(last, Command) and always_succeeds(last) else ""
    return ""


def _operator(node: Node) -> Place:
    left, right = node.children[0], node.children[-1]
    at = node.whole.value.find("||", left.end, right.start)
    return node.whole.slice(at if at >= 0 else right.start, right.end).place


def _exits(tree: ast.Module) -> Iterator[ast.AST]:
    """``sys.exit(0)`` in the handler of any exception."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and catches_all(node):
            for inner in node.body:
                if isinstance(inner, ast.Expr) and _is_exit(inner.value):
                    yield inner.value


def _is_exit(value: ast.expr) -> bool:
    if not isinstance(value, ast.Call):
        return False
    good = not value.args or (isinstance(value.args[0], ast.Constant) and value.args[0].value in (0, None))
    return called(value) in ("exit", "_exit", "quit") and good
