"""One-liners for tables of rule cases.

    expect("PKG001", "FROM debian:12\\nRUN »apt-get install curl\\n")
    silent("PKG001", "FROM debian:12\\nRUN apt-get install -y curl\\n")

``»`` stands in front of each place where the rule must speak: in the Dockerfile, or in one of ``files``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

from gate import catalogue
from gate.build import Build
from gate.context import memory_context
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.images.settle import Settled
from gate.model import Finding, Undecided
from gate.policyfile import from_values
from gate.rule import Example
from gate.rulings import suppressed
from gate.walk import Outcome, Walker
from tests.images.support import image_of

MARK = "»"
TODAY = datetime.date(2026, 11, 1)
"""The day on which the cases are judged, so that they do not age."""
Position = tuple[str, int, int]


def run(
    dockerfile: str,
    rule_ids: Iterable[str] | None = None,
    files: Mapping[str, str | bytes] | None = None,
    platforms: Iterable[str] = (),
    policy: Mapping[str, object] | None = None,
    build_args: Mapping[str, str] | None = None,
) -> list[tuple[str, int, int, str]]:
    """``(rule id, line, column, severity word)`` of every finding, sorted. No ``rule_ids``: every rule there is."""
    found = findings(dockerfile, rule_ids, files, platforms, policy, build_args)
    return sorted((f.rule_id, f.place.span.line, f.place.span.column, f.severity.word) for f in found)


def findings(
    dockerfile: str,
    rule_ids: Iterable[str] | None = None,
    files: Mapping[str, str | bytes] | None = None,
    platforms: Iterable[str] = (),
    policy: Mapping[str, object] | None = None,
    build_args: Mapping[str, str] | None = None,
) -> list[Finding]:
    """The findings themselves, for tests of messages, helps, stages and aliases."""
    return _outcome(dockerfile, rule_ids, files, platforms, policy, build_args).findings


def undecided(
    dockerfile: str,
    rule_ids: Iterable[str] | None = None,
    files: Mapping[str, str | bytes] | None = None,
    platforms: Iterable[str] = (),
    policy: Mapping[str, object] | None = None,
    build_args: Mapping[str, str] | None = None,
) -> list[Undecided]:
    """What the rules could not decide."""
    return _outcome(dockerfile, rule_ids, files, platforms, policy, build_args).undecided


def expect(rule_id: str, example: str | Example, *, severity: str | None = None, **kw: object) -> None:
    """The rule speaks at each mark and nowhere else; with ``severity``, each time with that word."""
    case, marks = unmark(example, **kw)
    assert marks, f"{rule_id}: the example has no {MARK}"
    found = found_in(rule_id, case)
    assert {_position(f) for f in found} == set(marks), _explain(rule_id, case, marks, found)
    if severity is not None:
        assert {f.severity.word for f in found} == {severity}, [(f.message, f.severity.word) for f in found]


def silent(rule_id: str, example: str | Example, **kw: object) -> None:
    """The rule says nothing."""
    case, marks = unmark(example, **kw)
    assert not marks, f"{rule_id}: a silent example has a {MARK}"
    found = found_in(rule_id, case)
    assert not found, _explain(rule_id, case, [], found)


def unmark(example: str | Example, **kw: object) -> tuple[Example, list[Position]]:
    """The example without its marks, and the ``(path, line, column)`` that each stood in front of."""
    if isinstance(example, str):
        example = Example(example, **kw)  # type: ignore[arg-type]
    else:
        assert not kw, "an Example says everything itself"
    marks: list[Position] = []
    dockerfile = _cut_marks("Dockerfile", example.dockerfile, marks)
    files = {
        name: _cut_marks(name.removesuffix("*"), content, marks) if isinstance(content, str) else content
        for name, content in example.files.items()
    }
    return Example(dockerfile, files, example.platforms, example.policy, example.build_args, example.image), marks


def _cut_marks(path: str, text: str, marks: list[Position]) -> str:
    parts = text.split(MARK)
    clean = ""
    for part in parts[:-1]:
        clean += part
        marks.append((path, clean.count("\n") + 1, len(clean) - clean.rfind("\n")))
    return clean + parts[-1]


def found_in(rule_id: str, case: Example) -> list[Finding]:
    """What a rule says about an example without marks."""
    outcome = _outcome(case.dockerfile, [rule_id], case.files, case.platforms, case.policy, case.build_args, case.image)
    return [finding for finding in outcome.findings if finding.rule_id == rule_id]


def _position(finding: Finding) -> Position:
    return finding.place.path, finding.place.span.line, finding.place.span.column


def _explain(rule_id: str, case: Example, marks: list[Position], found: list[Finding]) -> str:
    rows = [f"{rule_id} on:", case.dockerfile]
    rows += [f"  wanted at {path}:{line}:{column}" for path, line, column in sorted(marks)]
    rows += [f"  found at {':'.join(map(str, _position(f)))}: {f.message}" for f in found]
    return "\n".join(rows)


def _outcome(
    dockerfile: str,
    rule_ids: Iterable[str] | None,
    files: Mapping[str, str | bytes] | None,
    platforms: Iterable[str],
    policy: Mapping[str, object] | None,
    build_args: Mapping[str, str] | None,
    image: Mapping[str, object] | None = None,
) -> Outcome:
    known = catalogue.load()
    rules = list(known.rules.values()) if rule_ids is None else [known.rules[rule_id] for rule_id in rule_ids]
    build = make_build(dockerfile, files or {}, platforms, policy or {}, build_args or {})
    if image is not None:
        build.built = Settled(image_of(image), build)
    about_suppressions = any(rule.suppression_checks for rule in rules)
    # Whether a suppression is of use shows only when all that it could suppress was looked for.
    walker = Walker(known.rules.values() if about_suppressions else rules)
    outcome = walker.walk(build)
    assert not outcome.failures, outcome.failures
    if about_suppressions:
        found, amiss = suppressed(build, outcome.findings, outcome, walker, (), known)
        wanted = {rule.id for rule in rules}
        outcome.findings = [finding for finding in (*found, *amiss) if finding.rule_id in wanted]
    return outcome


def make_build(
    dockerfile: str,
    files: Mapping[str, str | bytes],
    platforms: Iterable[str],
    policy: Mapping[str, object],
    build_args: Mapping[str, str],
) -> Build:
    """A build whose Dockerfile is called ``Dockerfile``, with these files as its context."""
    contents = {name.removesuffix("*"): content for name, content in files.items()}
    modes = {name.removesuffix("*"): 0o755 for name in files if name.endswith("*")}
    return Build(
        parse(Source("Dockerfile", dockerfile.encode())),
        context=memory_context(contents, modes=modes),
        context_named=True,
        build_args=build_args,
        platforms=platforms,
        settings=from_values(policy).settings if policy else {},
    )
