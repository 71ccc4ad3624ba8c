"""``mlgate rules`` and ``mlgate explain``: the catalogue, and one rule."""

from __future__ import annotations

import json
from typing import Any

from gate import catalogue, fixes
from gate.commands.output import page_width, say, write
from gate.model import PLATFORMS
from gate.policy import PolicyError
from gate.rule import Example, Rule
from gate.selection import vocabulary
from gate.words import did_you_mean

FORMS = ("text", "table", "json", "markdown")
MARK = "»"
_FIXES = {
    (fixes.SAFE,): "mlgate fix",
    (fixes.UNSAFE,): "mlgate fix --unsafe",
    (fixes.SAFE, fixes.UNSAFE): "mlgate fix; some cases only with --unsafe",
}
"""What mends a rule's findings, where the case allows it, by :attr:`gate.rule.Rule.fixes`."""


def list_rules(form: str, words: tuple[str, ...] = ()) -> int:
    """Print the catalogue, or the rules that ids, prefixes, names or aliases stand for."""
    found = _chosen(words, form)
    if form == "json":
        write(_json([_described(rule) for rule in found]).encode())
    elif form == "markdown":
        write(markdown(found).encode())
    else:
        say(_table(found))
    return 0


def explain(word: str, form: str) -> int:
    """Print one rule, or every rule that sees what another linter's id is about."""
    found = _chosen((word,), form)
    if form == "json":
        write(_json([_described(rule) for rule in found]).encode())
    elif form == "markdown":
        write("\n".join(_markdown_rule(rule) for rule in found).encode())
    else:
        say("\n".join(_page(rule) for rule in found))
    return 0


def markdown(rules: list[Rule]) -> str:
    """The catalogue as one page: a table of contents, then every rule by family."""
    lines = [
        "# Rules",
        "",
        f"{len(rules)} rules. Written by `mlgate rules --format markdown`; edit the rules, not this page.",
        "",
        "| id | name | severity | what it finds |",
        "|---|---|---|---|",
    ]
    for rule in rules:
        severity = rule.severity.word if rule.enabled else f"{rule.severity.word}, off by default"
        summary = rule.summary.replace("|", "\\|")
        lines.append(f"| [{rule.id}](#{rule.id.lower()}-{rule.name}) | {rule.name} | {severity} | {summary} |")
    family = ""
    for rule in rules:
        if rule.family != family:
            family = rule.family
            lines += ["", f"## {family}: {catalogue.family_name(family)}"]
        lines += ["", _markdown_rule(rule).rstrip()]
    return "\n".join(lines) + "\n"


def _chosen(words: tuple[str, ...], form: str) -> list[Rule]:
    if form not in FORMS:
        raise PolicyError(f"--format: write {', '.join(FORMS)}, not '{form}'")
    known = catalogue.load()
    if not words:
        return list(known.rules.values())
    chosen: dict[str, Rule] = {}
    for word in words:
        found = known.find(word) or [rule for rule in known.rules.values() if word and rule.id.startswith(word)]
        if not found:
            raise PolicyError(f"there is no rule '{word}'{did_you_mean(word, vocabulary(known))}")
        chosen.update((rule.id, rule) for rule in found)
    return [chosen[rule_id] for rule_id in sorted(chosen)]


def _table(rules: list[Rule]) -> str:
    longest = max((len(rule.name) for rule in rules), default=0)
    rows = []
    for rule in rules:
        off = "" if rule.enabled else "(off) "
        rows.append(f"{rule.id:<8}{rule.severity.word:<10}{rule.name:<{longest}}  {off}{rule.summary}\n")
    return "".join(rows)


def _page(rule: Rule) -> str:
    import textwrap

    room = min(page_width(), 100)
    lines = [f"{rule.id} {rule.name}", "", *textwrap.wrap(rule.summary, room), ""]
    lines += [f"  {label + ':':<12}{text}" for label, text in _facts(rule).items()]
    for label, text in (("Why", rule.reason), ("Fix", rule.fix)):
        lines += ["", f"{label}:", *textwrap.wrap(text, room, initial_indent="  ", subsequent_indent="  ")]
    for label, examples in (("Bad", rule.bad), ("Good", rule.good)):
        for example in examples[:2]:
            lines += ["", f"{label}:", textwrap.indent(_example(example).rstrip("\n"), "  ")]
    return "\n".join(lines) + "\n"


def _markdown_rule(rule: Rule) -> str:
    lines = [f"### {rule.id} {rule.name}", "", rule.summary, ""]
    lines += [f"* {label}: {text}" for label, text in _facts(rule).items()]
    lines += ["", f"**Why.** {rule.reason}", "", f"**Fix.** {rule.fix}"]
    for label, examples in (("Bad", rule.bad), ("Good", rule.good)):
        if examples:
            lines += ["", f"{label}:", "", "```dockerfile", _example(examples[0]).rstrip("\n"), "```"]
    return "\n".join(lines) + "\n"


def _facts(rule: Rule) -> dict[str, str]:
    facts = {
        "severity": rule.severity.word,
        "confidence": rule.confidence if rule.confidence != "high" else "",
        "family": catalogue.family_name(rule.family),
        "default": "" if rule.enabled else "off; switched on by a stricter policy or --select",
        "platforms": ", ".join(name for name in PLATFORMS if name in rule.platforms),
        "silent for": ", ".join(name for name in PLATFORMS if name in rule.silent_for),
        "also known as": ", ".join(rule.aliases),
        "fixed by": _FIXES.get(rule.fixes, ""),
        "links": " ".join(rule.links),
    }
    return {label: text for label, text in facts.items() if text}


def _example(example: str | Example) -> str:
    """An example without its marks, with the names of the files that it needs."""
    if isinstance(example, str):
        return example.replace(MARK, "")
    lines = [f"# with {', '.join(name.rstrip('*') for name in example.files)} in the context"] if example.files else []
    if example.platforms:
        lines.append(f"# for {', '.join(example.platforms)}")
    if example.image is not None:
        lines.append(f"# beside an image with {', '.join(f'{key} {value}' for key, value in example.image.items())}")
    return "\n".join([*lines, example.dockerfile.replace(MARK, "")])


def _described(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "family": catalogue.family_name(rule.family),
        "severity": rule.severity.word,
        "confidence": rule.confidence,
        "enabled": rule.enabled,
        "summary": rule.summary,
        "reason": rule.reason,
        "fix": rule.fix,
        "aliases": list(rule.aliases),
        "platforms": list(rule.platforms),
        "silent_for": list(rule.silent_for),
        "links": list(rule.links),
        "fixes": list(rule.fixes),
        "bad": [_example(example) for example in rule.bad],
        "good": [_example(example) for example in rule.good],
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
