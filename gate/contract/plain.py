"""What holds on every platform: the image is for its machines, starts, and stays or ends well."""

from __future__ import annotations

from time import monotonic

from gate.contract.bench import Bench
from gate.contract.model import Outcome, failed, passed

_WATCH, _FAST_WATCH = 10.0, 2.0
"""How long a container is watched, in seconds."""
_HEALTH = 120.0


def fits(bench: Bench) -> Outcome:
    """T0: the image is for the platform's machines, and not too large."""
    image, platform = bench.image, bench.platform
    what = f"{image.os}/{image.architecture}, {image.size / 1e6:.0f} MB"
    if image.os != "linux":
        return failed(f"{what}: the platform runs Linux", "build it for Linux")
    if platform.architectures and image.architecture not in platform.architectures:
        wanted = " or ".join(platform.architectures)
        return failed(f"{what}: {platform.title} runs {wanted}", f"docker build --platform linux/{wanted}", ("SMU003",))
    if platform.size_limit is not None and image.size > platform.size_limit:
        return failed(
            f"{what}: {platform.title} takes {platform.size_limit / 1e9:.0f} GB", "leave something out", ("SMU009",)
        )
    exposed = image.config.get("ExposedPorts")
    other = isinstance(exposed, dict) and platform.port is not None and f"{platform.port}/tcp" not in exposed
    return passed(what, notes=(f"EXPOSE does not name port {platform.port}: SMS003",) if other else ())


def user(bench: Bench) -> Outcome:
    """T0: the image's user is root."""
    name = str(bench.image.config.get("User") or "")
    if name.partition(":")[0] in ("", "root", "0"):
        return passed(f"user {name or 'root'}")
    return failed(f"user {name}", "end with USER root; or leave USER out", ("SMU001",))


def run(bench: Bench) -> Outcome:
    """It starts and stays up, or ends with 0; for Docker, a HEALTHCHECK becomes healthy."""
    container = bench.start(heeds_health=bench.platform.name == "docker")
    if isinstance(container, Outcome):
        return container
    bench.tell("watching the container")
    began = monotonic()
    code = container.wait(_FAST_WATCH if bench.options.fast else _WATCH)
    while code is None and container.state.get("Health", {}).get("Status") == "starting":
        if monotonic() - began > (bench.options.timeout or _HEALTH):
            return failed("its HEALTHCHECK does not become healthy", "see the log of docker inspect")
        code = container.wait(0.5)
    spent = monotonic() - began
    if code is None:
        bench.server = container
        if container.state.get("Health", {}).get("Status") == "unhealthy":
            return failed("its HEALTHCHECK fails", "docker inspect says what it printed")
        return passed(f"still there after {spent:.0f} s")
    outcome = passed(f"exit 0 after {spent:.1f} s")
    if code:
        outcome = bench.ended(container, code) or failed(f"exit {code} after {spent:.1f} s", "the log says why")
    outcome.exit_code, outcome.seconds = code, spent
    return outcome
