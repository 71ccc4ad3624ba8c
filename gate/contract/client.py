"""One HTTP request to a server that may do anything: bounded in time and in bytes."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Mapping
from contextlib import suppress
from threading import Timer
from time import monotonic

from gate.record import dataclass, field

_BODY = 1 << 20
"""Bytes of an answer that are read."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, or why there is none: ``status`` 0, and ``problem`` is ``refused``, ``closed``, ``late`` or ``no HTTP``."""

    status: int
    body: bytes = b""
    seconds: float = 0.0
    problem: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def told(self) -> str:
        """In words: ``200``, or what happened instead."""
        if self.status:
            return str(self.status)
        return {
            "refused": "the connection is refused",
            "closed": "the connection is closed without an answer",
            "late": f"no answer within {self.seconds:.0f} s",
            "no HTTP": "an answer that is not HTTP",
        }[self.problem]


def ask(
    port: int,
    method: str,
    path: str,
    *,
    seconds: float,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Ask a port of this machine's loopback address. The whole exchange takes ``seconds`` at most."""
    began = monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    watch = Timer(seconds, _hang_up, (connection,))  # a time-out of the socket begins anew with each byte
    watch.daemon = True
    watch.start()
    try:
        with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before it took the whole body
            connection.request(method, path, body=body, headers=dict(headers or {}))
        answer = connection.getresponse()
        data = answer.read(_BODY)
        if monotonic() - began < seconds:
            return Reply(
                answer.status, data, monotonic() - began, headers={k.lower(): v for k, v in answer.getheaders()}
            )
        return Reply(0, seconds=seconds, problem="late")
    except (OSError, http.client.HTTPException, ValueError) as error:
        spent = monotonic() - began
        if isinstance(error, TimeoutError) or spent >= seconds:
            return Reply(0, seconds=seconds, problem="late")
        return Reply(0, seconds=spent, problem=_problem(error))
    finally:
        watch.cancel()
        connection.close()


def _problem(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, (OSError, http.client.RemoteDisconnected, http.client.IncompleteRead)):
        return "closed"
    return "no HTTP"


def _hang_up(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
