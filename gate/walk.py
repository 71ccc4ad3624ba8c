"""One walk over a Dockerfile for all rules.

The rules' checks are sorted once into tables, by program name and by keyword, so that an instruction and a command cost
few look-ups however many rules there are. A check that raises becomes a :class:`~gate.model.Failure` in the result, and the walk
goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from time import monotonic, process_time
from typing import Any

from gate.announced import Announced
from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Instruction, Onbuild, Run
from gate.model import Failure, Finding, Undecided
from gate.record import dataclass, field
from gate.rule import HasPlace, Results, Rule
from gate.words import told

BUDGET = 4.0
"""Seconds of computing that the rules may take over one file; an ordinary one takes milliseconds."""

Check = Callable[..., Results]


class Entry:
    """A check of a rule. One that is only announced is imported when it is asked for the first time."""

    __slots__ = ("ask", "rule")

    def __init__(self, rule: Rule, check: Check) -> None:
        self.rule = rule
        self.ask = self._import(check) if isinstance(check, Announced) else check

    def _import(self, announced: Announced) -> Check:
        def first(*arguments: Any) -> Results:
            self.ask = announced.check()
            return self.ask(*arguments)

        return first


@dataclass
class Outcome:
    """What the rules said about one Dockerfile."""

    findings: list[Finding] = field(default_factory=list)
    undecided: list[Undecided] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


class _Named(dict[str, list[Entry]]):
    """Checks by the names that they ask for: of any name, those for every name behind the others. ``python*`` asks for
    each name that begins so, ``*.sh`` for each that ends so, "" for every name."""

    def __init__(self) -> None:
        self._exact: dict[str, list[Entry]] = {}
        self._begins: list[tuple[str, Entry]] = []
        self._ends: list[tuple[str, Entry]] = []

    def add(self, names: Iterable[str], entry: Entry) -> None:
        for name in names:
            if name.endswith("*"):
                self._begins.append((name[:-1], entry))
            elif name.startswith("*"):
                self._ends.append((name[1:], entry))
            else:
                self._exact.setdefault(name, []).append(entry)

    def __missing__(self, name: str) -> list[Entry]:
        like = [entry for start, entry in self._begins if name.startswith(start)]
        like += [entry for end, entry in self._ends if name.endswith(end)]
        exact = self._exact.get(name, []) if name else []
        found = self[name] = [*dict.fromkeys([*exact, *like, *self._exact.get("", [])])]
        return found


class Tables:
    """The checks of a set of rules, by what they ask for. ``entry`` makes an entry of a rule and its check."""

    def __init__(self, rules: Iterable[Rule], entry: Callable[[Rule, Check], Entry]) -> None:
        self._commands, self._wrappers, self._runs, self._instructions = _Named(), _Named(), _Named(), _Named()
        self._stages: list[Entry] = []
        self._builds: list[Entry] = []
        self._needed: dict[frozenset[str], tuple[list[Entry], list[Entry]]] = {}
        for rule in rules:
            for names, on_command in rule.command_checks:
                self._commands.add(names or ("",), entry(rule, on_command))
            for names, on_wrapper in rule.wrapper_checks:
                self._wrappers.add(names, entry(rule, on_wrapper))
            for names, on_run in rule.run_checks:
                self._runs.add(names, entry(rule, on_run))
            for keywords, on_instruction in rule.instruction_checks:
                self._instructions.add(keywords or ("",), entry(rule, on_instruction))
            self._stages += [entry(rule, check) for check in rule.stage_checks]
            self._builds += [entry(rule, check) for check in rule.build_checks]
        self._awaited = frozenset(word for each in (*self._stages, *self._builds) for word in each.rule.needs)

    def of_command(self, command: Command) -> Sequence[Entry]:
        found = self._commands[command.name or ""]
        if not command.wrappers:
            return found
        return [*found, *dict.fromkeys(entry for name in command.wrappers for entry in self._wrappers[name])]

    def of_run(self, commands: Iterable[Command]) -> Sequence[Entry]:
        programs = dict.fromkeys([command.name or "" for command in commands])
        return [*dict.fromkeys([entry for name in programs for entry in self._runs[name]])]

    def of_instruction(self, instruction: Instruction) -> Sequence[Entry]:
        # What the builder refuses stays a plain instruction: its faults are told, and nothing is known about its parts.
        understood = type(instruction) is not Instruction
        return self._instructions[instruction.keyword if understood else ""]

    def needed(self, keywords: set[str]) -> tuple[list[Entry], list[Entry]]:
        """The checks of stages and of builds of the rules that can have something to say where there are these
        instructions."""
        there = self._awaited if "ONBUILD" in keywords else self._awaited & keywords  # ONBUILD may bring any other
        found = self._needed.get(there)
        if found is None:
            found = self._needed[there] = (_speaking(self._stages, there), _speaking(self._builds, there))
        return found


class Walker:
    """A set of rules, ready to be run over many Dockerfiles."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = list(rules)
        self._settings = frozenset(key for rule in self.rules for key in rule.settings)
        self._tables: dict[tuple[frozenset[str], frozenset[str]], Tables] = {}
        self._entry = cache(Entry)  # one for all tables: each check is imported once

    def walk(self, build: Build) -> Outcome:
        """What the rules say about a build: each finding once, in the order of the walk."""
        settings = self._settings.intersection(build.settings)
        tables = self._tables.get((build.platforms, settings))
        if tables is None:
            asked = (rule for rule in self.rules if not rule.settings or not settings.isdisjoint(rule.settings))
            tables = Tables((rule for rule in asked if speaks(rule, build.platforms)), self._entry)
            self._tables[build.platforms, settings] = tables
        outcome = Outcome()
        with suppress(_Late):
            _Walk(tables, build, outcome).run()
        outcome.findings = _distinct(outcome.findings)
        outcome.undecided = list(dict.fromkeys(outcome.undecided))
        return outcome


class _Late(Exception):
    """The rules took longer over a file than they may."""


class _Walk:
    """One walk over one Dockerfile. It may be stopped behind each question."""

    def __init__(self, tables: Tables, build: Build, outcome: Outcome) -> None:
        self._tables = tables
        self._build = build
        self._outcome = outcome
        # Processor time is what counts, but the clock costs a hundredth to look at.
        self._late, self._deadline = monotonic() + BUDGET, process_time() + BUDGET

    def run(self) -> None:
        build = self._build
        for instruction in build.dockerfile.instructions:
            self._instruction(instruction)
        keywords = {instruction.keyword for instruction in build.dockerfile.instructions}
        of_stage, of_build = self._tables.needed(keywords)
        for stage in build.stages:
            self._ask(of_stage, (stage, build), stage.from_)
        self._ask(of_build, (build,), None)

    def _instruction(self, instruction: Instruction) -> None:
        build, tables = self._build, self._tables
        self._ask(tables.of_instruction(instruction), (instruction, build), instruction)
        if isinstance(instruction, Onbuild) and isinstance(instruction.child, Run):
            self._instruction(instruction.child)
        if isinstance(instruction, Run):
            commands = self._commands(instruction)
            self._ask(tables.of_run(commands), (instruction, build), instruction)
            for command in commands:
                entries = tables.of_command(command)
                if entries:  # few are asked about
                    self._ask(entries, (command, build), command)

    def _commands(self, instruction: Run) -> Sequence[Command]:
        try:
            return self._build.script(instruction).commands
        except Exception as error:  # a fault of ours in reading the shell must not look like a clean file
            self._fail("the shell reader", error, instruction)
            return ()

    def _ask(self, entries: Iterable[Entry], arguments: tuple[Any, ...], at: HasPlace | None) -> None:
        """Call checks. ``at``: what they are asked about; None: the whole file."""
        outcome = self._outcome
        for entry in entries:
            try:
                for result in entry.ask(*arguments):
                    if isinstance(result, Finding):
                        outcome.findings.append(result)
                    else:
                        outcome.undecided.append(result)
            except Exception as error:  # whatever a rule raises: the others still speak, and the gate cannot pass
                self._fail(f"rule {entry.rule.id}", error, at)
            if monotonic() > self._late and process_time() > self._deadline:
                reason = f"its rules were stopped after {BUDGET:g} seconds: this is no ordinary Dockerfile"
                outcome.failures.append(Failure(self._build.dockerfile.path, reason))
                raise _Late

    def _fail(self, what: str, error: Exception, at: HasPlace | None) -> None:
        line = at.place.line if at is not None else 1
        self._outcome.failures.append(
            Failure(self._build.dockerfile.path, f"{what} failed at line {line}: {told(error)}")
        )


@lru_cache(maxsize=8)
def walker(rules: tuple[Rule, ...]) -> Walker:
    """The walker of these rules: to sort their checks takes longer than to walk over a file."""
    return Walker(rules)


def _distinct(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once. Hardly two say the same at one place, so that few need be compared whole."""
    alike: dict[tuple[object, ...], list[Finding]] = {}
    kept = []
    for finding in findings:
        span = finding.place.span
        others = alike.setdefault((finding.rule_id, span.line, span.column, finding.message), [])
        if finding not in others:
            others.append(finding)
            kept.append(finding)
    return kept


def speaks(rule: Rule, platforms: frozenset[str]) -> bool:
    """Whether a rule has a say when these are the targets (none: unknown platform, so only the general rules)."""
    if rule.platforms and platforms.isdisjoint(rule.platforms):
        return False
    return not (rule.silent_for and platforms and platforms.issubset(rule.silent_for))


def _speaking(entries: Iterable[Entry], keywords: frozenset[str]) -> list[Entry]:
    return [entry for entry in entries if not entry.rule.needs or not keywords.isdisjoint(entry.rule.needs)]
