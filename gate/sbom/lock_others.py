"""The lock files of Ruby, Rust and Go."""

from __future__ import annotations

import re

from gate.lazy import pattern
from gate.sbom.lock import Asked
from gate.sbom.model import Locked

_GEM = pattern(r"^    ([A-Za-z0-9_.-]+) \(([0-9][^)]*)\)")
_CRATE = pattern(
    r"^\[\[package\]\]\s*\nname = \"([^\"]+)\"\s*\nversion = \"([^\"]+)\"\s*\n(source = \"registry\+)?", re.M
)
_MODULE = pattern(r"^\s*(?:require\s+)?([A-Za-z0-9][^\s()]*\.[^\s()]*)\s+(v\d+\.\d+\.\d+[^\s]*)")


def gemfile(text: str, asked: Asked) -> list[Locked] | None:
    """The gems of ``GEM``; a platform's variant (``1.0-x86_64-linux``) is the gem in that version."""
    found, section = [], ""
    for number, line in enumerate(text.splitlines(), 1):
        if line and not line[0].isspace():
            section = line.strip()
        match = _GEM.match(line) if section == "GEM" else None
        if match and not re.search(r"-(?:darwin|java|mingw|mswin|x64-)", match[2]):
            found.append(Locked(match[1], match[2].partition("-")[0], "gem", number, 5))
    return found if "GEM" in text else None


def cargo(text: str, asked: Asked) -> list[Locked] | None:
    """The crates that come from a registry."""
    found, line, at = [], 1, 0
    for match in _CRATE.finditer(text):
        line += text.count("\n", at, match.start(1))
        at = match.start(1)
        if match[3]:
            found.append(Locked(match[1], match[2], "cargo", line, 9))
    return found if "[[package]]" in text else None


def go_mod(text: str, asked: Asked) -> list[Locked] | None:
    """The modules of ``require``, direct and indirect, with what ``replace`` makes of them."""
    if not re.search(r"(?m)^module\s", text):
        return None
    found, block = [], ""
    replaced = dict(re.findall(r"(?m)^\s*(?:replace\s+)?(\S+)(?:\s+v\S+)?\s*=>\s*(\S+)", text))
    for number, line in enumerate(text.splitlines(), 1):
        code = line.partition("//")[0]
        opening = re.match(r"\s*(\w+)\s*\(\s*$", code)
        if opening or code.strip() == ")":
            block = opening[1] if opening else ""
            continue
        match = _MODULE.match(code)
        if match and "=>" not in code and (block == "require" or code.lstrip().startswith("require")):
            doubt = f"it is replaced by {replaced[match[1]]}" if match[1] in replaced else ""
            found.append(Locked(match[1], match[2], "golang", number, line.index(match[1]) + 1, doubt))
    return found
