"""The lock files of Node.js: npm, yarn (both of its formats) and pnpm."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gate.lazy import pattern
from gate.sbom.lock import Asked, Lines
from gate.sbom.model import Locked

_YARN_VERSION = pattern(r"^  version:? \"?([^\s\"]+)\"?")
_YARN_NEEDS = pattern(r"^    \"?(@?[^\s\":]+)\"?:? \"?([^\"]+)\"?")
_PNPM = pattern(r"^  '?/?(@?[^@'/\s]+(?:/[^@'/\s]+)?)[@/](\d[^(_:'\s]*)[^:]*'?:")


def _production(asked: Asked) -> bool:
    """Whether what is for development is left out."""
    left_out = {*asked.all("--omit"), *asked.all("--only")}
    flags = asked.has("--production", "--prod", "-P") and "false" not in asked.all("--production")
    return (
        flags
        or bool({"dev", "prod", "production"} & left_out)
        or (asked.variable("NODE_ENV") == "production" and "dev" not in asked.all("--include"))
    )


def npm(text: str, asked: Asked) -> list[Locked] | None:
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(root, dict):
        return None
    rows = root.get("packages")
    entries = _flat(rows) if isinstance(rows, dict) else _nested(root.get("dependencies"))
    production = _production(asked)
    found, start, lines = [], 0, Lines(text)
    for key, name, row in entries:
        at = text.find(f'"{key}":', start)
        start = max(at + 1, start)
        version = row.get("version")
        if not isinstance(version, str) or (row.get("dev") and production) or row.get("link") or not _fits(row, asked):
            continue
        doubt = "" if re.match(r"\d", version) else "it comes from an address, not from the registry"
        found.append(Locked(name, version, "npm", *lines.place(max(at, 0)), doubt))
    return found


def _flat(rows: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for key, row in rows.items():
        if "node_modules/" in key and isinstance(row, dict):
            yield key, str(row.get("name") or key.rpartition("node_modules/")[2]), row


def _nested(rows: Any) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The first format of npm: packages within packages, in the order of the text."""
    todo = [rows]
    while todo:
        level = todo.pop()
        if isinstance(level, tuple):
            name, row = level
            yield name, name, row
            level = row.get("dependencies")
        if isinstance(level, dict):
            todo += [(name, row) for name, row in reversed(level.items()) if isinstance(row, dict)]


def _fits(row: Mapping[str, Any], asked: Asked) -> bool:
    """Whether a package is for the system and the machine that is built for."""
    systems, machines = row.get("os"), row.get("cpu")
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(asked.where.machine, "")
    if isinstance(systems, list) and "linux" not in systems and not any(str(s).startswith("!") for s in systems):
        return False
    return not (machine and isinstance(machines, list) and machine not in machines)


def yarn(text: str, asked: Asked) -> list[Locked] | None:
    """Entries at the left margin: what asks for a package, then its version and what it needs."""
    if "yarn lockfile" not in text and "__metadata:" not in text:
        return None
    entries = list(_yarn(text))
    wanted = _yarn_wanted(entries, asked)
    found = []
    for line, asks, version, _ in entries:
        name = asks[0][: asks[0].find("@", 1)]
        if version and "@workspace:" not in asks[0] and (wanted is None or any(ask in wanted for ask in asks)):
            found.append(Locked(name, version, "npm", line))
    return found


_Yarn = tuple[int, list[str], str, list[str]]  # line, what asks for it, version, what it asks for


def _yarn(text: str) -> Iterator[_Yarn]:
    at, asks, version, needs, inside = 0, list[str](), "", list[str](), False
    for number, line in enumerate(text.splitlines(), 1):
        if line and line[0] not in " #_" and line.rstrip().endswith(":"):
            if asks:
                yield at, asks, version, needs
            at, version, needs, inside = number, "", [], False
            asks = [_plain(ask) for ask in line.rstrip()[:-1].strip('"').split(", ")]
        elif match := _YARN_VERSION.match(line):
            version = match[1]
        elif line.startswith("  ") and not line.startswith("    "):
            inside = line.strip() in ("dependencies:", "optionalDependencies:")
        elif inside and (match := _YARN_NEEDS.match(line)):
            needs.append(_plain(f"{match[1]}@{match[2]}"))
    if asks:
        yield at, asks, version, needs


def _plain(ask: str) -> str:
    return ask.strip('" ').replace("@npm:", "@")


def _yarn_wanted(entries: list[_Yarn], asked: Asked) -> set[str] | None:
    """What an installation without development dependencies asks for; None: everything."""
    if not _production(asked) or not asked.manifest:
        return None
    try:
        root = json.loads(asked.manifest)
    except (ValueError, RecursionError):
        return None
    direct = root.get("dependencies") if isinstance(root, dict) else None
    if not isinstance(direct, dict):
        return None
    needs = {ask: row[3] for row in entries for ask in row[1]}
    reached: set[str] = set()
    waiting = [f"{name}@{version}" for name, version in direct.items()]
    while waiting:
        ask = waiting.pop()
        if ask not in reached:
            reached.add(ask)
            waiting += needs.get(ask, ())
    return reached


def pnpm(text: str, asked: Asked) -> list[Locked] | None:
    """The packages; those marked as for development are left out of a production installation."""
    if not re.match(r"\s*lockfileVersion:", text):
        return None
    production, section = _production(asked), ""
    rows: list[tuple[Locked, list[str]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line and not line[0].isspace():
            section = line.partition(":")[0]
        elif section == "packages" and (match := _PNPM.match(line)):
            rows.append((Locked(match[1], match[2], "npm", number, 3), []))
        elif section == "packages" and rows:
            rows[-1][1].append(line.strip())
    return [package for package, lines in rows if not (production and "dev: true" in lines)]
