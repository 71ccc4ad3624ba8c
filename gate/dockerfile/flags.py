"""The flags that an instruction takes, and BuildKit's words for those that it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gate.dockerfile import go
from gate.dockerfile.suggest import did_you_mean
from gate.dockerfile.tree import Flag
from gate.model import Place

Refuse = Callable[[str, "Place | None"], None]

_TAKES: dict[str, dict[str, str]] = {
    "ADD": {
        "chown": "string", "chmod": "string", "link": "bool", "keep-git-dir": "bool", "checksum": "string",
        "unpack": "bool", "exclude": "strings",
    },
    "COPY": {
        "chown": "string", "from": "string", "chmod": "string", "link": "bool", "exclude": "strings", "parents": "bool",
    },
    "FROM": {"platform": "string"},
    "HEALTHCHECK": {
        "interval": "string", "timeout": "string", "start-period": "string", "start-interval": "string",
        "retries": "string",
    },
    "RUN": {"mount": "strings", "network": "string", "security": "string", "device": "strings"},
}  # fmt: skip
_NETWORKS = ("default", "none", "host")
_SECURITY = ("insecure", "sandbox")


def check_flags(keyword: str, flags: Iterable[Flag], refuse: Refuse) -> None:
    """Tell ``refuse`` about the first flag that BuildKit would not take."""
    takes = _TAKES.get(keyword, {})
    seen: set[str] = set()
    for flag in flags:
        message = _problem(flag, takes, seen)
        if message:
            refuse(message, flag.text.place)
            return
        seen.add(flag.name)
    if keyword == "RUN":
        _check_run(flags, refuse)


def _problem(flag: Flag, takes: dict[str, str], seen: set[str]) -> str:
    kind = takes.get(flag.name)
    if kind is None:
        return f"unknown flag: --{flag.name}{did_you_mean(flag.name, takes)}"
    if flag.name in seen and kind != "strings":
        return f"duplicate flag specified: --{flag.name}"
    if kind == "bool":
        if flag.value is None or flag.value.value.lower() in ("true", "false"):
            return ""
        if not flag.value.value:
            return f"missing a value on flag: --{flag.name}"
        return f"expecting boolean value for flag --{flag.name}, not: {flag.value}"
    return f"missing a value on flag: --{flag.name}" if flag.value is None else ""


def _check_run(flags: Iterable[Flag], refuse: Refuse) -> None:
    checks: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("device", _device_problem),
        ("mount", _mount_problem),
        ("network", lambda value: "" if value in _NETWORKS else f"invalid network mode {go.quote(value)}"),
        ("security", lambda value: "" if value in _SECURITY else f"security {go.quote(value)} is not valid"),
    )
    for name, check in checks:
        for flag in flags:
            if flag.name == name and flag.value is not None and (message := check(flag.value.value)):
                refuse(message, flag.text.place)
                return


def csv_fields(text: str) -> list[str]:
    """One CSV record. Raises ValueError with the reader's message."""
    if not text:
        raise ValueError("EOF")
    fields: list[str] = []
    at = 0
    while True:
        if not text.startswith('"', at):
            comma = text.find(",", at)
            stop = len(text) if comma < 0 else comma
            bare = text.find('"', at, stop)
            if bare >= 0:
                raise ValueError(f'parse error on line 1, column {bare + 1}: bare " in non-quoted-field')
            fields.append(text[at:stop])
            if comma < 0:
                return fields
            at = comma + 1
            continue
        value, at = _quoted_field(text, at + 1)
        fields.append(value)
        if at >= len(text):
            return fields
        at += 1


def _quoted_field(text: str, at: int) -> tuple[str, int]:
    parts: list[str] = []
    while True:
        end = text.find('"', at)
        if end < 0:
            raise ValueError(f'parse error on line 1, column {at + 1}: extraneous or missing " in quoted-field')
        parts.append(text[at:end])
        following = text[end + 1 : end + 2]
        if following == '"':
            parts.append('"')
            at = end + 2
        elif following in ("", ","):
            return "".join(parts), end + 1
        else:
            raise ValueError(f'parse error on line 1, column {end + 1}: extraneous or missing " in quoted-field')


def _mount_problem(value: str) -> str:
    try:
        fields = csv_fields(value)
    except ValueError as error:
        return f"failed to parse csv mounts: {error}"
    for each in fields:
        key, equals, given = each.partition("=")
        dollar = given.find("$")
        if equals and key.lower() == "from" and 0 <= dollar < len(given) - 1:
            return "'from' doesn't support variable expansion, define alias stage instead"
    return ""


def _device_problem(value: str) -> str:
    try:
        fields = csv_fields(value)
    except ValueError as error:
        return f"failed to parse csv devices: {error}"
    name = ""
    for each in fields:
        key, equals, given = each.partition("=")
        lower = key.lower()
        if not equals:
            if lower == "required":
                continue
            if name:
                return f"invalid field '{each}' must be a key=value pair"
            name = each
        elif lower == "name":
            if name:
                return f"device name already set to {name}"
            name = given
        elif lower == "required":
            if not go.is_bool(given):
                return f"invalid value for {lower}: {given}"
        elif name:
            return f"unexpected key '{lower}' in '{each}'{did_you_mean(lower, ('name', 'required'))}"
        else:
            name = each
    return ""


def health_problem(flags: Iterable[Flag]) -> tuple[str, Flag] | None:
    """What is wrong with the times and the retries of a HEALTHCHECK, in BuildKit's order."""
    given = {flag.name: flag for flag in flags}
    for name in ("interval", "timeout", "start-period", "start-interval", "retries"):
        flag = given.get(name)
        if flag is None or flag.value is None or not flag.value.value:
            continue
        value = flag.value.value
        try:
            if name == "retries":
                count = go.integer(value, 32)
                if count < 0:
                    return f"--retries cannot be negative ({count})", flag
                continue
            time = go.duration(value)
        except ValueError as error:
            return str(error), flag
        if time != 0 and time < 10**6:
            return f"Interval {go.quote(name)} cannot be less than 1ms", flag
    return None
