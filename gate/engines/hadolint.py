"""hadolint as an engine: its own rules and ShellCheck's, over every Dockerfile, re-anchored to the word they are about.

hadolint never sees the comments of a file, so its pragmas (``# hadolint ignore=…``) have no effect on it:
:mod:`gate.suppress` applies them to every finding alike, and what they suppress can be counted and shown.

What is needed only when a program is started, or only when it has ended, is imported then: what stands between the
command and the start of hadolint is what the user waits for.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from gate.build import Build
from gate.cache import Cache, key
from gate.dockerfile.tree import Instruction
from gate.engines import hadolint_input
from gate.engines.base import EngineOptions, Found, Missing, told
from gate.engines.hadolint_input import Outline, Script, outline, question
from gate.engines.hadolint_program import Program
from gate.engines.hadolint_rows import Answer, Row, row_of
from gate.model import EngineRun, Finding, Remark

if TYPE_CHECKING:
    from gate.engines.hadolint_reader import Reader

NAME = "hadolint"

_REPAIRS = 8
"""Instructions of a file that are left out, one after the other, when hadolint calls them a syntax error."""
_UNREAD = "hadolint cannot read {}"
_TOO_LONG = "hadolint could not read {} in a reasonable time and is not asked about it"


def engine(options: EngineOptions) -> Hadolint:
    return Hadolint(options)


class Hadolint:
    name = NAME

    def __init__(self, options: EngineOptions) -> None:
        self._options = options
        self._cache = Cache.default(enabled=options.cache)

    def find(self) -> Found | Missing:
        return Program(self._options.timeout).found()

    def start(self, builds: Sequence[Build]) -> Work:
        return Work(builds, self._options, self._cache)


class Work:
    """hadolint at work on some Dockerfiles."""

    def __init__(self, builds: Sequence[Build], options: EngineOptions, cache: Cache) -> None:
        self._builds = builds
        self._options = options
        self._cache = cache
        self._deadline = time.monotonic() + options.timeout
        program = Program(options.timeout)
        questions = [question(build.dockerfile) for build in builds]
        self._outlines = [asked.outline for asked in questions]
        self._scripts = [asked.scripts for asked in questions]
        self._remarks = [
            Remark(_TOO_LONG, build.dockerfile.path, instruction.line)
            for build, asked in zip(builds, questions, strict=True)
            for instruction in asked.too_long
        ]
        self._failed = bool(self._remarks)
        costs = {asked.text: asked.cost for asked in self._outlines}
        costs.update({script.text: script.cost for found in self._scripts for script in found})
        self._found = program.found()
        self._inquiry = None if isinstance(self._found, Missing) else self._ask(self._found, costs)

    def _ask(self, found: Found, costs: Mapping[str, float]) -> Inquiry:
        remaining = max(self._deadline - time.monotonic(), 0.0)
        return Inquiry(costs, found, self._cache, jobs=self._options.jobs, timeout=remaining)

    def cancel(self) -> None:
        if self._inquiry is not None:
            self._inquiry.cancel()

    def result(self) -> EngineRun:
        if isinstance(self._found, Missing):
            return EngineRun(NAME, self._found.status, reason=self._found.reason)
        assert self._inquiry is not None
        from gate.engines.hadolint_findings import finding

        answers = self._inquiry.answers()
        self._repair(self._found, answers)
        findings: list[Finding] = []
        for number, build in enumerate(self._builds):
            for instruction, row in self._rows(number, answers):
                found = finding(build, instruction, row)
                if found is not None:
                    findings.append(found)
        return EngineRun(
            NAME,
            "failed" if self._failed else "ok",
            self._found.version,
            "; ".join(told(self._remarks)),
            findings=tuple(findings),
            remarks=tuple(self._remarks),
        )

    def _repair(self, hadolint: Found, answers: dict[str, Answer]) -> None:
        """Leave out what hadolint calls a syntax error although BuildKit takes it, so that it reads the rest."""
        for _ in range(_REPAIRS):
            costs: dict[str, float] = {}
            for number, build in enumerate(self._builds):
                refused = _refused(self._outlines[number], answers)
                if refused is not None:
                    self._remarks.append(Remark(_UNREAD, build.dockerfile.path, refused.line))
                    without = self._outlines[number].without | {refused.index}
                    self._outlines[number] = outline(build.dockerfile, without)
                    costs[self._outlines[number].text] = self._outlines[number].cost
            if not costs:
                return
            self._inquiry = self._ask(hadolint, costs)
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
            for row in self._answer(script, path, answers, script.instruction.line):
                if row[1] == "DL1000":
                    self._remarks.append(Remark(_UNREAD, path, script.instruction.line))
                elif _of_script(row):
                    yield script.instruction, row

    def _answer(
        self, asked: Outline | Script, path: str, answers: Mapping[str, Answer], line: int = 0
    ) -> Sequence[Row]:
        answer = answers[asked.text]
        if not isinstance(answer, str):
            return answer
        self._blame(path, answer, line)
        return ()

    def _blame(self, path: str, reason: str, line: int = 0) -> None:
        self._failed = True
        self._remarks.append(Remark(f"{reason} ({{}})", path, line))


class Inquiry:
    """Texts on their way to their answers: from the cache, or from hadolint."""

    def __init__(self, costs: Mapping[str, float], found: Found, cache: Cache, *, jobs: int, timeout: float) -> None:
        self._cache = cache
        self._keys = {text: key(NAME, found.version, hadolint_input.VERSION, text) for text in costs}
        kept = cache.get(self._keys.values())
        known = {text: _unpacked(kept[name]) for text, name in self._keys.items() if name in kept}
        self._known: dict[str, Answer] = {text: rows for text, rows in known.items() if rows is not None}
        self._asked = [text for text in costs if text not in self._known]
        self._reader: Reader | None = None
        if self._asked:
            from gate.engines.hadolint_reader import Reader

            wanted = [costs[text] for text in self._asked]
            self._reader = Reader(found.path, self._asked, wanted, jobs=jobs, timeout=timeout)

    def answers(self) -> dict[str, Answer]:
        if self._reader is None:
            return dict(self._known)
        new = dict(zip(self._asked, self._reader.answers(), strict=True))
        rows = {text: answer for text, answer in new.items() if not isinstance(answer, str)}
        self._cache.put({self._keys[text]: json.dumps(answer).encode() for text, answer in rows.items()})
        return {**self._known, **new}

    def cancel(self) -> None:
        if self._reader is not None:
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
