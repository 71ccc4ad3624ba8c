"""The lines that the fix of a finding takes away, and those that it puts there."""

from __future__ import annotations

from collections.abc import Iterator

from gate.dockerfile.source import Source
from gate.fixing import applied
from gate.model import Finding
from gate.sources import Sources
from gate.terminal import clean

MOST_LINES = 12
"""Of one side; a longer diff is for ``mlgate fix --diff``."""
_LONGEST = 1 << 20


def fix_diff(sources: Sources, finding: Finding) -> Iterator[tuple[str, str]]:
    """Pairs of ``-`` or ``+`` and a line. Nothing where a line has a secret in it, or where there is too much."""
    if finding.fix is None or finding.state != "active":
        return
    spans = [edit.place.span for edit in finding.fix.edits]
    path = finding.fix.edits[0].place.path
    first, last = min(span.line for span in spans), max(span.end_line for span in spans)
    text = sources.text(path)
    if text is None or last - first > MOST_LINES or len(text) > _LONGEST:
        return
    before = Source(path, text.encode("utf-8", "surrogateescape"))
    if any(before.line(number) != sources.line(path, number) for number in range(first, last + 1)):
        return
    edited, done = applied(before, [finding])
    if not done:
        return
    after = Source(path, edited.encode("utf-8", "surrogateescape"))
    grown = after.line_count - before.line_count
    old = [before.line(number) for number in range(first, last + 1)]
    new = [after.line(number) for number in range(first, last + 1 + grown)]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    if len(new) <= MOST_LINES:
        yield from (("-", clean(line)) for line in old)
        yield from (("+", clean(line)) for line in new)
