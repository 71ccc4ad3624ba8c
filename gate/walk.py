"""One walk over a Dockerfile for all rules.

The rules' checks are sorted once into tables, by program name and by keyword, so that an instruction costs two look-ups
however many rules there are. A check that raises becomes a :class:`~gate.model.Failure` in the result, and the walk
goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import monotonic, process_time
from typing import Any

from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Instruction, Onbuild, Run
from gate.model import Failure, Finding, Undecided
from gate.record import dataclass, field
from gate.rule import Results, Rule
from gate.words import told

BUDGET = 4.0
"""Seconds of computing that the rules may take over one file; an ordinary one takes milliseconds."""

Check = Callable[..., Results]
Entry = tuple[Rule, Check]


@dataclass
class Outcome:
    """What the rules said about one Dockerfile."""

    findings: list[Finding] = field(default_factory=list)
    undecided: list[Undecided] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


@dataclass
class Tables:
    """The checks of a set of rules, by what they ask for. The key ``""`` holds those that ask for everything."""

    commands: dict[str, list[Entry]] = field(default_factory=dict)
    instructions: dict[str, list[Entry]] = field(default_factory=dict)
    stages: list[Entry] = field(default_factory=list)
    builds: list[Entry] = field(default_factory=list)

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> Tables:
        tables = cls()
        for rule in rules:
            for names, on_command in rule.command_checks:
                for name in names or ("",):
                    tables.commands.setdefault(name, []).append((rule, on_command))
            for keywords, on_instruction in rule.instruction_checks:
                for keyword in keywords or ("",):
                    tables.instructions.setdefault(keyword, []).append((rule, on_instruction))
            tables.stages += [(rule, check) for check in rule.stage_checks]
            tables.builds += [(rule, check) for check in rule.build_checks]
        return tables


class Walker:
    """A set of rules, ready to be run over many Dockerfiles."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = list(rules)
        self._tables: dict[frozenset[str], Tables] = {}

    def walk(self, build: Build) -> Outcome:
        """What the rules say about a build: each finding once, in the order of the walk."""
        tables = self._tables.get(build.platforms)
        if tables is None:
            tables = Tables.of(rule for rule in self.rules if speaks(rule, build.platforms))
            self._tables[build.platforms] = tables
        outcome = Outcome()
        # Processor time is what counts, but the clock costs a hundredth to look at.
        late, deadline = monotonic() + BUDGET, process_time() + BUDGET
        for _ in self._steps(tables, build, outcome):
            if monotonic() > late and process_time() > deadline:
                reason = f"its rules were stopped after {BUDGET:g} seconds: this is no ordinary Dockerfile"
                outcome.failures.append(Failure(build.dockerfile.path, reason))
                break
        outcome.findings = list(dict.fromkeys(outcome.findings))
        outcome.undecided = list(dict.fromkeys(outcome.undecided))
        return outcome

    def _steps(self, tables: Tables, build: Build, outcome: Outcome) -> Iterator[None]:
        """The walk; it yields whenever it may be stopped."""
        for instruction in build.dockerfile.instructions:
            yield from self._instruction(tables, instruction, build, outcome)
        for stage in build.stages:
            for rule, check in tables.stages:
                _run(rule, check, (stage, build), outcome, build, stage.from_.line)
                yield
        for rule, check in tables.builds:
            _run(rule, check, (build,), outcome, build, 1)
            yield

    def _instruction(self, tables: Tables, instruction: Instruction, build: Build, outcome: Outcome) -> Iterator[None]:
        by_keyword = tables.instructions
        # What the builder refuses stays a plain instruction: its faults are told, and nothing is known about its parts.
        understood = type(instruction) is not Instruction
        wanted = by_keyword.get(instruction.keyword, ()) if understood else ()
        for rule, check in (*wanted, *by_keyword.get("", ())):
            _run(rule, check, (instruction, build), outcome, build, instruction)
        yield
        if isinstance(instruction, Onbuild) and isinstance(instruction.child, Run):
            yield from self._instruction(tables, instruction.child, build, outcome)
        if not isinstance(instruction, Run) or not tables.commands:
            return
        by_name = tables.commands
        every = by_name.get("", ())
        for command in _commands(instruction, build, outcome):
            for rule, check in (*by_name.get(command.name, ()), *every) if command.name else every:
                _run(rule, check, (command, build), outcome, build, command)
            yield


def speaks(rule: Rule, platforms: frozenset[str]) -> bool:
    """Whether a rule has a say when these are the targets (none: unknown platform, so only the general rules)."""
    if rule.platforms and platforms.isdisjoint(rule.platforms):
        return False
    return not (rule.silent_for and platforms and platforms.issubset(rule.silent_for))


def _commands(instruction: Run, build: Build, outcome: Outcome) -> Iterable[Command]:
    try:
        return build.script(instruction).commands
    except Exception as error:  # a fault of ours in reading the shell must not look like a clean file
        outcome.failures.append(_failure("the shell reader", error, build, instruction.line))
        return ()


def _run(rule: Rule, check: Check, arguments: tuple[Any, ...], outcome: Outcome, build: Build, at: Any) -> None:
    try:
        for result in check(*arguments):
            if isinstance(result, Finding):
                outcome.findings.append(result)
            else:
                outcome.undecided.append(result)
    except Exception as error:  # whatever a rule raises: the others still speak, and the gate cannot pass
        line = at if isinstance(at, int) else at.place.line
        outcome.failures.append(_failure(f"rule {rule.id}", error, build, line))


def _failure(what: str, error: Exception, build: Build, line: int) -> Failure:
    return Failure(build.dockerfile.path, f"{what} failed at line {line}: {told(error)}")
