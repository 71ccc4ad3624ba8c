"""A server's command line taken apart, and the addresses that its values make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gate.model import Place
from gate.record import dataclass
from gate.servers.model import EVERYWHERE, MANY, UNKNOWN, Address, Variable, plain
from gate.servers.values import convert


@dataclass(eq=False, slots=True)
class Given:
    """A command line taken apart: options with their last value (True for a flag), all values, and operands."""

    options: dict[str, Any]
    every: dict[str, list[Any]]
    operands: list[Any]
    complete: bool = True

    def get(self, *names: str, default: Any = None) -> Any:
        for name in names:
            if name in self.options:
                return self.options[name]
        return default if self.complete or default is None else UNKNOWN


def given(words: Sequence[Any], flags: str, stop: bool = False) -> Given:
    """Options and operands; every option takes a value but the ``flags``."""
    known = frozenset(flags.split())
    found = Given({}, {}, [])
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        text = plain(word)
        if not isinstance(text, str):
            found.complete = found.complete and word is not MANY
            found.operands.append(word)
            continue
        if not text.startswith("-") or text == "-":
            found.operands.append(word)
            if stop:
                found.operands += words[at:]
                break
            continue
        name, equals, value = text.partition("=") if text.startswith("--") else (text[:2], text[2:], text[2:])
        taken: Any = True
        if name not in known:
            if equals:
                taken = Variable(word.name, value) if isinstance(word, Variable) else value
            elif at < len(words):
                taken = words[at]
                found.complete = found.complete and taken is not MANY
                at += 1
        found.options[name] = taken
        found.every.setdefault(name, []).append(taken)
    return found


def address(host: Any, port: Any, place: Place, *, certain: bool = True) -> Address:
    """The address of two values as a program gives them."""
    variable = next((value.name for value in (port, host) if isinstance(value, Variable)), "")
    host, number = plain(host), plain(convert(int, port) if isinstance(plain(port), str) else port)
    known = "" if host in ("", "*", EVERYWHERE, "::", "[::]", None) else host
    return Address(
        known if isinstance(known, str) else UNKNOWN, number if isinstance(number, int) else UNKNOWN, place,
        variable=variable, certain=certain,
    )  # fmt: skip


def bound(value: Any, place: Place, default_port: int, *, certain: bool = True) -> Address:
    """``0.0.0.0:8080``, ``:8080``, ``unix:/tmp/x.sock`` as a server's bind option reads it; without a colon it is a host."""
    text = plain(value)
    if not isinstance(text, str):
        return Address(UNKNOWN, UNKNOWN, place, certain=certain)
    text = text.removeprefix("tcp://").removeprefix("http://").removeprefix("https://").rstrip("/")
    if text.startswith("unix:"):
        return Address("", None, place, socket=text[5:].removeprefix("//"), certain=certain)
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(default_port)
    found = address(host.strip("[]"), port, place, certain=certain)
    if isinstance(value, Variable):
        return Address(found.host, found.port, place, variable=value.name, certain=certain)
    return found
