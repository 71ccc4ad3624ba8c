"""The examples, and docs/examples.md: each with the report that mlgate gives of it."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
OPTIONS = ("--engine", "grype=off")
"""What grype knows changes from day to day."""
MANY = 8
"""Lines of a change that are shown; more of them say no more."""
_ENGINES = re.compile(r"^ +engines: .*\n|   grype SKIPPED.*", re.M)

_WHOLE = (
    ("scikit", "A SageMaker image with scikit-learn", "One image that trains and serves: nginx, gunicorn and Flask answer `serve`."),
    ("sound", "The smallest image that trains and serves", "The same contract, with nothing but Python's own HTTP server."),
    ("flask", "A Flask image for Docker and Kubernetes", "A version label that cannot be forgotten, layers in the order of change, a numbered user."),
    ("broken", "A SageMaker image as it is often written", "It builds, more or less."),
    ("edge-compiler", "A compiler for edge devices, as tutorials write it", "Neither this build nor the next one ends well."),
)  # fmt: skip


def breakages() -> ModuleType:
    """``examples/breakages.py``, which is a program of its own and in no package."""
    spec = spec_from_file_location("breakages", EXAMPLES / "breakages.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["breakages"] = module
    spec.loader.exec_module(module)
    return module


def page() -> str:
    """docs/examples.md."""
    parts = [
        "# Examples\n\nEach of them is a complete build context. The reports are what mlgate says; a test keeps them current.\n"
    ]
    for name, title, story in _WHOLE:
        quiet = name in ("broken", "edge-compiler")
        report = _report(f"examples/{name}", ROOT, quiet)
        parts.append(f"\n## {title}\n\n[examples/{name}](../examples/{name}). {story}\n\n{report}")
    parts.append(
        "\n## Ten ways to break it\n\nEach is one change to `examples/scikit`; `python examples/breakages.py crlf /tmp/crlf` writes "
        "the first of them.\n"
    )
    module = breakages()
    with TemporaryDirectory() as folder:
        for breakage in module.BREAKAGES:
            module.write(breakage, Path(folder, breakage.name))
            report = _report(breakage.name, Path(folder), quiet=True)
            parts.append(f"\n### {breakage.name}\n\n{breakage.story}\n\n{_change(breakage, module)}\n{report}")
    return "".join(parts)


def _change(breakage: object, module: ModuleType) -> str:
    """The lines that differ; a changed mode as git tells it."""
    path, mode = breakage.path, breakage.mode  # type: ignore[attr-defined]
    source = module.SOUND / path
    if mode is not None:
        lines = ["old mode 100755", f"new mode 100{mode:o}"]
    else:
        old = source.read_text(encoding="utf-8")
        new = breakage.change(old).replace("\r", "^M")  # type: ignore[attr-defined]
        both = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
        lines = [line for line in both if not line.startswith(("---", "+++", "@@"))]
    if len(lines) > MANY:
        lines = [lines[0], next(line for line in lines if line.startswith("+")), "  and so on"]
    return f"In `{path}`:\n\n```diff\n" + "\n".join(lines) + "\n```\n"


def _report(path: str, folder: Path, quiet: bool) -> str:
    """The command and what it prints, without the row of the engines. ``quiet``: only the findings that block."""
    options = (*(["-q"] if quiet else []), *OPTIONS)
    ran = subprocess.run(
        [sys.executable, "-m", "gate", "check", "--no-cache", *options, path],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "GITHUB_ACTIONS": "", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return f"```console\n$ mlgate check {' '.join(options)} {path}\n{_ENGINES.sub('', ran.stdout)}```\n"
