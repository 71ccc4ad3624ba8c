"""``mlgate launch``: what the platform will really start, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gate.commands.arguments import Arguments
from gate.commands.one import beside_image, json_document, one, refused
from gate.commands.output import say, tell_exit, write
from gate.judge import FAILED, PASSED, UNJUDGED
from gate.platforms.launch import launch
from gate.platforms.outcome import Outcome, Verdict
from gate.policy import PolicyError
from gate.terminal import clean

_EXIT = {Verdict.WORKS: PASSED, Verdict.FAILS: FAILED, Verdict.UNDECIDED: UNJUDGED}


def run(arguments: Arguments, form: str) -> int:
    """Print the steps. Exit 0 where it works, 1 where it fails, 3 where it cannot be told."""
    if form not in ("text", "json"):
        raise PolicyError(f"--format: write text or json, not '{form}'")
    if len(arguments.platforms) != 1:
        raise PolicyError("--for: name one platform")
    found = one(arguments)
    if found is None:
        return UNJUDGED
    build, policy = found
    if refused(build, UNJUDGED):
        return UNJUDGED
    if build.target is None:
        tell_exit(UNJUDGED, f"there is no stage {arguments.target!r}" if arguments.target else "there is no stage")
        return UNJUDGED
    with beside_image(build, arguments) as why:
        if why:
            tell_exit(UNJUDGED, why)
            return UNJUDGED
        outcome = launch(build, policy.platforms[0])
    if form == "json":
        write(json_document(document(outcome)))
    else:
        say("".join(line + "\n" for line in _lines(outcome)))
    return _exit(outcome)


def document(outcome: Outcome) -> dict[str, Any]:
    """The document of ``--format json``."""
    return {
        "schema_version": 1,
        "platform": outcome.platform,
        "argv": outcome.argv,
        "verdict": outcome.verdict.value,
        "error": outcome.error,
        "exit_code": outcome.exit_code,
        "steps": [
            {
                "what": step.what,
                "result": step.result,
                "path": step.place.path if step.place is not None else None,
                "line": step.place.line if step.place is not None else None,
            }
            for step in outcome.steps
        ],
        "settle": outcome.unknown.settle or None if outcome.unknown is not None else None,
    }


def _lines(outcome: Outcome) -> Iterator[str]:
    for number, step in enumerate(outcome.steps, start=1):
        where = f"  ({clean(step.place.path)}:{step.place.line})" if step.place is not None else ""
        yield f"{number:>2}. {clean(step.what)}: {clean(step.result)}{where}"
    why = f": {clean(outcome.why)}" if outcome.why else ""
    yield f"{outcome.verdict.value.upper()} on {outcome.platform}{why}"


def _exit(outcome: Outcome) -> int:
    code = _EXIT[outcome.verdict]
    tell_exit(code, f"the launch {outcome.verdict.value}" if code != UNJUDGED else "the launch is undecided")
    return code
