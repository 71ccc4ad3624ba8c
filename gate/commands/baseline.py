"""``mlgate baseline``: accept today's findings, so that only new ones fail."""

from __future__ import annotations

from gate import baseline
from gate.commands.arguments import Arguments, check_writable, request_of
from gate.commands.output import say, tell_exit, write_file
from gate.judge import PASSED, UNJUDGED
from gate.pipeline import check
from gate.record import replace
from gate.terminal import clean


def write(arguments: Arguments, path: str) -> int:
    """Judge, and write down every finding that is not waived. What was not judged is not accepted."""
    check_writable(path)
    request = request_of(arguments)
    request = replace(request, baseline=None, overrides={**request.overrides, "baseline": None})
    result = check(request).result
    if result.exit_code == UNJUDGED:
        tell_exit(UNJUDGED, result.cause)
        return UNJUDGED
    write_file(path, baseline.text(result.findings))
    accepted = sum(finding.state != "waived" for finding in result.findings)
    tell_exit(PASSED, f"{accepted} findings accepted in {path}")
    return PASSED


def show(path: str) -> int:
    """Print what a baseline accepts."""
    for entry in baseline.entries(path):
        fields = (clean(str(entry.get(key, ""))) for key in ("rule_id", "path", "message"))
        say("  ".join(fields) + "\n")
    return PASSED
