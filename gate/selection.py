"""Which rules speak: ``select``, ``ignore``, ``extend-select``, and the severities that a policy gives.

A word is a rule id (``PKG001``), a prefix (``PKG``, ``SM``), a rule name (``missing-assume-yes``), another linter's id
(``DL3014``, ``SC2086``, ``CVE-2024-1234``) or an engine (``hadolint``). Where several words fit, the most exact one
holds; between equals, ``ignore`` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gate.catalogue import Catalogue
from gate.lazy import pattern
from gate.model import Finding, Severity
from gate.policy import ENGINES, Policy, PolicyError
from gate.record import dataclass, replace
from gate.rule import Rule

OWN = "mlgate"
_FOREIGN = pattern(r"(DL|SC)\d{0,4}|(CVE|GHSA)(-[\w-]*)?")
_FOREIGN_ENGINES = {"D": "hadolint", "S": "hadolint", "C": "grype", "G": "grype"}

_ENGINE, _EXACT = 1, 1000  # how exactly a word fits; a prefix fits by its length + _ENGINE


@dataclass(frozen=True)
class Subject:
    """What a word is held against: a rule or a finding."""

    rule_id: str
    name: str
    engine: str
    aliases: tuple[str, ...]


def fit(words: Iterable[str], subject: Subject) -> int:
    """How exactly the best of the words names the subject; 0 when none does."""
    best = 0
    for word in words:
        if word in (subject.rule_id, subject.name) or word in subject.aliases:
            return _EXACT
        if word == subject.engine:
            best = max(best, _ENGINE)
        elif subject.rule_id.startswith(word):
            best = max(best, _ENGINE + len(word))
    return best


def words_for(about: Subject) -> list[str]:
    """Every word that names a subject: those for which :func:`fit` is not 0."""
    prefixes = (about.rule_id[:length] for length in range(1, len(about.rule_id)))
    return [about.rule_id, about.name, about.engine, *about.aliases, *prefixes]


def known(word: str, catalogue: Catalogue) -> bool:
    """Whether a word can name anything."""
    if word in ENGINES or word == OWN or catalogue.find(word) or _FOREIGN.fullmatch(word):
        return True
    return bool(word) and any(rule_id.startswith(word) for rule_id in catalogue.rules)


def vocabulary(catalogue: Catalogue) -> list[str]:
    """The words to choose a did-you-mean from."""
    families = {rule.family for rule in catalogue.rules.values()}
    return [*catalogue.rules, *catalogue.names, *catalogue.aliases, *sorted(families), *ENGINES, OWN]


class Selection:
    """The selection of one policy. Raises :class:`~gate.policy.PolicyError` on a word that names nothing."""

    def __init__(self, policy: Policy, catalogue: Catalogue) -> None:
        self._select = policy.select
        self._extend = policy.extend_select
        self._ignore = policy.ignore
        self._severity = policy.severity
        self._wanted: dict[tuple[object, ...], bool] = {}
        self.catalogue = catalogue
        ignored_somewhere = [word for words in policy.per_file_ignores.values() for word in words]
        self._check("select", policy.select)
        self._check("extend-select", policy.extend_select)
        self._check("ignore", [*policy.ignore, *ignored_somewhere])
        self._check("severity", policy.severity)
        self._check("waivers", [waiver.rule for waiver in policy.waivers if waiver.rule])

    def _check(self, key: str, words: Iterable[str]) -> None:
        for word in words:
            if not known(word, self.catalogue):
                from gate.words import did_you_mean

                hint = did_you_mean(word, vocabulary(self.catalogue))
                raise PolicyError(f"{key}: there is no rule, prefix or engine '{word}'{hint}")

    def rules(self) -> list[Rule]:
        """The rules that speak, in the order of their ids."""
        if not (self._select or self._extend or self._ignore):
            return [rule for rule in self.catalogue.rules.values() if rule.enabled]
        return [rule for rule in self.catalogue.rules.values() if self._speaks(_of_rule(rule), rule.enabled)]

    def wants(self, finding: Finding) -> bool:
        """Whether a finding is asked for: an engine's, or one of ours that was merged with it."""
        kind = (finding.rule_id, finding.name, finding.engine, finding.aliases)
        if kind not in self._wanted:
            rule = self.catalogue.rules.get(finding.rule_id)
            self._wanted[kind] = self._speaks(subject(finding), rule is None or rule.enabled)
        return self._wanted[kind]

    def left_out(self, rule: Rule) -> bool:
        """Whether a rule is silent because it is not wanted, and not merely because others were selected."""
        about = _of_rule(rule)
        return not self._speaks(about, rule.enabled) and (fit(self._ignore, about) > 0 or not self._select)

    def _speaks(self, about: Subject, enabled: bool) -> bool:
        chosen = fit(self._select, about) if self._select else int(enabled)
        chosen = max(chosen, fit(self._extend, about))
        return chosen > 0 and chosen > fit(self._ignore, about)

    def ranked(self, finding: Finding) -> Finding:
        """The finding with the severity that the policy gives it."""
        if not self._severity:
            return finding
        return replace(finding, severity=severity_of(self._severity, subject(finding), finding.severity))


def wants_engine(policy: Policy, name: str) -> bool:
    """Whether anything that an engine could find is asked for."""
    named = any(engine_of(word) == name for word in (*policy.select, *policy.extend_select))
    return named or not (policy.select or name in policy.ignore)


def severity_of(table: Mapping[str, Severity], about: Subject, own: Severity) -> Severity:
    best, severity = 0, own
    for word, given in table.items():
        exactness = fit((word,), about)
        if exactness > best:
            best, severity = exactness, given
    return severity


def subject(finding: Finding) -> Subject:
    return Subject(finding.rule_id, finding.name, finding.engine, finding.aliases)


def _of_rule(rule: Rule) -> Subject:
    return Subject(rule.id, rule.name, OWN, rule.aliases)


def engine_of(word: str) -> str | None:
    """The engine that an engine's name or one of its ids belongs to."""
    if word in ENGINES:
        return word
    return _FOREIGN_ENGINES.get(word[:1]) if _FOREIGN.fullmatch(word) else None
