"""PRC003 no-exit-message: the job fails without saying why."""

import ast

from gate.build import Build
from gate.model import Severity
from gate.platforms.launch import launch
from gate.platforms.texts import SourceText, reachable, texts
from gate.rule import Example, Results, Rule

_FOR = ("sagemaker-processing",)

rule = Rule(
    id="PRC003",
    name="no-exit-message",
    severity=Severity.LOW,
    platforms=_FOR,
    summary="A processing script ends with an error code and leaves no message.",
    reason="SageMaker shows the first kilobyte of /opt/ml/output/message as the job's ExitMessage. Without it, whoever looks at the failed job has to search the logs.",
    fix="Write a sentence (UTF-8, up to 1 KB) to /opt/ml/output/message before sys.exit(1).",
    bad=[
        Example(
            'FROM python:3.12\nCOPY p.py /\nENTRYPOINT ["python3", "/p.py"]\n',
            files={"p.py": "import sys\nif len(sys.argv) < 2:\n    »sys.exit(1)\n"},
            platforms=_FOR,
        )
    ],
    good=[
        Example(
            'FROM python:3.12\nCOPY p.py /\nENTRYPOINT ["python3", "/p.py"]\n',
            files={"p.py": "import sys\nopen('/opt/ml/output/message', 'w').write('no input')\nsys.exit(1)\n"},
            platforms=_FOR,
        ),
        Example(
            'FROM python:3.12\nCOPY p.py /\nENTRYPOINT ["python3", "/p.py"]\n',
            files={"p.py": "import sys\nsys.exit(0)\n"},
            platforms=_FOR,
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    started = {script.source for script in launch(build, "sagemaker-processing").scripts}
    sources = reachable([source for source in texts(build) if source.path in started], build)
    if not sources or any(b"output/message" in source.data or b"/opt/ml/output" in source.data for source in sources):
        return
    for source in sources:
        call = _exit(source)
        if call is not None:
            yield rule.finding(source.place(call), "The job ends here with an error, and no message says why.")
            return


def _exit(source: SourceText) -> ast.Call | None:
    """The first ``sys.exit(1)``."""
    for node in ast.walk(source.tree) if source.tree is not None else ():
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("exit", "_exit")
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in ("sys", "os")
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and node.args[0].value not in (0, None)
        ):
            return node
    return None
