"""Where the programs of a container listen, from its ``/proc/net/tcp``."""

from __future__ import annotations

from gate.record import dataclass

_LISTEN = "0A"
_CONNECTING = "02"


@dataclass(frozen=True, slots=True)
class Listener:
    port: int
    loopback: bool


def listeners(table: str) -> list[Listener]:
    """The listening sockets of ``/proc/net/tcp`` and ``tcp6``, one after the other. Order: by port."""
    found = {Listener(port, _is_loopback(address)) for address, port, _, state in _rows(table) if state == _LISTEN}
    return sorted(found, key=lambda one: (one.port, one.loopback))


def is_connecting(table: str, port: int) -> bool:
    """Whether a connection to this port waits for an answer, as behind a firewall that drops it."""
    return any(remote == port and state == _CONNECTING for _, _, remote, state in _rows(table))


def _rows(table: str) -> list[tuple[str, int, int, str]]:
    """Address, port, remote port and state of each row; what is no row is left out."""
    rows = []
    for line in table.splitlines():
        words = line.split()
        if len(words) < 4 or not words[0].endswith(":"):
            continue
        address, _, port = words[1].rpartition(":")
        _, _, remote = words[2].rpartition(":")
        try:
            rows.append((address, int(port, 16), int(remote, 16), words[3]))
        except ValueError:
            continue
    return rows


def _is_loopback(address: str) -> bool:
    """``0100007F`` is 127.0.0.1: each word of the address is in the order of the processor."""
    if len(address) == 8:
        return address.endswith("7F")
    return address == "0" * 24 + "01000000" or (address.startswith("0" * 16 + "FFFF0000") and address.endswith("7F"))
