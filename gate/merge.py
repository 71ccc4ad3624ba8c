"""One problem, one finding: what an engine and one of our rules both see is told once, under our id.

An engine's row is gone when one of our findings about the same instruction has its id as an alias. It is also gone
when our rule knows better: it looks at the same thing (``SUPERSEDED``), was at work, and found nothing, or said that it
cannot know, or is silent because the platform asks for the opposite. It is gone when it says in other words that the
builder refuses the instruction (``REFUSED``). And it is gone when the user does not want our rule: who ignores PIN005
does not want the same words back as DL3008. A rule that is silent only because others were selected takes no row with
it: the selection judges each row by its own id.

Of two findings of ours at one place, one of which has the other's id as an alias, that one remains.
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
    ("DL3006", "DL3007", "DL3022"): "ARG defaults, stage names in any case, ports, digests",
    ("DL3008", "DL3018", "DL3033", "DL3037", "DL3041"): "variables, lists in files, local packages",
    ("DL3013", "DL3016", "DL3028", "DL3062"): "values of options, requirements and constraints files, lock files",
    ("DL3009", "DL3042"): "caches that are mounted or removed",
    ("DL3048", "DL3049", "DL3050", "DL3051"): "the labels of the image, not of each stage",
    ("DL3052", "DL3053", "DL3054", "DL3055", "DL3056", "DL3058"): "the values of variables in labels",
    ("DL4003", "DL4004"): "the instruction that is dead is named, not the one that wins",
    ("DL3002",): "the user of the image, not of each stage; platforms that ask for root",
    ("DL3064",): "secrets by word: TOKENIZERS_PARALLELISM is none",
}
SUPERSEDED = {code: why for codes, why in _SUPERSEDED.items() for code in codes}
"""Where our rules know more, and what. Of other ids that our rules have as aliases, they see only a part."""


REFUSED = frozenset({"DL3011", "DL3012", "DL3021", "DL3022", "DL3023", "DL3025", "DL3043", "DL3061"})
"""What hadolint says of instructions that BuildKit refuses, where our finding gives BuildKit's own words."""


class Merger:
    """Brings together what one selection's rules and the engines say. ``rules`` are those that are at work."""

    def __init__(self, selection: Selection, rules: Iterable[Rule]) -> None:
        self._selection = selection
        self._aliases = selection.catalogue.aliases
        self._rules = selection.catalogue.rules
        self._active = {rule.id for rule in rules}

    def merge(self, outcome: Outcome, theirs: Iterable[Finding], build: Build) -> list[Finding]:
        """All findings about one Dockerfile."""
        found = _distinct(outcome.findings)
        return [*found, *self._news(list(theirs), found, outcome, build)]

    def _news(self, theirs: list[Finding], ours: list[Finding], outcome: Outcome, build: Build) -> list[Finding]:
        """The engines' rows that tell the user something."""
        if not theirs:
            return []
        instructions = _Instructions(build.dockerfile)
        told = {(instructions.at(finding.place), alias) for finding in ours for alias in finding.aliases}
        told |= {(instructions.at(fault.place), code) for fault in build.faults for code in REFUSED}
        news = (row for row in theirs if (instructions.at(row.place), row.rule_id) not in told)
        return [row for row in news if self._stays(row.rule_id, outcome, build)]

    def _stays(self, code: str, outcome: Outcome, build: Build) -> bool:
        """Whether an engine's row without a finding of ours beside it tells the user something."""
        rules = [self._rules[rule_id] for rule_id in self._aliases.get(code, ())]
        unwanted = [rule for rule in rules if self._selection.left_out(rule)]
        if any(rule.enabled for rule in unwanted) or (rules and len(unwanted) == len(rules)):
            return False
        if code not in SUPERSEDED or outcome.failures:
            return True
        return not any(rule.id in self._active and _looked(rule, build.platforms) for rule in rules)


def _distinct(findings: list[Finding]) -> list[Finding]:
    """Our findings without those that another one at the same place tells as well, by its alias."""
    ids = {finding.rule_id for finding in findings}
    told = {(_start(finding.place), alias) for finding in findings for alias in finding.aliases if alias in ids}
    return (
        [finding for finding in findings if (_start(finding.place), finding.rule_id) not in told] if told else findings
    )


def _start(place: Place) -> tuple[str, int, int]:
    return place.path, place.span.line, place.span.column


def _looked(rule: Rule, platforms: frozenset[str]) -> bool:
    """Whether a rule that is at work had its say: it spoke, or is silent because the platform asks for the opposite."""
    return speaks(rule, platforms) or not (rule.platforms and platforms.isdisjoint(rule.platforms))


class _Instructions:
    """Which instruction a place belongs to: its number, None in front of the first and in other files."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        self._path = dockerfile.path
        self._starts = [instruction.line for instruction in dockerfile.instructions]

    def at(self, place: Place) -> int | None:
        at = bisect_right(self._starts, place.line) - 1
        return at if at >= 0 and place.path == self._path else None
