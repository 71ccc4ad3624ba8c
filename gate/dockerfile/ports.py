"""``EXPOSE``: port specifications, as BuildKit reads them."""

from __future__ import annotations

from gate.dockerfile import go

_PROTOCOLS = ("tcp", "udp", "sctp")


class PortError(ValueError):
    """BuildKit refuses the port; the message is BuildKit's."""


def parse_port(text: str) -> list[str]:
    """``[[ip:]host:]port[-port][/protocol]`` → ``["8080/tcp", …]``. Raises :class:`PortError`."""
    ports, protocol = port_range(text)
    return [f"{number}/{protocol}" for number in ports]


def port_range(text: str) -> tuple[range, str]:
    """The container's ports and their protocol. Raises :class:`PortError`."""
    parts = text.split(":")
    address, host, container = ":".join(parts[:-2]), parts[-2] if len(parts) > 1 else "", parts[-1]
    port, _, protocol = container.partition("/")
    if not port:
        raise PortError(f"invalid port: {go.quote(text)}: no port specified")
    if protocol and protocol.lower() not in _PROTOCOLS:
        raise PortError(f"invalid port: {go.quote(text)}: invalid proto: {protocol}")
    _check_address(address)
    ports = _range(port)
    if ports is None:
        raise PortError(f"invalid containerPort: {port}")
    if host:
        hosts = _range(host)
        if hosts is None:
            raise PortError(f"invalid hostPort: {host}")
        if len(hosts) != len(ports) and len(ports) > 1:
            raise PortError(f"invalid ranges specified for container and host Ports: {port} and {host}")
    return ports, protocol.lower() or "tcp"


def _range(text: str) -> range | None:
    start, dash, end = text.partition("-")
    first = _number(start)
    if first is None:
        return None
    if not dash or start == end:
        return range(first, first + 1)
    last = _number(end)
    if last is None or last < first:
        return None
    return range(first, last + 1)


def _number(text: str) -> int | None:
    value = go.atoi(text)
    return value if value is not None and 0 <= value <= 65535 else None


def _check_address(address: str) -> None:
    if not address:
        return
    import ipaddress  # late: hardly any file has an address here

    bare = address
    if address[0] == "[":
        if not address.endswith("]"):
            raise PortError(f"invalid IP address {address}: address {address}:: missing ']' in address")
        bare = address[1:-1]
    try:
        parsed = ipaddress.ip_address(bare)
        valid = getattr(parsed, "scope_id", None) is None
    except ValueError:
        valid = False
    if bare and not valid:
        raise PortError(f"invalid IP address: {bare}")
