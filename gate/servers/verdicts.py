"""The questions that several platforms ask of a server: is it at the right door, and does it answer?"""

from __future__ import annotations

from collections.abc import Iterator

from gate.model import Place, Unknown
from gate.record import dataclass, field
from gate.servers.model import Address, Answer, Server, Serving
from gate.servers.serving import ask, front

SETTLE = "run mlgate verify on the image"


@dataclass(eq=False, slots=True)
class Door:
    """How the servers stand to a port. ``wrong`` are those at another one, ``closed`` those that only the container itself
    reaches; both are proven. ``reason`` says why it cannot be known, where that is so."""

    wrong: list[tuple[Server, Address]] = field(default_factory=list)
    closed: list[tuple[Server, Address]] = field(default_factory=list)
    reason: str = ""
    place: Place | None = None


def open_question(found: Serving) -> tuple[str, Place] | None:
    """Why it cannot be known what serves at all; None where something does that can be read."""
    assert found.place is not None
    if found.platform_serves:
        return None
    if found.undecided is not None and not found.servers:
        return found.undecided.reason, found.place
    if found.unread and not found.servers:
        return found.unread[0]
    return None


def door(found: Serving, port: int) -> Door:
    """Whether a platform that calls this port reaches a server."""
    question = open_question(found)
    if question is not None:
        return Door(reason=question[0], place=question[1])
    at_door = front(found)
    if found.platform_serves or any(address.port == port and not address.loopback for _, address in at_door):
        return Door()
    doubt = _doubt(found, at_door, port)
    if doubt is not None:
        return doubt
    right = [(server, address) for server, address in at_door if address.port == port]
    return Door(
        wrong=[] if right else at_door,
        closed=[(server, address) for server, address in right or at_door if address.loopback],
    )


def _doubt(found: Serving, at_door: list[tuple[Server, Address]], port: int) -> Door | None:
    for server, address in at_door:
        if isinstance(address.port, Unknown) or isinstance(address.host, Unknown):
            return Door(reason=f"where {server.kind} listens is not known", place=address.place)
        if address.variable:
            return Door(reason=f"{address.variable} decides where {server.kind} listens", place=address.place)
        if not (address.certain and server.certain):
            return Door(reason=f"whether {server.kind} is started there depends on something", place=address.place)
    if found.unread:
        return Door(reason=found.unread[0][0], place=found.unread[0][1])
    if not at_door:
        return Door(reason="its servers listen on sockets alone", place=found.place)
    return None


def _asked_at(found: Serving, port: int) -> tuple[Server, Address] | None:
    """Who is asked: the server at the platform's port, else the only one."""
    at_door = front(found)
    for server, address in at_door:
        if address.port == port:
            return server, address
    return at_door[0] if len(at_door) == 1 else None


def asked(found: Serving, port: int, method: str, path: str) -> Answer:
    """What a request of the platform meets; ``unknown`` with the reason where that cannot be known."""
    question = open_question(found)
    if found.platform_serves:
        return Answer("yes")
    if question is not None:
        return Answer("unknown", reason=question[0], place=question[1])
    who = _asked_at(found, port)
    if who is None:
        return Answer("unknown", reason="what is reached from outside is not known", place=found.place)
    answer = ask(found, *who, method, path)
    if answer.verdict == "no" and (found.unread or not all(server.certain for server in found.servers)):
        why = found.unread[0][0] if found.unread else "not every server is started in every case"
        return Answer("unknown", reason=why, place=found.place)
    if answer.place is None:
        answer.place = found.place
    return answer


def nginx_of(found: Serving) -> Iterator[Server]:
    return (server for server in found.servers if server.site is not None)
