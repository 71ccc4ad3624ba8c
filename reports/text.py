"""``--format text``: for people at a terminal or in a log. What blocks comes last, right above the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from gate.excerpt import excerpt
from gate.judge import said
from gate.model import EngineRun, Finding, Result, Severity, Undecided
from gate.report import Page, Report
from gate.terminal import Paint, clean

_STYLES = {
    Severity.CRITICAL: "magenta",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "blue",
    Severity.UNKNOWN: "yellow",
}
_MOST_VULNERABILITIES = 8
"""That the verdict names one by one."""
_VERDICTS = {"pass": ("PASS", "green"), "fail": ("FAIL", "red"), "error": ("ERROR", "red")}


def render(result: Result, page: Page) -> str:
    """The report. A clean run is one line; nothing at all when the page is quiet."""
    text = "\n".join(_Writer(result, page).lines())
    if not text:
        return ""
    return _fenced(text + "\n") if page.github else text + "\n"


def _fenced(text: str) -> str:
    """Between marks that make the runner of GitHub Actions deaf: whatever a Dockerfile says, it is no command there."""
    import secrets

    token = secrets.token_hex(16)
    return f"::stop-commands::{token}\n{text}::{token}::\n"


class _Writer:
    def __init__(self, result: Result, page: Page) -> None:
        self.result = result
        self.page = page
        self.paint = Paint(page.color)
        self.explained: set[str] = set()

    def lines(self) -> Iterator[str]:
        active = [finding for finding in self.result.findings if finding.state == "active"]
        if not self.page.quiet:
            for finding in active:
                if not finding.blocking:
                    yield from self.finding(finding)
            for finding in self.result.findings:
                if finding.state != "active":
                    yield from self.accepted(finding)
            for question in self.result.undecided:
                yield from self.undecided(question)
        for finding in active:
            if finding.blocking:
                yield from self.finding(finding)
        for failure in self.result.failures:
            yield self.paint("not judged", "bold", "red") + f": {clean(said(failure))}"
            yield ""
        yield from self.verdict()

    def finding(self, finding: Finding) -> Iterator[str]:
        style = _STYLES[finding.severity]
        kind = self.paint("blocking", "bold", "red") if finding.blocking else "advisory"
        label = self.paint(f"{finding.severity.word}[{clean(finding.rule_id)}]", "bold", style)
        yield f"{kind} {label}: {self.paint(clean(finding.message), 'bold')}"
        yield f"  {self.paint('-->', 'blue')} {self.where(finding)}"
        place = finding.place
        indent = "  "
        for line in excerpt(self.page.sources, place, self.paint, style, self.page.width - len(indent)):
            yield indent + line
        if finding.help:
            yield from self.remark("help", finding.help)
        rule = self.page.catalogue.rules.get(finding.rule_id)
        if rule is not None and finding.rule_id not in self.explained:
            self.explained.add(finding.rule_id)
            yield from self.remark("why", rule.reason)
        notes = self.notes(finding)
        if notes:
            yield from self.remark("note", ", ".join(notes))
        yield ""

    def notes(self, finding: Finding) -> list[str]:
        notes = []
        if finding.engine != "mlgate":
            notes.append(f"found by {finding.engine}")
        if finding.aliases:
            notes.append("also " + ", ".join(finding.aliases))
        if finding.confidence != "high":
            notes.append(f"{finding.confidence} confidence")
        if finding.fix is not None:
            notes.append("mlgate fix mends it" if finding.fix.safe else "mlgate fix --unsafe mends it")
        return notes

    def remark(self, label: str, text: str) -> Iterator[str]:
        import textwrap

        lead = f"   = {label}: "
        room = max(self.page.width - len(lead), 40)
        wrapped = textwrap.wrap(clean(text), room, break_long_words=False, break_on_hyphens=False)
        painted = f"   {self.paint('=', 'blue')} {self.paint(label, 'bold')}: "
        for number, line in enumerate(wrapped):
            yield (" " * len(lead) if number else painted) + line

    def accepted(self, finding: Finding) -> Iterator[str]:
        """A waived or baselined finding: one line, and who accepted it."""
        waiver = finding.waiver or {}
        because = [str(waiver[key]) for key in ("reason", "owner") if waiver.get(key)]
        if waiver.get("expires"):
            because.append(f"until {waiver['expires']}")
        label = f"{finding.severity.word}[{clean(finding.rule_id)}]"
        yield self.paint(f"{finding.state} {label}: {self.where(finding)}: {clean(finding.message)}", "dim")
        if because:
            yield from self.remark("because", ", ".join(because))
        yield ""

    def undecided(self, question: Undecided) -> Iterator[str]:
        where = f"{clean(question.place.path)}:{question.place.line}"
        yield f"{self.paint('undecided', 'bold')} {clean(question.rule_id)}: {where}: {clean(question.reason)}"
        if question.settle:
            yield from self.remark("settle", question.settle)
        yield ""

    def where(self, finding: Finding) -> str:
        return f"{clean(finding.place.path)}:{finding.place.span.line}:{finding.place.span.column}"

    def verdict(self) -> Iterator[str]:
        result = self.result
        counts = self.counts()
        clean_pass = result.verdict == "pass" and not result.findings and not result.undecided
        if clean_pass and self.page.quiet:
            return
        word, style = _VERDICTS[result.verdict]
        nothing = "not judged" if result.verdict == "error" else "no findings"
        head = f"{self.paint(word, 'bold', style)}  {counts or nothing}   {self.files()}".rstrip()
        if clean_pass:
            yield f"{head}   {', '.join(_engine(run, run.reason) for run in result.engines)}"
            return
        yield head
        rows = {
            "blocking": self.blocking(),
            "policy": f"{clean(result.policy)}, fails on {result.fail_on}",
            "platform": ", ".join(self.platforms()),
            "engines": ", ".join(_engine(run, run.reason if run.status != "ok" else "") for run in result.engines),
            **{run.name: clean(run.reason) for run in result.engines if run.status == "ok"},
            "fixable": self.fixable(),
        }
        for label, text in rows.items():
            if text:
                yield f"      {label + ':':<10}{text}"

    def blocking(self) -> str:
        """What blocks, and how often. Vulnerabilities are one entry where there are more than a line can hold."""
        found = [finding for finding in self.result.findings if finding.blocking]
        vulnerable = len({finding.rule_id for finding in found if finding.package}) > _MOST_VULNERABILITIES
        counts = Counter(
            "vulnerabilities" if vulnerable and finding.package else clean(finding.rule_id) for finding in found
        )
        return ", ".join(f"{name} x{count}" for name, count in sorted(counts.items()))

    def fixable(self) -> str:
        """How many of the active findings ``mlgate fix`` would mend."""
        found = [finding.fix.safe for finding in self.result.findings if finding.fix and finding.state == "active"]
        safe, unsafe = sum(found), len(found) - sum(found)
        if not safe:
            return f"{unsafe} with mlgate fix --unsafe" if unsafe else ""
        return f"{safe} with mlgate fix" + (f", {unsafe} more with --unsafe" if unsafe else "")

    def counts(self) -> str:
        result = self.result
        states = Counter(
            "blocking" if finding.blocking else "advisory" if finding.state == "active" else finding.state
            for finding in result.findings
        )
        states["undecided"] = len(result.undecided)
        kinds = ("blocking", "advisory", "waived", "baselined", "undecided")
        return ", ".join(f"{states[kind]} {kind}" for kind in kinds if states[kind])

    def files(self) -> str:
        names = self.result.files
        return ", ".join(clean(name) for name in names) if len(names) <= 3 else f"{len(names)} files"

    def platforms(self) -> Iterator[str]:
        for target in self.result.targets:
            how = "declared" if target.declared else "; ".join(target.evidence[: None if self.page.verbose else 1])
            yield f"{target.name} ({clean(how)})"


def _engine(run: EngineRun, about: str) -> str:
    version = f" {run.version}" if run.version else ""
    said = f" ({clean(about)})" if about else ""
    return clean(f"{run.name}{version} ") + (run.status if run.status == "ok" else run.status.upper()) + said


report = Report(summary="For people: findings with excerpts, and the verdict.", render=render)
