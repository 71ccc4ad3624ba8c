"""Comments that quiet findings: ``# mlgate: ignore[…]``, ``# mlgate: ignore-file[…]`` and hadolint's pragmas.

A quieted finding stays in the result with the state ``waived``. What is wrong with a suppression itself is said by the
rules that ask for it with ``rule.on_suppression``. The rules of the family GAT cannot be quieted by a comment: a file
must not be able to hide that it is broken.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator
from datetime import date
from typing import Any

from gate import clock
from gate.catalogue import Catalogue
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Comment, Dockerfile, From, Instruction
from gate.lazy import pattern
from gate.model import Finding
from gate.policy import Waiver
from gate.record import replace
from gate.selection import engine_of, known, subject, vocabulary, words_for
from gate.suppression import Suppression, Word
from gate.words import closest

_OWN = pattern(r"#\s*mlgate\s*:\s*(.*)", re.S)
_OWN_BODY = pattern(r"(ignore|ignore-file)\s*\[([^\]]*)\]\s*(.*)", re.S)
_UNTIL = pattern(r"until=(\S*)\s*")
_HADOLINT = pattern(
    r"#[ \t]*hadolint[ \t]+(?:(global|stage)[ \t]+)?ignore[ \t]*=[ \t]*"
    r"([A-Z]+\d+(?:[ \t]*,[ \t]*[A-Z]+\d+)*)[ \t]*(?:#\s*(.*))?"
)
_WORD = pattern(r"[^\s,]+")
_UNTOUCHABLE = "GAT"

MAX_SUPPRESSIONS = 1000
"""Comments of one file that are heeded."""
MAX_SUGGESTIONS = 20
"""Of one file: each costs a comparison with every known word."""
MAX_COMMENTS = 100
"""Comment lines between a suppression inside an instruction and the code that it is about."""


def read(dockerfile: Dockerfile, catalogue: Catalogue) -> list[Suppression]:
    """The suppressions of a Dockerfile, in the order of the text."""
    text = dockerfile.source.text
    if "mlgate" not in text and "hadolint" not in text:
        return []
    reader = _Reader(dockerfile, catalogue)
    found: list[Suppression] = []
    for comment in dockerfile.comments:
        suppression = reader.read(comment)
        if suppression is None:
            continue
        if len(found) == MAX_SUPPRESSIONS:
            fault = f"only {MAX_SUPPRESSIONS} comments of a file are heeded"
            found.append(Suppression("ignore", comment.text.place, fault=fault))
            break
        found.append(suppression)
    return found


def apply(
    findings: Iterable[Finding], suppressions: list[Suppression], path: str, catalogue: Catalogue
) -> list[Finding]:
    """The findings, those that a suppression covers marked as waived. Notes on each word whether it was of use."""
    if not suppressions:
        return list(findings)
    index = _Index(suppressions, path, catalogue)
    return [index.apply(finding) for finding in findings]


def mark_unused(
    suppressions: Iterable[Suppression], decided: Container[str], engines: Container[str], catalogue: Catalogue
) -> None:
    """Fill ``unused``. ``decided``: the ids of the rules that ran and left nothing undecided; ``engines``: those that
    ran."""
    for suppression in suppressions:
        if suppression.kind != "hadolint" and suppression.active:
            suppression.unused = [
                word
                for word in suppression.words
                if word.known and not word.used and _looked_for(word.text, decided, engines, catalogue)
            ]


def of_waiver(waiver: Waiver, day: date) -> Suppression:
    """A waiver of the policy as the rules about suppressions see it."""
    text = waiver.rule or waiver.cve or waiver.package or waiver.path or ""
    expired = waiver.expires is not None and waiver.expires < day
    words = [Word(text, waiver.place)]
    return Suppression("waiver", waiver.place, words, waiver.reason, waiver.expires, expired)


class _Index:
    """The active suppressions by word, so that a file full of them costs no more than its length.

    Those of one kind and scope do not overlap unless they cover the very same lines, so that the last one which begins
    at or before a line is the only one that can cover it.
    """

    def __init__(self, suppressions: Iterable[Suppression], path: str, catalogue: Catalogue) -> None:
        self._path = path
        self._catalogue = catalogue
        self._table: dict[tuple[str, str, str], list[tuple[Suppression, Word]]] = {}
        for suppression in suppressions:
            if suppression.active:
                for word in suppression.words:
                    key = (suppression.kind, suppression.scope, word.text)
                    self._table.setdefault(key, []).append((suppression, word))
        self._kinds = sorted({key[:2] for key in self._table})

    def apply(self, finding: Finding) -> Finding:
        if finding.rule_id.startswith(_UNTOUCHABLE):
            return finding
        quiet: Suppression | None = None
        for kind, scope in self._kinds:
            for text in self._pragma_words(finding) if kind == "hadolint" else words_for(subject(finding)):
                entries = self._table.get((kind, scope, text))
                found = self._covering(entries, scope, finding) if entries else None
                if found is not None:
                    quiet = quiet or found[0]
                    found[1].used = True
        if any(alias.startswith(_UNTOUCHABLE) for alias in finding.aliases):
            return finding  # it stands for one that cannot be quieted
        return finding if quiet is None else replace(finding, state="waived", waiver=_waiver(quiet))

    def _covering(
        self, entries: list[tuple[Suppression, Word]], scope: str, finding: Finding
    ) -> tuple[Suppression, Word] | None:
        if scope == "file":
            return entries[0]
        line = finding.place.line
        at = bisect_right(entries, line, key=lambda entry: entry[0].lines[0]) - 1
        if at < 0 or finding.place.path != self._path or entries[at][0].lines[1] < line:
            return None
        return entries[at]

    def _pragma_words(self, finding: Finding) -> Iterable[str]:
        """The ids that hadolint knows a finding by: those of the finding, else those of its rule."""
        rule = self._catalogue.rules.get(finding.rule_id)
        if rule is None:
            return (finding.rule_id, *finding.aliases)
        return finding.aliases or rule.aliases


def _waiver(suppression: Suppression) -> dict[str, Any]:
    return {
        "kind": "pragma" if suppression.kind == "hadolint" else "comment",
        "reason": suppression.reason,
        "owner": None,
        "expires": suppression.until.isoformat() if suppression.until else None,
        "path": suppression.place.path,
        "line": suppression.place.line,
    }


def _looked_for(text: str, decided: Container[str], engines: Container[str], catalogue: Catalogue) -> bool:
    """Whether everything was looked for that a word could have suppressed."""
    engine = engine_of(text)
    if engine is not None and engine not in engines:
        return False
    rules = catalogue.find(text) or [rule for rule in catalogue.rules.values() if rule.id.startswith(text)]
    return all(rule.id in decided for rule in rules)


class _Reader:
    def __init__(self, dockerfile: Dockerfile, catalogue: Catalogue) -> None:
        self.dockerfile = dockerfile
        self.catalogue = catalogue
        self.starts = [instruction.start for instruction in dockerfile.instructions]
        self.day = clock.today()
        self.suggestions = MAX_SUGGESTIONS

    def read(self, comment: Comment) -> Suppression | None:
        own = _OWN.fullmatch(comment.text.value.rstrip())
        if own is not None:
            return self._own(comment.text, own)
        pragma = _HADOLINT.fullmatch(comment.text.value.rstrip())
        return None if pragma is None else self._pragma(comment.text, pragma)

    def _own(self, text: Text, match: re.Match[str]) -> Suppression:
        body = _OWN_BODY.fullmatch(match[1])
        if body is None:
            fault = "write `# mlgate: ignore[ID] reason` or `# mlgate: ignore-file[ID] reason`"
            return Suppression("ignore", text.place, fault=fault)
        found = Suppression(body[1], text.place, self._words(text, match.start(1) + body.start(2), body[2]))
        rest = body[3]
        until = _UNTIL.match(rest)
        if until is not None:
            rest = rest[until.end() :]
            try:
                found.until = date.fromisoformat(until[1])
                found.expired = found.until < self.day
            except ValueError:
                found.fault = f"until={until[1]} is no date: write until=2027-01-31"
        found.reason = rest.lstrip(":-# ").strip()
        if not found.words:
            found.fault = "no rule is named"
        if found.kind == "ignore":
            found.scope, found.lines = self._below(text)
        return found

    def _words(self, text: Text, start: int, ids: str) -> list[Word]:
        words = []
        for match in _WORD.finditer(ids):
            word = Word(match[0], text.slice(start + match.start(), start + match.end()).place)
            word.known = known(word.text, self.catalogue)
            if not word.known and self.suggestions:
                self.suggestions -= 1
                word.suggestion = closest(word.text, vocabulary(self.catalogue))
            words.append(word)
        return words

    def _below(self, text: Text) -> tuple[str, tuple[int, int]]:
        """What a comment covers: the next instruction, or, between continued lines, the next line of code."""
        inside = self._instruction_around(text)
        if inside is not None:
            source, line = self.dockerfile.source, text.line + 1
            last = min(inside.end_line, line + MAX_COMMENTS)
            while line < last and source.line(line).strip()[:1] in ("", "#"):
                line += 1
            return "line", (line, line)
        after = bisect_left(self.starts, text.end)
        if after == len(self.starts):
            return "instruction", (0, -1)
        instruction = self.dockerfile.instructions[after]
        return "instruction", (instruction.line, instruction.end_line)

    def _instruction_around(self, text: Text) -> Instruction | None:
        before = bisect_right(self.starts, text.start) - 1
        if before < 0:
            return None
        instruction = self.dockerfile.instructions[before]
        return instruction if text.start < instruction.end else None

    def _pragma(self, text: Text, match: re.Match[str]) -> Suppression | None:
        """hadolint's own comment, where hadolint would heed it: a plain one covers the instruction on the very next
        line, a stage's stands right above its FROM and covers what follows until the next FROM."""
        words = [Word(code, text.place) for code in _WORD.findall(match[2])]
        found = Suppression("hadolint", text.place, words, match[3] or "")
        if match[1] == "global":
            return found
        instruction = None if self._instruction_around(text) else self._on_line(text.line + 1)
        if instruction is None:
            return None
        found.scope, found.lines = "instruction", (instruction.line, instruction.end_line)
        if match[1] == "stage":
            if not isinstance(instruction, From):
                return None
            body = instruction.stage.instructions if instruction.stage else []
            found.scope = "stage"
            found.lines = (instruction.end_line + 1, body[-1].end_line if body else instruction.end_line)
        return found

    def _on_line(self, line: int) -> Instruction | None:
        at = bisect_left(self.starts, line, key=lambda start: self.dockerfile.source.position(start)[0])
        found = self.dockerfile.instructions[at] if at < len(self.starts) else None
        return found if found is not None and found.line == line else None


def hygiene(suppressions: Iterable[Suppression], catalogue: Catalogue) -> Iterator[Finding]:
    """What the rules about suppressions say of them."""
    checks = [check for rule in catalogue.rules.values() for check in rule.suppression_checks]
    for suppression in suppressions:
        for check in checks:
            yield from (result for result in check(suppression) if isinstance(result, Finding))
