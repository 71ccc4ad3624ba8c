"""The end of a container as a platform brings it about: SIGTERM, some time, SIGKILL."""

from __future__ import annotations

from gate.contract.bench import Bench
from gate.contract.containers import Container
from gate.contract.model import Outcome, failed, passed, skipped, unknown

_FAST, _DEAF = 10.0, 1.0
"""Seconds that are waited in a hurry; and where it is known already that nothing will happen."""
_SEEN = {
    "ignored": "process 1 ignores SIGTERM",
    "dropped": "process 1 has no handler for SIGTERM, so that the kernel drops it",
}
_ADVICE = "handle SIGTERM in process 1; a shell that starts it hands over with exec"
_RULES = ("SMT003", "ENT009")


def stopped(bench: Bench, container: Container, *, ends: bool = False) -> Outcome:
    """Stop a container that runs, and see whether it has to be killed. ``ends``: sooner or later it ends by itself."""
    if container.exit_code is not None:
        return skipped("it has ended already")
    allowed = float(bench.platform.stop_seconds or 10)
    signal = str(bench.image.config.get("StopSignal") or "SIGTERM")
    seen = container.on_sigterm() if signal in ("SIGTERM", "15") else ""
    deaf = seen == "ignored" or (seen == "dropped" and not ends)
    grace = _DEAF if deaf else min(allowed, _FAST) if bench.options.fast else allowed
    spent = container.stop(grace)
    code = container.exit_code
    if deaf:
        outcome = failed(_SEEN[seen], _ADVICE, _RULES)
    elif spent < grace or code != 137:
        outcome = passed(f"exit {code} within {spent:.1f} s of {signal}")
        if seen == "dropped":
            outcome.notes = (f"{_SEEN[seen]}; a longer job would be killed: {_RULES[0]}",)
        elif any(line.startswith("Traceback (most recent") for line in container.log()[-30:]):
            outcome.notes = ("its log ends with a traceback",)
    elif grace < allowed:
        told = f"not ended {grace:.0f} s after {signal}; the platform waits {allowed:.0f} s"
        outcome = unknown(told, "without --fast")
    else:
        outcome = failed(f"killed {grace:.0f} s after {signal}", _ADVICE, _RULES)
    outcome.exit_code, outcome.seconds = code, spent
    return outcome
