"""One problem, one finding: what an engine and one of our rules both see is told once, under our id.

An engine's row is gone when one of our findings about the same instruction has its id as an alias. It is also gone
when our rule knows better: it looks at the same thing (``SUPERSEDED``), was at work, left nothing undecided there, and
found nothing, or is silent because the platform asks for the opposite. And it is gone when the user does not want our
rule: who ignores PIN005 does not want the same words back as DL3008. A rule that is silent only because others were
selected takes no row with it: the selection judges each row by its own id.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from gate.build import Build
from gate.dockerfile.tree import Dockerfile
from gate.model import Finding, Place
from gate.rule import Rule
from gate.selection import Selection
from gate.walk import Outcome, speaks

_SUPERSEDED = {
    ("DL3014", "DL3030", "DL3034", "DL3038"): "what counts as yes: -qq, yes |, settings elsewhere; microdnf never asks",
    ("DL3059",): "merging helps only in stages that ship",
    ("DL3006", "DL3007"): "ARG defaults, stage names, ports, digests",
    ("DL3008", "DL3018", "DL3033", "DL3037", "DL3041"): "variables, lists in files, local packages",
    ("DL3013", "DL3016", "DL3028", "DL3062"): "values of options, requirements and constraints files, lock files",
    ("DL3042",): "caches that are mounted or removed",
    ("DL3048", "DL3049", "DL3050", "DL3051"): "the labels of the image, not of each stage",
    ("DL3052", "DL3053", "DL3054", "DL3055", "DL3056", "DL3058"): "the values of variables in labels",
    ("DL4003", "DL4004"): "the instruction that is dead is named, not the one that wins",
    ("DL3002",): "the user of the image, not of each stage; platforms that ask for root",
    ("DL3064",): "secrets by word: TOKENIZERS_PARALLELISM is none",
}
SUPERSEDED = {code: why for codes, why in _SUPERSEDED.items() for code in codes}
"""Where our rules know more, and what. Of other ids that our rules have as aliases, they see only a part."""


class Merger:
    """Brings together what one selection's rules and the engines say. ``rules`` are those that are at work."""

    def __init__(self, selection: Selection, rules: Iterable[Rule]) -> None:
        self._selection = selection
        self._aliases = selection.catalogue.aliases
        self._rules = selection.catalogue.rules
        self._active = {rule.id for rule in rules}

    def merge(self, outcome: Outcome, theirs: Iterable[Finding], build: Build) -> list[Finding]:
        """All findings about one Dockerfile, ordered by path, line, column and rule id."""
        instructions = _Instructions(build.dockerfile)
        told = {(instructions.at(ours.place), alias) for ours in outcome.findings for alias in ours.aliases}
        open_ = {(instructions.at(question.place), question.rule_id) for question in outcome.undecided}
        found = list(outcome.findings)
        for row in theirs:
            at = instructions.at(row.place)
            if (at, row.rule_id) not in told and self._stays(row.rule_id, at, open_, outcome, build):
                found.append(row)
        return sorted(found, key=_order)

    def _stays(
        self, code: str, at: int | None, open_: set[tuple[int | None, str]], outcome: Outcome, build: Build
    ) -> bool:
        """Whether an engine's row without a finding of ours beside it tells the user something."""
        rules = [self._rules[rule_id] for rule_id in self._aliases.get(code, ())]
        unwanted = [rule for rule in rules if self._selection.left_out(rule)]
        if any(rule.enabled for rule in unwanted) or (rules and len(unwanted) == len(rules)):
            return False
        if code not in SUPERSEDED or outcome.failures or any((at, rule.id) in open_ for rule in rules):
            return True
        return not any(rule.id in self._active and _looked(rule, build.platforms) for rule in rules)


def _looked(rule: Rule, platforms: frozenset[str]) -> bool:
    """Whether a rule that is at work had its say: it spoke, or is silent because the platform asks for the opposite."""
    return speaks(rule, platforms) or not (rule.platforms and platforms.isdisjoint(rule.platforms))


def _order(finding: Finding) -> tuple[object, ...]:
    place = finding.place
    return place.path, place.span, finding.rule_id, finding.message


class _Instructions:
    """Which instruction a place belongs to: its number, None in front of the first and in other files."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        self._path = dockerfile.path
        self._starts = [instruction.line for instruction in dockerfile.instructions]

    def at(self, place: Place) -> int | None:
        at = bisect_right(self._starts, place.line) - 1
        return at if at >= 0 and place.path == self._path else None
