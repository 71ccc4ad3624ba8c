"""``mlgate scan``: the gate on something that is built already."""

from __future__ import annotations

from gate.commands.arguments import Arguments, request_of
from gate.commands.check import finish, reports_of
from gate.images.target import parse_target
from gate.policy import EngineChoice, PolicyError
from gate.record import replace


def run(arguments: Arguments, target: str, platform: str) -> int:
    """Judge a target, report, and give the exit code. Raises :class:`~gate.policy.PolicyError` on wrong use."""
    wanted = reports_of(arguments)
    request = request_of(arguments)
    found = parse_target(target)
    overrides = dict(request.overrides)
    engines = {
        **(overrides.get("engines") or {}),
        "hadolint": EngineChoice(),
    }  # there is no Dockerfile that it could miss
    overrides["engines"] = engines
    if not found.is_image:
        if engines.get("grype", EngineChoice()).mode == "off":
            raise PolicyError("--engine grype=off: nothing else judges a bill of materials")
        engines["grype"] = EngineChoice("required")
    request = replace(
        request, paths=(), stdin=None, targets=(found,), scanned=True, platform=platform, overrides=overrides
    )
    return finish(wanted, request, arguments)
