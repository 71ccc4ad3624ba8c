"""Whether a server is where a platform calls, and the ports that deployment files, scripts and notebooks declare."""

from __future__ import annotations

from gate.build import Build
from gate.lazy import pattern
from gate.rule import Results, Rule
from gate.servers.model import Serving
from gate.servers.verdicts import SETTLE, door

_FILES = 1000
_READ = 50
_BYTES = 1 << 16
_ENDINGS = (".yaml", ".yml", ".json", ".sh", ".py", ".ipynb", ".tf", ".md", "Makefile")
_PORT = pattern(
    r"""(?:container[-_]?ports?|containerPort|container_image_ports|serving_container_ports)\\?["']?\s*[:=]?\s*\[?\s*\\?["']?(\d{2,5})"""
)


def misplaced(rule: Rule, build: Build, found: Serving, port: int, *, called: str, caller: str) -> Results:
    """A finding for every server that listens elsewhere, or on the loopback address alone. ``called`` tells what the platform
    calls, ``caller`` who finds a closed door."""
    state = door(found, port)
    if state.reason and state.place is not None:
        yield rule.undecided(state.place, f"whether the server listens on port {port}: {state.reason}", SETTLE)
    declared = declared_ports(build) if state.wrong else frozenset()
    told = set()
    for server, address in state.wrong:
        if address.port not in declared:
            told.add(id(address))
            yield rule.finding(address.place, f"{server.kind} listens on port {address.port}; {called}.")
    for server, address in state.closed:
        if id(address) not in told:
            yield rule.finding(
                address.place, f"{server.kind} listens on {address.host} alone, which {caller} cannot reach."
            )


def declared_ports(build: Build) -> frozenset[int]:
    """The ports that are named as a container's in the files beside the Dockerfile; the first ones are looked at."""
    if build.context is None:
        return frozenset()
    found: set[int] = set()
    read = 0
    for number, entry in enumerate(build.context.entries()):
        if number > _FILES or read > _READ:
            break
        if entry.type == "file" and entry.path.endswith(_ENDINGS) and entry.size <= _BYTES:
            read += 1
            data = build.context.read(entry.path, _BYTES) or b""
            found.update(int(port) for port in _PORT.findall(data.decode("utf-8", "replace")))
    return frozenset(found)
