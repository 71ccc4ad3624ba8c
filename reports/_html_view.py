"""What the HTML report shows, worked out before the template sees it: plain values, in the order of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gate.model import Finding, Package, Result, Severity, Tally
from gate.record import dataclass
from gate.report import Page
from gate.reports import _html_source as source
from gate.reports._fix_diff import fix_diff
from gate.reports._html_build import Picture, picture
from gate.reports._html_image import stack
from gate.reports._html_steps import Step, next_steps
from gate.reports.json import summary

MOST_LINES = 20_000
"""Lines of whole files that one report shows; every finding has its excerpt all the same."""

MOST_PICTURES = 20
"""Files whose stages and launches one report draws."""

_ADVISORIES = (
    (re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII), "https://nvd.nist.gov/vuln/detail/"),
    (re.compile(r"GHSA(?:-[0-9a-z]{4}){3}", re.ASCII), "https://github.com/advisories/"),
)


@dataclass(frozen=True)
class Card:
    """One finding. ``kind``: blocking, advisory, waived or baselined; ``anchor`` is its id in the page."""

    finding: Finding
    anchor: str
    kind: str
    lines: tuple[source.Line, ...]
    why: str
    diff: tuple[tuple[str, str], ...] = ()
    """What ``mlgate fix`` makes of it: marks and lines."""

    @property
    def severity(self) -> str:
        return self.finding.severity.word

    @property
    def where(self) -> str:
        return f"{self.finding.place.path}:{self.finding.place.line}"


@dataclass(frozen=True)
class Row:
    """A vulnerability: a row of the table."""

    card: Card
    package: Package
    advisory: str
    link: str
    origin: str


@dataclass(frozen=True)
class Group:
    """The findings in one file."""

    path: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class FileLine:
    line: source.Line
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class File:
    """A whole file with the findings in it; ``left_out`` counts lines that are not shown."""

    path: str
    lines: tuple[FileLine, ...]
    count: int
    left_out: int


@dataclass(frozen=True)
class Bar:
    """A share of the severity bar, in thousandths."""

    severity: str
    number: int
    start: int
    width: int


class View:
    """All that the template asks for."""

    def __init__(self, result: Result, page: Page) -> None:
        self.result = result
        self._page = page
        self.summary = summary(result)
        self.cards = list(self._cards())
        self.causes = [card for card in self.cards if card.finding.blocking]
        self.causes.sort(key=lambda card: -card.finding.severity)
        self.groups = list(self._groups())
        self.rows = sorted((_row(card) for card in self.cards if card.finding.package is not None), key=_rank)
        self.accepted = [card for card in self.cards if card.finding.state != "active"]
        self.steps: list[Step] = next_steps(result, page.catalogue.rules)
        self.bars = list(_bars(result))
        self.files = list(self._files())
        self.stacks = [stack(image, page.sources) for image in result.images]
        self.account = list(_account(result.vulnerabilities)) if result.vulnerabilities is not None else []
        self.unchecked = [package for run in result.engines for package in run.unchecked]
        self.pictures = list(self._pictures())
        self._anchors = {id(card.finding): card.anchor for card in self.cards}

    def anchor(self, finding: Finding) -> str:
        """The id of a finding's card or row."""
        return self._anchors[id(finding)]

    def _cards(self) -> Iterator[Card]:
        seen: dict[str, int] = {}
        explained: set[str] = set()
        for finding in self.result.findings:
            name = re.sub(r"[^0-9A-Za-z]", "", finding.fingerprint) or "finding"
            seen[name] = seen.get(name, 0) + 1
            anchor = f"f-{name}" + (f"-{seen[name]}" if seen[name] > 1 else "")
            kind = "blocking" if finding.blocking else "advisory" if finding.state == "active" else finding.state
            lines = source.excerpt(self._page.sources, finding.place.path, finding.place.span)
            rule = self._page.catalogue.rules.get(finding.rule_id)
            new = rule is not None and rule.id not in explained
            explained.add(finding.rule_id)
            why = rule.reason if rule is not None and new else ""
            yield Card(finding, anchor, kind, lines, why, tuple(fix_diff(self._page.sources, finding)))

    def _groups(self) -> Iterator[Group]:
        groups: dict[str, list[Card]] = {}
        for card in self.cards:
            if card.finding.package is None:
                groups.setdefault(card.finding.place.path, []).append(card)
        for path, cards in groups.items():
            yield Group(path, tuple(sorted(cards, key=lambda card: card.finding.place)))

    def _files(self) -> Iterator[File]:
        room = MOST_LINES
        by_path: dict[str, list[Card]] = {}
        for card in self.cards:
            by_path.setdefault(card.finding.place.path, []).append(card)
        for path in self.result.files:
            text = self._page.sources.text(path)
            if text is None or path not in by_path:
                continue
            total = text.count("\n") + (not text.endswith("\n"))
            shown = min(total, room)
            room -= shown
            cards = by_path[path]
            yield File(path, tuple(self._lines(path, cards, shown)), len(cards), total - shown)

    def _pictures(self) -> Iterator[Picture]:
        for path in self.result.files[:MOST_PICTURES]:
            build = self._page.build(path)
            drawn = picture(build, path, build.platforms) if build is not None else None
            if drawn is not None:
                yield drawn

    def starred(self, text: str) -> str:
        return self._page.sources.starred(text)

    def _lines(self, path: str, cards: list[Card], shown: int) -> Iterator[FileLine]:
        sources = self._page.sources
        begin: dict[int, list[Card]] = {}
        marks: dict[int, set[source.Range]] = {}
        for card in cards:
            span = card.finding.place.span
            begin.setdefault(span.line, []).append(card)
            for number in {span.line, source.last_line(span)}:
                marks.setdefault(number, set()).add(source.columns(span, number, sources.line(path, number)))
        for number in range(1, shown + 1):
            line = source.Line(number, source.pieces(sources.line(path, number), marks.get(number, ())))
            worst_first = sorted(begin.get(number, ()), key=lambda card: -card.finding.severity)
            yield FileLine(line, tuple(worst_first))


def _row(card: Card) -> Row:
    package = card.finding.package
    assert package is not None
    advisory = package.cve or card.finding.rule_id
    link = next((site + advisory for pattern, site in _ADVISORIES if pattern.fullmatch(advisory)), "")
    by = package.introduced_by or {}
    origin = f"{by['path']}:{by['line']}" if by.get("path") and by.get("line") else card.where
    if by.get("kind") == "base":
        origin = f"base image, {origin}"
    elif by.get("path") != card.finding.place.path:
        origin = f"{card.where}, by {origin}" if origin != card.where else origin
    return Row(card, package, advisory, link, origin)


def _rank(row: Row) -> tuple[bool, int, bool, float, str, str]:
    """The worst first: what blocks, the severity, what is exploited, what is likely to be."""
    finding, package = row.card.finding, row.package
    return (
        not finding.blocking,
        -finding.severity,
        not package.known_exploited,
        -(package.epss or 0.0),
        package.name,
        row.advisory,
    )


def _account(tally: Tally) -> Iterator[tuple[str, int]]:
    """What became of the vulnerabilities: what it is called, and how many; what is nobody's is left out."""
    rows = (
        ("block", tally.blocking),
        ("below the threshold", tally.below),
        ("without a fix", tally.without_fix),
        ("within the budget", tally.in_budget),
        ("set aside by VEX", tally.vex),
        ("waived", tally.waived),
        ("baselined", tally.baselined),
    )
    yield from ((name, number) for name, number in rows if number or name == "block")


def _bars(result: Result) -> Iterator[Bar]:
    active = [finding.severity for finding in result.findings if finding.state == "active"]
    start = 0
    done = 0
    for severity in reversed(Severity):
        number = active.count(severity)
        if number:
            done += number
            end = round(1000 * done / len(active))
            yield Bar(severity.word, number, start, end - start)
            start = end
